# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wish makes of a policy: flag by flag on standard switches, all or nothing on distributed ones."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import InvalidOption
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    FLAGS,
    MacLearning,
    Security,
    Setting,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import (
    LearningWish,
    Policy,
    PolicyState,
    Wish,
    wanted,
)

ACCEPT, REJECT, INHERIT = Setting.ACCEPT, Setting.REJECT, Setting.INHERIT
OFF = MacLearning(enabled=False, allow_unicast_flooding=True, limit=4096, limit_policy="drop")
ON = MacLearning(enabled=True, allow_unicast_flooding=True, limit=4096, limit_policy="drop")
CLOSED = Policy(promiscuous_mode=REJECT, forged_transmits=REJECT, mac_changes=REJECT, mac_learning=OFF)
NOTHING = Policy()
OPEN = Policy(promiscuous_mode=ACCEPT, forged_transmits=ACCEPT, mac_changes=ACCEPT, mac_learning=ON)


def standard(**flags: Setting) -> PolicyState:
    return PolicyState.under(Policy.of(CLOSED.flags), "vSwitch0", Policy.of(Security(**flags)))


def distributed(override: Policy = NOTHING) -> PolicyState:
    return PolicyState.under(CLOSED, "dvs-lab", override)


ALL_SETTINGS = list(itertools.product(Setting, repeat=3))


@pytest.mark.parametrize("before", ALL_SETTINGS)
@pytest.mark.parametrize("name", FLAGS)
def test_standard_flags_that_are_not_named_stay(before: tuple[Setting, Setting, Setting], name: str) -> None:
    flags = dict(zip(FLAGS, before, strict=True))
    after = wanted(standard(**flags), Wish.of({name: "accept"}), flag_by_flag=True)
    assert after == Policy.of(Security(**{**flags, name: ACCEPT}))


def test_effective_policy_and_where_it_comes_from() -> None:
    state = standard(promiscuous_mode=ACCEPT)
    assert state.effective == Policy(promiscuous_mode=ACCEPT, forged_transmits=REJECT, mac_changes=REJECT)
    assert state.inherited_from == "vSwitch0"
    whole = standard(promiscuous_mode=ACCEPT, forged_transmits=ACCEPT, mac_changes=REJECT)
    assert whole.inherited_from is None
    assert PolicyState.top(CLOSED).inherited_from is None


def test_first_own_value_of_a_distributed_portgroup_copies_what_is_in_force() -> None:
    after = wanted(distributed(), Wish(forged_transmits=ACCEPT), flag_by_flag=False)
    assert after == Policy(promiscuous_mode=REJECT, forged_transmits=ACCEPT, mac_changes=REJECT, mac_learning=OFF)


def test_own_value_that_equals_the_inherited_one_is_still_a_change() -> None:
    """Asked for is that it stays so whatever becomes of the switch."""
    after = wanted(distributed(), Wish(forged_transmits=REJECT), flag_by_flag=False)
    assert after == CLOSED


def test_explicit_distributed_policy_keeps_what_is_not_named() -> None:
    after = wanted(distributed(OPEN), Wish(promiscuous_mode=REJECT), flag_by_flag=False)
    assert after == Policy(promiscuous_mode=REJECT, forged_transmits=ACCEPT, mac_changes=ACCEPT, mac_learning=ON)


def test_distributed_portgroup_inherits_again_as_a_whole() -> None:
    wish = Wish(promiscuous_mode=INHERIT, forged_transmits=INHERIT, mac_changes=INHERIT)
    assert wanted(distributed(OPEN), wish, flag_by_flag=False) == Policy()


def test_mac_learning_is_completed_when_it_is_written() -> None:
    bare = PolicyState.under(Policy.of(Security(**dict.fromkeys(FLAGS, REJECT)), MacLearning()), "dvs", Policy())
    after = wanted(bare, Wish(mac_learning=LearningWish(enabled=True, limit=64)), flag_by_flag=False)
    assert after.mac_learning == MacLearning(enabled=True, allow_unicast_flooding=True, limit=64, limit_policy="drop")


def test_nothing_is_completed_where_nothing_is_changed() -> None:
    explicit = Policy.of(Security(**dict.fromkeys(FLAGS, REJECT)), MacLearning())
    assert wanted(distributed(explicit), Wish(mac_changes=REJECT), flag_by_flag=False) == explicit


def test_mac_learning_that_is_inherited_within_an_explicit_policy_stays_so() -> None:
    explicit = Policy.of(Security(**dict.fromkeys(FLAGS, REJECT)))
    after = wanted(distributed(explicit), Wish(forged_transmits=ACCEPT), flag_by_flag=False)
    assert after == Policy(promiscuous_mode=REJECT, forged_transmits=ACCEPT, mac_changes=REJECT, mac_learning=None)


WISHES = [
    Wish(**dict(zip(FLAGS, flags, strict=True)), mac_learning=learning)
    for flags in itertools.product([None, ACCEPT, REJECT], repeat=3)
    for learning in (None, LearningWish(enabled=True), LearningWish(enabled=False, limit=1))
]


@pytest.mark.parametrize("override", [Policy(), CLOSED, OPEN, Policy.of(Security(**dict.fromkeys(FLAGS, ACCEPT)))])
@pytest.mark.parametrize("wish", WISHES)
def test_wanting_it_twice_changes_nothing_more(override: Policy, wish: Wish) -> None:
    once = distributed(wanted(distributed(override), wish, flag_by_flag=False))
    assert wanted(once, wish, flag_by_flag=False) == once.override


@pytest.mark.parametrize(
    ("kind", "wish", "word"),
    [
        pytest.param(Kind.VSWITCH, Wish(mac_changes=INHERIT), "nothing is above a switch", id="vSwitch inherits"),
        pytest.param(Kind.DVSWITCH, Wish(mac_changes=INHERIT), "nothing is above a switch", id="dvswitch inherits"),
        pytest.param(
            Kind.DVPORTGROUP,
            Wish(promiscuous_mode=INHERIT, forged_transmits=ACCEPT),
            "inherits its policy as a whole",
            id="mixed inherit",
        ),
        pytest.param(Kind.DVPORTGROUP, Wish(mac_changes=INHERIT), "as a whole", id="one flag inherits"),
        pytest.param(
            Kind.DVPORTGROUP,
            Wish(**dict.fromkeys(FLAGS, INHERIT), mac_learning=LearningWish(enabled=True)),
            "as a whole",
            id="inherit and learn",
        ),
        pytest.param(
            Kind.PORTGROUP, Wish(mac_learning=LearningWish(enabled=True)), "can't learn MACs", id="standard learns"
        ),
    ],
)
def test_contradictions_are_refused_before_anything_is_read(kind: Kind, wish: Wish, word: str) -> None:
    with pytest.raises(InvalidOption, match=word):
        wish.check(kind, flag_by_flag=kind.is_standard)


def test_legacy_policy_inherits_flag_by_flag_but_never_learns() -> None:
    Wish(promiscuous_mode=INHERIT, forged_transmits=ACCEPT).check(Kind.DVPORTGROUP, flag_by_flag=True)
    with pytest.raises(InvalidOption, match="legacy"):
        Wish(mac_learning=LearningWish(enabled=True)).check(Kind.DVPORTGROUP, flag_by_flag=True)
