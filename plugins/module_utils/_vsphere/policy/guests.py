# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The vNICs that are connected to portgroups."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ..._domain.model import NetworkKind, Power, Vm, Vnic
from ..._domain.policy.exposure import Guest
from ..._domain.policy.holder import Holder
from .. import collect
from ..places import Places, is_standard
from ..sdk import vim
from ..session import Session
from ..vnic.codec import of_vm

_VM_PATHS = (
    "name",
    "config.guestId",
    "config.hardware.device",
    "config.nestedHVEnabled",
    "runtime.host",
    "runtime.powerState",
)


def guests(session: Session, places: Places, portgroups: Sequence[Holder]) -> dict[Holder, tuple[Guest, ...]]:
    """Returns them by portgroup: two reads, whatever their number."""
    vms = list(_vms(session, places, portgroups))
    return {holder: tuple(_guests(holder, vms)) for holder in portgroups}


def _vms(session: Session, places: Places, portgroups: Sequence[Holder]) -> Iterator[tuple[Vm, bool]]:
    """Yields the VMs on these portgroups, and whether each looks like a nested hypervisor."""
    names = {holder.name for holder in portgroups if holder.kind.is_standard}
    moids = {holder.moid for holder in portgroups if not holder.kind.is_standard}
    networks = list(places.of_kind(vim.Network))
    standard = [place.ref for place in networks if place.name in names and is_standard(place.ref)]
    distributed = [place.ref for place in networks if place.moid in moids]
    found = [*collect.of(session, standard, ["vm"]), *collect.of(session, distributed, ["vm"])]
    refs = {ref._moId: ref for network in found for ref in network.properties.get("vm") or ()}
    for vm in collect.of(session, list(refs.values()), _VM_PATHS):
        yield of_vm(str(vm.ref._moId), vm.properties, places), _looks_nested(vm.properties)


def _guests(holder: Holder, vms: Sequence[tuple[Vm, bool]]) -> Iterator[Guest]:
    for vm, nested in vms:
        for vnic in vm.vnics:
            if _is_on(holder, vm, vnic):
                yield Guest(
                    vm=vm.name,
                    vnic=vnic.label,
                    host=vm.host,
                    port_key=vnic.port_key,
                    nested=nested,
                    powered_on=vm.power is Power.ON,
                )


def _is_on(holder: Holder, vm: Vm, vnic: Vnic) -> bool:
    if not holder.kind.is_standard:
        return vnic.network.key == holder.moid
    on_host = vm.host_moid == holder.moid
    return on_host and vnic.network.kind is NetworkKind.STANDARD and vnic.network.name == holder.name


def _looks_nested(properties: Mapping[str, t.Any]) -> bool:
    guest = properties.get("config.guestId") or ""
    return guest.lower().startswith("vmkernel") or bool(properties.get("config.nestedHVEnabled"))
