# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is killed, or whose vCenter goes away, in the middle of many edits: the next run finishes the work."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
from collections.abc import Callable, Iterator

import pytest
import vsphere_lab
from pyVmomi import vim
from vsphere_lab.vms import VirtualMachine

ROOT = pathlib.Path(__file__).resolve().parents[2]
VMS = ["db-01", "lic-01", "off-01", "web-01", "web-02"]
WORK = {
    "vnic_mac_pin": {"vms": VMS, "parallel": 2},
    "vnic_portgroup": {"vms": VMS, "target": "dv-production", "require_pinned": False, "parallel": 2},
}
Result = dict[str, t.Any]


class Vcenter:
    """A lab that listens, and can be told what happens at the nth call of a method."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.lab = vsphere_lab.load("drift")
        self.server = vsphere_lab.serve(self.lab, task_delay=0.05)
        self.process: subprocess.Popen[str] | None = None

    def start(self, module: str) -> subprocess.Popen[str]:
        """Starts a module on its own, as Ansible would."""
        arguments = {
            "hostname": self.server.host,
            "port": self.server.port,
            "ca_path": self.server.ca_file,
            "username": "administrator@vsphere.local",
            "password": "VMware1!",
            "request_timeout": 5,
            **WORK[module],
        }
        file = self.folder / "arguments.json"
        file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / f"plugins/modules/{module}.py"), str(file)],
            env={**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.process

    def run(self, module: str) -> Result:
        output, _error = self.start(module).communicate(timeout=60)
        assert "Traceback" not in output, output
        result: Result = json.loads(output)
        return result

    def at(self, method: str, nth: int, happens: Callable[[], None]) -> None:
        self.lab.door("fault", method=method, nth=nth, run=lambda call: happens())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def restart(self) -> None:
        """Takes the server away with all its sessions, and starts it anew at another port."""
        self.server.stop()
        for session in list(self.lab.service("sessionManager").sessions.values()):
            self.lab.service("sessionManager").close(session)
        self.server = vsphere_lab.serve(self.lab, task_delay=0.05)

    def estate(self) -> dict[str, list[tuple[t.Any, ...]]]:
        return {
            vm.name: [(nic.macAddress, nic.addressType, self._portgroup(vm, nic)) for nic in vm.nics]
            for vm in self.lab.all(VirtualMachine)
        }

    def settled(self, before: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the estate is like once the tasks that were begun have ended: they go on without the client."""
        deadline = time.monotonic() + 10
        while self.estate() == before and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        return self.estate()

    def _portgroup(self, vm: t.Any, nic: t.Any) -> str:
        port = vm.dvports.get(nic.key)
        return port.group.name if port else str(nic.backing.deviceName)

    def edits(self) -> dict[str, int]:
        """How often each VM has been reconfigured."""
        history = (event for _stamp, event in self.lab.service("eventManager").history)
        done = [event.vm.name for event in history if isinstance(event, vim.event.VmReconfiguredEvent) and event.vm]
        return {name: done.count(name) for name in VMS}


@contextlib.contextmanager
def vcenter(folder: pathlib.Path) -> Iterator[Vcenter]:
    server = Vcenter(folder)
    try:
        yield server
    finally:
        server.server.stop()


@pytest.fixture
def wanted(tmp_path: pathlib.Path, module: str) -> dict[str, t.Any]:
    """What the estate is like after a run that nothing disturbs."""
    with vcenter(tmp_path) as server:
        assert server.run(module)["changed"]
        return server.estate()


@pytest.mark.parametrize("module", WORK)
def test_a_killed_module_leaves_nothing_that_the_next_run_doesnt_finish(
    tmp_path: pathlib.Path, module: str, wanted: dict[str, t.Any]
) -> None:
    """Killed as it sends an edit (the edit is done, nobody hears of it), and as it waits for a wave."""
    for method, nth in [("ReconfigVM_Task", 2), ("ReconfigVM_Task", 3), ("WaitForUpdatesEx", 1)]:
        with vcenter(tmp_path) as server:
            before = server.estate()
            server.at(method, nth, server.kill)
            server.start(module).communicate(timeout=60)
            assert server.process is not None
            assert server.process.returncode == -9
            half = server.settled(before)
            for name, cards in half.items():
                for old, new in zip(before[name], cards, strict=True):
                    assert new[0] == old[0], f"killed at {method} {nth}, {name} has another MAC"
            assert before != half != wanted, "nothing was interrupted"
            assert server.run(module)["changed"]
            assert server.estate() == wanted
            assert server.edits() == dict.fromkeys(VMS, 1), "something was done twice"
            assert not server.run(module)["changed"]


@pytest.mark.parametrize("module", WORK)
def test_a_vcenter_that_restarts_is_told_of_and_the_next_run_finishes(
    tmp_path: pathlib.Path, module: str, wanted: dict[str, t.Any]
) -> None:
    for method, nth in [("ReconfigVM_Task", 3), ("WaitForUpdatesEx", 2)]:
        with vcenter(tmp_path) as server:
            server.at(method, nth, server.restart)
            broken = server.run(module)
            assert broken["failed"]
            assert broken["changed"], "what was sent may have been done"
            assert server.run(module)["changed"]
            assert server.estate() == wanted
            assert not server.run(module)["changed"]
