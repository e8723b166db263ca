# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mac_drift_facts predicts is what then happens: in the story that began it all, and in estates at random."""

from __future__ import annotations

import typing as t

import vsphere_lab
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Run
from .test_mac_drift_facts import by_vm, facts

CUT_OFF = ("blocked_now", "next_port_connect")
HOSTS = ("esx01.lab", "esx02.lab")
OPEN = {"promiscuous_mode": "reject", "forged_transmits": "reject", "mac_changes": "accept"}
SHUT = {**OPEN, "mac_changes": "reject"}
PORTGROUPS = ("std-shut", "std-open", "dv-shut", "dv-open")


def test_the_story(run: Run) -> None:
    """A careless change, a month without a sign, an audit without events, and the vMotion that proves it right."""
    lab = vsphere_lab.load("drift")
    before = lab.door("state", vm="web-01")["nics"][0]["configured_mac"]
    lab.door("unsafe_portgroup_change", vm="web-01", portgroup="dv-production")
    assert not lab.door("state", vm="web-01")["nics"][0]["blocked"], "nothing seems wrong"
    lab.door("advance", days=31)
    assert lab.door("events", types=["VmMacChangedEvent"]) == [], "vCenter has forgotten it"

    found = facts(run, lab)
    (entry,) = (entry for entry in found["vnics"] if entry["verdict"] == "drift")
    assert (entry["vm"], entry["runtime_mac"], entry["at_risk"]) == ("web-01", before, "next_port_connect")
    assert "rejects MAC changes: the next vMotion" in entry["explanation"]
    assert entry["events"] == []
    assert (found["events"]["searched"], found["events"]["retention_days"]) == (0, 30)

    lab.door("vmotion", vm="web-01")
    lab.door("vmotion", vm="app-01")
    blocked = {entry["vm"]: entry["blocked"] for entry in facts(run, lab, report="all")["vnics"]}
    assert [vm for vm, is_blocked in blocked.items() if is_blocked] == ["web-01"], "it, and nobody else"

    entry = by_vm(facts(run, lab))["web-01"]
    assert (entry["verdict"], entry["at_risk"]) == ("drift_blocked", "blocked_now")
    assert [event["kind"] for event in entry["events"]] == ["DvsPortBlockedEvent", "DrsVmMigratedEvent"]

    lab.door("power_cycle", vm="web-01")
    after = by_vm(facts(run, lab, vms=["web-01"], report="all"))["web-01"]
    assert (after["verdict"], after["runtime_mac"]) == ("match", entry["configured_mac"])


def macs(draw: st.DrawFn, fourth: int) -> str:
    return f"00:50:56:86:{fourth:02x}:{draw(st.integers(0, 30)):02x}"


@st.composite
def nic(draw: st.DrawFn) -> dict[str, t.Any]:
    """A vNIC. MACs are few, so that duplicates come up; a drifted one uses a MAC that isn't anybody's any more."""
    drifted = {"runtime_mac": macs(draw, 1), "reconnected": draw(st.booleans())} if draw(st.booleans()) else {}
    return {
        "portgroup": draw(st.sampled_from(PORTGROUPS)),
        "mac": macs(draw, 0),
        "connected": draw(st.integers(0, 5)) > 0,
        **drifted,
    }


@st.composite
def vm(draw: st.DrawFn) -> dict[str, t.Any]:
    extra = draw(st.sampled_from([[], [], [{"mac": "02:42:ac:11:00:02"}], [{"mac": "00:50:56:c0:00:08"}]]))
    return {
        "host": draw(st.sampled_from(HOSTS)),
        "tools": draw(st.sampled_from(["running", "running", "not_running", "not_installed"])),
        "guest_id": draw(st.sampled_from(["ubuntu64Guest", "ubuntu64Guest", "vmkernel8Guest"])),
        "power": draw(st.sampled_from(["poweredOn"] * 5 + ["poweredOff"])),
        "guest_nics": extra,
        "nics": draw(st.lists(nic(), min_size=1, max_size=3)),
    }


def estate(vms: list[dict[str, t.Any]], switches: dict[str, str]) -> vsphere_lab.Lab:
    """The VMs on two hosts that share a standard and a distributed switch, each with an open and a shut portgroup."""
    groups = [("shut", SHUT), ("open", OPEN)]
    return vsphere_lab.load(
        {
            "title": "at random",
            "switches": switches,
            "datacenters": [
                {
                    "name": "DC1",
                    "clusters": [{"name": "Compute", "hosts": list(HOSTS)}],
                    "standard_switches": [
                        {
                            "name": "vSwitch0",
                            "security": SHUT,
                            "portgroups": [{"name": f"std-{name}", "security": policy} for name, policy in groups],
                        }
                    ],
                    "distributed_switches": [
                        {
                            "name": "dvs",
                            "portgroups": [{"name": f"dv-{name}", "mac_management": policy} for name, policy in groups],
                        }
                    ],
                    "vms": [{"name": f"vm-{n:02d}", **each} for n, each in enumerate(vms)],
                }
            ],
        }
    )


