# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit from what was read to what is reported, with a reader that remembers what it was asked for."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.allocation import Allocation
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.audit import (
    Request,
    Server,
    audit,
    owners,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.evidence import (
    MOST_PER_VNIC,
    Event,
    EventLog,
    Evidence,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.latent import Owner
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.observed import Observed
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.report import Report
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
    VnicId,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.scope import Scope
from ansible_collections.macguard.vsphere.plugins.module_utils._module.result import as_result

REJECT = Security(promiscuous_mode=Setting.REJECT, forged_transmits=Setting.REJECT, mac_changes=Setting.REJECT)
STAGING = Network(kind=NetworkKind.DISTRIBUTED, name="dv-staging", key="dvportgroup-1", switch="dvs")
PRODUCTION = Network(kind=NetworkKind.STANDARD, name="Production", key="network-1")
MATCHED, DRIFTED, OFF, OLD = (f"00:50:56:86:00:0{n}" for n in range(1, 5))


def vm(name: str, mac: str, network: Network = STAGING, *, moid: str, power: Power = Power.ON) -> Vm:
    card = Vnic(
        key=4000,
        label="Network adapter 1",
        mac=mac,
        address_type=AddressType.ASSIGNED,
        network=network,
        port_key=moid.removeprefix("vm-"),
    )
    return Vm(moid=moid, name=name, power=power, vnics=(card,), host="esx01", cluster="Compute")


MATCH = vm("a-match", MATCHED, moid="vm-1")
DRIFT = vm("b-drift", DRIFTED, moid="vm-2")
IDLE = vm("c-off", OFF, PRODUCTION, moid="vm-3", power=Power.OFF)


@dataclasses.dataclass
class Estate:
    """What there is to read, and what was read."""

    vms_: tuple[Vm, ...] = (MATCH, DRIFT, IDLE)
    in_use: Mapping[str, str] = dataclasses.field(default_factory=lambda: {"vm-1": MATCHED, "vm-2": OLD})
    history: Sequence[Event] = ()
    asked: list[str] = dataclasses.field(default_factory=list)

    def server(self) -> Server:
        return Server(name="vc", version="8", api_version="8.0.3.0", instance_uuid="", time="2026-01-31T00:00:00Z")

    def resolve(self, scope: Scope) -> Scope:
        return scope

    def vms(self, scope: Scope) -> tuple[Vm, ...]:
        return self.vms_

    def observe(self, vms: Sequence[Vm], *, refresh: bool = True) -> Mapping[VnicId, Observed]:
        self.asked.append(f"observe refresh={refresh}")
        return {
            (moid, 4000): Observed(sightings=(Sighting(source=Source.DVPORT, mac=mac, blocked=False),), policy=REJECT)
            for moid, mac in self.in_use.items()
        }

    def owners_by_mac(self, macs: Collection[str]) -> Mapping[str, tuple[Owner, ...]]:
        self.asked.append("owners")
        return {}

    def snapshot_macs(self, vms: Sequence[Vm]) -> Mapping[VnicId, Sequence[tuple[str, str]]]:
        return {}

    def allocation(self) -> Allocation | None:
        return Allocation(instance_id=6)

    def events(self, days: int, read: Callable[[Iterable[Event]], Evidence]) -> tuple[EventLog, Evidence]:
        self.asked.append(f"events {days}")
        log = EventLog(
            searched_from="2026-01-01T00:00:00Z",
            searched_to="2026-01-31T00:00:00Z",
            oldest=None,
            retention_days=30,
            searched=len(self.history),
        )
        return log, read(self.history)


def result(estate: Estate | None = None, **asked: t.Any) -> dict[str, t.Any]:
    facts = audit(Request(**{"scope": Scope(), **asked}), estate or Estate())
    plain: dict[str, t.Any] = json.loads(json.dumps(as_result(facts)))
    return plain


def test_findings_are_what_needs_attention_and_counts_are_over_everything() -> None:
    facts = result()
    assert [entry["vm"] for entry in facts["vnics"]] == ["b-drift"]
    assert facts["counts"]["vnics"] == 3
    assert facts["counts"]["findings"] == 1
    assert facts["counts"]["verdicts"] == {"match": 1, "drift": 1, "drift_blocked": 0, "probable": 0, "unknown": 1}
    assert facts["counts"]["at_risk"] == {
        "blocked_now": 0,
        "next_port_connect": 1,
        "next_power_cycle": 0,
        "none": 2,
        "unknown": 0,
    }


def test_everything_is_listed_on_request_in_the_order_of_names() -> None:
    estate = Estate(vms_=(IDLE, DRIFT, MATCH))
    assert [entry["vm"] for entry in result(estate, report=Report.ALL)["vnics"]] == ["a-match", "b-drift", "c-off"]


def test_a_running_vnic_of_which_nothing_is_known_is_a_finding() -> None:
    facts = result(Estate(in_use={"vm-2": DRIFTED}))
    assert [(entry["vm"], entry["verdict"], entry["at_risk"]) for entry in facts["vnics"]] == [
        ("a-match", "unknown", None)
    ]


def test_the_same_estate_gives_the_same_facts_whatever_the_order_it_was_read_in() -> None:
    assert result(Estate(vms_=(MATCH, DRIFT, IDLE))) == result(Estate(vms_=(IDLE, MATCH, DRIFT)))


def test_an_entry_tells_all_that_is_known() -> None:
    (entry,) = result()["vnics"]
    assert {
        key: entry[key] for key in ("configured_mac", "runtime_mac", "verdict", "certainty", "source", "at_risk")
    } == {
        "configured_mac": DRIFTED,
        "runtime_mac": OLD,
        "verdict": "drift",
        "certainty": "certain",
        "source": "dvport",
        "at_risk": "next_port_connect",
    }
    assert entry["policy"] == dict.fromkeys(("promiscuous_mode", "forged_transmits", "mac_changes"), "reject")


def test_roll_ups_name_their_place_and_count() -> None:
    facts = result()
    assert [(group["portgroup"], group["kind"], group["vnics"]) for group in facts["by_portgroup"]] == [
        ("Production", "standard", 1),
        ("dv-staging", "distributed", 2),
    ]
    assert [(group["host"], group["findings"]) for group in facts["by_host"]] == [("esx01", 1)]
    assert [(group["cluster"], group["vnics"]) for group in facts["by_cluster"]] == [("Compute", 3)]


def test_a_portgroup_scope_leaves_out_the_vms_other_vnics() -> None:
    second = dataclasses.replace(DRIFT.vnics[0], key=4001, network=PRODUCTION)
    estate = Estate(vms_=(dataclasses.replace(DRIFT, vnics=(*DRIFT.vnics, second)),))
    assert result(estate, scope=Scope(portgroup="dv-staging"))["counts"]["vnics"] == 1


def test_duplicates_are_looked_for_everywhere_even_when_the_scope_is_narrow() -> None:
    estate = Estate()
    result(estate, scope=Scope(vms=("b-drift",)))
    assert "owners" in estate.asked
    everything = Estate()
    result(everything)
    assert "owners" not in everything.asked


def test_events_are_not_read_when_not_wanted() -> None:
    estate = Estate()
    assert result(estate, events=False)["events"] is None
    assert not any(word.startswith("events") for word in estate.asked)


def event(kind: str, **more: t.Any) -> Event:
    return Event(**{"time": "2026-01-10T00:00:00Z", "kind": kind, "message": kind, **more})


@pytest.mark.parametrize(
    ("happened", "belongs"),
    [
        pytest.param(event("VmMacChangedEvent", vm="vm-2", adapter="Network adapter 1"), True, id="by the label"),
        pytest.param(event("VmMacChangedEvent", vm="vm-2", adapter="?", macs=(OLD, DRIFTED)), True, id="by the MACs"),
        pytest.param(
            event("VmMacChangedEvent", vm="vm-2", adapter="?", macs=(OFF,)), False, id="another vNIC of the VM"
        ),
        pytest.param(event("VmMacChangedEvent", vm="vm-1", adapter="Network adapter 1"), False, id="another VM"),
        pytest.param(event("DvsPortBlockedEvent", port="2", macs=(OLD,)), True, id="the port, with its MAC"),
        pytest.param(
            event("DvsPortBlockedEvent", port="2", macs=(OFF,)), False, id="the port in the time of another vNIC"
        ),
        pytest.param(event("DvsPortBlockedEvent", port="2"), False, id="the port, but whose it was isn't told"),
        pytest.param(event("DrsVmMigratedEvent", vm="vm-2"), True, id="a migration of a drifted VM"),
        pytest.param(event("VmMigratedEvent", vm="vm-1"), False, id="a migration of another"),
    ],
)
def test_an_event_goes_to_the_vnic_it_is_about(happened: Event, belongs: bool) -> None:
    (entry,) = result(Estate(history=[happened]))["vnics"]
    assert [seen["kind"] for seen in entry["events"]] == ([happened.kind] if belongs else [])


def test_only_the_newest_events_of_a_vnic_are_kept() -> None:
    history = [event("VmMigratedEvent", vm="vm-2", message=str(n)) for n in range(MOST_PER_VNIC + 5)]
    (entry,) = result(Estate(history=history))["vnics"]
    assert [seen["message"] for seen in entry["events"]] == [str(n) for n in range(5, MOST_PER_VNIC + 5)]


def test_no_event_makes_or_clears_a_finding() -> None:
    loud = Estate(history=[event("VmMacChangedEvent", vm="vm-1", adapter="Network adapter 1", macs=(MATCHED, OLD))])
    assert [entry["vm"] for entry in result(loud)["vnics"]] == ["b-drift"]


def test_owners_are_all_vnics_with_that_mac() -> None:
    twin = dataclasses.replace(MATCH, moid="vm-8", name="twin")
    assert [owner.vm for owner in owners([MATCH, DRIFT, twin], {MATCHED})[MATCHED]] == ["a-match", "twin"]
