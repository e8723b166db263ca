# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on one vNIC, and what it leads to, for each combination of what the sources may say."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift import explain
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.finding import (
    AtRisk,
    Certainty,
    Freshness,
    Reason,
    Verdict,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.verdict import judge
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

OWN = "00:50:56:86:00:01"
OTHER = "00:50:56:86:00:02"
THIRD = "00:50:56:86:00:03"
REJECT = Security(promiscuous_mode=Setting.REJECT, forged_transmits=Setting.REJECT, mac_changes=Setting.REJECT)
ACCEPT = dataclasses.replace(REJECT, mac_changes=Setting.ACCEPT)
VNIC = Vnic(
    key=4000,
    label="Network adapter 1",
    mac=OWN,
    address_type=AddressType.ASSIGNED,
    network=Network(kind=NetworkKind.DISTRIBUTED, name="dv-staging", key="dvportgroup-1", switch="dvs"),
    port_key="7",
    device="VirtualVmxnet3",
)
VM = Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(VNIC,))


def dvport(mac: str | None, *, blocked: bool | None = False) -> Sighting:
    return Sighting(source=Source.DVPORT, mac=mac, blocked=blocked)


def port(mac: str | None) -> Sighting:
    return Sighting(source=Source.STANDARD_PORT, mac=mac, certain=False)


def guest(mac: str | None, *, certain: bool = True) -> Sighting:
    return Sighting(source=Source.GUEST, mac=mac, certain=certain)


SURE, LIKELY, NONE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.NONE


@pytest.mark.parametrize(
    ("sightings", "verdict", "certainty", "source", "runtime_mac"),
    [
        pytest.param([dvport(OWN)], Verdict.MATCH, SURE, Source.DVPORT, OWN, id="dvPort has the configured MAC"),
        pytest.param([dvport(OTHER)], Verdict.DRIFT, SURE, Source.DVPORT, OTHER, id="dvPort has another"),
        pytest.param(
            [dvport(OTHER, blocked=True)], Verdict.DRIFT_BLOCKED, SURE, Source.DVPORT, OTHER, id="... and is blocked"
        ),
        pytest.param(
            [guest(OWN), dvport(OTHER)], Verdict.DRIFT, SURE, Source.DVPORT, OTHER, id="dvPort goes before the guest"
        ),
        pytest.param(
            [dvport(None), guest(OWN)],
            Verdict.MATCH,
            SURE,
            Source.GUEST,
            OWN,
            id="a silent dvPort leaves it to the guest",
        ),
        pytest.param(
            [dvport(None), guest(OTHER, certain=False)],
            Verdict.PROBABLE,
            LIKELY,
            Source.GUEST,
            OTHER,
            id="the guest by elimination: probable",
        ),
        pytest.param(
            [dvport(None, blocked=True), guest(OTHER, certain=False)],
            Verdict.DRIFT_BLOCKED,
            LIKELY,
            Source.GUEST,
            OTHER,
            id="a blocked dvPort without MAC, the guest has another",
        ),
        pytest.param([port(OWN)], Verdict.MATCH, LIKELY, Source.STANDARD_PORT, OWN, id="standard port alone: likely"),
        pytest.param(
            [port(OWN), guest(OWN)],
            Verdict.MATCH,
            SURE,
            Source.STANDARD_PORT,
            OWN,
            id="standard port and guest: certain",
        ),
        pytest.param(
            [port(OTHER)], Verdict.PROBABLE, LIKELY, Source.STANDARD_PORT, OTHER, id="standard port by elimination"
        ),
        pytest.param(
            [port(OTHER), guest(OTHER, certain=False)],
            Verdict.DRIFT,
            SURE,
            Source.STANDARD_PORT,
            OTHER,
            id="two eliminations that agree: certain",
        ),
        pytest.param(
            [port(OTHER), guest(THIRD, certain=False)],
            Verdict.PROBABLE,
            LIKELY,
            Source.STANDARD_PORT,
            OTHER,
            id="two eliminations that differ: drift, but which is open",
        ),
        pytest.param(
            [port(OWN), guest(OTHER, certain=False)],
            Verdict.PROBABLE,
            LIKELY,
            Source.GUEST,
            OTHER,
            id="the host's list may not follow the guest: drift isn't ruled out",
        ),
        pytest.param(
            [port(OTHER), guest(OWN)],
            Verdict.PROBABLE,
            LIKELY,
            Source.STANDARD_PORT,
            OTHER,
            id="the guest may lag behind",
        ),
        pytest.param(
            [dataclasses.replace(port(None), candidates=(OTHER, THIRD))],
            Verdict.PROBABLE,
            LIKELY,
            Source.STANDARD_PORT,
            None,
            id="drift, but which MAC is in use is open",
        ),
        pytest.param([port(None), guest(None)], Verdict.UNKNOWN, NONE, None, None, id="nobody knows"),
        pytest.param([], Verdict.UNKNOWN, NONE, None, None, id="nobody says anything"),
    ],
)
def test_the_verdict_follows_the_sources(
    sightings: list[Sighting], verdict: Verdict, certainty: Certainty, source: Source | None, runtime_mac: str | None
) -> None:
    finding = judge(VM, VNIC, sightings, REJECT)
    assert (finding.verdict, finding.certainty, finding.source, finding.runtime_mac) == (
        verdict,
        certainty,
        source,
        runtime_mac,
    )


