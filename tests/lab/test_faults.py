# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on a script: each kind at the right moment, and no longer than it was asked for."""

from __future__ import annotations

import http.client
import time
import typing as t
import xml.parsers.expat

import pytest
from pyVmomi import vim, vmodl
from vsphere_lab import faults
from vsphere_lab.core import Lab

Any = t.Any
RENAME = vim.vm.ConfigSpec(name="renamed")


def test_the_nth_call_on_one_object(lab: Lab, si: Any, vm: Any) -> None:
    other = vim.VirtualMachine("vm-1002", si._stub)
    lab.script.add(method="ReconfigVM_Task", object="app-0", nth=2, fault="ConcurrentAccess")
    for target in (vm, other, other):
        target.ReconfigVM_Task(vim.vm.ConfigSpec(name=target.name))
    with pytest.raises(vim.fault.ConcurrentAccess, match="Scripted fault"):
        vm.ReconfigVM_Task(RENAME)
    vm.ReconfigVM_Task(RENAME)
    assert vm.name == "renamed"


def test_several_times_and_for_ever(lab: Lab, si: Any) -> None:
    rule = lab.script.add(method="CurrentTime", times=2, fault="vmodl.fault.HostCommunication")
    for _unused in range(2):
        with pytest.raises(vmodl.fault.HostCommunication):
            si.CurrentTime()
    si.CurrentTime()
    assert rule.seen == 3
    lab.script.add(method="CurrentTime", times=0, fault="HostCommunication")
    for _unused in range(5):
        with pytest.raises(vmodl.fault.HostCommunication):
            si.CurrentTime()
    lab.script.clear()
    si.CurrentTime()


def test_a_fault_with_fields(lab: Lab, vm: Any) -> None:
    lab.script.add(fault={"type": "NoPermission", "object": "vm-1001", "privilegeId": "A.B", "msg": "no"})
    with pytest.raises(vim.fault.NoPermission) as caught:
        _unused = vm.name
    fault: Any = caught.value
    assert (fault.object, fault.privilegeId, fault.msg) == (vm, "A.B", "no")


def test_a_fault_in_the_task(lab: Lab, vm: Any) -> None:
    lab.script.add(method="ReconfigVM_Task", task_fault="TaskInProgress")
    info = vm.ReconfigVM_Task(RENAME).info
    assert info.state == "error"
    assert isinstance(info.error, vim.fault.TaskInProgress)
    assert vm.name == "app-0"


@pytest.mark.parametrize(("moment", "name"), [("before", "app-0"), ("after", "renamed")])
def test_a_cut_before_or_after_the_work(lab: Lab, vm: Any, moment: str, name: str) -> None:
    lab.script.add(method="ReconfigVM_Task", cut=moment)
    with pytest.raises(http.client.RemoteDisconnected):
        vm.ReconfigVM_Task(RENAME)
    assert vm.name == name


def test_answers_that_are_no_answers(lab: Lab, vm: Any) -> None:
    lab.script.add(method="ReconfigVM_Task", http=503)
    with pytest.raises(http.client.HTTPException, match="503"):
        vm.ReconfigVM_Task(RENAME)
    lab.script.add(method="ReconfigVM_Task", garbage=True)
    with pytest.raises(xml.parsers.expat.ExpatError):
        vm.ReconfigVM_Task(RENAME)
    assert vm.name == "app-0"
    lab.script.add(method="ReconfigVM_Task", truncate=True)
    with pytest.raises(xml.parsers.expat.ExpatError):
        vm.ReconfigVM_Task(RENAME)
    assert vm.name == "renamed"


def test_an_expired_session(lab: Lab, vm: Any) -> None:
    lab.script.add(method="ReconfigVM_Task", expire=True)
    with pytest.raises(vim.fault.NotAuthenticated):
        vm.ReconfigVM_Task(RENAME)
    assert lab.get(vm).get("name") == "app-0"


def test_another_admin_is_quicker(lab: Lab, vm: Any) -> None:
    def edit(lab: Lab, vm: str, name: str) -> None:
        lab.get(vm).set(name=name)

    lab.doors["edit"] = edit
    lab.script.add(method="Fetch", object="vm-1001", nth=2, edit={"action": "edit", "vm": "vm-1001", "name": "theirs"})
    assert [vm.name, vm.name] == ["app-0", "theirs"]


def test_delays(lab: Lab, si: Any) -> None:
    lab.script.add(method="CurrentTime", delay=0.05)
    begin = time.monotonic()
    si.CurrentTime()
    assert time.monotonic() - begin >= 0.05


def test_a_script_that_names_nothing_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="no fault is named"):
        faults.add_fault(lab, method="x", fault="Bogus")
    with pytest.raises(TypeError):
        faults.add_fault(lab, methd="x")
    assert lab.script.rules == []


def test_the_side_door_scripts_and_clears(lab: Lab, si: Any) -> None:
    lab.doors.update(fault=faults.add_fault, faults_clear=faults.clear_faults)
    assert lab.door("fault", method="CurrentTime", fault="NotSupported") == {"rules": 1, "method": "CurrentTime"}
    assert lab.door("faults_clear") == {"rules": 0}
    si.CurrentTime()
    with pytest.raises(KeyError, match="no side-door action 'bogus'"):
        lab.door("bogus")


def test_a_bug_of_the_lab_is_seen(lab: Lab, vm: Any, caplog: pytest.LogCaptureFixture) -> None:
    info = vm.UpgradeVM_Task("vmx-21").info
    assert info.state == "error"
    assert "a bug of the lab" in info.error.msg
    assert "failed in the lab itself" in caplog.text
