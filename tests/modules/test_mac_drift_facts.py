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

from .admin import Admin, hide_config
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


def test_a_vm_without_config_is_told_of(run: Run, drift: vsphere_lab.Lab) -> None:
    """An inaccessible VM has none, nor has one that the account may not read (API reference, VirtualMachine.config)."""
    lab = vsphere_lab.load("drift")
    moid = hide_config(lab, "web-01")
    found, before = facts(run, lab), facts(run, drift)
    assert before["unreadable"] == []
    assert found["unreadable"] == [{"vm": "web-01", "moid": moid}]
    assert found["vms"] == before["vms"]


def test_nobody_is_accused_of_what_may_be_an_unreadable_vms_port(run: Run, drifted: vsphere_lab.Lab) -> None:
    lab = vsphere_lab.load("drifted")
    before = by_vm(facts(run, drifted, report="all"))
    accused = before["drift-std"]
    mate = next(vm for vm, entry in before.items() if entry["host"] == accused["host"] and entry["verdict"] == "match")
    hide_config(lab, mate)
    after = by_vm(facts(run, lab, report="all"))["drift-std"]
    assert (accused["verdict"], after["verdict"]) == ("probable", "unknown")
    assert f"{mate}, whose configuration can't be read" in after["explanation"]


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


@pytest.mark.parametrize("name", ["datacenter", "cluster", "host", "folder", "portgroup"])
def test_an_empty_text_does_not_stand_for_everything(run: Run, drift: vsphere_lab.Lab, name: str) -> None:
    result = run(drift, "mac_drift_facts", **{name: ""})
    assert (result["failed"], result["error"], result["option"]) == (True, "invalid_option", name)


def test_snapshots_of_one_name_are_told_apart(run: Run, drift: vsphere_lab.Lab) -> None:
    admin = Admin(drift)
    admin.vm("off-01").CreateSnapshot_Task("nightly", None, False, False)
    before = admin.forget_mac("off-01")
    admin.vm("off-01").CreateSnapshot_Task("nightly", None, False, False)
    (risk,) = by_vm(facts(run, drift, vms=["off-01"]))["off-01"]["risks"]
    assert risk["risk"] == "on_revert"
    assert f"nightly ({before})" in risk["explanation"]


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


@pytest.mark.parametrize(
    ("scenario", "vm", "vswitch", "levels"),
    [
        pytest.param("nested", "app-01", "vSwitch0", ["switch"] * 3, id="standard, inherited"),
        pytest.param("nested", "app-04", "", ["port"] * 3, id="distributed, port override"),
        pytest.param("nested", "nested-esxi-02", "", ["switch"] * 3, id="distributed, inherited"),
        pytest.param("drifted", "drift-open", "", ["portgroup"] * 3, id="distributed, portgroup's own"),
        pytest.param("drifted", "off-01", "", ["switch"] * 3, id="distributed, without a port"),
    ],
)
def test_where_the_policy_comes_from(run: Run, scenario: str, vm: str, vswitch: str, levels: list[str]) -> None:
    entry = by_vm(facts(run, vsphere_lab.load(scenario), vms=[vm], report="all"))[vm]
    assert entry["vswitch"] == vswitch
    assert entry["policy_from"] == {**dict(zip(entry["policy"], levels, strict=True)), "legacy": False}


def test_a_standard_portgroup_decides_flag_by_flag(run: Run) -> None:
    lab = vsphere_lab.load("nested")
    options = {"type": "portgroup", "names": ["Production"], "hosts": ["esx01.lab"], "forged_transmits": "accept"}
    assert run(lab, "portgroup_security", **options)["changed"]
    entry = by_vm(facts(run, lab, vms=["app-01"], report="all"))["app-01"]
    assert list(entry["policy"].values()) == ["reject", "accept", "reject"]
    assert list(entry["policy_from"].values()) == ["switch", "portgroup", "switch", False]


