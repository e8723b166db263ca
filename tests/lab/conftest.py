# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny estate made by hand, so that the core's tests depend on no scenario."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim, vmodl
from vsphere_lab.core import Call, Lab, ManagedObject, make
from vsphere_lab.methods import privilege
from vsphere_lab.tasks import task

Any = t.Any
PC = vmodl.query.PropertyCollector


class SmallFolder(ManagedObject):
    wsdl = vim.Folder
    prefix = "group"

    def get_childEntity(self) -> list[Any]:
        return [obj.ref for obj in self.lab.objects.values() if obj.properties.get("parent") == self.ref]


class SmallVm(ManagedObject):
    wsdl = vim.VirtualMachine
    prefix = "vm"

    def get_summary(self) -> Any:
        return make(
            vim.vm.Summary, overallStatus="green", config=make(vim.vm.Summary.ConfigSummary, name=self.get("name"))
        )

    @task("VirtualMachine.reconfigure")
    @privilege("VirtualMachine.Config.EditDevice")
    def ReconfigVM_Task(self, call: Call, spec: Any) -> None:
        if spec.name == "taken":
            raise vim.fault.DuplicateName(name=spec.name, object=self.ref, msg="The name 'taken' already exists.")
        self.set(name=spec.name)

    @task("VirtualMachine.upgradeVm")
    def UpgradeVM_Task(self, call: Call, version: str | None) -> None:
        raise AssertionError("a bug of the lab")

    def RebootGuest(self, call: Call) -> None:
        raise vim.fault.InvalidPowerState(
            requestedState="poweredOn", existingState="poweredOff", msg="The attempted operation cannot be performed."
        )


def add_vm(lab: Lab, name: str, parent: Any) -> Any:
    mac = f"00:50:56:80:00:{len(lab.all(SmallVm)):02x}"
    nic = make(vim.vm.device.VirtualVmxnet3, key=4000, macAddress=mac, addressType="assigned")
    disk = make(vim.vm.device.VirtualDisk, key=2000, capacityInKB=1)
    config = make(vim.vm.ConfigInfo, name=name, hardware=make(vim.vm.VirtualHardware, device=[nic, disk]))
    runtime = make(vim.vm.RuntimeInfo, powerState="poweredOn")
    return lab.add(SmallVm(lab, name=name, parent=parent.ref, config=config, runtime=runtime))


@pytest.fixture
def lab() -> Lab:
    """Return a lab with root folder > folder > five VMs, and one VM beside the folder."""

    def fill(lab: Lab) -> None:
        root = lab.publish("rootFolder", SmallFolder(lab, "group-d1", name="Datacenters", childType=["Folder"]))
        folder = lab.add(SmallFolder(lab, "group-v2", name="vm", parent=root.ref, childType=["VirtualMachine"]))
        for number in range(5):
            add_vm(lab, f"app-{number}", folder)
        add_vm(lab, "alone", root)

    made = Lab(seed=7)
    made.play(fill)
    return made


@pytest.fixture
def si(lab: Lab) -> Any:
    return lab.connect()


@pytest.fixture
def vm(si: Any) -> Any:
    """Return the first VM as a client sees it."""
    return si.content.searchIndex.FindByInventoryPath("vm/app-0")


@pytest.fixture
def filter_spec(si: Any) -> t.Callable[..., Any]:
    """Return a maker of FilterSpecs over a view of all VMs."""

    def make_spec(*paths: str, all_paths: bool = False) -> Any:
        view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [vim.VirtualMachine], True)
        step = PC.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
        start = PC.ObjectSpec(obj=view, skip=True, selectSet=[step])
        wanted = PC.PropertySpec(type=vim.VirtualMachine, pathSet=list(paths), all=all_paths)
        return PC.FilterSpec(objectSet=[start], propSet=[wanted])

    return make_spec
