# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames: who reaches whom, both ways, and where and why a frame is dropped."""

from __future__ import annotations

import typing as t

import pytest
from vsphere_lab.sdk import vim

from .vcenter import Vcenter, done

Any = t.Any
Learning = vim.dvs.VmwareDistributedVirtualSwitch.MacLearningPolicy


def reach(vcenter: Vcenter, source: str = "nested-vm-1", target: str = "gateway", **more: Any) -> dict[str, Any]:
    return t.cast("dict[str, Any]", vcenter.lab.door("reach", source=source, target=target, **more))


def rules(found: dict[str, Any]) -> tuple[Any, Any]:
    return (found["outbound"]["rule"], found["inbound"]["rule"])


def test_a_nested_vm_behind_a_closed_port_is_cut_off_both_ways() -> None:
    found = reach(Vcenter("nested"))
    assert not found["ok"]
    assert rules(found) == ("forged_transmits", "promiscuous_receives")
    where = "port of nested-esxi-01 (Network adapter 1) on portgroup Nested, vSwitch0, esx01.lab"
    assert found["outbound"]["dropped_at"] == where
    assert "00:50:56:8e:20:01" in found["outbound"]["reason"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param({"forgedTransmits": True}, (None, "promiscuous_receives"), id="only forged transmits"),
        pytest.param({"allowPromiscuous": True}, ("forged_transmits", None), id="only promiscuous mode"),
        pytest.param({"allowPromiscuous": True, "forgedTransmits": True}, (None, None), id="both"),
        pytest.param({"macChanges": True}, ("forged_transmits", "promiscuous_receives"), id="only MAC changes"),
    ],
)
def test_what_a_standard_portgroup_lets_through(flags: dict[str, bool], expected: tuple[Any, Any]) -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", "esx01.lab", **flags)
    assert rules(reach(vcenter)) == expected


def test_the_override_of_another_host_or_portgroup_does_not_help() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", host="esx02.lab", allowPromiscuous=True, forgedTransmits=True)
    vcenter.secure("Production", allowPromiscuous=True, forgedTransmits=True)
    assert not reach(vcenter)["ok"]


def test_after_a_vmotion_the_other_hosts_portgroup_counts() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", allowPromiscuous=True, forgedTransmits=True)
    assert reach(vcenter)["ok"]
    vcenter.lab.door("vmotion", vm="nested-esxi-01", host="esx02.lab")
    found = reach(vcenter)
    assert rules(found) == ("forged_transmits", "promiscuous_receives")
    assert "esx02.lab" in found["outbound"]["dropped_at"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"forgedTransmits": True}, (None, "promiscuous_receives"), id="no learning"),
        pytest.param({"forgedTransmits": True, "learning": True}, (None, None), id="learning"),
        pytest.param({"learning": True}, ("forged_transmits", "mac_learning_receives"), id="nothing to learn from"),
        pytest.param({"forgedTransmits": True, "allowPromiscuous": True}, (None, None), id="promiscuous"),
    ],
)
def test_what_a_distributed_portgroup_lets_through(fields: dict[str, bool], expected: tuple[Any, Any]) -> None:
    vcenter = Vcenter("nested")
    learning = Learning(inherited=False, enabled=fields.pop("learning", False))
    done(vcenter.set_policy("dv-nested", macLearningPolicy=learning, **fields))
    assert rules(reach(vcenter, "nested-vm-3")) == expected


def crowded(limit_policy: str) -> Vcenter:
    inner = [{"name": f"inner-{n}", "mac": f"00:50:56:8e:30:0{n}"} for n in range(3)]
    vm = {"name": "full-esxi", "host": "esx01.lab", "nics": [{"portgroup": "dv-full"}], "nested": inner}
    learning = {"enabled": True, "limit": 2, "limit_policy": limit_policy}
    policy = {"forged_transmits": "accept", "mac_learning": learning}
    switch = {"name": "dvs-lab", "portgroups": [{"name": "dv-full", "mac_management": policy}]}
    place = {"name": "DC1", "distributed_switches": [switch], "vms": [vm]}
    return Vcenter({"extends": "nested", "datacenters": [place]})


def test_beyond_the_limit_of_learned_macs_frames_are_dropped_or_flooded() -> None:
    assert [reach(crowded("drop"), f"inner-{n}")["ok"] for n in range(3)] == [True, True, False]
    assert rules(reach(crowded("drop"), "inner-2"))[0] == "mac_learning_limit"
    assert [reach(crowded("allow"), f"inner-{n}")["ok"] for n in range(3)] == [True, True, True]


