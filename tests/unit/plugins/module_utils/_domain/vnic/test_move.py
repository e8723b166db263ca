# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be moved, what mustn't, and why; and which portgroup is meant."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.allocation import Allocation
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.verdict import judge
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import Ambiguous, NotFound, Refused
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    AddressType,
    Network,
    NetworkKind,
    Power,
    Security,
    Setting,
    Sighting,
    Source,
    Vm,
    Vnic,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.edit import Attachment
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.move import (
    Rules,
    decide,
    within_free_ports,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.target import (
    Portgroup,
    Target,
    at_host,
    matching,
)

MAC, OTHER = "00:50:56:86:00:01", "00:50:56:86:00:99"
REJECT = Security(promiscuous_mode=Setting.REJECT, forged_transmits=Setting.REJECT, mac_changes=Setting.REJECT)
ACCEPT = Security(promiscuous_mode=Setting.REJECT, forged_transmits=Setting.REJECT, mac_changes=Setting.ACCEPT)


def portgroup(
    name: str = "dv-production",
    *,
    key: str = "",
    kind: NetworkKind = NetworkKind.DISTRIBUTED,
    switch: str = "dvs-lab",
    hosts: t.Sequence[str] = ("host-1",),
    security: Security = REJECT,
    **changes: t.Any,
) -> Portgroup:
    dvs = switch if kind is NetworkKind.DISTRIBUTED else ""
    network = Network(kind=kind, name=name, key=key or f"id-{name}-{kind.value}", switch=dvs)
    return Portgroup(
        attachment=Attachment(network=network),
        security=dict.fromkeys(hosts, security),
        switches=dict.fromkeys(hosts, switch),
        **changes,
    )


def vnic(**changes: t.Any) -> Vnic:
    plain: dict[str, t.Any] = {
        "key": 4000,
        "label": "Network adapter 1",
        "mac": MAC,
        "address_type": AddressType.MANUAL,
        "network": Network(kind=NetworkKind.DISTRIBUTED, name="dv-staging", key="dvportgroup-1"),
    }
    return Vnic(**(plain | changes))


def move(
    target: Portgroup | str | None = None,
    card: Vnic | None = None,
    *,
    pinned: bool = True,
    assume: bool = False,
    runtime: str | None = MAC,
    owners: dict[str, tuple[str, ...]] | None = None,
    instance_id: int | None = 6,
    restoring: bool = False,
    allow_unknown: bool = False,
    blocked: bool = False,
    source: Source = Source.DVPORT,
    **vm: t.Any,
) -> tuple[str, str]:
    """The outcome, and all that is said about it."""
    card = card or vnic()
    machine = dataclasses.replace(
        Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(card,), host_moid="host-1"), **vm
    )
    sightings = (
        [Sighting(source=source, mac=runtime, blocked=blocked, certain=source is Source.DVPORT)] if runtime else []
    )
    found = decide(
        Rules(require_pinned=pinned, assume_pinned=assume, restoring=restoring, allow_unknown=allow_unknown),
        judge(machine, card, sightings, None),
        target or portgroup(),
        owners={MAC: ("web-01",)} if owners is None else owners,
        allocation=Allocation(instance_id=instance_id),
    )
    assert (found.mac, found.address_type) == (card.mac, card.address_type)
    return found.outcome.value, f"{found.reason}{found.note}"


def test_a_pinned_vnic_is_moved() -> None:
    assert move() == ("moved", "")
    assert move(restoring=True) == ("restored", "")


def test_a_vnic_that_is_there_needs_nothing() -> None:
    target = portgroup()
    assert move(target, vnic(network=target.network, address_type=AddressType.ASSIGNED)) == ("already", "")


@pytest.mark.parametrize(
    ("target", "runtime", "outcome"),
    [
        pytest.param(portgroup(security=REJECT), MAC, "moved", id="same MAC, rejected"),
        pytest.param(portgroup(security=REJECT), OTHER, "refused", id="drifted, rejected"),
        pytest.param(portgroup(security=REJECT), None, "refused", id="unknown, rejected"),
        pytest.param(portgroup(security=ACCEPT), OTHER, "moved", id="drifted, accepted"),
        pytest.param(portgroup(security=ACCEPT), None, "moved", id="unknown, accepted"),
        pytest.param(portgroup(security=Security()), OTHER, "refused", id="drifted, policy not known"),
    ],
)
def test_a_move_that_would_block_the_port_is_refused(target: Portgroup, runtime: str | None, outcome: str) -> None:
    assert move(target, runtime=runtime)[0] == outcome


