# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another client of the same vCenter: what it sees of a vNIC, and what it does to a VM. It shares no code with us."""

from __future__ import annotations

import copy
import typing as t

import vsphere_lab
from pyVmomi import vim
from vsphere_lab.vms import VirtualMachine

PASSWORD = "VMware1!"


class Seen(t.NamedTuple):
    """A vNIC as the lab itself has it; runtime None while the VM is off."""

    mac: str | None
    type: str
    portgroup: str
    connected: bool
    runtime: str | None
    blocked: bool


class Admin:
    """Somebody who works on the lab beside the module."""

    def __init__(self, lab: vsphere_lab.Lab) -> None:
        self.lab = lab
        self._instance = lab.connect("administrator@vsphere.local", PASSWORD)

    def inside(self, name: str) -> t.Any:
        return next(vm for vm in self.lab.all(VirtualMachine) if vm.name == name)

    def names(self) -> list[str]:
        return [vm.name for vm in self.lab.all(VirtualMachine)]

    def seen(self, name: str) -> list[Seen]:
        vm = self.inside(name)
        return [self._seen(vm, nic) for nic in vm.nics]

    def one(self, name: str) -> Seen:
        (seen,) = self.seen(name)
        return seen

    def estate(self) -> dict[str, list[Seen]]:
        return {name: self.seen(name) for name in self.names()}

    def _seen(self, vm: t.Any, nic: t.Any) -> Seen:
        port, link = vm.dvports.get(nic.key), vm.links.get(nic.key)
        return Seen(
            mac=nic.macAddress,
            type=nic.addressType,
            portgroup=port.group.name if port else nic.backing.deviceName,
            connected=nic.connectable.connected,
            runtime=link.runtime if link else None,
            blocked=bool(link and link.blocked),
        )

    def vm(self, name: str) -> t.Any:
        return vim.VirtualMachine(self.inside(name).moid, self._instance._stub)

    def reconfigure(self, name: str, **spec: t.Any) -> None:
        self._done(self.vm(name).ReconfigVM_Task(vim.vm.ConfigSpec(**spec)))

    def edit(self, name: str, change: t.Callable[[t.Any], None], index: int = 0) -> None:
        """Edits one vNIC with the whole device, as a careful client would."""
        cards = [d for d in self.vm(name).config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard)]
        device = copy.deepcopy(cards[index])
        change(device)
        operation = vim.vm.device.VirtualDeviceSpec.Operation.edit
        self.reconfigure(name, deviceChange=[vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)])

    def forget_mac(self, name: str) -> str:
        """Edits a vNIC without its MAC, as the story's tool did, and returns the MAC that the guest goes on using."""
        before = self.inside(name).nics[0].macAddress

        def forget(device: t.Any) -> None:
            device.macAddress = None

        self.edit(name, forget)
        return str(before)

    def power(self, name: str, on: bool) -> None:
        vm = self.vm(name)
        self._done(vm.PowerOnVM_Task() if on else vm.PowerOffVM_Task())

    def power_cycle(self, name: str) -> None:
        self.power(name, on=False)
        self.power(name, on=True)

    def vmotion(self, name: str) -> None:
        """Takes the VM to another host."""
        here = self.inside(name).host.moid
        hosts = [ref for ref in self.vm(name).resourcePool.owner.host if ref._moId != here]
        self._done(self.vm(name).MigrateVM_Task(pool=None, host=hosts[0], priority="defaultPriority"))

    def _done(self, task: t.Any) -> None:
        if task.info.state == vim.TaskInfo.State.error:
            raise task.info.error

    def calls(self, method: str) -> int:
        """How often anybody has called the method since the lab began."""
        return sum(called == method for called, moid in self.lab.calls)

    def events(self, kind: str) -> int:
        spec = vim.event.EventFilterSpec(eventTypeId=[kind])
        return len(self._instance.content.eventManager.QueryEvents(spec) or ())


def hide_config(lab: vsphere_lab.Lab, name: str) -> str:
    """Leaves the VM's config unset, as vSphere does where it can't read it (VirtualMachine.config); returns its id."""
    vm: t.Any = next(vm for vm in lab.all(VirtualMachine) if vm.name == name)
    vm.get_config = lambda: None
    return str(vm.moid)
