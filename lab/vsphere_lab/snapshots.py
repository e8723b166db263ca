# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: data objects are never changed in place, so a snapshot is no more than a reference to what was."""

from __future__ import annotations

import typing as t

from . import links
from .core import Call, Lab, ManagedObject, changed
from .guard import check
from .methods import privilege
from .reconfigure import leave_port, take_port
from .sdk import vim
from .tasks import task

if t.TYPE_CHECKING:
    from .vms import VirtualMachine

Any = t.Any


class Snapshot(ManagedObject):
    wsdl = vim.vm.Snapshot
    prefix = "snapshot"

    def __init__(self, lab: Lab, moid: str, vm: VirtualMachine, parent: Snapshot | None, **properties: Any) -> None:
        super().__init__(lab, moid, vm=vm.ref, config=vm.config, childSnapshot=[])
        self.vm, self.parent, self.children = vm, parent, list[Snapshot]()
        self.about = properties
        self.power = vm.power if properties["memory"] else "poweredOff"
        self.macs = {key: link.runtime for key, link in vm.links.items()} if properties["memory"] else {}
        self.created = lab.clock.now()

    def entity(self) -> ManagedObject:
        return self.vm

    def tree(self) -> Any:
        """Return this snapshot and what was made after it."""
        return vim.vm.SnapshotTree(
            snapshot=self.ref,
            vm=self.vm.ref,
            name=self.about["name"],
            description=self.about["description"],
            id=int(self.moid.rpartition("-")[2]),
            createTime=self.created,
            state=self.power,
            quiesced=False,
            childSnapshotList=[child.tree() for child in self.children],
        )

    @task("VirtualMachineSnapshot.revert")
    @privilege("VirtualMachine.State.RevertToSnapshot")
    def RevertToSnapshot_Task(self, call: Call, host: Any = None, suppressPowerOn: bool | None = None) -> None:
        check(self.vm, call.method)
        revert(self.vm, self, bool(suppressPowerOn))

    @task("VirtualMachineSnapshot.remove")
    @privilege("VirtualMachine.State.RemoveSnapshot")
    def RemoveSnapshot_Task(self, call: Call, removeChildren: bool, consolidate: bool | None = None) -> None:
        remove(self, removeChildren)


def _all(vm: VirtualMachine) -> list[Snapshot]:
    return [snapshot for snapshot in vm.lab.all(Snapshot) if snapshot.vm is vm]


def current(vm: VirtualMachine) -> Snapshot:
    """Return the snapshot that the VM's present state grew from."""
    info = vm.properties.get("snapshot")
    if info is None or info.currentSnapshot is None:
        raise vim.fault.NotFound(msg="The virtual machine has no current snapshot.")
    return t.cast(Snapshot, vm.lab.get(info.currentSnapshot))


def create(vm: VirtualMachine, name: str, description: str, memory: bool) -> Any:
    """Keep the present state under a name."""
    parent = current(vm) if vm.properties.get("snapshot") else None
    moid = f"snapshot-{vm.lab.number('snapshot')}"
    made = vm.lab.add(Snapshot(vm.lab, moid, vm, parent, name=name, description=description, memory=memory and vm.on))
    if parent is not None:
        parent.children.append(made)
    _show(vm, made)
    return made.ref


def _show(vm: VirtualMachine, at: Snapshot | None) -> None:
    roots = [snapshot for snapshot in _all(vm) if snapshot.parent is None]
    info = None
    if roots:
        info = vim.vm.SnapshotInfo(
            currentSnapshot=at.ref if at else None, rootSnapshotList=[root.tree() for root in roots]
        )
    vm.set(snapshot=info, rootSnapshot=[root.ref for root in roots])


def revert(vm: VirtualMachine, to: Snapshot, stay_off: bool = False) -> None:
    """Bring back the configuration of that time: MAC, type and backing of each vNIC (rule revert_restores_vnics)."""
    was_power = to.power if not stay_off else "poweredOff"
    vm.links.clear()
    for key in list(vm.dvports):
        leave_port(vm, key)
    vm.set_config(changed(to.properties["config"], name=vm.name))
    vm.set_runtime(powerState=was_power)
    for nic in vm.nics:
        _reconnect(vm, nic, to.macs.get(nic.key))
    vm.networks_changed()
    vm.seen_changed()
    _show(vm, to)


def _reconnect(vm: VirtualMachine, nic: Any, runtime: str | None) -> None:
    port = getattr(nic.backing, "port", None)
    group = vm.lab.objects.get(port.portgroupKey) if port is not None else None
    if group is not None:
        take_port(vm, nic, t.cast(Any, group))
    if vm.on:
        links.start(vm, vm.nic(nic.key), runtime)


def remove(snapshot: Snapshot, with_children: bool) -> None:
    """Forget a snapshot; its children become its parent's unless they go as well."""
    vm, parent = snapshot.vm, snapshot.parent
    for child in list(snapshot.children):
        if with_children:
            remove(child, True)
        else:
            child.parent = parent
            if parent is not None:
                parent.children.append(child)
    if parent is not None:
        parent.children.remove(snapshot)
    info = vm.properties.get("snapshot")
    was_current = info is not None and info.currentSnapshot is not None and info.currentSnapshot._moId == snapshot.moid
    vm.lab.remove(snapshot)
    left = vm.lab.objects.get(info.currentSnapshot._moId) if info and info.currentSnapshot else None
    _show(vm, parent if was_current else t.cast("Snapshot | None", left))


def remove_all(vm: VirtualMachine) -> None:
    """Forget all of them."""
    for snapshot in _all(vm):
        vm.lab.remove(snapshot)
    vm.set(snapshot=None, rootSnapshot=[])