@pytest.mark.parametrize(("runtime", "outcome"), [(None, "moved"), (OTHER, "refused")], ids=["unknown", "drifted"])
def test_a_doubt_may_be_taken_but_no_known_drift(runtime: str | None, outcome: str) -> None:
    assert move(runtime=runtime, allow_unknown=True)[0] == outcome


def test_one_sources_guess_is_a_doubt() -> None:
    """A host lists its ports' MACs without saying whose they are."""
    assert move(source=Source.STANDARD_PORT)[0] == "refused"
    assert move(source=Source.STANDARD_PORT, allow_unknown=True)[0] == "moved"


def test_of_drift_that_is_known_only_by_elimination_each_mac_it_may_use_is_named() -> None:
    card = vnic()
    machine = Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(card,), host_moid="host-1")
    seen = Sighting(source=Source.STANDARD_PORT, mac=None, certain=False, candidates=("a", "b"))
    found = decide(Rules(), judge(machine, card, [seen], None), portgroup(), owners={}, allocation=None)
    assert f"{MAC} is configured, one of a, b in use" in found.reason


def test_a_blocked_vnic_may_be_put_back() -> None:
    assert move(runtime=OTHER, blocked=True)[0] == "refused"
    assert move(runtime=OTHER, blocked=True, restoring=True)[0] == "restored"
    assert move(runtime=OTHER, restoring=True)[0] == "refused"


def test_an_accepted_doubt_is_told() -> None:
    assert "has drifted" in move(portgroup(security=ACCEPT), runtime=OTHER)[1]
    assert "not known" in move(portgroup(security=ACCEPT), runtime=None)[1]


def test_a_vm_that_is_off_cant_have_drifted() -> None:
    assert move(runtime=None, power=Power.OFF)[0] == "moved"


@pytest.mark.parametrize(
    ("address_type", "mac", "instance_id", "outcome"),
    [
        pytest.param(AddressType.ASSIGNED, MAC, 6, "moved", id="assigned, of this vCenter"),
        pytest.param(AddressType.ASSIGNED, MAC, 7, "refused", id="assigned, of another vCenter"),
        pytest.param(AddressType.ASSIGNED, MAC, None, "refused", id="assigned, vCenter's id not known"),
        pytest.param(AddressType.ASSIGNED, "00:50:56:12:34:56", None, "refused", id="assigned, but of no vCenter"),
        pytest.param(AddressType.GENERATED, "00:0c:29:01:02:03", None, "moved", id="generated, of a host"),
        pytest.param(AddressType.GENERATED, MAC, 6, "refused", id="generated, but of a vCenter"),
        pytest.param(AddressType.MANUAL, "02:00:00:00:00:01", None, "moved", id="manual"),
    ],
)
def test_an_automatic_mac_is_moved_only_on_request_and_in_its_range(
    address_type: AddressType, mac: str, instance_id: int | None, outcome: str
) -> None:
    card = vnic(address_type=address_type, mac=mac)
    found = move(card=card, pinned=False, instance_id=instance_id, runtime=mac, owners={})
    assert found[0] == outcome
    if address_type is not AddressType.MANUAL:
        outcome, reason = move(card=card, runtime=mac, owners={})
        assert outcome == "refused"
        assert "require_pinned" in reason
        assert move(card=card, assume=True, runtime=mac, owners={})[0] == "moved"


@pytest.mark.parametrize(
    ("card", "vm", "outcome"),
    [
        pytest.param(vnic(mac=None), {}, "skipped", id="no MAC yet"),
        pytest.param(vnic(), {"template": True}, "skipped", id="template"),
        pytest.param(vnic(network=Network(kind=NetworkKind.OPAQUE, name="seg")), {}, "refused", id="NSX segment"),
    ],
)
def test_what_cant_be_moved(card: Vnic, vm: dict[str, t.Any], outcome: str) -> None:
    assert move(card=card, **vm)[0] == outcome


def test_a_host_without_the_target_refuses() -> None:
    assert move("its host esx09 doesn't have it") == ("refused", "its host esx09 doesn't have it")


def test_a_duplicate_is_refused() -> None:
    assert move(owners={MAC: ("tmpl", "web-01")})[0] == "refused"


