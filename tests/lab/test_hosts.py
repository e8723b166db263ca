# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts: standard switches as the API shows and changes them, advanced options, connection states."""

from __future__ import annotations

import typing as t

import pytest
from vsphere_lab.sdk import vim, vmodl

from .vcenter import Vcenter, done

Any = t.Any


def overrides(group: Any) -> tuple[Any, ...]:
    security = group.spec.policy.security
    return (security.allowPromiscuous, security.forgedTransmits, security.macChanges)


def in_force(group: Any) -> tuple[Any, ...]:
    security = group.computedPolicy.security
    return (security.allowPromiscuous, security.forgedTransmits, security.macChanges)


def test_what_a_portgroup_does_not_set_comes_from_its_vswitch() -> None:
    vcenter = Vcenter("nested")
    group = vcenter.portgroup("Nested")
    assert overrides(group) == (None, None, None)
    assert in_force(group) == (False, False, False)
    assert group.computedPolicy.nicTeaming.policy == "failover_explicit"
    assert group.computedPolicy.nicTeaming.failureCriteria.checkSpeed == "minimum"


@pytest.mark.parametrize("shown", ["empty", "absent"])
def test_unset_overrides_are_shown_as_empty_objects_or_not_at_all(shown: str) -> None:
    cluster = {"name": "Compute", "hosts": [{"name": "esx07.lab", "unset_policy": shown}]}
    vcenter = Vcenter({"extends": "nested", "datacenters": [{"name": "DC1", "clusters": [cluster]}]})
    policy = vcenter.portgroup("Production", "esx07.lab").spec.policy
    assert (policy.security is None) == (policy.shapingPolicy is None) == (shown == "absent")
    assert vcenter.portgroup("Nested", "esx07.lab").spec.policy.nicTeaming.policy == "failover_explicit"


def test_one_override_leaves_the_other_flags_inherited() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", forgedTransmits=True)
    group = vcenter.portgroup("Nested")
    assert overrides(group) == (None, True, None)
    assert in_force(group) == (False, True, False)


def test_a_full_echo_changes_only_what_it_changes() -> None:
    vcenter = Vcenter("nested")
    before = vcenter.portgroup("Nested")
    vcenter.secure("Nested", allowPromiscuous=True)
    after = vcenter.portgroup("Nested")
    after.spec.policy.security.allowPromiscuous = None
    after.computedPolicy.security.allowPromiscuous = False
    assert str(after) == str(before)


@pytest.mark.parametrize(("answer", "policy"), [("inherit", "loadbalance_srcid"), ("kept", "failover_explicit")])
def test_a_portgroup_update_replaces_the_spec(answer: str, policy: str) -> None:
    vcenter = Vcenter("nested", absent_portgroup_overrides=answer)
    security = vim.host.NetworkPolicy.SecurityPolicy(forgedTransmits=True)
    spec = vim.host.PortGroup.Specification(
        name="Nested", vlanId=0, vswitchName="vSwitch0", policy=vim.host.NetworkPolicy(security=security)
    )
    vcenter.network().UpdatePortGroup("Nested", spec)
    group = vcenter.portgroup("Nested")
    assert group.spec.vlanId == 0
    assert group.computedPolicy.nicTeaming.policy == policy
    assert bool(group.computedPolicy.shapingPolicy.enabled) == (answer == "kept")


def test_each_host_has_its_own_portgroup() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", host="esx02.lab", forgedTransmits=True)
    assert in_force(vcenter.portgroup("Nested", "esx01.lab")) == (False, False, False)


def test_a_vswitch_change_reaches_the_portgroups_that_inherit() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Production", forgedTransmits=False)
    spec = vcenter.vswitch().spec
    spec.policy.security.forgedTransmits = True
    vcenter.network().UpdateVirtualSwitch("vSwitch0", spec)
    assert in_force(vcenter.portgroup("Nested"))[1] is True
    assert in_force(vcenter.portgroup("Production"))[1] is False
    assert list(vcenter.vswitch().spec.bridge.nicDevice) == ["vmnic0", "vmnic1"]


def test_a_vswitch_update_without_a_bridge_removes_the_uplinks() -> None:
    vcenter = Vcenter("nested")
    vcenter.network().UpdateVirtualSwitch("vSwitch0", vim.host.VirtualSwitch.Specification(numPorts=128))
    switch = vcenter.vswitch()
    assert list(switch.pnic) == []
    assert list(switch.spec.policy.nicTeaming.nicOrder.activeNic) == []
    assert switch.spec.policy.security.allowPromiscuous is False
    reach = vcenter.lab.door("reach", source="app-01", target="gateway")
    assert reach["outbound"]["reason"] == "vSwitch0 has no uplink"


@pytest.mark.parametrize(("answer", "mtu"), [("kept", 9000), ("reset", 1500)])
def test_an_unset_mtu(answer: str, mtu: int) -> None:
    place = {"name": "DC1", "standard_switches": [{"name": "vSwitch0", "mtu": 9000}]}
    vcenter = Vcenter({"extends": "nested", "datacenters": [place]}, unset_vswitch_mtu=answer)
    spec = vcenter.vswitch().spec
    assert spec.mtu is None
    vcenter.network().UpdateVirtualSwitch("vSwitch0", spec)
    assert vcenter.vswitch().mtu == mtu


