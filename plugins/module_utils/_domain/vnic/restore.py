# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The option `restore`: what a run returns so that another run can undo it, as an option value and back.

An entry holds what was before, not a difference: given twice, or after a half-done undo, it still leads there.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence

from .. import mac
from ..model import AddressType, Network, NetworkKind, VnicId
from ..plan import Change
from ..scope import Scope
from .edit import VmState, VnicState
from .pin import Address

Entry = Mapping[str, t.Any]


def addresses(changes: Sequence[Change[VmState]]) -> list[Entry]:
    """Returns the option value that gives the vNICs of these changes their former type and MAC back."""
    return _entries(changes, _address)


def read_addresses(entries: Sequence[Entry]) -> dict[VnicId, Address]:
    """Returns each vNIC's former address, by the VM's managed object id and the device key."""
    return {
        key: Address(
            mac=mac.normalise(vnic["mac"]) if vnic["mac"] else "",
            address_type=AddressType(vnic["address_type"]),
            check_mac_address=vnic.get("check_mac_address"),
        )
        for key, vnic in _vnics(entries)
    }


def networks(changes: Sequence[Change[VmState]]) -> list[Entry]:
    """Returns the option value that moves the vNICs of these changes back."""
    return _entries(
        changes,
        lambda state: {
            "portgroup": state.network.name,
            "portgroup_id": state.network.key,
            "type": state.network.kind.value,
            "switch": state.network.switch,
        },
    )


def read_networks(entries: Sequence[Entry]) -> dict[VnicId, Network]:
    """Returns each vNIC's former network, by the VM's managed object id and the device key."""
    return {
        key: Network(
            kind=NetworkKind(vnic["type"]),
            name=vnic["portgroup"],
            key=vnic["portgroup_id"],
            switch=vnic["switch"] or "",
        )
        for key, vnic in _vnics(entries)
    }


def scope(entries: Sequence[Entry]) -> Scope | None:
    """Returns the VMs that the entries name; None if there are no entries."""
    return Scope(vms=tuple(dict.fromkeys(entry["vm"] for entry in entries))) if entries else None


def _address(state: VnicState) -> dict[str, t.Any]:
    check = {} if state.check_mac_address is None else {"check_mac_address": state.check_mac_address}
    return {"mac": state.mac or "", "address_type": state.address_type.value, **check}


def _entries(changes: Sequence[Change[VmState]], part: Callable[[VnicState], dict[str, t.Any]]) -> list[Entry]:
    return [
        {
            "vm": change.write.moid,
            "name": change.subject,
            "vnics": [{"key": state.key, "label": state.label, **part(state)} for state in change.before],
        }
        for change in changes
    ]


def _vnics(entries: Sequence[Entry]) -> list[tuple[VnicId, Entry]]:
    return [((entry["vm"], vnic["key"]), vnic) for entry in entries for vnic in entry["vnics"]]