def test_free_ports_are_counted_over_all_vnics() -> None:
    narrow, wide = portgroup("narrow", free_ports=1), portgroup("wide")
    cards = [vnic(key=4000), vnic(key=4001), vnic(key=4002), vnic(key=4003, network=narrow.network)]
    targets = dict(zip([("vm-1", card.key) for card in cards], [narrow, narrow, wide, narrow], strict=True))
    machine = Vm(moid="vm-1", name="web-01", power=Power.OFF, vnics=tuple(cards))
    decisions = [
        decide(
            Rules(),
            judge(machine, card, (), None),
            targets["vm-1", card.key],
            owners={},
            allocation=Allocation(instance_id=6),
        )
        for card in cards
    ]
    outcomes = [each.outcome.value for each in within_free_ports(decisions, targets)]
    assert outcomes == ["moved", "refused", "moved", "already"]


STANDARD = portgroup("Production", kind=NetworkKind.STANDARD, switch="vSwitch0", hosts=("host-1", "host-2"))
DISTRIBUTED = portgroup("Production", kind=NetworkKind.DISTRIBUTED)
ELSEWHERE = portgroup("Production", kind=NetworkKind.DISTRIBUTED, switch="dvs-two", key="id-two")


@pytest.mark.parametrize(
    ("target", "candidates", "expected"),
    [
        pytest.param(Target(name="Production"), [STANDARD], [STANDARD], id="the only one"),
        pytest.param(
            Target(name="Production", kind=NetworkKind.STANDARD), [STANDARD, DISTRIBUTED], [STANDARD], id="by type"
        ),
        pytest.param(
            Target(name="Production", switch="dvs-lab"),
            [STANDARD, DISTRIBUTED, ELSEWHERE],
            [DISTRIBUTED],
            id="by switch",
        ),
        pytest.param(
            Target(name="Production", key="id-two"), [STANDARD, DISTRIBUTED, ELSEWHERE], [ELSEWHERE], id="by id"
        ),
    ],
)
def test_the_target_is_found(target: Target, candidates: list[Portgroup], expected: list[Portgroup]) -> None:
    assert list(matching(target, candidates, [])) == expected


@pytest.mark.parametrize("others", [[STANDARD, DISTRIBUTED], [DISTRIBUTED, ELSEWHERE]], ids=["types", "switches"])
def test_equal_names_are_never_guessed(others: list[Portgroup]) -> None:
    with pytest.raises(Ambiguous, match="target_switch"):
        matching(Target(name="Production"), others, [])


def test_an_unknown_name_lists_near_ones() -> None:
    with pytest.raises(NotFound, match="Near names: Production"):
        matching(Target(name="Prodution"), [], ["Production", "Staging"])


def test_a_known_name_on_another_switch_says_where_it_is() -> None:
    with pytest.raises(NotFound, match=r"on dvs-three.*on vSwitch0"):
        matching(Target(name="Production", switch="dvs-three"), [STANDARD], ["Production"])


@pytest.mark.parametrize("unfit", ["NSX manages it", "it is the switch's uplink portgroup"])
def test_an_unfit_target_is_refused(unfit: str) -> None:
    with pytest.raises(Refused, match=unfit):
        matching(Target(name="dv-production"), [portgroup(unfit=unfit)], [])


def test_the_host_decides_between_datacenters() -> None:
    here, there = portgroup(key="id-1"), portgroup(key="id-2", hosts=("host-9",))
    hits = matching(Target(name="dv-production"), [here, there], [])
    assert at_host(hits, "host-9", "esx09") == there
    assert at_host(hits, "host-5", "esx05") == "its host esx05 doesn't have dv-production"


def test_a_standard_target_on_a_given_vswitch_is_only_where_it_is_on_that() -> None:
    mixed = Portgroup(
        attachment=STANDARD.attachment, security={}, switches={"host-1": "vSwitch0", "host-2": "vSwitch1"}
    )
    hits = matching(Target(name="Production", switch="vSwitch1"), [mixed], [])
    assert isinstance(at_host(hits, "host-1", "esx01"), str)
    assert isinstance(at_host(hits, "host-2", "esx02"), Portgroup)


def test_two_of_a_name_on_one_host_are_never_guessed() -> None:
    with pytest.raises(Ambiguous):
        at_host([portgroup(key="id-1"), portgroup(key="id-2")], "host-1", "esx01")
