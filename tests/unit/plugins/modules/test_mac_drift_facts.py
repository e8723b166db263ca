# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mac_drift_facts in process against the lab: what it finds, what it doesn't, and what that costs."""

from __future__ import annotations

import typing as t
from collections import Counter

import pytest
import vsphere_lab
import yaml

from .conftest import Run

NAME = "mac_drift_facts"


def facts(run: Run, lab: vsphere_lab.Lab, **options: t.Any) -> dict[str, t.Any]:
    result = run(lab, NAME, **options)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is False
    found: dict[str, t.Any] = result["ansible_facts"]["mac_drift"]
    return found


def by_vm(found: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """The first vNIC of each VM."""
    return {entry["vm"]: entry for entry in reversed(found["vnics"])}


# The module only reads, so tests may share what they look at.
@pytest.fixture(scope="module")
def drifted() -> vsphere_lab.Lab:
    return vsphere_lab.load("drifted")


@pytest.fixture(scope="module")
def drift() -> vsphere_lab.Lab:
    return vsphere_lab.load("drift")


@pytest.mark.parametrize(
    ("vm", "verdict", "certainty", "source", "at_risk"),
    [
        ("drift-dv", "drift", "certain", "dvport", "next_port_connect"),
        ("drift-old", "drift", "certain", "dvport", "next_port_connect"),
        ("drift-blocked", "drift_blocked", "certain", "dvport", "blocked_now"),
        ("drift-open", "drift", "certain", "dvport", "next_power_cycle"),
        ("own-mac", "drift", "certain", "dvport", "next_power_cycle"),
        ("drift-std", "probable", "likely", "standard_port", "next_port_connect"),
        ("drift-guest", "drift", "certain", "standard_port", "next_port_connect"),
        ("drift-std-a", "probable", "likely", "standard_port", "next_port_connect"),
        ("drift-std-b", "probable", "likely", "standard_port", "next_port_connect"),
        ("calm-bond", "match", "certain", "standard_port", "none"),
        ("calm-containers", "match", "certain", "dvport", "none"),
        ("calm-nested", "match", "certain", "dvport", "none"),
        ("quiet-01", "match", "likely", "standard_port", "none"),
        ("unknown-unplugged", "match", "certain", "guest", "none"),
        ("off-01", "unknown", "none", None, "none"),
        ("tmpl-linux", "unknown", "none", None, "none"),
        ("old-01", "unknown", "none", None, None),
        ("sriov-01", "unknown", "none", None, None),
    ],
)
def test_each_verdict(
    run: Run, drifted: vsphere_lab.Lab, vm: str, verdict: str, certainty: str, source: str | None, at_risk: str | None
) -> None:
    entry = by_vm(facts(run, drifted, vms=[vm], report="all"))[vm]
    assert (entry["verdict"], entry["certainty"], entry["source"], entry["at_risk"]) == (
        verdict,
        certainty,
        source,
        at_risk,
    )


@pytest.mark.parametrize(
    ("vm", "risk"),
    [
        ("latent-snapshot", "on_revert"),
        ("latent-upgrade", "on_upgrade"),
        ("latent-generated", "foreign_allocation"),
        ("latent-foreign", "foreign_allocation"),
        ("latent-reserved", "wont_power_on"),
        ("dup-a", "duplicate"),
    ],
)
def test_each_latent_risk(run: Run, drifted: vsphere_lab.Lab, vm: str, risk: str) -> None:
    entry = by_vm(facts(run, drifted, vms=[vm]))[vm]
    assert [found["risk"] for found in entry["risks"]] == [risk]


def test_a_snapshot_with_the_present_mac_is_no_finding(run: Run, drift: vsphere_lab.Lab) -> None:
    assert facts(run, drift, vms=["lic-01"])["vnics"] == []


def test_nothing_is_said_to_match_that_has_drifted(run: Run, drifted: vsphere_lab.Lab) -> None:
    for entry in facts(run, drifted, report="all")["vnics"]:
        nics = {nic["key"]: nic for nic in drifted.door("state", vm=entry["vm"])["nics"]}
        truth = nics[entry["key"]]
        assert truth["drifted"] is (entry["verdict"] in ("drift", "drift_blocked", "probable")), entry
        if entry["runtime_mac"]:
            assert entry["runtime_mac"] == truth["runtime_mac"]


def test_findings_leave_out_what_is_as_it_should_be(run: Run, drifted: vsphere_lab.Lab) -> None:
    found = facts(run, drifted)
    assert {"calm-containers", "web-01", "off-01", "tmpl-linux"}.isdisjoint(by_vm(found))
    assert len(found["vnics"]) == found["counts"]["findings"] < found["counts"]["vnics"]


def test_the_explanation_carries_the_event_that_began_it(run: Run, drifted: vsphere_lab.Lab) -> None:
    entries = by_vm(facts(run, drifted))
    kinds = {
        vm: [event["kind"] for event in entries[vm]["events"]] for vm in ("drift-dv", "drift-blocked", "drift-old")
    }
    assert kinds == {
        "drift-dv": ["VmMacChangedEvent"],
        "drift-blocked": ["VmMacChangedEvent", "DvsPortBlockedEvent", "DrsVmMigratedEvent"],
        "drift-old": [],
    }
    assert "careless-tool" in entries["drift-dv"]["events"][0]["user"]


def test_the_window_of_events_is_told(run: Run, drifted: vsphere_lab.Lab) -> None:
    events = facts(run, drifted, event_days=10)["events"]
    assert events["retention_days"] == 30
    assert events["searched_from"] < events["oldest"] < events["searched_to"]
    assert events["searched"] == 1


def test_no_collector_is_left_behind(run: Run, drifted: vsphere_lab.Lab) -> None:
    drifted.calls.clear()
    for _unused in range(3):
        facts(run, drifted)
    counts = Counter(method for method, _unused in drifted.calls)
    assert counts["CreateCollectorForEvents"] == counts["DestroyCollector"] == 3


def test_a_stale_vcenter_is_asked_to_refresh(run: Run) -> None:
    def verdict(**options: t.Any) -> str:
        lab = vsphere_lab.load("drifted", switches={"dvport_runtime_info": "stale"})
        return str(by_vm(facts(run, lab, vms=["drift-open"], report="all", **options))["drift-open"]["verdict"])

    assert verdict() == "drift"
    assert verdict(refresh=False) == "match"


def test_the_lists_of_a_host_are_not_trusted_alone(run: Run) -> None:
    """If hosts list configured MACs, drift behind a standard switch is only the guest's to tell, and it is believed."""
    lab = vsphere_lab.load("drifted", switches={"standard_port_mac": "configured"})
    entries = by_vm(facts(run, lab, report="all"))
    assert entries["drift-guest"]["verdict"] == "probable"
    assert (entries["drift-std"]["verdict"], entries["drift-std"]["certainty"]) == ("match", "likely")


def test_two_runs_give_the_same_facts(run: Run, drifted: vsphere_lab.Lab) -> None:
    first, second = facts(run, drifted, report="all"), facts(run, drifted, report="all")
    assert first == second


def test_every_key_is_documented(run: Run, drifted: vsphere_lab.Lab) -> None:
    from ansible_collections.macguard.vsphere.plugins.modules import mac_drift_facts

    described = yaml.safe_load(mac_drift_facts.RETURN)["ansible_facts"]
    found = {"mac_drift": facts(run, drifted, report="all")}
    assert sorted(_undocumented(found, described["contains"], "")) == []


def _undocumented(value: t.Any, contains: dict[str, t.Any], path: str) -> t.Iterator[str]:
    for name, inner in value.items():
        here = f"{path}.{name}"
        if name not in contains:
            yield here
            continue
        deeper = contains[name].get("contains")
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, dict) and deeper:
                yield from _undocumented(item, deeper, here)
