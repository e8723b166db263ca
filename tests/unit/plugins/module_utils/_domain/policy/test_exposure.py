# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a policy change reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    FLAGS,
    MacLearning,
    Security,
    Setting,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.plan import Change
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.exposure import (
    BlastRadius,
    Guest,
    accepted_anew,
    blast_radius,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Holder, Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import Policy, PolicyState
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.policy_plan import Write
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.reading import Reading, ShieldedPort

ACCEPT, REJECT = Setting.ACCEPT, Setting.REJECT
CLOSED = Policy.of(Security(**dict.fromkeys(FLAGS, REJECT)))
LEARNS = Policy.of(CLOSED.flags, MacLearning(enabled=True))
SWITCH = Holder(kind=Kind.DVSWITCH, name="dvs-lab", moid="dvs-1")
INHERITS = Holder(kind=Kind.DVPORTGROUP, name="inherits", moid="dvportgroup-1", switch="dvs-lab")
OVERRIDES = Holder(kind=Kind.DVPORTGROUP, name="overrides", moid="dvportgroup-2", switch="dvs-lab")
UPLINKS = Holder(kind=Kind.DVPORTGROUP, name="uplinks", moid="dvportgroup-3", switch="dvs-lab")


def reading(holder: Holder, override: Policy, *shielded: str, unfit: str = "") -> Reading:
    return Reading(
        holder=holder,
        state=PolicyState.under(CLOSED, "dvs-lab", override),
        parent=CLOSED,
        shielded=tuple(ShieldedPort(key=key) for key in shielded),
        unfit=unfit,
    )


class Around:
    """One switch with three portgroups, each with a vNIC on port 1 and one on port 2."""

    asked = 0

    def portgroups_of(self, switches: Sequence[Holder], *, legacy: bool) -> Mapping[Holder, Sequence[Reading]]:
        assert list(switches) == [SWITCH]
        nothing = Policy()
        return {
            SWITCH: [reading(INHERITS, nothing), reading(OVERRIDES, CLOSED), reading(UPLINKS, nothing, unfit="uplink")]
        }

    def guests(self, portgroups: Sequence[Holder]) -> Mapping[Holder, Sequence[Guest]]:
        self.asked += len(portgroups)
        return {
            holder: [Guest(vm=f"{holder.name}-{port}", vnic="1", port_key=port, nested=port == "2") for port in "12"]
            for holder in portgroups
        }


def change(holder: Holder, before: Policy, after: Policy) -> Change[PolicyState]:
    return Change(
        subject=holder.subject,
        before=PolicyState.top(before),
        after=PolicyState.top(after),
        write=None if before == after else Write(holder=holder),
    )


def radius(holder: Holder, after: Policy, *shielded: str) -> BlastRadius:
    (told,) = blast_radius([(change(holder, CLOSED, after), reading(holder, CLOSED, *shielded))], Around())
    return told


def test_switch_reaches_the_portgroups_that_inherit() -> None:
    told = radius(SWITCH, Policy(promiscuous_mode=ACCEPT, forged_transmits=REJECT, mac_changes=REJECT))
    assert told.portgroups == ("inherits",)
    assert [(each.vm, each.gains, each.nested) for each in told.vnics] == [
        ("inherits-1", ("promiscuous_mode",), False),
        ("inherits-2", ("promiscuous_mode",), True),
    ]


def test_portgroup_reaches_its_own_vnics_but_not_shielded_ports() -> None:
    opened = Policy(promiscuous_mode=REJECT, forged_transmits=ACCEPT, mac_changes=REJECT)
    assert [each.vm for each in radius(OVERRIDES, opened, "1").vnics] == ["overrides-2"]


def test_what_makes_no_difference_reaches_nobody() -> None:
    """From inherited reject to reject of its own: the flags in force stay."""
    before = PolicyState.under(CLOSED, "dvs-lab", Policy())
    same = Change(subject="x", before=before, after=PolicyState.top(CLOSED), write=Write(holder=INHERITS))
    (told,) = blast_radius([(same, reading(INHERITS, Policy()))], Around())
    assert (told.gains, told.losses, told.vnics) == ((), (), ())


def test_without_a_change_nobody_is_asked() -> None:
    around = Around()
    assert blast_radius([(change(OVERRIDES, CLOSED, CLOSED), reading(OVERRIDES, CLOSED))], around) == ()
    assert around.asked == 0


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_a_gain_one_way_and_a_loss_the_other(flag: str) -> None:
    opened = Policy.of(Security(**{**dict.fromkeys(FLAGS, REJECT), flag: ACCEPT}))
    assert accepted_anew(CLOSED, opened) == (flag,)
    assert accepted_anew(opened, CLOSED) == ()


def test_mac_learning_is_a_gain() -> None:
    assert accepted_anew(CLOSED, LEARNS) == ("mac_learning",)
