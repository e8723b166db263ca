# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""portgroup_security on standard switches: inheritance flag by flag, many hosts, and what goes wrong midway."""

from __future__ import annotations

import threading
import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim
from vsphere_lab import faults
from vsphere_lab.places import Network
from vsphere_lab.portgroups import DvPortgroup

from .conftest import Run
from .estate import differences, estate, managed, writes

NESTED = {"type": "portgroup", "names": ["Nested"], "cluster": "Compute"}
OPEN = {"promiscuous_mode": "accept", "forged_transmits": "accept"}
FIVE = [f"esx0{number}.lab" for number in range(1, 6)]


class Segment(Network):
    """What vSphere shows of a segment of NSX on a switch that NSX manages itself."""

    wsdl = vim.OpaqueNetwork


def nested(cluster: dict[str, t.Any] | None = None, **switches: str) -> vsphere_lab.Lab:
    told = {"extends": "nested", "datacenters": [{"name": "DC1", "clusters": [{"name": "Compute", **(cluster or {})}]}]}
    return vsphere_lab.load(told, switches=switches)


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return nested()


@pytest.fixture
def five() -> vsphere_lab.Lab:
    return nested({"hosts": [{"name": name} for name in FIVE[2:]]})


def edit(lab: vsphere_lab.Lab, host: str, **changes: t.Any) -> None:
    lab.door("edit", host=host, portgroup="Nested", **changes)


def flags(lab: vsphere_lab.Lab, host: str, name: str = "Nested", policy: str = "spec.policy") -> tuple[t.Any, ...]:
    """Returns promiscuous mode, forged transmits and MAC changes as the host says."""
    portgroup = next(
        each for each in managed(lab, vim.HostSystem)[host].config.network.portgroup if each.spec.name == name
    )
    security = (portgroup.computedPolicy if policy == "computedPolicy" else portgroup.spec.policy).security
    if security is None:
        return (None, None, None)
    return (security.allowPromiscuous, security.forgedTransmits, security.macChanges)


def network_of(lab: vsphere_lab.Lab, host: str) -> t.Any:
    """Returns the lab's own object, to bring it into a state that no scenario has."""
    moid = managed(lab, vim.HostSystem)[host].configManager.networkSystem._moId
    return lab.get(moid)


def test_inherit_accept_inherit_leaves_no_trace(run: Run, lab: vsphere_lab.Lab) -> None:
    start = estate(lab)
    run(lab, "portgroup_security", **NESTED, promiscuous_mode="accept")
    assert (flags(lab, "esx01.lab"), flags(lab, "esx01.lab", policy="computedPolicy")) == (
        (True, None, None),
        (True, False, False),
    )
    back = run(lab, "portgroup_security", **NESTED, promiscuous_mode="inherit")
    assert back["changed"]
    assert back["objects"][0]["after"]["inherited_from"] == "vSwitch0"
    assert estate(lab) == start
    assert not run(lab, "portgroup_security", **NESTED, promiscuous_mode="inherit")["changed"]


def test_other_overrides_stay(run: Run, lab: vsphere_lab.Lab) -> None:
    edit(lab, "esx01.lab", forged_transmits="accept", mac_changes="accept")
    run(lab, "portgroup_security", **NESTED, promiscuous_mode="accept")
    assert flags(lab, "esx01.lab") == (True, True, True)
    assert flags(lab, "esx02.lab") == (True, None, None)


@pytest.mark.parametrize("shape", ["none", "empty"])
def test_no_security_and_an_empty_one_are_both_inherit(run: Run, lab: vsphere_lab.Lab, shape: str) -> None:
    security = None if shape == "none" else vim.host.NetworkPolicy.SecurityPolicy()
    for host in ("esx01.lab", "esx02.lab"):
        network = network_of(lab, host)
        network.portgroups["Nested"].policy.security = security
        network._changed()
    wish = {"promiscuous_mode": "inherit", "forged_transmits": "inherit", "mac_changes": "inherit"}
    assert not run(lab, "portgroup_security", **NESTED, **wish)["changed"]
    assert writes(lab) == []
    assert run(lab, "portgroup_security", **NESTED, **OPEN)["changed"]
    assert flags(lab, "esx01.lab") == (True, True, None)


