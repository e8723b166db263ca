# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which vNICs of the VMs in scope a task is about, and which of these nobody should edit now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from .. import mac
from ..errors import InvalidOption, NotFound, Refused, not_found
from ..model import Power, Vm, Vnic, VnicId
from ..scope import Scope
from ..wording import few

Picked = tuple[tuple[Vm, tuple[Vnic, ...]], ...]
"""VMs, each with those of its vNICs that are meant."""

ALL = "all"
FIRST_KEY = 1000
"""vSphere numbers devices from here on, so that a smaller number can only be a position."""


def chosen(vms: Sequence[Vm], scope: Scope, selectors: Sequence[str]) -> Picked:
    """Returns the VMs that have chosen vNICs, with these; NotFound for a selector that hits no vNIC of any VM."""
    inside = [(vm, tuple(vnic for vnic in vm.vnics if scope.covers(vnic))) for vm in vms]
    # "1, all" is a list to Ansible, which keeps the blank after the comma.
    wanted = [selector.strip() for selector in selectors if selector.strip().lower() != ALL]
    if not wanted or len(wanted) < len(selectors):
        return tuple((vm, vnics) for vm, vnics in inside if vnics)
    for word in wanted:
        if not any(_means(word, vm, vnic) for vm, vnics in inside for vnic in vnics):
            known = [name for vm, vnics in inside for vnic in vnics for name in (vnic.label, vnic.mac) if name]
            raise not_found("vNIC", word, known, where="on any VM in scope")
    hits = ((vm, tuple(v for v in vnics if any(_means(word, vm, v) for word in wanted))) for vm, vnics in inside)
    return tuple((vm, vnics) for vm, vnics in hits if vnics)


def _means(selector: str, vm: Vm, vnic: Vnic) -> bool:
    """A selector is a label, a MAC in any notation, a device key, or a position counted from 1."""
    if selector.lower() == vnic.label.lower():
        return True
    if selector.isdecimal() and len(selector) < 12:
        number = int(selector)
        return number == vnic.key if number >= FIRST_KEY else vm.vnics.index(vnic) + 1 == number
    try:
        return mac.normalise(selector) == vnic.mac
    except InvalidOption:
        return False


def only(picked: Picked, keys: Collection[VnicId] | None) -> Picked:
    """Returns the picked vNICs that these pairs of VM and device key name; all of them if there are no pairs."""
    if keys is None:
        return picked
    gone = set(keys) - {(vm.moid, vnic.key) for vm, vnics in picked for vnic in vnics}
    if gone:
        raise NotFound(f"vNICs were removed since: {', '.join(f'{moid} device {key}' for moid, key in sorted(gone))}.")
    return tuple((vm, tuple(vnic for vnic in vnics if (vm.moid, vnic.key) in keys)) for vm, vnics in picked)


def hidden(vms: Sequence[Vm], *, refuse: bool) -> tuple[str, ...]:
    """Returns a warning if vSphere doesn't show the vNICs of some VMs; with `refuse`, raises Refused instead."""
    names = [vm.name for vm in vms if not vm.has_config]
    if not names:
        return ()
    told = f"vSphere doesn't show the vNICs of {few(names)}: the VM is inaccessible, or this account may not read it."
    if refuse:
        raise Refused(f"{told} Nothing was changed.", candidates=names)
    return (told,)


def untouchable(vm: Vm, vnic: Vnic) -> str:
    """Returns why this vNIC must not be edited now, whatever is asked for; '' if nothing speaks against it."""
    reasons = {
        "a template takes no device edit, and its MACs are copied into clones": vm.template,
        "the VM is disconnected, orphaned or inaccessible": not vm.reachable,
        "a suspended VM takes no device edit; resume it or power it off": vm.power is Power.SUSPENDED,
        f"the VM is managed by {vm.managed_by}, which would undo it": bool(vm.managed_by),
        "the VM is fault tolerant": vm.fault_tolerant,
        "vSphere has disabled reconfiguration of the VM for now, as backup and replication do": vm.reconfigure_disabled,
        "an SR-IOV vNIC can only be edited while the VM is off": vnic.is_passthrough and vm.power is not Power.OFF,
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def subjects(vms: Sequence[Vm]) -> Mapping[str, str]:
    """Returns what to call each VM, by managed object id: its name, and its id too where several have that name."""
    names = Counter(vm.name for vm in vms)
    return {vm.moid: f"VM {vm.name}" + (f" ({vm.moid})" if names[vm.name] > 1 else "") for vm in vms}
