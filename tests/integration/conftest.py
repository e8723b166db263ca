# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook as a process of its own, that talks over HTTPS to simulated vCenters that listen in this one."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import typing as t
from collections.abc import Callable, Iterator, Mapping

import pytest
import vsphere_lab
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/integration"
ADMIN = {"VMWARE_USER": "administrator@vsphere.local", "VMWARE_PASSWORD": "VMware1!"}


@dataclasses.dataclass(frozen=True)
class Lab:
    """Where a vCenter listens; `simulated` is what is behind it, where that is in this process."""

    port: int
    ca_file: str
    simulated: vsphere_lab.Lab | None = None

    @property
    def environment(self) -> dict[str, str]:
        """How modules find it that are told by the environment."""
        return {"VMWARE_HOST": "127.0.0.1", "VMWARE_PORT": str(self.port), "VMWARE_CA_PATH": self.ca_file, **ADMIN}

    @property
    def connection(self) -> dict[str, t.Any]:
        """The same as options of the modules."""
        login = {"username": ADMIN["VMWARE_USER"], "password": ADMIN["VMWARE_PASSWORD"]}
        return {"hostname": "127.0.0.1", "port": self.port, "ca_path": self.ca_file, **login}

    def door(self, action: str, **body: t.Any) -> t.Any:
        """What the lab itself says, or what no vSphere API offers; as it would be told over HTTPS."""
        assert self.simulated is not None
        return json.loads(json.dumps(self.simulated.door(action, **body), default=str))

    def nics(self, *vms: str) -> list[tuple[str, str, str, str]]:
        """VM, MAC, type and portgroup of every vNIC."""
        states = [self.door("state", vm=vm) for vm in vms]
        names = ("configured_mac", "address_type", "portgroup")
        return [(state["vm"], *(nic[name] for name in names)) for state in states for nic in state["nics"]]


@dataclasses.dataclass(frozen=True)
class Task:
    """What one task returned on one host."""

    name: str
    play: str
    host: str
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

    def on(self, host: str) -> Played:
        """What of it happened on one of several hosts."""
        return dataclasses.replace(self, tasks=tuple(task for task in self.tasks if task.host == host))

    @property
    def changed(self) -> list[str]:
        return [task.name for task in self.tasks if task.changed]

    @property
    def failed(self) -> list[str]:
        """Also what was rescued, for a rescue may do anything."""
        return [task.name for task in self.tasks if task.status == "failed"]

    @property
    def said(self) -> str:
        """All that was told or failed, in one text."""
        return "\n".join(str(task.result.get("msg", "")) for task in self.tasks)


StartLab = Callable[..., Lab]
Play = Callable[..., Played]
Hosts = Mapping[str, "tuple[Lab, dict[str, t.Any]]"]  # with the variables of a vCenter beside its connection


@pytest.fixture
def start_lab() -> Iterator[StartLab]:
    """start_lab("nested", switch="value") -> a vCenter of that scenario; it ends with the test. By seed, its id."""
    running: list[vsphere_lab.Server] = []

    def start(scenario: str, *, seed: int = 1, **switches: str) -> Lab:
        server = vsphere_lab.serve(vsphere_lab.load(scenario, switches, seed))
        running.append(server)
        return Lab(server.port, server.ca_file, server.lab)

    yield start
    for server in running:
        server.stop()


def inventory(hosts: Hosts) -> str:
    """One host per vCenter, as playbooks/inventory/example.yml has it."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    told = {name: {**local, "vcenter": lab.connection, **variables} for name, (lab, variables) in hosts.items()}
    return yaml.safe_dump({"all": {"children": {"vcenters": {"hosts": told}}}})


@pytest.fixture
def play(tmp_path: pathlib.Path) -> Play:
    """play(lab, playbook, *arguments) -> what each task returned; a warning fails the test unless `warns`.

    Instead of one lab, which the environment names, a dictionary of inventory hosts with their variables.
    `fails` None: the test looks at `code` itself.
    """

    def run(
        where: Lab | Hosts,
        playbook: pathlib.Path | str,
        *arguments: str,
        fails: bool | None = False,
        warns: bool = False,
        **env: str,
    ) -> Played:
        results = tmp_path / "results.jsonl"
        results.write_text("")
        found = HERE / "inventory.yml"
        if not isinstance(where, Lab):
            found = tmp_path / "inventory.yml"
            found.write_text(inventory(where))
        process = subprocess.run(
            ["ansible-playbook", "-i", str(found), str(playbook), *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                **(where.environment if isinstance(where, Lab) else {}),
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
        tasks = tuple(Task(**json.loads(line)) for line in results.read_text().splitlines())
        assert fails is None or (process.returncode != 0) is fails, process.stdout
        assert warns or "WARNING]" not in process.stdout, process.stdout
        return Played(process.returncode, process.stdout, tasks)

    return run
