# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What is wrong with a vNIC's MAC although nothing has happened yet, each risk with its cause and its remedy."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence

from ..allocation import Allocation
from ..mac import MacRange, classify
from ..model import AddressType, Vm, Vnic, VnicId
from ..wording import few
from .finding import Finding


class Risk(enum.Enum):
    """What may change or stop the vNIC later."""

    ON_REVERT = "on_revert"
    ON_UPGRADE = "on_upgrade"
    DUPLICATE = "duplicate"
    WONT_POWER_ON = "wont_power_on"
    FOREIGN_ALLOCATION = "foreign_allocation"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LatentRisk:
    risk: Risk
    explanation: str
    remedy: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A vNIC somewhere in the inventory that has a MAC configured."""

    vm: str
    moid: str
    key: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What latent risks are judged by, besides the vNIC itself."""

    owners: Mapping[str, tuple[Owner, ...]] = dataclasses.field(default_factory=dict)
    """By MAC, over all VMs and templates."""
    snapshot_macs: Mapping[VnicId, Sequence[tuple[str, str]]] = dataclasses.field(default_factory=dict)
    """By vNIC: each snapshot's name, which others may have as well, and the MAC that it would bring back."""
    allocation: Allocation | None = None
    """None on a standalone host."""


def latent_risks(finding: Finding, around: Surroundings) -> tuple[LatentRisk, ...]:
    """Returns every latent risk of one vNIC."""
    return tuple(_risks(finding, finding.vm, finding.vnic, around))


def _risks(finding: Finding, vm: Vm, vnic: Vnic, around: Surroundings) -> Iterator[LatentRisk]:
    yield from _duplicate(finding, around)
    if vnic.mac:
        yield from _wont_power_on(vnic, vnic.mac)
        yield from _foreign(vnic, vnic.mac, around.allocation)
    yield from _on_revert(vm, vnic, around)
    if vm.upgrade_scheduled and vnic.address_type is not AddressType.MANUAL:
        yield LatentRisk(
            risk=Risk.ON_UPGRADE,
            explanation="A hardware upgrade is scheduled, and nothing but a manual MAC is promised to survive it.",
            remedy="Pin the MAC with macguard.vsphere.vnic_mac_pin first, and compare after the upgrade.",
        )


def _duplicate(finding: Finding, around: Surroundings) -> Iterator[LatentRisk]:
    for address in dict.fromkeys(mac for mac in (finding.vnic.mac, finding.runtime_mac) if mac):
        others = [owner for owner in around.owners.get(address, ()) if not _is(owner, finding)]
        if others:
            names = few(sorted({f"{owner.vm} ({owner.moid})" for owner in others}))
            yield LatentRisk(
                risk=Risk.DUPLICATE,
                explanation=f"{address} is the configured MAC of {names} as well: vCenter may give one of them another "
                "at the next edit or power-on.",
                remedy="Give all but one of them another MAC with macguard.vsphere.vnic_mac_pin while powered off.",
            )


def _is(owner: Owner, finding: Finding) -> bool:
    return (owner.moid, owner.key) == (finding.vm.moid, finding.vnic.key)


def _wont_power_on(vnic: Vnic, mac: str) -> Iterator[LatentRisk]:
    if vnic.address_type is AddressType.MANUAL and classify(mac).powers_on is False:
        yield LatentRisk(
            risk=Risk.WONT_POWER_ON,
            explanation=f"{mac} is set by hand, but lies in a range that hosts refuse at power-on "
            "(unless ethernetN.checkMACAddress is FALSE): the VM won't start again.",
            remedy="Give it a MAC in 00:50:56:00 to 3f with macguard.vsphere.vnic_mac_pin while powered off.",
        )


def _foreign(vnic: Vnic, mac: str, allocation: Allocation | None) -> Iterator[LatentRisk]:
    if vnic.address_type is AddressType.GENERATED and classify(mac) is not MacRange.GENERATED:
        whose = "its type is generated, which means 00:0c:29: the host makes a new one at power-on"
    elif vnic.address_type is AddressType.ASSIGNED and allocation and allocation.assigns(mac) is False:
        whose = f"this vCenter assigns {allocation.describe()}: it may replace the MAC at the next edit"
    else:
        return
    yield LatentRisk(
        risk=Risk.FOREIGN_ALLOCATION,
        explanation=f"{mac} has no claim to stay: {whose}.",
        remedy="Pin the MAC with macguard.vsphere.vnic_mac_pin if it has to stay.",
    )


def _on_revert(vm: Vm, vnic: Vnic, around: Surroundings) -> Iterator[LatentRisk]:
    kept = around.snapshot_macs.get((vm.moid, vnic.key), ())
    other = [f"{name} ({mac})" for name, mac in kept if mac != vnic.mac]
    if other:
        which = few(sorted(set(other)))
        yield LatentRisk(
            risk=Risk.ON_REVERT,
            explanation=f"Reverting to a snapshot brings back another MAC: {which}.",
            remedy="Remove the snapshots, or run macguard.vsphere.vnic_mac_pin right after a revert.",
        )
