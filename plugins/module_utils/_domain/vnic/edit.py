# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What one edit of a VM promises of its vNICs, and how harm is told from success when they are read back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..drift.finding import AtRisk, Certainty, Finding
from ..model import AddressType, Network, Power, Vm, Vnic


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VnicState:
    """A vNIC as an edit promises it and as it is read back. `harm` is never promised; it is found or not."""

    key: int
    label: str
    mac: str | None
    address_type: AddressType
    network: Network
    connected: bool
    check_mac_address: bool | None = None
    harm: tuple[str, ...] = ()

    @classmethod
    def of(cls, vnic: Vnic, harm: tuple[str, ...] = ()) -> VnicState:
        return cls(
            key=vnic.key,
            label=vnic.label,
            mac=vnic.mac,
            address_type=vnic.address_type,
            network=vnic.network,
            connected=vnic.connected,
            check_mac_address=vnic.check_mac_address,
            harm=harm,
        )


VmState = tuple[VnicState, ...]
"""The vNICs of one VM that an edit changes, by device key."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Where a moved vNIC is plugged in: a distributed portgroup by its two keys, or a standard one by name."""

    network: Network
    switch_uuid: str = ""
    portgroup_key: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CardEdit:
    """The change to one vNIC. None = stays as the server has it; the MAC is always sent all the same."""

    key: int
    mac: str | None = None
    address_type: AddressType | None = None
    check_mac_address: bool | None = None
    attachment: Attachment | None = None
    only_if_pinned: bool = False
    """Whether the plan took the MAC for static: a preview may, a write must find it so."""
    seen: Finding | None = None
    """What was known of its runtime MAC and port before; None where nothing runs that an edit could disturb."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """All vNIC changes of one VM: one spec, so that vSphere does all of them or none."""

    moid: str
    change_version: str
    power: Power
    cards: tuple[CardEdit, ...]


def states(vm: Vm, keys: Iterable[int]) -> VmState:
    """Returns the named vNICs of a VM as states; one that is gone is left out."""
    wanted = set(keys)
    return tuple(VnicState.of(vnic) for vnic in sorted(vm.vnics, key=lambda vnic: vnic.key) if vnic.key in wanted)


def harm(before: Finding, after: Finding, *, moved: bool) -> tuple[str, ...]:
    """Returns what happened to a running vNIC that no edit may cause; empty if nothing is known to have.

    Drift that only the new port has brought to light isn't of the edit's making. It counts all the same where that port
    will be blocked for it.
    """
    found = []
    if after.blocked and not before.blocked:
        found.append("its port is blocked")
    if _certain(before) and after.runtime_mac != before.runtime_mac and (_certain(after) or after.has_drifted):
        found.append(f"it was using {before.runtime_mac} and is using {after.runtime_mac} now")
    elif moved and not before.has_drifted and after.has_drifted and after.at_risk is AtRisk.NEXT_PORT_CONNECT:
        found.append(f"it is using {after.runtime_mac}, and its new port will be blocked for that at the next connect")
    return tuple(found)


def _certain(finding: Finding) -> bool:
    return finding.runtime_mac is not None and finding.certainty is Certainty.CERTAIN