@pytest.mark.parametrize("mtu", ["kept", "reset"])
@pytest.mark.parametrize("absent", ["inherit", "kept"])
def test_vswitch_keeps_uplinks_mtu_and_everything_else(run: Run, mtu: str, absent: str) -> None:
    """Whichever way vSphere treats what a spec leaves out: nothing is left out."""
    lab = nested(unset_vswitch_mtu=mtu, absent_portgroup_overrides=absent)
    network = network_of(lab, "esx01.lab")
    network.mtus["vSwitch0"] = 9000
    network.vswitches["vSwitch0"].bridge = vim.host.VirtualSwitch.BondBridge(
        nicDevice=["vmnic0", "vmnic1"],
        beacon=vim.host.VirtualSwitch.BeaconConfig(interval=7),
        linkDiscoveryProtocolConfig=vim.host.LinkDiscoveryProtocolConfig(protocol="cdp", operation="both"),
    )
    network._changed()
    before = estate(lab)
    options = {"type": "vswitch", "names": ["vSwitch0"], "hosts": ["esx01.lab"]}
    result = run(lab, "portgroup_security", **options, mac_changes="accept")
    assert result["changed"], result
    changed = differences(before, estate(lab))
    assert changed.pop("esx01.lab/vSwitch0.spec.mtu") == ("None", "9000")
    assert {path.rpartition(".")[2] for path in changed} == {"macChanges"}
    assert set(changed.values()) == {("False", "True")}


def test_vswitch_change_reaches_those_who_inherit_and_nobody_else(run: Run, lab: vsphere_lab.Lab) -> None:
    edit(lab, "esx01.lab", forged_transmits="reject")
    options = {"type": "vswitch", "names": ["vSwitch0"], "hosts": ["esx01.lab"]}
    result = run(lab, "portgroup_security", **options, forged_transmits="accept")
    (radius,) = result["blast_radius"]
    assert radius["gains"] == ["forged_transmits"]
    assert sorted(radius["portgroups"]) == ["Management Network", "Production", "VM Network"]
    assert [(each["vm"], each["portgroup"], each["nested"]) for each in radius["vnics"]] == [
        ("app-01", "Production", False)
    ]
    assert flags(lab, "esx01.lab", policy="computedPolicy") == (False, False, False)


def test_a_segment_of_nsx_of_the_same_name_hides_nobody_from_the_blast_radius(run: Run, lab: vsphere_lab.Lab) -> None:
    alone = run(lab, "portgroup_security", **NESTED, **OPEN, check=True)["blast_radius"]
    segment = lab.add(Segment(lab, "network-o1", name="Nested"))
    lab.world.network_folder(lab.all(DvPortgroup)[0]).adopt(segment)
    lab.objects = {segment.moid: segment, **lab.objects}
    assert run(lab, "portgroup_security", **NESTED, **OPEN, check=True)["blast_radius"] == alone
    assert alone[0]["vnics"] != []


def test_blast_radius_of_a_portgroup_marks_nested_hypervisors(run: Run, lab: vsphere_lab.Lab) -> None:
    result = run(lab, "portgroup_security", check=True, **NESTED, **OPEN)
    first, second = result["blast_radius"]
    assert [(each["vm"], each["host"], each["nested"], each["gains"]) for each in first["vnics"]] == [
        ("nested-esxi-01", "esx01.lab", True, ["promiscuous_mode", "forged_transmits"])
    ]
    assert second["vnics"] == []


def test_host_that_is_right_already_is_left_alone(run: Run, lab: vsphere_lab.Lab) -> None:
    edit(lab, "esx02.lab", promiscuous_mode="accept", forged_transmits="accept")
    lab.calls.clear()
    result = run(lab, "portgroup_security", **NESTED, **OPEN)
    assert result["changed"]
    assert [row["outcome"] for row in result["objects"]] == ["changed", "unchanged"]
    assert writes(lab) == ["UpdatePortGroup"]


