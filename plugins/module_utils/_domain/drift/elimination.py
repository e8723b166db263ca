# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which port of a standard switch belongs to which vNIC: a host lists its ports' MACs, but not whose they are."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..model import NetworkKind, Power, Sighting, Source, Vm, Vnic, VnicId
from ..wording import few

HostPortgroup = tuple[str, str]
"""A standard portgroup: the host's managed object id and the portgroup's name."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A connected vNIC of a running VM on one host's portgroup: its configured MAC and what its guest says it uses."""

    vnic: VnicId
    configured: str
    guest: str | None = None
    has_port: bool = True
    """False for a passthrough vNIC, which may or may not show up among the ports."""


def claims(vms: Iterable[Vm], guests: Mapping[VnicId, Sighting]) -> Mapping[HostPortgroup, list[Claim]]:
    """Returns the vNICs of running VMs that must have a port on a standard switch, by host and portgroup."""
    found: dict[HostPortgroup, list[Claim]] = {}
    for vm in vms:
        for vnic in vm.vnics if vm.power is Power.ON else ():
            if vnic.network.kind is NetworkKind.STANDARD and vnic.connected and vnic.mac:
                found.setdefault((vm.host_moid, vnic.network.name), []).append(_claim(vm, vnic, vnic.mac, guests))
    return found


def strangers(vms: Iterable[Vm]) -> Mapping[str, tuple[str, ...]]:
    """Returns the running VMs whose vNICs can't be read, by host: a port that nobody claims may be theirs."""
    found: dict[str, tuple[str, ...]] = {}
    for vm in vms:
        if not vm.has_config and vm.power is Power.ON:
            found[vm.host_moid] = (*found.get(vm.host_moid, ()), vm.name)
    return found


def _claim(vm: Vm, vnic: Vnic, configured: str, guests: Mapping[VnicId, Sighting]) -> Claim:
    vnic_id = (vm.moid, vnic.key)
    guest = guests.get(vnic_id)
    return Claim(
        vnic=vnic_id,
        configured=configured,
        guest=guest.mac if guest else None,
        has_port=not vnic.is_passthrough,
    )


def on_ports(ports: Sequence[str], claims: Sequence[Claim], strangers: Sequence[str] = ()) -> Mapping[VnicId, Sighting]:
    """Returns what the ports of one portgroup on one host tell about the vNICs on it.

    A port with the configured MAC is that vNIC's. Whether the list follows a guest's change of MAC isn't documented
    (API reference, HostPortGroupPort.mac), so even that is not certain.
    """
    listed = Counter(ports)
    claimed = Counter(claim.configured for claim in claims if claim.has_port)
    seen: dict[VnicId, Sighting] = {}
    for claim in claims:
        if listed[claim.configured]:
            # Of two vNICs with the same MAC configured, one port can only be one's.
            seen[claim.vnic] = _own(claim) if listed[claim.configured] >= claimed[claim.configured] else _shared(claim)
    left = [claim for claim in claims if claim.vnic not in seen and claim.has_port]
    macs = sorted(set(listed) - {claim.configured for claim in claims})
    if any(listed[mac] < claimed[mac] for mac in listed if mac in claimed):
        return {**seen, **{claim.vnic: _nothing(_TOO_MANY) for claim in left}}
    return {**seen, **{claim.vnic: _left_over(claim, left, macs, strangers) for claim in left}}


_TOO_MANY = "no port has its MAC, and vNICs with the same MAC configured are on this host and portgroup"


def _shared(claim: Claim) -> Sighting:
    return _nothing(f"{claim.configured} is configured for more vNICs here than ports have it")


def _own(claim: Claim) -> Sighting:
    return Sighting(source=Source.STANDARD_PORT, mac=claim.configured, certain=False)


def _left_over(claim: Claim, left: Sequence[Claim], macs: Sequence[str], strangers: Sequence[str]) -> Sighting:
    if not macs:
        return _nothing("the host lists no port with its MAC")
    if len(left) == len(macs) == 1 and not strangers:
        note = "the only vNIC and the only port that are left over on this host and portgroup"
        return Sighting(source=Source.STANDARD_PORT, mac=macs[0], certain=False, note=note)
    if claim.guest in macs and sum(other.guest == claim.guest for other in left) == 1:
        note = "the port with the MAC that the guest reports"
        return Sighting(source=Source.STANDARD_PORT, mac=claim.guest, certain=False, note=note)
    if strangers:
        return _nothing(f"no port has its MAC; {few(macs)} may be its own or that of {_any_of(strangers)}")
    note = f"no port has its MAC; {len(left)} such vNICs could use {few(macs)}"
    if len(left) > len(macs):
        return _nothing(note)
    # Each of them has a port, and none of the ports has its MAC: all have drifted, only not which is which.
    return Sighting(source=Source.STANDARD_PORT, mac=None, certain=False, candidates=tuple(macs), note=note)


def _any_of(strangers: Sequence[str]) -> str:
    return f"{few(strangers, most=3)}, whose configuration can't be read"


def _nothing(note: str) -> Sighting:
    return Sighting(source=Source.STANDARD_PORT, mac=None, certain=False, note=note)
