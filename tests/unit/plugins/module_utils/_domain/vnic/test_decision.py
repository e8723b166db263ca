# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the result tells of each vNIC, and what undoes a run."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.verdict import judge
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import Refused, VsphereFault
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
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.plan import Change, Outcome, Plan, Status
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic import restore
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.decision import (
    Decision,
    Fate,
    refuse_if_any,
    report,
    warnings,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.edit import (
    CardEdit,
    Edit,
    VmState,
    VnicState,
    harm,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.pin import Address

MAC, OTHER = "00:50:56:86:00:01", "00:50:56:86:00:99"
NETWORK = Network(kind=NetworkKind.DISTRIBUTED, name="dv-staging", key="dvportgroup-1", switch="dvs-lab")
STATE = VnicState(
    key=4000, label="Network adapter 1", mac=MAC, address_type=AddressType.ASSIGNED, network=NETWORK, connected=True
)


def decided(outcome: Fate, vm: str = "web-01", reason: str = "") -> Decision:
    return Decision(
        vm=vm,
        moid=f"id-{vm}",
        key=4000,
        label="Network adapter 1",
        mac=MAC,
        address_type=AddressType.MANUAL,
        portgroup="dv-staging",
        outcome=outcome,
        reason=reason,
    )


def change(vm: str = "web-01") -> Change[t.Any]:
    edit = Edit(moid=f"id-{vm}", change_version="1", power=Power.ON, cards=(CardEdit(key=4000),))
    after = dataclasses.replace(STATE, mac=OTHER, network=dataclasses.replace(NETWORK, key="dvportgroup-2"))
    return Change(subject=f"VM {vm}", before=(STATE,), after=(after,), write=edit)


def test_one_refused_stops_all_and_says_why_for_each() -> None:
    decisions = [decided(Fate.PINNED), decided(Fate.REFUSED, "db-01", "it has drifted")]
    with pytest.raises(Refused, match=r"1 of 2 vNICs refused.*db-01 Network adapter 1: it has drifted") as caught:
        refuse_if_any(decisions)
    assert caught.value.details() == {"vnics": decisions, "error": "refused"}
    refuse_if_any([decided(Fate.PINNED), decided(Fate.SKIPPED), decided(Fate.PENDING)])


def test_the_report_says_how_it_went_not_how_it_was_planned() -> None:
    planned: Plan[VmState] = Plan(
        changes=(),
        report={
            "vnics": (
                decided(Fate.PINNED, "a"),
                decided(Fate.MOVED, "b"),
                decided(Fate.PINNED, "c"),
                decided(Fate.ALREADY, "d"),
            )
        },
    )
    outcomes = [
        Outcome(change=change("a"), status=Status.APPLIED),
        Outcome(change=change("b"), status=Status.FAILED, error=VsphereFault("InvalidPowerState")),
        Outcome(change=change("c"), status=Status.UNTOUCHED),
    ]
    told = report(planned, outcomes)
    vnics = t.cast("tuple[Decision, ...]", told["vnics"])
    assert [each.outcome for each in vnics] == [Fate.PINNED, Fate.FAILED, Fate.UNTOUCHED, Fate.ALREADY]
    assert vnics[1].reason == "InvalidPowerState"
    assert told["summary"] == {"pinned": 1, "failed": 1, "untouched": 1, "already": 1}


def test_check_mode_tells_the_plan() -> None:
    planned = Plan(changes=(change(),), report={"vnics": (decided(Fate.PINNED),)})
    assert report(planned, [])["vnics"] == (decided(Fate.PINNED),)


@pytest.mark.parametrize(("named", "said"), [(True, True), (False, False)])
def test_what_was_named_and_skipped_is_worth_a_warning(named: bool, said: bool) -> None:
    """A template within a folder is no news; a template that was asked for by name is."""
    found = warnings([decided(Fate.SKIPPED, reason="a template")], named=named, with_snapshots=())
    assert any("a template" in text for text in found) is said


def test_what_is_left_out_and_what_a_revert_would_undo_is_always_told() -> None:
    found = warnings([decided(Fate.REFUSED, reason="a duplicate")], named=False, with_snapshots=("lic-01",))
    assert any("a duplicate" in text for text in found)
    assert any("lic-01" in text for text in found)


def test_restore_values_read_back_as_what_was_before() -> None:
    key = ("id-web-01", 4000)
    assert restore.read_addresses(restore.addresses([change()])) == {
        key: Address(mac=MAC, address_type=AddressType.ASSIGNED)
    }
    assert restore.read_networks(restore.networks([change()])) == {key: NETWORK}


def test_nothing_done_restores_nothing() -> None:
    assert restore.scope(restore.addresses([])) is None
    scope = restore.scope(restore.addresses([change("a"), change("b")]))
    assert scope is not None
    assert scope.vms == ("id-a", "id-b")


STRICT = Security(promiscuous_mode=Setting.REJECT, forged_transmits=Setting.REJECT, mac_changes=Setting.REJECT)
LAX = Security(promiscuous_mode=Setting.REJECT, forged_transmits=Setting.REJECT, mac_changes=Setting.ACCEPT)


def finding(
    runtime: str | None, *, blocked: bool = False, source: Source = Source.DVPORT, policy: Security = STRICT
) -> t.Any:
    card = Vnic(key=4000, label="Network adapter 1", mac=MAC, address_type=AddressType.MANUAL, network=NETWORK)
    machine = Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(card,))
    seen = [Sighting(source=source, mac=runtime, blocked=blocked, certain=source is Source.DVPORT)] if runtime else []
    return judge(machine, card, seen, policy)


LISTED = Source.STANDARD_PORT


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        pytest.param(finding(MAC), finding(MAC), "", id="all as before"),
        pytest.param(finding(MAC), finding(MAC, blocked=True), "blocked", id="the port got blocked"),
        pytest.param(finding(MAC, blocked=True), finding(MAC, blocked=True), "", id="it had been blocked before"),
        pytest.param(finding(MAC), finding(OTHER), OTHER, id="another MAC is in use"),
        pytest.param(finding(MAC), finding(OTHER, source=Source.GUEST), OTHER, id="another MAC is probable"),
        pytest.param(finding(OTHER), finding(OTHER), "", id="it had drifted before"),
        pytest.param(finding(OTHER), finding(MAC), OTHER, id="the drift went away, and with it the MAC in use"),
        pytest.param(
            finding(OTHER), finding(MAC, source=LISTED), "", id="a port list that may hold what is configured"
        ),
        pytest.param(finding(MAC), finding(None), "", id="nothing is seen any more"),
        pytest.param(finding(None), finding(OTHER), OTHER, id="drift comes to light where it will be blocked"),
        pytest.param(finding(None), finding(OTHER, policy=LAX), "", id="drift comes to light where it does no harm"),
    ],
)
def test_harm_is_what_was_not_so_before(before: t.Any, after: t.Any, says: str) -> None:
    found = harm(before, after, moved=True)
    assert bool(found) is bool(says)
    assert says in " ".join(found)


def test_drift_that_comes_to_light_during_a_pin_is_none_of_its_making() -> None:
    assert harm(finding(None), finding(OTHER), moved=False) == ()
    assert harm(finding(MAC), finding(OTHER), moved=False) != ()