def test_one_host_alone_makes_the_cluster_inconsistent(run: Run, lab: vsphere_lab.Lab) -> None:
    options = {"type": "portgroup", "names": ["Nested"], "hosts": ["esx01.lab"]}
    (found,) = run(lab, "portgroup_security", **options, **OPEN)["consistency"]
    assert (found["cluster"], found["consistent"]) == ("Compute", False)
    assert [camp["hosts"] for camp in found["policies"]] == [["esx01.lab"], ["esx02.lab"]]
    (found,) = run(lab, "portgroup_security", **NESTED, **OPEN)["consistency"]
    assert (found["consistent"], [camp["hosts"] for camp in found["policies"]]) == (True, [["esx01.lab", "esx02.lab"]])


def test_portgroup_that_one_host_lacks(run: Run, lab: vsphere_lab.Lab) -> None:
    del network_of(lab, "esx02.lab").portgroups["Nested"]
    network_of(lab, "esx02.lab")._changed()
    before = estate(lab)
    refused = run(lab, "portgroup_security", **NESTED, **OPEN)
    assert refused["failed"]
    assert "on esx02.lab" in refused["msg"]
    assert (writes(lab), estate(lab)) == ([], before)
    result = run(lab, "portgroup_security", **NESTED, **OPEN, on_missing="skip")
    assert result["applied"] == ["portgroup Nested on esx01.lab"]
    assert result["left_out"] == [{"host": "esx02.lab", "name": "Nested", "reason": "no such portgroup"}]
    assert result["consistency"][0]["missing_on"] == ["esx02.lab"]
    assert set(writes(lab)) == {"UpdatePortGroup"}, "never created"


@pytest.mark.parametrize("state", ["disconnected", "notResponding"])
def test_host_that_is_away(run: Run, lab: vsphere_lab.Lab, state: str) -> None:
    lab.door("host_connection", host="esx02.lab", connection=state)
    refused = run(lab, "portgroup_security", **NESTED, **OPEN)
    assert refused["failed"]
    assert f"esx02.lab ({state})" in refused["msg"]
    assert writes(lab) == []
    result = run(lab, "portgroup_security", **NESTED, **OPEN, on_unreachable="skip")
    assert result["applied"] == ["portgroup Nested on esx01.lab"]
    assert result["left_out"] == [{"host": "esx02.lab", "name": "", "reason": state}]
    assert result["consistency"][0]["unknown_on"] == ["esx02.lab"]


def test_host_in_maintenance_is_changed_like_any_other(run: Run, lab: vsphere_lab.Lab) -> None:
    managed(lab, vim.HostSystem)["esx02.lab"].EnterMaintenanceMode_Task(0)
    assert len(run(lab, "portgroup_security", **NESTED, **OPEN)["applied"]) == 2


def test_several_portgroups_in_one_task(run: Run, lab: vsphere_lab.Lab) -> None:
    options = {**NESTED, "names": ["Nested", "Production"]}
    result = run(lab, "portgroup_security", **options, mac_changes="accept")
    assert len(result["applied"]) == 4
    assert flags(lab, "esx02.lab", "Production") == (None, None, True)


def fail(lab: vsphere_lab.Lab, host: str, **rule: t.Any) -> None:
    moid = managed(lab, vim.HostSystem)[host].configManager.networkSystem._moId
    lab.script.add(method="UpdatePortGroup", object=moid, **{"fault": "HostConfigFault", **rule})