def test_a_policy_that_nobody_tells_comes_from_nowhere(run: Run) -> None:
    lab = vsphere_lab.load("drift")
    lab.door("host_connection", host="esx01.lab", connection="notResponding")
    entry = by_vm(facts(run, lab, vms=["db-01"], report="all"))["db-01"]
    assert (entry["policy"], entry["policy_from"], entry["vswitch"]) == (None, None, "")


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


PAGES = ("RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "FetchDVPorts", "ReadNextEvents")


@pytest.mark.parametrize("vms", [20, 120])
def test_calls_do_not_grow_with_the_number_of_vms(run: Run, vms: int) -> None:
    lab = vsphere_lab.load("estate", vms=vms)
    facts(run, lab)
    counts = Counter(method for method, _moid in lab.calls)
    assert sum(count for method, count in counts.items() if method not in PAGES) <= 12, counts
    assert sum(counts[method] for method in PAGES) <= 8, counts


SCOPES = [
    pytest.param({"vms": ["web-01", "db-01"]}, {"web-01", "db-01"}, id="VMs by name"),
    pytest.param({"vms": ["DC1/vm/prod/web/web-01"]}, {"web-01"}, id="a VM by path"),
    pytest.param({"folder": "prod"}, {"web-01", "web-02", "db-01", "lic-01"}, id="a folder with those below it"),
    pytest.param({"folder": "DC1/vm/prod/web"}, {"web-01", "web-02"}, id="a folder by path"),
    pytest.param({"portgroup": "dv-production"}, {"app-01"}, id="a distributed portgroup"),
    pytest.param({"portgroup": "Staging"}, {"web-02", "db-01", "old-01", "quiet-01"}, id="a standard portgroup"),
    pytest.param({"folder": "prod", "host": "esx01.lab"}, {"web-01", "db-01"}, id="a folder and a host"),
    pytest.param({"cluster": "Compute", "portgroup": "Staging", "vms": ["db-01"]}, {"db-01"}, id="three together"),
    pytest.param({"folder": "prod/db", "portgroup": "dv-production"}, set(), id="nothing in common"),
]


@pytest.mark.parametrize(("scope", "expected"), SCOPES)
def test_each_scope(run: Run, drift: vsphere_lab.Lab, scope: dict[str, t.Any], expected: set[str]) -> None:
    found = facts(run, drift, report="all", events=False, **scope)
    assert {entry["vm"] for entry in found["vnics"]} == expected


@pytest.mark.parametrize("scope", [{"datacenter": "DC1"}, {"cluster": "Compute"}, {}])
def test_scopes_that_hold_everything(run: Run, drift: vsphere_lab.Lab, scope: dict[str, str]) -> None:
    assert facts(run, drift, **scope)["vms"] == facts(run, drift)["vms"] == 16


def test_a_vm_by_each_of_its_ids(run: Run, drift: vsphere_lab.Lab) -> None:
    vm = drift.door("state", vm="lic-01")["moid"]
    config = drift.get(vm).get("config")
    for name in (vm, config.uuid, config.instanceUuid.upper()):
        assert [entry["vm"] for entry in facts(run, drift, vms=[name], report="all")["vnics"]] == ["lic-01"]


def test_a_vm_named_twice_is_read_once(run: Run, drift: vsphere_lab.Lab) -> None:
    assert facts(run, drift, vms=["lic-01", "prod/lic-01"])["vms"] == 1


@pytest.mark.parametrize(
    ("scope", "near"),
    [
        ({"vms": ["web-1"]}, "web-01"),
        ({"datacenter": "DC-1"}, "DC1"),
        ({"cluster": "compute"}, "Compute"),
        ({"host": "esx1.lab"}, "esx01.lab"),
        ({"folder": "prods"}, "prod"),
        ({"portgroup": "dv-produktion"}, "dv-production"),
        ({"folder": "prod", "vms": ["app-01"]}, "db-01"),
    ],
)
def test_a_name_that_is_not_there_brings_near_ones(
    run: Run, drift: vsphere_lab.Lab, scope: dict[str, t.Any], near: str
) -> None:
    result = run(drift, NAME, **scope)
    assert result["failed"]
    assert near in result["candidates"]
    assert near in result["msg"]


def test_an_ambiguous_name_brings_the_candidates(run: Run) -> None:
    lab = vsphere_lab.load("drift")
    folders = [folder for folder in lab.all(type(lab.get("group-d1"))) if folder.get("name") in ("web", "templates")]
    for folder in folders:
        folder.set(name="twice")
    result = run(lab, NAME, folder="twice")
    assert result["failed"]
    assert [candidate.rpartition(" (")[0] for candidate in result["candidates"]] == [
        "DC1/vm/prod/twice",
        "DC1/vm/twice",
    ]
    assert not run(lab, NAME, folder="prod/twice").get("failed")


def test_a_narrow_scope_eliminates_with_its_neighbours_in_mind(run: Run, drifted: vsphere_lab.Lab) -> None:
    """Alone, drift-std-a would be the last vNIC there, and would be given a port that may be its neighbour's."""
    entry = by_vm(facts(run, drifted, vms=["drift-std-a"]))["drift-std-a"]
    assert entry["runtime_mac"] is None
    assert len(entry["candidates"]) == 2


def test_a_duplicate_outside_the_scope_is_found(run: Run, drift: vsphere_lab.Lab) -> None:
    (entry,) = facts(run, drift, vms=["dup-a"])["vnics"]
    assert "dup-b" in entry["risks"][0]["explanation"]


def test_an_account_that_sees_one_vm_gets_facts_of_that_one(run: Run, drift: vsphere_lab.Lab) -> None:
    found = facts(run, drift, username="operator@vsphere.local", report="all")
    assert [entry["vm"] for entry in found["vnics"]] == ["app-01"]


def test_a_read_only_account_is_enough(run: Run, drifted: vsphere_lab.Lab) -> None:
    assert facts(run, drifted, username="auditor@vsphere.local")["vnics"] == facts(run, drifted)["vnics"]


def test_a_window_of_no_days_is_refused_before_any_connection(run: Run) -> None:
    lab = vsphere_lab.load("drift")
    result = run(lab, NAME, event_days=0)
    assert result["failed"]
    assert "event_days" in result["msg"]
    assert list(lab.calls) == []


def test_a_standalone_host_has_drift_too(run: Run) -> None:
    lab = vsphere_lab.load("esxi")
    lab.door("guest_set_mac", vm="web-01", mac="00:50:56:00:00:01")
    entry = by_vm(facts(run, lab))["web-01"]
    assert (entry["verdict"], entry["runtime_mac"]) == ("drift", "00:50:56:00:00:01")


def test_what_a_lost_host_runs_is_unknown_and_the_rest_is_told(run: Run) -> None:
    lab = vsphere_lab.load("drifted")
    lab.door("host_connection", host="esx01.lab", connection="notResponding")
    entries = by_vm(facts(run, lab, report="all"))
    assert (entries["drift-dv"]["verdict"], entries["drift-dv"]["reason"]) == ("unknown", "unreachable")
    assert entries["drift-dv"]["at_risk"] is None
    assert entries["drift-old"]["verdict"] == "drift"


def test_a_server_without_the_refresh_is_read_as_it_is(run: Run) -> None:
    lab = vsphere_lab.load("drifted")
    lab.door("fault", method="RefreshDVPortState", fault="NotSupported")
    entry = by_vm(facts(run, lab))["drift-dv"]
    assert (entry["verdict"], entry["freshness"]) == ("drift", "cached")


def test_a_fault_in_the_middle_is_one_clear_message(run: Run) -> None:
    lab = vsphere_lab.load("drifted")
    lab.door("fault", method="FetchDVPorts", fault="HostCommunication")
    result = run(lab, NAME)
    assert result["failed"]
    assert "Failed to read the ports of the distributed switch" in result["msg"]
    assert "HostCommunication" in result["msg"]


def test_collectors_are_destroyed_when_reading_fails(run: Run) -> None:
    lab = vsphere_lab.load("drifted")
    lab.door("fault", method="ReadNextEvents", fault="InvalidState")
    assert run(lab, NAME)["failed"]
    assert Counter(method for method, _moid in lab.calls)["DestroyCollector"] == 1
