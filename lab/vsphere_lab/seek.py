# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find things by the names that people use; a name that nobody has says which one is near."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .core import Call, Lab, acting
from .hosts import HostSystem
from .portgroups import DvPortgroup
from .schema import near
from .sdk import vim
from .vms import VirtualMachine

Any = t.Any
_CARD = vim.vm.device.VirtualEthernetCard


def _named(things: t.Sequence[Any], kind: str, name: str) -> Any:
    for thing in things:
        if name in (thing.name, thing.moid):
            return thing
    raise KeyError(f"no {kind} {name!r}{near(name, [thing.name for thing in things])}")


def find_vm(lab: Lab, name: str) -> VirtualMachine:
    return t.cast(VirtualMachine, _named(lab.all(VirtualMachine), "VM", name))


def find_host(lab: Lab, name: str) -> HostSystem:
    return t.cast(HostSystem, _named(lab.all(HostSystem), "host", name))


def find_group(lab: Lab, name: str) -> DvPortgroup:
    return t.cast(DvPortgroup, _named(lab.all(DvPortgroup), "distributed portgroup", name))


def find_nic(vm: VirtualMachine, label: str | None) -> Any:
    """Return the vNIC with this label; the first one without a label."""
    for nic in vm.nics:
        if label in (None, nic.deviceInfo.label):
            return nic
    raise KeyError(f"{vm.name} has no vNIC {label!r}; it has {', '.join(nic.deviceInfo.label for nic in vm.nics)}")


def backing(vm: VirtualMachine, portgroup: str) -> Any:
    """Return what connects a vNIC to a portgroup that the VM's host has, distributed ones first."""
    groups = {group.name: group for switch in vm.host.switches for group in switch.groups()}
    if portgroup in groups:
        group = groups[portgroup]
        port = vim.dvs.PortConnection(switchUuid=group.switch.uuid, portgroupKey=group.moid)
        return _CARD.DistributedVirtualPortBackingInfo(port=port)
    if portgroup not in vm.host.networks:
        raise KeyError(f"no portgroup {portgroup!r}{near(portgroup, [*groups, *vm.host.networks])}")
    return _CARD.NetworkBackingInfo(deviceName=portgroup)


@dataclasses.dataclass(frozen=True)
class _Somebody:
    """In whose name something happens that no session asked for."""

    user: str


@contextlib.contextmanager
def in_name_of(lab: Lab, user: str) -> t.Iterator[Call]:
    """Let events name this user; the call that is given needs no privileges."""
    with acting(Call(lab, _Somebody(user), "", "")):
        yield Call(lab, None, "", "")
