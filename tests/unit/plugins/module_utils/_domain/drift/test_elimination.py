# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which vNIC a standard switch's port belongs to, when all there is to go by is a set of MACs."""

from __future__ import annotations

import dataclasses

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.elimination import (
    Claim,
    claims,
    on_ports,
    strangers,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    AddressType,
    Network,
    NetworkKind,
    Power,
    Sighting,
    Source,
    Vm,
    Vnic,
)
from hypothesis import given
from hypothesis import strategies as st

A, B, C = "00:50:56:86:00:0a", "00:50:56:86:00:0b", "00:50:56:86:00:0c"
OLD, OLDER = "00:50:56:86:7f:01", "00:50:56:86:7f:02"


def claim(number: int, configured: str, **more: object) -> Claim:
    return Claim(vnic=(f"vm-{number}", 4000), configured=configured, **more)  # type: ignore[arg-type]


def macs(ports: list[str], *wanted: Claim) -> list[str | None]:
    seen = on_ports(ports, wanted)
    return [seen[each.vnic].mac if each.vnic in seen else None for each in wanted]


def test_a_port_with_the_configured_mac_is_that_vnics() -> None:
    assert macs([A, B], claim(1, A), claim(2, B)) == [A, B]


def test_the_last_vnic_and_the_last_port_belong_together() -> None:
    assert macs([A, OLD], claim(1, A), claim(2, B)) == [A, OLD]


def test_two_with_two_ports_left_over_have_drifted_but_are_not_told_apart() -> None:
    seen = on_ports([OLD, OLDER], [claim(1, A), claim(2, B)])
    assert [(sighting.mac, sighting.candidates) for sighting in seen.values()] == [(None, (OLD, OLDER))] * 2


def test_two_with_one_port_left_over_are_not_told_apart_at_all() -> None:
    seen = on_ports([OLD], [claim(1, A), claim(2, B)])
    assert [(sighting.mac, sighting.candidates) for sighting in seen.values()] == [(None, ())] * 2
    assert all(OLD in sighting.note for sighting in seen.values())


def test_the_guest_tells_two_apart() -> None:
    assert macs([OLD, OLDER], claim(1, A, guest=OLDER), claim(2, B, guest=OLD)) == [OLDER, OLD]


def test_two_guests_with_the_same_mac_tell_nothing() -> None:
    assert macs([OLD, OLDER], claim(1, A, guest=OLD), claim(2, B, guest=OLD)) == [None, None]


def test_no_port_left_is_no_drift_and_no_match() -> None:
    seen = on_ports([A], [claim(1, A), claim(2, B)])
    assert seen[("vm-2", 4000)] == Sighting(
        source=Source.STANDARD_PORT, mac=None, certain=False, note="the host lists no port with its MAC"
    )


def test_a_passthrough_vnic_gets_no_port_by_elimination() -> None:
    seen = on_ports([OLD], [claim(1, A, has_port=False), claim(2, B)])
    assert seen[("vm-2", 4000)].mac == OLD
    assert ("vm-1", 4000) not in seen


def test_of_duplicates_nobody_is_cleared_by_one_port() -> None:
    assert macs([A], claim(1, A), claim(2, A)) == [None, None]
    assert macs([A, OLD], claim(1, A), claim(2, A)) == [None, None]
    assert macs([A, OLD, OLDER], claim(1, A), claim(2, A), claim(3, B)) == [None, None, None]
    assert macs([A, A], claim(1, A), claim(2, A)) == [A, A]


def test_a_port_that_may_be_somebody_elses_accuses_nobody() -> None:
    """A running VM whose vNICs can't be read has ports here, too; only the guest can still tell."""
    seen = on_ports([OLD], [claim(1, A)], ["locked-01"])[("vm-1", 4000)]
    assert (seen.mac, seen.candidates) == (None, ())
    assert (
        seen.note
        == f"no port has its MAC; {OLD} may be its own or that of locked-01, whose configuration can't be read"
    )
    seen = on_ports([OLD, OLDER], [claim(1, A)], ["vm-a", "vm-b", "vm-c", "vm-d", "vm-e"])[("vm-1", 4000)]
    assert (seen.mac, seen.candidates) == (None, ())
    assert "vm-a, vm-b, vm-c and 2 more, whose" in seen.note
    assert on_ports([OLD], [claim(1, A, guest=OLD)], ["locked-01"])[("vm-1", 4000)].mac == OLD
    assert on_ports([A], [claim(1, A)], ["locked-01"])[("vm-1", 4000)].mac == A


def test_strangers_are_running_vms_whose_vnics_cant_be_read() -> None:
    unread = dataclasses.replace(VM, name="locked-01", vnics=(), has_config=False)
    assert strangers([VM, unread]) == {"host-1": ("locked-01",)}
    assert strangers([dataclasses.replace(unread, power=Power.OFF)]) == {}


def test_no_elimination_is_certain() -> None:
    assert not any(seen.certain for seen in on_ports([A, OLD], [claim(1, A), claim(2, B)]).values())


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=6))
def test_no_vnic_is_given_a_mac_that_isnt_its(shapes: list[tuple[bool, int]]) -> None:
    """Whoever has drifted, and whatever the guests say: a MAC that elimination names is the one in use."""
    configured = [f"00:50:56:86:00:{n:02x}" for n in range(len(shapes))]
    used = [f"00:50:56:86:7f:{n:02x}" if drifted else configured[n] for n, (drifted, _unused) in enumerate(shapes)]
    wanted = [claim(n, mac) for n, mac in enumerate(configured)]
    seen = on_ports(used, wanted)
    for n, each in enumerate(wanted):
        assert seen[each.vnic].mac in (used[n], None)
        assert not seen[each.vnic].candidates or used[n] in seen[each.vnic].candidates


NETWORK = Network(kind=NetworkKind.STANDARD, name="Staging")
VNIC = Vnic(key=4000, label="Network adapter 1", mac=A, address_type=AddressType.ASSIGNED, network=NETWORK)
VM = Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(VNIC,), host_moid="host-1")


def test_claims_come_from_running_vms_with_a_connected_vnic_on_a_standard_portgroup() -> None:
    guests = {("vm-1", 4000): Sighting(source=Source.GUEST, mac=OLD, certain=False)}
    assert claims([VM], guests) == {("host-1", "Staging"): [claim(1, A, guest=OLD)]}
    for other in (
        dataclasses.replace(VM, power=Power.OFF),
        dataclasses.replace(VM, vnics=(dataclasses.replace(VNIC, connected=False),)),
        dataclasses.replace(VM, vnics=(dataclasses.replace(VNIC, mac=None),)),
        dataclasses.replace(
            VM, vnics=(dataclasses.replace(VNIC, network=Network(kind=NetworkKind.DISTRIBUTED, name="dv")),)
        ),
    ):
        assert claims([other], {}) == {}
