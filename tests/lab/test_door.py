# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The side door: each action does what it says, and the story can be told with it."""

from __future__ import annotations

import json
import typing as t

import pytest
from vsphere_lab.behaviour import UnknownSwitch
from vsphere_lab.sdk import vim

from .vcenter import Vcenter, done

Any = t.Any


def test_the_story() -> None:
    vcenter = Vcenter("drift")
    door = vcenter.lab.door
    assert not door("state", vm="web-01")["nics"][0]["drifted"]
    door("unsafe_portgroup_change", vm="web-01", portgroup="dv-production")
    assert door("reach", source="web-01", target="gateway")["ok"], "communication established before is kept"
    door("advance", days=28)
    blocked = door("vmotion", vm="web-01")["nics"][0]
    assert blocked["blocked"]
    assert blocked["runtime_mac"] == "00:50:56:86:01:01"
    assert not door("reach", source="web-01", target="gateway")["ok"]
    assert [event["type"] for event in vcenter.events("VmMacChangedEvent", "DvsPortBlockedEvent")] == [
        "VmMacChangedEvent",
        "DvsPortBlockedEvent",
    ]


def test_after_the_retention_the_evidence_is_gone_and_the_drift_is_not() -> None:
    vcenter = Vcenter("drift")
    vcenter.lab.door("unsafe_portgroup_change", vm="web-01", portgroup="dv-production")
    vcenter.lab.door("advance", days=31)
    assert vcenter.events("VmMacChangedEvent") == []
    assert vcenter.state("web-01")["drifted"]


@pytest.mark.parametrize("action", ["state", "events", "calls", "switches"])
def test_what_it_returns_is_json(action: str) -> None:
    vcenter = Vcenter("drifted")
    arguments = {"vm": "web-01"} if action == "state" else {}
    answer = vcenter.lab.door(action, **arguments)
    assert json.loads(json.dumps(answer)) == answer


def test_the_careless_tool_leaves_a_trace_with_its_name() -> None:
    vcenter = Vcenter("drift")
    vcenter.lab.door("unsafe_portgroup_change", vm="web-02", label="Network adapter 2", portgroup="Production")
    (event,) = vcenter.events("VmMacChangedEvent")
    assert event["user"] == "VSPHERE.LOCAL\\careless-tool"
    assert event["adapter"] == "Network adapter 2"
    assert not vcenter.state("web-02")["drifted"]


def test_events_are_found_by_type_and_vm() -> None:
    vcenter = Vcenter("drifted")
    assert {event["vm"] for event in vcenter.events(vm="drift-dv")} == {"drift-dv"}
    assert {event["type"] for event in vcenter.events("DvsPortBlockedEvent")} == {"DvsPortBlockedEvent"}


def test_another_admin_edits_a_vm() -> None:
    vcenter = Vcenter("drift")
    before = vcenter.vm("web-01").config.changeVersion
    vcenter.lab.door("edit", vm="web-01", portgroup="dv-production", type="manual")
    assert vcenter.vm("web-01").config.changeVersion != before
    state = vcenter.state("web-01")
    assert (state["portgroup"], state["address_type"]) == ("dv-production", "manual")


def test_another_admin_edits_a_portgroup() -> None:
    vcenter = Vcenter("nested")
    vcenter.lab.door("edit", host="esx01.lab", portgroup="Nested", vlan=101, forged_transmits="accept")
    group = vcenter.portgroup("Nested")
    assert (group.spec.vlanId, group.computedPolicy.security.forgedTransmits) == (101, True)
    vcenter.lab.door("edit", dvportgroup="dv-nested", mac_management={"mac_changes": "accept"})
    assert vcenter.policy("dv-nested").macChanges
    with pytest.raises(ValueError, match="say what to edit"):
        vcenter.lab.door("edit")


