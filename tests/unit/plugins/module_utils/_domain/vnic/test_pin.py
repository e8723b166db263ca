# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be pinned, what mustn't, and why: one row per rule."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.allocation import Allocation
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.verdict import judge
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
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.decision import Decision, Fate
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.pin import (
    Address,
    Keep,
    PoweredOn,
    Rules,
    State,
    decide,
    refuse_shared,
)

MAC, OTHER = "00:50:56:86:00:01", "00:50:56:86:00:99"
STATIC, RESERVED, ABOVE, GENERATED = "00:50:56:12:34:56", "00:50:56:58:59:60", "00:50:56:c1:00:01", "00:0c:29:01:02:03"
FOREIGN, MULTICAST = "02:aa:bb:cc:dd:ee", "01:00:5e:00:00:01"
PIN, UNPIN = Rules(), Rules(state=State.UNPINNED)


def vnic(**changes: t.Any) -> Vnic:
    plain: dict[str, t.Any] = {
        "key": 4000,
        "label": "Network adapter 1",
        "mac": MAC,
        "address_type": AddressType.ASSIGNED,
        "network": Network(kind=NetworkKind.DISTRIBUTED, name="dv-staging", key="dvportgroup-1"),
    }
    return Vnic(**(plain | changes))


def manual(mac: str = MAC) -> Vnic:
    return vnic(mac=mac, address_type=AddressType.MANUAL)


def pin(
    rules: Rules = PIN,
    card: Vnic | None = None,
    *,
    runtime: str | None = "same",
    certain: bool = True,
    owners: Mapping[str, tuple[str, ...]] | None = None,
    instance_id: int | None = 6,
    **vm: t.Any,
) -> tuple[str, str | None, str, str]:
    """The outcome, the MAC and the type that the vNIC gets, and all that is said about it."""
    card = card or vnic()
    machine = dataclasses.replace(Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(card,)), **vm)
    seen = card.mac if runtime == "same" else runtime
    # A dvPort is sure of its vNIC, a guest that was matched by elimination isn't.
    source = Source.DVPORT if certain else Source.GUEST
    sightings = [Sighting(source=source, mac=seen, certain=certain, blocked=False)] if seen else []
    own = {card.mac: ("web-01",)} if card.mac else {}
    found = decide(
        rules,
        judge(machine, card, sightings, None),
        owners=own if owners is None else owners,
        allocation=Allocation(instance_id=instance_id),
    )
    return found.outcome.value, found.mac, found.address_type.value, f"{found.reason}{found.note}"


def test_the_present_mac_is_pinned() -> None:
    assert pin()[:3] == ("pinned", MAC, "manual")


def test_a_pinned_vnic_needs_nothing() -> None:
    assert pin(card=manual()) == ("already", MAC, "manual", "")


def test_without_a_mac_there_is_nothing_to_keep() -> None:
    card = vnic(mac=None, address_type=AddressType.GENERATED)
    assert pin(card=card, power=Power.OFF)[0] == "skipped"
    assert pin(Rules(mac=STATIC), card, power=Power.OFF, owners={})[:3] == ("pinned", STATIC, "manual")


@pytest.mark.parametrize(
    ("rules", "outcome", "mac", "says"),
    [
        pytest.param(Rules(), "refused", MAC, f"{OTHER} in use", id="nobody said which MAC is right"),
        pytest.param(Rules(keep=Keep.CONFIGURED), "pinned", MAC, f"using {OTHER} until", id="the configured one"),
        pytest.param(Rules(keep=Keep.RUNTIME), "refused", MAC, f"mac: {OTHER}", id="the one in use, but the VM is on"),
        pytest.param(
            Rules(keep=Keep.RUNTIME, powered_on=PoweredOn.PENDING), "pending_power_off", MAC, OTHER, id="when it is off"
        ),
        pytest.param(Rules(mac=MAC), "pinned", MAC, f"using {OTHER} until", id="the configured one, by address"),
    ],
)
def test_a_drifted_vnic_is_not_pinned_blindly(rules: Rules, outcome: str, mac: str, says: str) -> None:
    owners = {MAC: ("web-01",)}
    found = pin(rules, runtime=OTHER, owners=owners)
    assert found[:2] == (outcome, mac)
    assert says in found[3]


def test_a_pin_stays_a_pin_when_the_guest_changes_its_mac() -> None:
    outcome, _mac, _type, says = pin(card=manual(), runtime=OTHER)
    assert outcome == "already"
    assert OTHER in says


def test_probable_drift_counts_as_drift() -> None:
    assert pin(runtime=OTHER, certain=False)[0] == "refused"


