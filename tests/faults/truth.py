# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab is really like: every VM, portgroup and switch, whole, under the name that results have for it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import vsphere_lab
from pyVmomi import VmomiSupport
from vsphere_lab.hosts import HostSystem
from vsphere_lab.portgroups import DvPortgroup
from vsphere_lab.switches import DistributedSwitch
from vsphere_lab.vms import VirtualMachine

Flat = tuple[tuple[str, str], ...]
Truth = dict[str, Flat]
"""Every leaf of every object, but for what only counts edits or tells ports of one portgroup apart."""

_COUNTERS = ("changeVersion", "modified", "portKey", "connectionCookie")


def state(lab: vsphere_lab.Lab) -> Truth:
    """Returns the configuration of every object by its subject."""
    with lab.lock:
        return dict(_objects(lab))


def macs(lab: vsphere_lab.Lab) -> dict[str, t.Any]:
    """Returns, for each vNIC, the configured and the runtime MAC, and whether its port is blocked."""
    return {
        f"{vm.name} {nic.key}": (nic.macAddress, link and link.runtime, link and link.blocked)
        for vm in lab.all(VirtualMachine)
        for nic in vm.nics
        for link in [vm.links.get(nic.key)]
    }


def differing(one: Truth, other: Truth) -> set[str]:
    """Returns the subjects that aren't the same in both."""
    return {subject for subject in one.keys() | other.keys() if one.get(subject) != other.get(subject)}


def _objects(lab: vsphere_lab.Lab) -> Iterator[tuple[str, Flat]]:
    for vm in lab.all(VirtualMachine):
        ports = tuple((f"portgroup {key}", port.group.name) for key, port in sorted(vm.dvports.items()))
        yield f"VM {vm.name}", (("power", vm.power), *ports, *_flat(vm.config))
    for host in lab.all(HostSystem):
        network = host.network_system
        for name, spec in network.portgroups.items():
            yield f"portgroup {name} on {host.name}", tuple(_flat(spec))
        for name, spec in network.vswitches.items():
            # The MTU in force: a spec may leave it unset.
            own = tuple(leaf for leaf in _flat(spec) if leaf[0] != ".mtu")
            yield f"vSwitch {name} on {host.name}", (("mtu", str(network.mtus[name])), *own)
    for group in lab.all(DvPortgroup):
        own = tuple(_own(group.own))
        yield (
            f"distributed portgroup {group.name} of {group.switch.name}",
            (
                ("vlan", str(group.vlan_ranges())),
                ("description", str(group.description)),
                *own,
            ),
        )
    for switch in lab.all(DistributedSwitch):
        yield f"distributed switch {switch.name}", tuple(_flat(switch.setting))


def _own(setting: t.Any) -> Iterator[tuple[str, str]]:
    """A policy that says to be inherited says no more than one that is absent."""
    modern = setting.macManagementPolicy
    inherits = modern is not None and modern.inherited
    return (leaf for leaf in _flat(setting) if not (inherits and leaf[0].startswith(".macManagementPolicy")))


def _flat(value: t.Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, VmomiSupport.DataObject):
        for info in value._GetPropertyList():
            if info.name not in _COUNTERS:
                yield from _flat(getattr(value, info.name), f"{path}.{info.name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")
    elif value is not None:
        yield path, str(value)
