# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real processes: a simulated vCenter that listens, and ansible-playbook that talks to it."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
from collections.abc import Callable, Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/integration"
ADMIN = {"VMWARE_USER": "administrator@vsphere.local", "VMWARE_PASSWORD": "VMware1!"}
START_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Lab:
    """A simulated vCenter that runs; `environment` is how modules find it."""

    port: int
    ca_file: str

    @property
    def environment(self) -> dict[str, str]:
        return {"VMWARE_HOST": "127.0.0.1", "VMWARE_PORT": str(self.port), "VMWARE_CA_PATH": self.ca_file, **ADMIN}


@dataclasses.dataclass(frozen=True)
class Task:
    """What one task returned on one host."""

    name: str
    status: str
    result: dict[str, t.Any]

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))


@dataclasses.dataclass(frozen=True)
class Played:
    """What came of one run of ansible-playbook."""

    code: int
    output: str
    tasks: tuple[Task, ...]

    def __getitem__(self, name: str) -> Task:
        """The task of that name, for which there has to be exactly one result."""
        (task,) = (task for task in self.tasks if task.name == name)
        return task

    @property
    def changed(self) -> list[str]:
        return [task.name for task in self.tasks if task.changed]


StartLab = Callable[..., Lab]
Play = Callable[..., Played]


@pytest.fixture
def start_lab(tmp_path: pathlib.Path) -> Iterator[StartLab]:
    """start_lab("nested", "--set", "switch=value") -> a vCenter of that scenario; it ends with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(scenario: str, *more: str, code: pathlib.Path = ROOT / "lab") -> Lab:
        home = tmp_path / f"lab{len(running)}"
        home.mkdir()
        ready = home / "ready.json"
        files = {"--ready-file": ready, "--ca-file": home / "ca.pem", "--pid-file": home / "pid"}
        options = ["--scenario", scenario, "--port", "0", "--idle-exit", "900", *more]
        options += [str(word) for pair in files.items() for word in pair]
        with (home / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "vsphere_lab", *options],
                env={**os.environ, "PYTHONPATH": str(code)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        running.append(process)
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the lab didn't start: {(home / 'log').read_text()}")
            time.sleep(0.05)
        told = json.loads(ready.read_text())
        return Lab(port=told["port"], ca_file=told["ca_file"])

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.fixture
def play(tmp_path: pathlib.Path) -> Play:
    """play(lab, playbook, *arguments) -> what each task returned; a warning fails the test unless `warns`.

    `fails` None: the test looks at `code` itself.
    """

    def run(
        lab: Lab,
        playbook: pathlib.Path | str,
        *arguments: str,
        fails: bool | None = False,
        warns: bool = False,
        **env: str,
    ) -> Played:
        results = tmp_path / "results.jsonl"
        results.write_text("")
        process = subprocess.run(
            ["ansible-playbook", "-i", str(HERE / "inventory.yml"), str(playbook), *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                **lab.environment,
                "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
                "ANSIBLE_CALLBACKS_ENABLED": "task_results",
                "ANSIBLE_NOCOLOR": "true",
                "TASK_RESULTS": str(results),
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        lines = [json.loads(line) for line in results.read_text().splitlines()]
        tasks = tuple(Task(name=line["task"], status=line["status"], result=line["result"]) for line in lines)
        assert fails is None or (process.returncode != 0) is fails, process.stdout
        assert warns or "WARNING]" not in process.stdout, process.stdout
        return Played(process.returncode, process.stdout, tasks)

    return run