@pytest.mark.parametrize(
    ("vm", "vnic", "reason"),
    [
        pytest.param({"template": True, "power": Power.OFF}, {}, Reason.TEMPLATE, id="template"),
        pytest.param({"power": Power.OFF}, {}, Reason.POWERED_OFF, id="powered off"),
        pytest.param({"power": Power.SUSPENDED}, {}, Reason.SUSPENDED, id="suspended"),
        pytest.param({"reachable": False}, {}, Reason.UNREACHABLE, id="no connection to the host"),
        pytest.param({"reachable": False, "power": Power.OFF}, {}, Reason.UNREACHABLE, id="off is not known either"),
        pytest.param({}, {"mac": None}, Reason.NO_MAC, id="no MAC assigned yet"),
        pytest.param({}, {"device": "VirtualSriovEthernetCard"}, Reason.PASSTHROUGH, id="SR-IOV"),
    ],
)
def test_what_has_no_runtime_mac_is_unknown_whatever_the_sources_say(
    vm: dict[str, object], vnic: dict[str, object], reason: Reason
) -> None:
    card = dataclasses.replace(VNIC, **vnic)  # type: ignore[arg-type]
    finding = judge(dataclasses.replace(VM, **vm), card, [dvport(OWN)], REJECT)  # type: ignore[arg-type]
    assert (finding.verdict, finding.reason) == (Verdict.UNKNOWN, reason)


def test_a_disconnected_vnic_is_unknown_for_that_reason() -> None:
    finding = judge(VM, dataclasses.replace(VNIC, connected=False), [], REJECT)
    assert (finding.verdict, finding.reason) == (Verdict.UNKNOWN, Reason.DISCONNECTED)


@pytest.mark.parametrize(
    ("sighting", "policy", "at_risk"),
    [
        pytest.param(dvport(OWN), REJECT, AtRisk.NONE, id="a match is safe"),
        pytest.param(
            dvport(OWN, blocked=True), REJECT, AtRisk.BLOCKED_NOW, id="a blocked match is cut off all the same"
        ),
        pytest.param(dvport(OTHER), REJECT, AtRisk.NEXT_PORT_CONNECT, id="drift under reject: the next connect"),
        pytest.param(dvport(OTHER), ACCEPT, AtRisk.NEXT_POWER_CYCLE, id="drift under accept: the next power cycle"),
        pytest.param(dvport(OTHER), None, AtRisk.NEXT_PORT_CONNECT, id="an unreadable policy is taken as rejecting"),
        pytest.param(dvport(OTHER), Security(), AtRisk.NEXT_PORT_CONNECT, id="and so is one that says nothing"),
        pytest.param(dvport(OTHER, blocked=True), REJECT, AtRisk.BLOCKED_NOW, id="blocked now"),
        pytest.param(
            guest(OTHER, certain=False), REJECT, AtRisk.NEXT_PORT_CONNECT, id="probable drift counts as drift"
        ),
        pytest.param(dvport(None), REJECT, None, id="unknown: no prediction, above all not 'none'"),
    ],
)
def test_the_prediction_follows_verdict_and_policy(
    sighting: Sighting, policy: Security | None, at_risk: AtRisk | None
) -> None:
    assert judge(VM, VNIC, [sighting], policy).at_risk is at_risk


