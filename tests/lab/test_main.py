# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: one JSON line when ready, one sentence when it cannot."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import shlex
import signal
import ssl
import subprocess
import sys
import urllib.request

import pytest

LAB = pathlib.Path(__file__).resolve().parents[2] / "lab"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vsphere_lab", *arguments],
        env={**os.environ, "PYTHONPATH": str(LAB)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_says_where_it_is_and_stops_on_a_signal(tmp_path: pathlib.Path) -> None:
    ready, ca, pid = (tmp_path / name for name in ("ready.json", "ca.pem", "pid"))
    command = [sys.executable, "-m", "vsphere_lab", "--scenario", "nested", "--ready-file", str(ready)]
    with subprocess.Popen(
        [*command, "--ca-file", str(ca), "--pid-file", str(pid), "--idle-exit", "60"],
        env={**os.environ, "PYTHONPATH": str(LAB)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        assert about == json.loads(ready.read_text())
        assert (about["pid"], int(pid.read_text()), about["ca_file"]) == (process.pid, process.pid, str(ca))
        trust = ssl.create_default_context(cafile=ca)
        with urllib.request.urlopen(about["url"] + "/lab", context=trust) as answer:
            assert "reach" in json.load(answer)["actions"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_on_a_terminal_it_says_what_to_paste_into_another_one() -> None:
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "vsphere_lab", "--scenario", "esxi", "--idle-exit", "0.1"]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(LAB)}, stdout=its, timeout=60, check=True)
    told, export = os.read(ours, 4096).decode().splitlines()
    about = json.loads(told)
    assert shlex.split(export) == [
        "export",
        "VMWARE_HOST=127.0.0.1",
        f"VMWARE_PORT={about['port']}",
        f"VMWARE_CA_PATH={about['ca_file']}",
        "VMWARE_USER=administrator@vsphere.local",
        "VMWARE_PASSWORD=VMware1!",
    ]
    os.close(ours)
    os.close(its)


def test_it_stops_when_nobody_asks_for_anything() -> None:
    done = run("--scenario", "esxi", "--idle-exit", "0.1")
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scenario", "nestd"), "nested"),
        (("--scenario", "/nowhere.yml"), "/nowhere.yml"),
        (("--set", "type_only_pin"), "SWITCH=VALUE"),
        (("--set", "bogus=x"), "bogus"),
        (("--ca-file", "/nowhere/ca.pem"), "/nowhere/ca.pem"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_of_scenarios() -> None:
    assert "nested: " in run("--list").stdout