def test_unknown_is_not_called_no_drift() -> None:
    outcome, _mac, _type, says = pin(runtime=None)
    assert outcome == "pinned"
    assert "not known" in says


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"runtime": None}, "not known for certain", id="nothing is seen"),
        pytest.param({"runtime": OTHER, "certain": False}, "not known for certain", id="matched by elimination"),
        pytest.param({"power": Power.OFF}, "is off", id="nothing runs"),
    ],
)
def test_a_runtime_mac_that_is_not_certain_is_not_pinned(changes: dict[str, t.Any], says: str) -> None:
    found = pin(Rules(keep=Keep.RUNTIME), **changes)
    assert found[0] == "refused"
    assert says in found[3]


@pytest.mark.parametrize(
    ("mac", "in_place", "new", "forced"),
    [
        pytest.param(STATIC, "pinned", "pinned", "pinned", id="VMware's static range"),
        pytest.param(FOREIGN, "pinned", "pinned", "pinned", id="another vendor's"),
        pytest.param(MAC, "pinned", "refused", "pinned", id="vCenter's own range"),
        pytest.param(RESERVED, "refused", "refused", "pinned", id="reserved for VMkernel"),
        pytest.param(ABOVE, "refused", "refused", "pinned", id="not mentioned anywhere"),
        pytest.param(GENERATED, "refused", "refused", "pinned", id="generated by hosts"),
        pytest.param(MULTICAST, "refused", "refused", "refused", id="multicast"),
        pytest.param("00:00:00:00:00:00", "refused", "refused", "refused", id="zeros"),
    ],
)
def test_ranges(mac: str, in_place: str, new: str, forced: str) -> None:
    """What a host refuses at the next power-on is refused now, when somebody is looking."""
    assert pin(card=vnic(mac=mac))[0] == in_place
    old = vnic(mac="00:50:56:86:77:77")
    assert pin(Rules(mac=mac), old, power=Power.OFF, owners={})[0] == new
    assert pin(Rules(mac=mac, allow_reserved_range=True), old, power=Power.OFF, owners={})[0] == forced


@pytest.mark.parametrize(
    ("mac", "check", "outcome", "checked"),
    [
        pytest.param(RESERVED, True, "pinned", False, id="hosts refuse it"),
        pytest.param(GENERATED, True, "pinned", False, id="here too"),
        pytest.param(MAC, True, "pinned", False, id="nobody knows whether hosts do"),
        pytest.param(RESERVED, False, "already", False, id="it is there"),
        pytest.param(STATIC, True, "already", True, id="hosts don't refuse it"),
        pytest.param(FOREIGN, True, "already", True, id="nor this one"),
        pytest.param(RESERVED, None, "refused", None, id="there is no such setting"),
        pytest.param(MULTICAST, True, "refused", True, id="no check is worth this one"),
    ],
)
def test_the_check_is_switched_off_where_it_would_strike(
    mac: str, check: bool | None, outcome: str, checked: bool | None
) -> None:
    card = dataclasses.replace(manual(mac), check_mac_address=check)
    found = decided(Rules(allow_reserved_range=True, check_mac_address=False), card)
    assert (found.outcome.value, found.check_mac_address) == (outcome, checked)
    assert decided(Rules(), card).check_mac_address is check, "nobody asked"


def test_restoring_gives_back_the_former_check() -> None:
    card = dataclasses.replace(manual(RESERVED), check_mac_address=False)
    for former, expected in ((True, ("restored", True)), (None, ("already", False)), (False, ("already", False))):
        address = Address(address_type=AddressType.MANUAL, mac=RESERVED, check_mac_address=former)
        found = decided(Rules(restored={("vm-1", 4000): address}), card)
        assert (found.outcome.value, found.check_mac_address) == expected


def decided(rules: Rules, card: Vnic) -> Decision:
    machine = Vm(moid="vm-1", name="web-01", power=Power.OFF, vnics=(card,))
    return decide(rules, judge(machine, card, (), None), owners={}, allocation=Allocation(instance_id=6))


def test_vcenters_own_range_is_pinned_with_a_note() -> None:
    assert "canary" in pin()[3]


@pytest.mark.parametrize(
    ("owners", "outcome"),
    [
        pytest.param({MAC: ("web-01",)}, "pinned", id="only its own"),
        pytest.param({MAC: ("tmpl", "web-01")}, "refused", id="a template has it too"),
        pytest.param({MAC: ("web-01", "web-01")}, "refused", id="another vNIC of the VM has it too"),
    ],
)
def test_a_duplicate_is_refused(owners: dict[str, tuple[str, ...]], outcome: str) -> None:
    assert pin(owners=owners)[0] == outcome


def test_a_new_mac_that_somebody_has_is_refused() -> None:
    outcome, _mac, _type, says = pin(Rules(mac=STATIC), power=Power.OFF, owners={STATIC: ("db-01",)})
    assert (outcome, "db-01" in says) == ("refused", True)


@pytest.mark.parametrize(
    ("powered_on", "outcome"),
    [(PoweredOn.ATTEMPT, "pinned"), (PoweredOn.PENDING, "pending_power_off"), (PoweredOn.FAIL, "refused")],
)
def test_powered_on_policy(powered_on: PoweredOn, outcome: str) -> None:
    assert pin(Rules(powered_on=powered_on))[0] == outcome
    assert pin(Rules(powered_on=powered_on), power=Power.OFF)[0] == "pinned"
    assert pin(Rules(powered_on=powered_on), manual())[0] == "already"


