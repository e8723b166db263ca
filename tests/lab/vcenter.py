# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the lab for the tests of its inventory: everything it does goes through pyVmomi and the lab's XML."""

from __future__ import annotations

import copy
import typing as t

import vsphere_lab
from vsphere_lab.sdk import vim

Any = t.Any
Card = vim.vm.device.VirtualEthernetCard
MacPolicy = vim.dvs.VmwareDistributedVirtualSwitch.MacManagementPolicy
PortSetting = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy
GroupSpec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec


class Vcenter:
    """A scenario, a session on it, and what the tests do most often."""

    def __init__(self, scenario: str | dict[str, Any] = "drift", **switches: str) -> None:
        self.lab = vsphere_lab.load(scenario, switches=switches)
        self.si = self.lab.connect()

    def as_user(self, name: str) -> Any:
        return self.lab.connect(user=name)

    # finding

    def all(self, kind: Any) -> list[Any]:
        views = self.si.content.viewManager
        return list(views.CreateContainerView(self.si.content.rootFolder, [kind], True).view)

    def find(self, kind: Any, name: str) -> Any:
        (found,) = [thing for thing in self.all(kind) if thing.name == name]
        return found

    def vm(self, name: str) -> Any:
        return self.find(vim.VirtualMachine, name)

    def host(self, name: str = "esx01.lab") -> Any:
        return self.find(vim.HostSystem, name)

    def dvs(self) -> Any:
        return self.find(vim.DistributedVirtualSwitch, "dvs-lab")

    def group(self, name: str) -> Any:
        return self.find(vim.dvs.DistributedVirtualPortgroup, name)

    # standard switches

    def network(self, host: str = "esx01.lab") -> Any:
        return self.host(host).configManager.networkSystem

    def portgroup(self, name: str, host: str = "esx01.lab") -> Any:
        (found,) = [group for group in self.network(host).networkInfo.portgroup if group.spec.name == name]
        return found

    def vswitch(self, name: str = "vSwitch0", host: str = "esx01.lab") -> Any:
        (found,) = [switch for switch in self.network(host).networkInfo.vswitch if switch.name == name]
        return found

    def secure(self, portgroup: str, host: str = "esx01.lab", **flags: bool | None) -> None:
        spec = self.portgroup(portgroup, host).spec
        for name, value in flags.items():
            setattr(spec.policy.security, name, value)
        self.network(host).UpdatePortGroup(portgroup, spec)

    # distributed switches

    def set_policy(self, name: str, **fields: Any) -> Any:
        group = self.group(name)
        setting = PortSetting(macManagementPolicy=MacPolicy(**{"inherited": False, **fields}))
        return group.ReconfigureDVPortgroup_Task(
            GroupSpec(configVersion=group.config.configVersion, defaultPortConfig=setting)
        )

    def policy(self, name: str) -> Any:
        return self.group(name).config.defaultPortConfig.macManagementPolicy

    def port(self, vm: str, key: int = 4000) -> Any:
        """Return the distributed port of a vNIC as FetchDVPorts shows it."""
        ports = self.dvs().FetchDVPorts(vim.dvs.PortCriteria(connected=True))
        moid = self.vm(vm)._moId
        (found,) = [
            port
            for port in ports
            if port.connectee.type == "vmVnic"
            and port.connectee.connectedEntity._moId == moid
            and port.connectee.nicKey == str(key)
        ]
        return found

    # VMs

    def nic(self, vm: str, key: int = 4000) -> Any:
        (found,) = [device for device in self.vm(vm).config.hardware.device if device.key == key]
        return found

    def edit(self, vm: str, device: Any = None, operation: str = "edit", **spec: Any) -> Any:
        if device is not None:
            spec["deviceChange"] = [vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)]
        return self.vm(vm).ReconfigVM_Task(vim.vm.ConfigSpec(**spec))

    def edit_nic(self, vm: str, key: int = 4000, **changes: Any) -> Any:
        """Edit the live device, changed only where the test says so."""
        device = copy.deepcopy(self.nic(vm, key))
        for name, value in changes.items():
            setattr(device, name, value)
        return self.edit(vm, device)

    def backing(self, portgroup: str) -> Any:
        for group in self.all(vim.dvs.DistributedVirtualPortgroup):
            if group.name == portgroup:
                uuid = group.config.distributedVirtualSwitch.uuid
                return Card.DistributedVirtualPortBackingInfo(
                    port=vim.dvs.PortConnection(switchUuid=uuid, portgroupKey=group.key)
                )
        return Card.NetworkBackingInfo(deviceName=portgroup)

    def move(self, vm: str, portgroup: str, key: int = 4000) -> Any:
        return self.edit_nic(vm, key, backing=self.backing(portgroup))

    def events(self, *types: str, vm: str | None = None) -> list[dict[str, Any]]:
        return t.cast("list[dict[str, Any]]", self.lab.door("events", types=list(types), vm=vm))

    def state(self, vm: str, index: int = 0) -> dict[str, Any]:
        return t.cast("dict[str, Any]", self.lab.door("state", vm=vm)["nics"][index])


def done(task: Any) -> Any:
    """Return a finished task's result, or raise its fault."""
    if task.info.error is not None:
        raise task.info.error
    assert task.info.state == "success"
    return task.info.result