def test_a_portgroup_that_accepts_here_and_rejects_elsewhere_is_a_risk_of_the_next_vmotion() -> None:
    finding = judge(VM, VNIC, [guest(OTHER, certain=False)], ACCEPT, ("esx02", "esx03"))
    assert finding.at_risk is AtRisk.NEXT_PORT_CONNECT
    assert "accepts here, but rejects on esx02, esx03: a vMotion there" in explain.explanation(finding)
    assert judge(VM, VNIC, [guest(OWN)], ACCEPT, ("esx02",)).at_risk is AtRisk.NONE


@pytest.mark.parametrize(
    ("sighting", "freshness"),
    [
        (dataclasses.replace(dvport(OWN), live=True), Freshness.LIVE),
        (dvport(OWN), Freshness.CACHED),
        (port(OWN), Freshness.CACHED),
        (guest(OWN), Freshness.POLLED),
        (dvport(None), None),
    ],
)
def test_each_source_says_how_fresh_it_is(sighting: Sighting, freshness: Freshness | None) -> None:
    assert judge(VM, VNIC, [sighting], REJECT).freshness is freshness


def test_a_powered_off_vm_is_at_no_risk_and_a_suspended_one_at_an_unknown_one() -> None:
    off, suspended = (judge(dataclasses.replace(VM, power=p), VNIC, [], REJECT) for p in (Power.OFF, Power.SUSPENDED))
    assert (off.at_risk, suspended.at_risk) == (AtRisk.NONE, None)


def test_hosts_that_are_not_named_are_counted() -> None:
    hosts = tuple(f"esx{number:02}" for number in range(1, 8))
    finding = judge(VM, VNIC, [dvport(OTHER)], ACCEPT, hosts)
    assert "rejects on esx01, esx02, esx03, esx04, esx05 and 2 more: a vMotion" in explain.explanation(finding)


def test_every_finding_has_one_sentence_of_explanation_and_of_remedy() -> None:
    open_ = dataclasses.replace(port(None), candidates=(OTHER, THIRD))
    sightings = [
        [],
        *([s] for s in (open_, dvport(OWN), dvport(OTHER), dvport(OTHER, blocked=True), port(OTHER), guest(OWN))),
    ]
    for power in Power:
        for seen in sightings:
            for policy in (REJECT, ACCEPT, Security(), None):
                finding = judge(dataclasses.replace(VM, power=power), VNIC, seen, policy)
                for text in (explain.explanation(finding), explain.remedy(finding)):
                    assert text.endswith(".")
                    assert text[0].isupper()
                    assert "None" not in text


def test_the_explanation_names_both_macs_and_the_portgroup_that_will_block() -> None:
    text = explain.explanation(judge(VM, VNIC, [dvport(OTHER)], REJECT))
    assert OWN in text
    assert OTHER in text
    assert "portgroup dv-staging rejects MAC changes: the next vMotion" in text


@pytest.mark.parametrize(
    ("runtime", "says"),
    [
        pytest.param("00:50:56:12:34:56", "mac: 00:50:56:12:34:56; to go over", id="static"),
        pytest.param("00:50:56:86:00:02", "00:02 and allow_reserved_range: true; to go over", id="vCenter's"),
        pytest.param("00:0c:29:00:00:01", "true (hosts refuse to power on with it", id="a host's"),
    ],
)
def test_the_remedy_says_what_has_to_be_allowed(runtime: str, says: str) -> None:
    assert says in explain.remedy(judge(VM, VNIC, [dvport(runtime)], REJECT))


def test_the_remedy_names_the_module_and_what_to_keep() -> None:
    text = explain.remedy(judge(VM, VNIC, [dvport(OTHER)], REJECT))
    assert "macguard.vsphere.vnic_mac_pin" in text
    assert f"mac: {OTHER} and allow_reserved_range: true" in text
    assert "keep: configured" in text
