# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process stub: nothing of the lab's own ever leaves it."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim
from vsphere_lab.core import Lab, changed, make, revised

Any = t.Any


def test_callers_get_copies(lab: Lab, vm: Any) -> None:
    config = vm.config
    config.hardware.device[0].macAddress = "ff:ff:ff:ff:ff:ff"
    config.hardware.device.pop()
    assert vm.config.hardware.device[0].macAddress == "00:50:56:80:00:00"
    assert len(lab.get(vm).get("config.hardware.device")) == 2


def test_the_lab_does_not_hold_what_callers_sent(lab: Lab, si: Any) -> None:
    permission = vim.AuthorizationManager.Permission(
        principal="administrator@vsphere.local", group=False, roleId=-1, propagate=True
    )
    si.content.authorizationManager.SetEntityPermissions(si.content.rootFolder, [permission])
    permission.roleId = -5
    si.CurrentTime()
    assert si.content.rootFolder.name == "Datacenters"


def test_tasks(si: Any, vm: Any) -> None:
    assert WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(name="new")), si=si) == "success"
    assert vm.name == "new"
    with pytest.raises(vim.fault.DuplicateName) as caught:
        WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(name="taken")), si=si)
    assert (caught.value.name, caught.value.object) == ("taken", vm)
    assert vm.name == "new"


def test_faults_of_methods(vm: Any) -> None:
    with pytest.raises(vim.fault.InvalidPowerState) as caught:
        vm.RebootGuest()
    fault: Any = caught.value
    assert (fault.existingState, fault.msg) == ("poweredOff", "The attempted operation cannot be performed.")


def test_the_lab_counts_calls(lab: Lab, vm: Any) -> None:
    del lab.calls[:]
    _unused = vm.name
    assert lab.calls == [("Fetch", "vm-1001")]


def test_changes_make_new_objects() -> None:
    nics = [make(vim.vm.device.VirtualVmxnet3, key=key, macAddress="a") for key in (4000, 4001)]
    before = make(vim.vm.ConfigInfo, hardware=make(vim.vm.VirtualHardware, device=nics))
    after = revised(before, "hardware.device[4001]", macAddress="b")
    assert [nic.macAddress for nic in before.hardware.device] == ["a", "a"]
    assert [nic.macAddress for nic in after.hardware.device] == ["a", "b"]
    assert after.hardware.device[0] is before.hardware.device[0]  # what did not change is shared
    copy = changed(before.hardware, numCPU=2)
    copy.device.append(nics[0])
    assert len(before.hardware.device) == 2


def test_empty_lists_are_shared_and_cannot_be_filled_by_mistake() -> None:
    made = make(vim.vm.ConfigInfo)
    with pytest.raises(TypeError, match="shared"):
        made.extraConfig.append(vim.option.OptionValue(key="k", value="v"))
    made.extraConfig = [vim.option.OptionValue(key="k", value="v")]
    assert len(made.extraConfig) == 1
    assert not make(vim.vm.ConfigInfo).extraConfig