def test_a_running_vm_never_gets_another_mac() -> None:
    assert pin(Rules(mac=STATIC))[0] == "refused"
    assert pin(Rules(mac=STATIC, powered_on=PoweredOn.PENDING))[0] == "pending_power_off"
    assert pin(Rules(mac=STATIC), power=Power.OFF)[:3] == ("pinned", STATIC, "manual")


def test_special_vms_are_skipped_unless_they_are_as_wanted() -> None:
    assert pin(template=True, power=Power.OFF)[0] == "skipped"
    assert pin(card=manual(), template=True, power=Power.OFF)[0] == "already"
    assert pin(power=Power.SUSPENDED)[0] == "skipped"


@pytest.mark.parametrize(
    ("card", "instance_id", "outcome", "address_type"),
    [
        pytest.param(manual(), 6, "unpinned", "assigned", id="out of this vCenter's range"),
        pytest.param(manual(), 7, "refused", "manual", id="out of another vCenter's range"),
        pytest.param(manual(), None, "refused", "manual", id="no vCenter, or its id can't be read"),
        pytest.param(manual(STATIC), 6, "refused", "manual", id="a static MAC would be replaced"),
        pytest.param(manual(GENERATED), 6, "refused", "manual", id="a host's too"),
        pytest.param(vnic(), 6, "already", "assigned", id="it isn't pinned"),
        pytest.param(vnic(mac=None), 6, "already", "assigned", id="it has no MAC"),
    ],
)
def test_unpinning_keeps_the_mac_or_is_refused(
    card: Vnic, instance_id: int | None, outcome: str, address_type: str
) -> None:
    assert pin(UNPIN, card, instance_id=instance_id)[:3] == (outcome, card.mac, address_type)


def test_restoring_gives_back_the_former_type_and_mac() -> None:
    former = Rules(restored={("vm-1", 4000): Address(address_type=AddressType.GENERATED, mac=GENERATED)})
    assert pin(former, manual(GENERATED))[:3] == ("restored", GENERATED, "generated")
    assert pin(former, manual(STATIC), power=Power.OFF, owners={})[:3] == ("restored", GENERATED, "generated")
    assert pin(former, manual(STATIC), owners={})[0] == "refused", "a running VM never gets another MAC"
    assert pin(former, vnic(mac=GENERATED, address_type=AddressType.GENERATED))[0] == "already"


def test_two_vnics_never_get_the_same_mac() -> None:
    machine = Vm(moid="vm-1", name="web-01", power=Power.OFF, vnics=(vnic(), vnic(key=4001, mac=OTHER)))
    plans = [
        decide(Rules(), judge(machine, card, (), None), owners={}, allocation=Allocation(instance_id=6))
        for card in machine.vnics
    ]
    assert [each.outcome for each in refuse_shared(plans)] == [Fate.PINNED, Fate.PINNED]
    plans[1] = dataclasses.replace(plans[1], mac=MAC)
    assert [each.outcome for each in refuse_shared(plans)] == [Fate.REFUSED, Fate.REFUSED]


@pytest.mark.parametrize(
    ("rules", "outcome"), [pytest.param(PIN, "refused"), pytest.param(Rules(keep=Keep.CONFIGURED), "pinned")]
)
def test_of_drift_that_is_known_only_by_elimination_each_mac_it_may_use_is_named(rules: Rules, outcome: str) -> None:
    card = vnic()
    machine = Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(card,))
    seen = Sighting(source=Source.STANDARD_PORT, mac=None, certain=False, candidates=(OTHER, STATIC))
    found = decide(rules, judge(machine, card, [seen], None), owners={}, allocation=None)
    assert found.outcome.value == outcome
    assert f"one of {OTHER}, {STATIC}" in f"{found.reason}{found.note}"


@pytest.mark.parametrize(
    "scheme",
    [
        pytest.param(Allocation(instance_id=6), id="by instance id"),
        pytest.param(Allocation(prefix="00:50:26:00:00:00", prefix_bits=24), id="by prefix"),
        pytest.param(Allocation(ranges=((STATIC, STATIC),)), id="by range"),
        pytest.param(None, id="on a standalone host"),
    ],
)
def test_a_static_vnic_without_a_mac_is_not_given_back_to_automatic(scheme: Allocation | None) -> None:
    card = vnic(mac=None, address_type=AddressType.MANUAL)
    machine = Vm(moid="vm-1", name="web-01", power=Power.OFF, vnics=(card,))
    found = decide(UNPIN, judge(machine, card, (), None), owners={}, allocation=scheme)
    assert (found.outcome, found.mac) == (Fate.SKIPPED, None)
    assert "no MAC yet" in found.reason
