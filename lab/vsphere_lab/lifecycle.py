# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloning and removing VMs, and making templates of them."""

from __future__ import annotations

import typing as t

from . import macs, power, reconfigure, snapshots
from .core import Call, changed
from .guard import wrong_power_state
from .places import Folder, ResourcePool, not_supported
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .hosts import HostSystem
    from .vms import VirtualMachine

Any = t.Any


def clone(vm: VirtualMachine, call: Call, folder: Folder, name: str, spec: Any) -> Any:
    """Copy a VM with its manual MACs and new automatic ones (rule clone_gets_new_automatic_macs)."""
    if folder.child(name):
        raise vim.fault.DuplicateName(name=name, object=folder.ref, msg=f"The name '{name}' already exists.")
    lab = vm.lab
    _check_portgroups(vm)
    host = lab.get(spec.location.host) if spec.location.host else vm.host
    made = type(vm)(lab, f"vm-{lab.number('vm')}", vm.about, host, name=name, datastore=vm.properties["datastore"])
    made.properties.update(
        runtime=changed(vm.properties["runtime"], powerState="poweredOff", host=host.ref), parent=None
    )
    lab.add(made)
    folder.adopt(made)
    _join(made, host, spec.template)
    made.set_config(_copied_config(vm, name, bool(spec.template)))
    for nic in made.nics:
        port = getattr(nic.backing, "port", None)
        if port is not None:
            reconfigure.take_port(made, nic, lab.get(port.portgroupKey))
    made.networks_changed()
    if spec.config is not None:
        reconfigure.reconfigure(made, call, spec.config)
    made.post(vim.event.VmClonedEvent, sourceVm=vim.event.VmEventArgument(name=vm.name, vm=vm.ref))
    if spec.powerOn:
        power.power_on(made)
    return made.ref


def _check_portgroups(vm: VirtualMachine) -> None:
    for nic in vm.nics:
        port = getattr(nic.backing, "port", None)
        group = vm.lab.get(port.portgroupKey) if port is not None else None
        if group is not None and not hasattr(group, "free_port"):  # a recording's, of a switch the lab does not know
            raise not_supported(f"the portgroup {group.name} can only be read")


def _join(vm: VirtualMachine, host: HostSystem, template: bool) -> None:
    host.gain(vm)
    vm.lab.get(vm.properties["datastore"][0]).gain(vm)
    if not template:
        pool = vm.lab.get(host.compute.properties["resourcePool"])
        pool.gain(vm)
        vm.properties["resourcePool"] = pool.ref


def _copied_config(vm: VirtualMachine, name: str, template: bool) -> Any:
    lab, hardware = vm.lab, vm.config.hardware
    devices = [_copied_nic(vm, device) if device in vm.nics else device for device in hardware.device]
    return changed(
        vm.config,
        name=name,
        uuid=lab.uuid(),
        instanceUuid=lab.uuid(),
        template=template,
        managedBy=None,
        hardware=changed(hardware, device=devices),
    )


def _copied_nic(vm: VirtualMachine, nic: Any) -> Any:
    registry = vm.lab.world.macs
    mac = {macs.ASSIGNED: registry.assigned, macs.GENERATED: registry.generated}.get(nic.addressType)
    connectable = changed(nic.connectable, connected=False, status="untried")
    return changed(nic, connectable=connectable, macAddress=mac() if mac else nic.macAddress)


def destroy(vm: VirtualMachine) -> None:
    """Delete a VM that is off."""
    if vm.power != "poweredOff":
        raise wrong_power_state(vm, "poweredOff")
    unregister(vm)
    vm.post(vim.event.VmRemovedEvent)


def unregister(vm: VirtualMachine) -> None:
    """Take a VM out of the inventory, and its snapshots with it."""
    if vm.power != "poweredOff":
        raise wrong_power_state(vm, "poweredOff")
    lab = vm.lab
    snapshots.remove_all(vm)
    for key in list(vm.dvports):
        reconfigure.leave_port(vm, key)
    for nic in vm.nics:
        lab.world.macs.release(nic.macAddress, (vm.moid, nic.key))
    for network in lab.world.networks_of(vm).values():
        network.lose(vm)
    lab.get(vm.properties["datastore"][0]).lose(vm)
    if vm.properties.get("resourcePool"):
        lab.get(vm.properties["resourcePool"]).lose(vm)
    vm.host.lose(vm)
    lab.get(vm.properties["parent"]).release(vm)
    lab.remove(vm)


def mark_as_template(vm: VirtualMachine) -> None:
    """Make a VM that is off a template: it has no resource pool any more."""
    if vm.power != "poweredOff":
        raise wrong_power_state(vm, "poweredOff")
    vm.lab.get(vm.properties["resourcePool"]).lose(vm)
    vm.set(resourcePool=None)
    vm.set_config(changed(vm.config, template=True))


def mark_as_virtual_machine(vm: VirtualMachine, pool: ResourcePool, host: HostSystem | None) -> None:
    """Make a template a VM again."""
    if not vm.is_template:
        raise vmodl.fault.NotSupported(msg="The operation is not supported on the object: it is no template.")
    if host is not None and host is not vm.host:
        vm.host.lose(vm)
        vm.host = host
        host.gain(vm)
        vm.set_runtime(host=host.ref)
    pool.gain(vm)
    vm.set(resourcePool=pool.ref)
    vm.set_config(changed(vm.config, template=False))