def test_nested_vms_of_one_host_talk_inside_it() -> None:
    assert reach(Vcenter("nested"), "nested-vm-1", "nested-vm-2")["ok"]


def test_nested_vms_of_two_hosts_need_both_ports_open_and_one_vlan() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", allowPromiscuous=True, forgedTransmits=True)
    assert rules(reach(vcenter, "nested-vm-1", "nested-vm-3")) == ("promiscuous_receives", "forged_transmits")
    done(vcenter.set_policy("dv-nested", allowPromiscuous=True, forgedTransmits=True))
    assert reach(vcenter, "nested-vm-1", "nested-vm-3")["ok"]


def test_ordinary_vms_need_no_open_policy_but_one_vlan() -> None:
    vcenter = Vcenter("nested")
    assert reach(vcenter, "app-01", "app-02")["ok"]
    assert reach(vcenter, "app-01", "app-03")["ok"]
    assert rules(reach(vcenter, "app-01", "app-04")) == ("vlan", "vlan")


def test_an_outside_machine_may_be_in_some_vlans_only() -> None:
    vcenter = Vcenter({"extends": "nested", "external": [{"name": "printer", "vlans": [200]}]})
    assert reach(vcenter, "app-01", "printer")["ok"]
    assert rules(reach(vcenter, "app-04", "printer")) == ("vlan", "vlan")


def test_a_tagged_frame_needs_a_trunk() -> None:
    vm = {
        "name": "tagging",
        "host": "esx01.lab",
        "nics": [{"portgroup": "Trunk"}],
        "nested": [{"name": "tagged", "mac": "00:50:56:8e:40:01", "vlan": 42}],
    }
    group = {"name": "Trunk", "vlan": 4095, "security": {"promiscuous_mode": "accept", "forged_transmits": "accept"}}
    told = {"extends": "nested", "datacenters": [
        {"name": "DC1", "standard_switches": [{"name": "vSwitch0", "portgroups": [group]}], "vms": [vm]}
    ]}  # fmt: skip
    assert reach(Vcenter(told), "tagged")["ok"]
    group["vlan"] = 42
    assert rules(reach(Vcenter(told), "tagged"))[0] == "vlan"


def test_a_blocked_port_passes_nothing_in_either_direction() -> None:
    found = reach(Vcenter("drifted"), "drift-blocked")
    assert rules(found) == ("blocked_port_passes_nothing", "blocked_port_passes_nothing")
    assert "MAC changes = reject" in found["outbound"]["reason"]


def test_a_drifted_vnic_communicates_until_it_is_blocked() -> None:
    vcenter = Vcenter("drifted")
    assert reach(vcenter, "drift-dv")["ok"]
    vcenter.lab.door("vmotion", vm="drift-dv")
    assert not reach(vcenter, "drift-dv")["ok"]


def test_a_vm_that_is_off_or_unplugged_is_not_reached() -> None:
    vcenter = Vcenter("drifted")
    assert rules(reach(vcenter, "unknown-off")) == ("link_down", "link_down")
    assert rules(reach(vcenter, "unknown-unplugged")) == ("link_down", "link_down")


def check(vcenter: Vcenter, value: int) -> None:
    options = vcenter.host().configManager.advancedOption
    from vsphere_lab.sdk import VmomiSupport

    option = vim.option.OptionValue(key="Net.ReversePathFwdCheckPromisc", value=VmomiSupport.long(value))
    options.UpdateOptions([option])


def test_a_promiscuous_port_with_two_uplinks_gets_duplicates_until_checked_and_toggled() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", allowPromiscuous=True, forgedTransmits=True)
    assert reach(vcenter)["inbound"]["duplicates"]
    check(vcenter, 1)
    assert reach(vcenter)["inbound"]["duplicates"], "the check takes effect when promiscuous mode is next set"
    vcenter.secure("Nested", allowPromiscuous=False)
    vcenter.secure("Nested", allowPromiscuous=True)
    assert not reach(vcenter)["inbound"]["duplicates"]


def test_a_name_that_nobody_has_says_which_is_near() -> None:
    with pytest.raises(KeyError, match="did you mean 'gateway'"):
        reach(Vcenter("nested"), "gatway")


def test_a_certain_vnic_can_be_asked_for() -> None:
    vcenter = Vcenter("drifted")
    assert reach(vcenter, "web-02", label="Network adapter 2")["ok"]
    with pytest.raises(KeyError, match="no vNIC"):
        reach(vcenter, "web-02", label="Network adapter 9")