def test_failure_on_the_third_host_tells_what_was_done_and_restore_takes_it_back(
    run: Run, five: vsphere_lab.Lab
) -> None:
    start = estate(five)
    fail(five, FIVE[2])
    result = run(five, "portgroup_security", **NESTED, **OPEN, parallel=1)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "HostConfigFault" in result["msg"]
    assert result["applied"] == [f"portgroup Nested on {host}" for host in FIVE[:2]]
    assert [each["subject"] for each in result["failed_changes"]] == [f"portgroup Nested on {FIVE[2]}"]
    assert result["untouched"] == [f"portgroup Nested on {host}" for host in FIVE[3:]]
    assert [row["outcome"] for row in result["objects"]] == ["changed", "changed", "failed", "untouched", "untouched"]
    assert result["objects"][2]["after"] == result["objects"][2]["before"]
    assert estate(five) != start
    undone = run(five, "portgroup_security", restore=result["restore"])
    assert undone["applied"] == result["applied"]
    assert estate(five) == start


def test_restore_leaves_what_others_did_since(run: Run, lab: vsphere_lab.Lab) -> None:
    done = run(lab, "portgroup_security", **NESTED, promiscuous_mode="accept")
    edit(lab, "esx01.lab", mac_changes="accept", vlan=123)
    run(lab, "portgroup_security", restore=done["restore"])
    assert flags(lab, "esx01.lab") == (None, None, True)
    assert estate(lab)["esx01.lab/Nested.spec.vlanId"] == "123"


def test_rollback_puts_everything_back(run: Run, five: vsphere_lab.Lab) -> None:
    start = estate(five)
    fail(five, FIVE[2])
    result = run(five, "portgroup_security", **NESTED, **OPEN, parallel=2, rollback=True)
    assert (result["failed"], result["changed"]) == (True, False)
    assert sorted(result["rolled_back"]) == [f"portgroup Nested on {FIVE[index]}" for index in (0, 1, 3)]
    assert (result["applied"], result["restore"]) == ([], [])
    assert [row["outcome"] for row in result["objects"]] == [
        "rolled_back",
        "rolled_back",
        "failed",
        "rolled_back",
        "untouched",
    ]
    assert estate(five) == start


def test_rollback_that_fails_says_so(run: Run, five: vsphere_lab.Lab) -> None:
    fail(five, FIVE[2])
    fail(five, FIVE[0], nth=2)
    result = run(five, "portgroup_security", **NESTED, **OPEN, parallel=1, rollback=True)
    assert result["changed"]
    assert [each["subject"] for each in result["failed_changes"]] == [
        f"portgroup Nested on {FIVE[index]}" for index in (0, 2)
    ]
    assert "could not be taken back" in result["failed_changes"][0]["msg"]
    assert [entry["host"] for entry in result["restore"]] == [FIVE[0]]


def test_without_a_failure_nothing_is_rolled_back(run: Run, lab: vsphere_lab.Lab) -> None:
    result = run(lab, "portgroup_security", **NESTED, **OPEN, rollback=True)
    assert (len(result["applied"]), result["rolled_back"]) == (2, [])


def test_change_by_another_admin_just_before_the_write_is_not_overwritten(run: Run, lab: vsphere_lab.Lab) -> None:
    """The read right before the write sees it."""
    reads = {"count": 0}

    def meanwhile(call: t.Any) -> None:
        reads["count"] += "config.network.portgroup" in str(call.arguments)
        if reads["count"] == 2:
            edit(lab, "esx01.lab", mac_changes="accept")
            reads["count"] += 1

    lab.script.add(method="RetrievePropertiesEx", times=0, run=meanwhile)
    options = {"type": "portgroup", "names": ["Nested"], "hosts": ["esx01.lab"]}
    result = run(lab, "portgroup_security", **options, **OPEN)
    assert (result["failed"], result["changed"], result["restore"]) == (True, False, [])
    assert "somebody else changed its policy" in result["msg"]
    assert flags(lab, "esx01.lab") == (None, None, True)