def test_an_edit_comes_between_reading_and_writing() -> None:
    vcenter = Vcenter("drift")
    version = vcenter.vm("web-01").config.changeVersion
    vcenter.lab.door(
        "fault", method="ReconfigVM_Task", edit={"action": "edit", "vm": "web-01", "annotation": "quicker"}
    )
    with pytest.raises(vim.fault.ConcurrentAccess):
        done(vcenter.edit("web-01", annotation="slower", changeVersion=version))
    assert vcenter.vm("web-01").config.annotation == "quicker"


def test_calls_are_counted() -> None:
    vcenter = Vcenter("drift")
    vcenter.lab.door("calls", clear=True)
    done(vcenter.edit("web-01", annotation="x"))
    assert vcenter.lab.door("calls")["methods"]["ReconfigVM_Task"] == 1


def test_assumptions_can_be_answered_anew() -> None:
    vcenter = Vcenter("drift")
    vcenter.lab.door("switches", type_only_pin_on_running_vm="refused")
    assert vcenter.edit_nic("web-01", addressType="manual").info.error is not None
    with pytest.raises(UnknownSwitch):
        vcenter.lab.door("switches", nonsense="yes")


def test_a_reset_starts_the_scenario_again() -> None:
    vcenter = Vcenter("drift")
    vcenter.lab.door("unsafe_portgroup_change", vm="web-01", portgroup="dv-production")
    vcenter.lab.door("switches", dvport_runtime_info="stale")
    vcenter.lab.door("reset")
    assert vcenter.lab.switches["dvport_runtime_info"] == "fresh"
    assert vcenter.state("web-01")["configured_mac"] == "00:50:56:86:01:01"
    assert vcenter.events("VmMacChangedEvent") == []
    assert vcenter.vm("web-01").name == "web-01", "whoever was logged in still is"


def test_tools_come_and_go() -> None:
    vcenter = Vcenter("drift")
    vcenter.lab.door("tools", vm="quiet-01", status="running")
    assert [nic.macAddress for nic in vcenter.vm("quiet-01").guest.net] == ["00:50:56:86:0b:01"]
    vcenter.lab.door("tools", vm="quiet-01", status="not_installed")
    assert list(vcenter.vm("quiet-01").guest.net) == []
    with pytest.raises(ValueError, match="running, not_running or not_installed"):
        vcenter.lab.door("tools", vm="quiet-01", status="sleepy")


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("state", {"vm": "web-o1"}, "no VM 'web-o1' .did you mean 'web-01'"),
        ("vmotion", {"vm": "web-01", "host": "esx1.lab"}, "no host 'esx1.lab' .did you mean 'esx01.lab'"),
        ("unsafe_portgroup_change", {"vm": "web-01", "portgroup": "dv-prod"}, "no portgroup 'dv-prod'"),
        ("guest_set_mac", {"vm": "web-01", "mac": "02:00:00:00:00:01", "label": "x"}, "it has Network adapter 1"),
        ("nonsense", {}, "no side-door action 'nonsense'"),
    ],
)
def test_a_mistake_is_told(action: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(KeyError, match=message):
        Vcenter("drift").lab.door(action, **arguments)


def test_there_is_nowhere_to_move_on_a_standalone_host() -> None:
    with pytest.raises(KeyError, match="there is no other host"):
        Vcenter("esxi").lab.door("vmotion", vm="web-01")


def test_a_standalone_host_posts_no_mac_events() -> None:
    vcenter = Vcenter("esxi")
    vcenter.lab.door("unsafe_portgroup_change", vm="web-01", portgroup="Production")
    state = vcenter.state("web-01")
    assert state["configured_mac"].startswith("00:0c:29:")
    assert state["drifted"]
    assert vcenter.events("VmMacChangedEvent") == []


def test_policies_tells_what_each_portgroup_lets_through() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", forgedTransmits=True)
    told = {(entry["host"], entry["portgroup"]): entry for entry in vcenter.lab.door("policies")}
    assert told["esx01.lab", "Nested"]["forged_transmits"]
    assert not told["esx02.lab", "Nested"]["forged_transmits"]
    assert not told[None, "dv-nested"]["promiscuous"]