def test_faults_of_the_network_system() -> None:
    network, spec = (vcenter := Vcenter("nested")).network(), vcenter.portgroup("Nested").spec
    with pytest.raises(vim.fault.NotFound, match="did you mean 'Nested'"):
        network.UpdatePortGroup("Nestd", spec)
    spec.vlanId = 5000
    with pytest.raises(vmodl.fault.InvalidArgument) as caught:
        network.UpdatePortGroup("Nested", spec)
    assert caught.value.invalidProperty == "vlanId"
    spec.vlanId, spec.name = 100, "Production"
    with pytest.raises(vim.fault.AlreadyExists):
        network.UpdatePortGroup("Nested", spec)
    with pytest.raises(vim.fault.ResourceInUse):
        network.RemovePortGroup("Nested")


def test_a_read_only_user_is_told_the_privilege_and_the_host() -> None:
    vcenter = Vcenter("nested")
    spec = vcenter.portgroup("Nested").spec
    vcenter.si = vcenter.as_user("auditor@vsphere.local")
    with pytest.raises(vim.fault.NoPermission) as caught:
        vcenter.network().UpdatePortGroup("Nested", spec)
    assert caught.value.privilegeId == "Host.Config.Network"
    assert caught.value.object._moId == vcenter.host()._moId


def test_a_new_portgroup_is_a_network_and_a_removed_one_is_none() -> None:
    vcenter = Vcenter("nested")
    policy = vim.host.NetworkPolicy()
    spec = vim.host.PortGroup.Specification(name="New", vlanId=7, vswitchName="vSwitch0", policy=policy)
    vcenter.network().AddPortGroup(spec)
    assert "New" in {network.name for network in vcenter.host().network}
    assert "New" not in {network.name for network in vcenter.host("esx02.lab").network}
    with pytest.raises(vim.fault.AlreadyExists):
        vcenter.network().AddPortGroup(spec)
    vcenter.network().RemovePortGroup("New")
    assert "New" not in {network.name for network in vcenter.host().network}


@pytest.mark.parametrize("answer", ["runtime", "configured"])
def test_ports_of_a_portgroup_list_a_mac_and_no_vm(answer: str) -> None:
    vcenter = Vcenter("drifted", standard_port_mac=answer)
    (port,) = [port for port in vcenter.portgroup("VM Network").port if port.type == "virtualMachine"]
    assert list(port.mac) == [{"runtime": "00:50:56:86:2f:08", "configured": "00:50:56:86:20:08"}[answer]]


def test_the_hosts_configuration_shows_the_same_network() -> None:
    vcenter = Vcenter("nested")
    vcenter.secure("Nested", forgedTransmits=True)
    (group,) = [g for g in vcenter.host().config.network.portgroup if g.spec.name == "Nested"]
    assert in_force(group)[1] is True


def test_hidden_options_answer_to_their_name_only() -> None:
    options = Vcenter("nested").host().configManager.advancedOption
    hidden = "VSAN.FakeSCSIReservations"
    assert hidden not in {option.key for option in options.supportedOption}
    assert hidden not in {option.key for option in options.QueryOptions()}
    assert hidden not in {option.key for option in options.setting}
    assert options.QueryOptions(hidden)[0].value == 0
    options.UpdateOptions([vim.option.OptionValue(key=hidden, value=vmodl_long(1))])
    assert options.QueryOptions(hidden)[0].value == 1


def vmodl_long(value: int) -> Any:
    from vsphere_lab.sdk import VmomiSupport

    return VmomiSupport.long(value)


def test_an_option_keeps_its_name_and_type() -> None:
    options = Vcenter("nested").host().configManager.advancedOption
    with pytest.raises(vim.fault.InvalidName):
        options.QueryOptions("Net.MaxPortRARPs")
    with pytest.raises(vmodl.fault.InvalidArgument):
        options.UpdateOptions([vim.option.OptionValue(key="Net.FollowHardwareMac", value="1")])
    assert options.QueryOptions("Net.FollowHardwareMac")[0].value == 0


@pytest.mark.parametrize(("version", "value"), [("8.0.3", 0), ("9.0.0", 1)])
def test_the_reverse_path_check_is_on_since_9(version: str, value: int) -> None:
    cluster = {"name": "Compute", "hosts": [{"name": "esx09.lab", "version": version}]}
    vcenter = Vcenter({"extends": "nested", "datacenters": [{"name": "DC1", "clusters": [cluster]}]})
    options = vcenter.host("esx09.lab").configManager.advancedOption
    assert options.QueryOptions("Net.ReversePathFwdCheckPromisc")[0].value == value


def test_a_host_that_is_not_reached_shows_no_configuration_and_its_vms_take_no_edit() -> None:
    vcenter = Vcenter("nested")
    vcenter.lab.door("host_connection", host="esx01.lab", connection="notResponding")
    host = vcenter.host()
    assert host.runtime.connectionState == "notResponding"
    assert host.config is None
    with pytest.raises((vim.fault.InvalidState, vmodl.fault.HostNotConnected)):
        vcenter.edit("app-01", annotation="x")
    vcenter.lab.door("host_connection", host="esx01.lab", connection="connected")
    done(vcenter.edit("app-01", annotation="x"))


def test_a_standalone_host_has_its_own_ids_and_no_distributed_switches() -> None:
    vcenter = Vcenter("esxi")
    assert vcenter.si.content.about.apiType == "HostAgent"
    assert vcenter.si.content.rootFolder._moId == "ha-folder-root"
    assert vcenter.host("esx09.lab")._moId == "ha-host"
    assert vcenter.si.content.dvSwitchManager is None
    vcenter.secure("Nested", host="esx09.lab", allowPromiscuous=True, forgedTransmits=True)
    assert vcenter.lab.door("reach", source="nested-vm-1", target="gateway")["ok"]