def test_other_edits_just_before_the_write_survive_it(run: Run, lab: vsphere_lab.Lab) -> None:
    """What is echoed is what is there right before the write, not what was there when the plan was made."""
    seen = {"count": 0}

    def meanwhile(call: t.Any) -> None:
        seen["count"] += "config.network.portgroup" in str(call.arguments)
        if seen["count"] == 2:
            edit(lab, "esx01.lab", vlan=321)
            seen["count"] += 1

    lab.script.add(method="RetrievePropertiesEx", times=0, run=meanwhile)
    options = {"type": "portgroup", "names": ["Nested"], "hosts": ["esx01.lab"]}
    assert run(lab, "portgroup_security", **options, **OPEN)["changed"]
    assert estate(lab)["esx01.lab/Nested.spec.vlanId"] == "321"


def test_change_by_another_admin_right_after_the_write_fails_the_verification(run: Run, lab: vsphere_lab.Lab) -> None:
    def afterwards(call: t.Any) -> None:
        if "UpdatePortGroup" in [method for method, _moid in lab.calls]:
            lab.script.clear()
            edit(lab, "esx01.lab", promiscuous_mode="reject")

    lab.script.add(method="RetrievePropertiesEx", times=0, run=afterwards)
    options = {"type": "portgroup", "names": ["Nested"], "hosts": ["esx01.lab"]}
    result = run(lab, "portgroup_security", **options, **OPEN)
    assert result["failed"]
    assert "isn't what was promised" in result["msg"]
    (failure,) = result["failed_changes"]
    assert failure["promised"]["override"]["promiscuous_mode"] == "accept"
    assert failure["found"]["override"]["promiscuous_mode"] == "reject"


def test_lost_answer_is_settled_by_the_read_back(run: Run, lab: vsphere_lab.Lab) -> None:
    fail(lab, "esx01.lab", fault=None, cut="after")
    result = run(lab, "portgroup_security", **NESTED, **OPEN)
    assert not result.get("failed"), result["msg"]
    assert len(result["applied"]) == 2


def test_connection_that_breaks_midway_does_not_hide_what_was_done(run: Run, lab: vsphere_lab.Lab) -> None:
    reads = {"count": 0}

    def break_at_the_second_wave(call: t.Any) -> None:
        reads["count"] += "config.network.portgroup" in str(call.arguments)
        if reads["count"] >= 4:  # planning, before the first write, after it, before the second
            raise faults.Cut

    lab.script.add(method="RetrievePropertiesEx", times=0, run=break_at_the_second_wave)
    result = run(lab, "portgroup_security", **NESTED, **OPEN, parallel=1)
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["applied"] == ["portgroup Nested on esx01.lab"]
    assert "connection broke" in result["msg"]
    assert [row["outcome"] for row in result["objects"]] == ["changed", "failed"]


def test_account_that_may_only_read(run: Run, lab: vsphere_lab.Lab) -> None:
    before = estate(lab)
    auditor = {"username": "auditor@vsphere.local"}
    assert run(lab, "portgroup_security", check=True, **auditor, **NESTED, **OPEN)["changed"]
    result = run(lab, "portgroup_security", **auditor, **NESTED, **OPEN)
    assert (result["failed"], result["changed"]) == (True, False)
    assert "lacks the privilege Host.Config.Network on esx01.lab" in result["msg"]
    assert result["privilege"] == "Host.Config.Network"
    assert estate(lab) == before


def test_hosts_are_written_side_by_side_and_read_in_bulk(run: Run, five: vsphere_lab.Lab) -> None:
    meeting = threading.Barrier(5, timeout=5)
    five.script.add(method="UpdatePortGroup", times=0, run=lambda call: meeting.wait())
    result = run(five, "portgroup_security", **NESTED, **OPEN, parallel=5)
    assert len(result["applied"]) == 5, result
    reads = [method for method, _moid in five.calls if method == "RetrievePropertiesEx"]
    two = vsphere_lab.load("nested")
    run(two, "portgroup_security", **NESTED, **OPEN)
    assert len(reads) == len([method for method, _moid in two.calls if method == "RetrievePropertiesEx"])


def test_standalone_esxi_needs_no_area(run: Run) -> None:
    lab = vsphere_lab.load("esxi")
    result = run(lab, "portgroup_security", type="portgroup", names=["VM Network"], promiscuous_mode="accept")
    assert result["changed"], result
