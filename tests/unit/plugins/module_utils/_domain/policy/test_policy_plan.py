# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a policy change, from what a reader tells."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t
from collections.abc import Mapping, Sequence

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import (
    InvalidOption,
    Refused,
    Unsupported,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    FLAGS,
    MacLearning,
    Security,
    Setting,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.plan import Plan
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy import restore as policy_restore
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.choice import Catalogue, Target
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.exposure import Guest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Holder, Host, Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import (
    LearningWish,
    Policy,
    PolicyState,
    Wish,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.policy_plan import (
    Area,
    Request,
    plan_policies,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.reading import Reading, ShieldedPort

ACCEPT, REJECT, INHERIT = Setting.ACCEPT, Setting.REJECT, Setting.INHERIT
LEARNING = MacLearning(enabled=False, allow_unicast_flooding=True, limit=4096, limit_policy="drop")
CLOSED = Policy(promiscuous_mode=REJECT, forged_transmits=REJECT, mac_changes=REJECT, mac_learning=LEARNING)
NOTHING = Policy()
CLUSTER = Area(cluster="Compute")
DV = Holder(kind=Kind.DVPORTGROUP, name="dv-nested", moid="dvportgroup-1", switch="dvs-lab")


class Shown:
    """A reader of one distributed portgroup, or of the same standard one on some hosts."""

    def __init__(self, *readings: Reading) -> None:
        self.shown = readings

    def catalogue(self, kind: Kind, area: Area) -> Catalogue:
        holders = tuple(reading.holder for reading in self.shown)
        hosts = tuple(Host(name=holder.host, moid=holder.moid) for holder in holders if holder.host)
        return Catalogue(hosts=hosts, holders=holders)

    def readings(self, holders: Sequence[Holder], *, legacy: bool) -> Sequence[Reading]:
        by_holder = {reading.holder: reading for reading in self.shown}
        return [by_holder[holder] for holder in holders]

    def portgroups_of(self, switches: Sequence[Holder], *, legacy: bool) -> Mapping[Holder, Sequence[Reading]]:
        return {}

    def guests(self, portgroups: Sequence[Holder]) -> Mapping[Holder, Sequence[Guest]]:
        return {}


def reading(override: Policy = NOTHING) -> Reading:
    return Reading(holder=DV, state=PolicyState.under(CLOSED, "dvs-lab", override), parent=CLOSED)


def standard(host: str, override: Policy = NOTHING) -> Reading:
    holder = Holder(kind=Kind.PORTGROUP, name="Nested", moid=f"host-{host}", host=host, switch="vSwitch0")
    parent = Policy.of(CLOSED.flags)
    return Reading(holder=holder, state=PolicyState.under(parent, "vSwitch0", override), parent=parent)


def planned(wish: Wish, *readings: Reading, area: Area = CLUSTER) -> Plan[PolicyState]:
    kind, name = readings[0].holder.kind, readings[0].holder.name
    return plan_policies(Request(kind=kind, targets=(Target(name=name, wish=wish),), area=area), Shown(*readings))


def test_only_what_differs_is_written() -> None:
    done = Policy(promiscuous_mode=ACCEPT, forged_transmits=ACCEPT)
    plan = planned(Wish(promiscuous_mode=ACCEPT, forged_transmits=ACCEPT), standard("a", done), standard("b"))
    assert [change.subject for change in plan.needed] == ["portgroup Nested on b"]
    assert [row.outcome.value for row in plan.report["told"].objects] == ["unchanged", "changed"]
    assert plan.needed[0].after.effective == Policy(
        promiscuous_mode=ACCEPT, forged_transmits=ACCEPT, mac_changes=REJECT
    )


def test_all_hosts_of_a_vcenter_have_to_be_asked_for() -> None:
    with pytest.raises(InvalidOption, match="hosts, cluster or datacenter"):
        planned(Wish(mac_changes=ACCEPT), standard("a"), standard("b"), area=Area())
    assert planned(Wish(mac_changes=ACCEPT), standard("a"), area=Area()).needed


@pytest.mark.parametrize(
    ("field", "error"),
    [("unfit", Refused), ("unable", Unsupported), ("unlearning", Unsupported)],
)
def test_what_must_not_or_cannot_be_written_is_refused_while_planning(field: str, error: type[Exception]) -> None:
    why: dict[str, t.Any] = {field: "because of a test."}
    shown = dataclasses.replace(reading(), **why)
    with pytest.raises(error, match=r"dv-nested of dvs-lab: because of a test\. Nothing was written\."):
        planned(Wish(forged_transmits=ACCEPT, mac_learning=LearningWish(enabled=True)), shown)


def test_switch_that_cannot_learn_still_takes_flags() -> None:
    shown = dataclasses.replace(reading(), unlearning="it can't.")
    assert planned(Wish(forged_transmits=ACCEPT), shown).needed
    assert planned(Wish(mac_learning=LearningWish(enabled=False)), shown).changes


def test_promiscuous_learning_is_warned_of() -> None:
    plan = planned(Wish(promiscuous_mode=ACCEPT, mac_learning=LearningWish(enabled=True)), reading())
    assert any("MAC learning and promiscuous mode are both on" in warning for warning in plan.warnings)


def test_shielded_ports_and_legacy_disagreement_are_told() -> None:
    shown = dataclasses.replace(
        reading(), shielded=(ShieldedPort(key="12", connected_to="app-04"),), legacy=Policy(forged_transmits=ACCEPT)
    )
    plan = planned(Wish(forged_transmits=ACCEPT), shown)
    assert any("not effective for ports 12 (app-04)" in warning for warning in plan.warnings)
    (row,) = plan.report["told"].objects
    assert row.legacy_policy == Policy(forged_transmits=ACCEPT).flags


EXPLICIT = [
    Policy.of(Security(**dict(zip(FLAGS, flags, strict=True))), LEARNING)
    for flags in itertools.product([ACCEPT, REJECT], repeat=3)
]
WISHES = [
    *(
        Wish.of(dict(zip(FLAGS, words, strict=True)))
        for words in itertools.product([None, "accept", "reject"], repeat=3)
    ),
    Wish(mac_learning=LearningWish(enabled=True, limit=9)),
    Wish(promiscuous_mode=INHERIT, forged_transmits=INHERIT, mac_changes=INHERIT),
]


@pytest.mark.parametrize("before", [Policy(), *EXPLICIT])
@pytest.mark.parametrize("wish", WISHES)
def test_restore_takes_back_a_distributed_change(before: Policy, wish: Wish) -> None:
    plan = planned(wish, reading(before))
    if plan.needed:
        request = policy_restore.request(policy_restore.entries(plan.needed))
        undo = plan_policies(request, Shown(reading(plan.needed[0].after.override)))
        assert undo.needed[0].after.override == before


@pytest.mark.parametrize(
    "before", [Policy.of(Security(**dict(zip(FLAGS, f, strict=True)))) for f in itertools.product(Setting, repeat=3)]
)
@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", list(Setting))
def test_restore_takes_back_a_standard_change_and_nothing_else(before: Policy, name: str, value: Setting) -> None:
    plan = planned(Wish.of({name: value.value}), standard("a", before))
    if not plan.needed:
        return
    entries = policy_restore.entries(plan.needed)
    assert [flag for flag in FLAGS if flag in entries[0]] == [name]
    others = [flag for flag in FLAGS if flag != name]
    theirs = {others[0]: ACCEPT}
    meanwhile = Policy.of(dataclasses.replace(plan.needed[0].after.override.flags, **theirs))
    undo = plan_policies(policy_restore.request(entries), Shown(standard("a", meanwhile)))
    assert undo.needed[0].after.override.flags == dataclasses.replace(before.flags, **theirs)


def test_restore_of_different_types_is_refused() -> None:
    one = policy_restore.entries(planned(Wish(mac_changes=ACCEPT), reading()).needed)
    two = policy_restore.entries(planned(Wish(mac_changes=ACCEPT), standard("a")).needed)
    with pytest.raises(InvalidOption, match="same type"):
        policy_restore.request([*one, *two])


def test_nothing_to_restore_is_nothing_to_do() -> None:
    assert plan_policies(policy_restore.request([]), Shown()).changes == ()