def differ(lab: vsphere_lab.Lab) -> None:
    """Let one host reject on the open standard portgroup: a misconfiguration that only a vMotion brings to light."""
    content = lab.connect("administrator@vsphere.local", "VMware1!").content
    host = content.searchIndex.FindByDnsName(None, HOSTS[1], False)
    group = next(group for group in host.config.network.portgroup if group.spec.name == "std-open")
    group.spec.policy.security.macChanges = False
    host.configManager.networkSystem.UpdatePortGroup("std-open", group.spec)


def shake(lab: vsphere_lab.Lab, entries: list[dict[str, t.Any]]) -> dict[tuple[str, int], bool]:
    """Let every port be connected anew, where it is and on the other host, and tell which are blocked then."""
    blocked: dict[tuple[str, int], bool] = {}
    for name in sorted({entry["vm"] for entry in entries if entry["reason"] not in ("powered_off", "template")}):
        for card in lab.door("state", vm=name)["nics"]:
            lab.door("reconnect", vm=name, label=card["label"])
        here = lab.door("state", vm=name)["nics"]
        there = lab.door("vmotion", vm=name)["nics"]
        for before, after in zip(here, there, strict=True):
            blocked[(name, before["key"])] = before["blocked"] or after["blocked"]
    return blocked


ASSUMED = {
    "standard_port_mac": ("runtime", "configured"),
    "dvport_runtime_info": ("fresh", "stale"),
    "drifted_nic_device_config_id": ("minus_one", "key"),
    "backing_change_on_running_vm": ("next_connect", "at_once"),
    "blocked_status_detail": ("violation", "unset"),
}


@given(
    vms=st.lists(vm(), min_size=1, max_size=8),
    switches=st.fixed_dictionaries({name: st.sampled_from(values) for name, values in ASSUMED.items()}),
    alike=st.booleans(),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_predicted_is_what_happens(
    run: Run, vms: list[dict[str, t.Any]], switches: dict[str, str], alike: bool
) -> None:
    """Whatever vSphere turns out to be, what is called certain is so; only where hosts hide drift, "likely" may err."""
    lab = estate(vms, switches)
    if not alike:
        differ(lab)
    entries = facts(run, lab, report="all")["vnics"]
    truth = {
        (entry["vm"], card["key"]): card for entry in entries for card in lab.door("state", vm=entry["vm"])["nics"]
    }
    blocked = shake(lab, entries)
    for entry in entries:
        here = (entry["vm"], entry["key"])
        sure = entry["certainty"] == "certain" or switches["standard_port_mac"] == "runtime"
        if entry["verdict"] == "unknown" or not sure:
            continue
        assert truth[here]["drifted"] is (entry["verdict"] != "match"), (entry, truth[here])
        assert entry["runtime_mac"] in (None, truth[here]["runtime_mac"]), (entry, truth[here])
        assert blocked[here] is (entry["at_risk"] in CUT_OFF), (entry, truth[here])
    for entry in entries:
        connected = truth[(entry["vm"], entry["key"])]["connected"]
        assert entry["verdict"] != "unknown" or entry["portgroup_kind"] == "standard" or not connected, entry


@given(vms=st.lists(vm(), min_size=1, max_size=8))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_power_cycle_ends_drift_towards_the_configured_mac(run: Run, vms: list[dict[str, t.Any]]) -> None:
    lab = estate(vms, {})
    for entry in facts(run, lab)["vnics"]:
        # Of duplicates, vCenter replaces one at power-on: that is a risk of its own.
        if entry["at_risk"] != "next_power_cycle" or entry["risks"]:
            continue
        lab.door("power_cycle", vm=entry["vm"])
        card = next(card for card in lab.door("state", vm=entry["vm"])["nics"] if card["key"] == entry["key"])
        assert card["runtime_mac"] == entry["configured_mac"] != entry["runtime_mac"]


def test_a_whole_estate_is_predicted_to_the_last_port(run: Run) -> None:
    generated = {"vms": 60, "drift": 0.4}
    lab = vsphere_lab.load({"extends": "estate", "datacenters": [{"name": "DC1", "generate": generated}]}, seed=7)
    entries = facts(run, lab, report="all")["vnics"]
    known = [entry for entry in entries if entry["at_risk"] is not None and entry["reason"] is None]
    assert len(known) > 0.8 * len(entries)
    foretold = {(entry["vm"], entry["key"]) for entry in known if entry["at_risk"] in CUT_OFF}
    blocked = shake(lab, entries)
    assert {vnic for vnic, is_blocked in blocked.items() if is_blocked} == foretold
    assert len(foretold) > 10
