# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed switches: inheritance, sparse writes, versions, overrides, ports."""

from __future__ import annotations

import typing as t

import pytest
from vsphere_lab.sdk import vim, vmodl

from .vcenter import GroupSpec, MacPolicy, PortSetting, Vcenter, done

Any = t.Any
_VDS = vim.dvs.VmwareDistributedVirtualSwitch
Learning = _VDS.MacLearningPolicy


def flags(policy: Any) -> tuple[bool, bool, bool]:
    return (policy.allowPromiscuous, policy.forgedTransmits, policy.macChanges)


def legacy(vcenter: Vcenter, name: str) -> tuple[bool, bool, bool]:
    policy = vcenter.group(name).config.defaultPortConfig.securityPolicy
    return (policy.allowPromiscuous.value, policy.forgedTransmits.value, policy.macChanges.value)


def test_an_inherited_policy_shows_the_switchs_values() -> None:
    vcenter = Vcenter("nested")
    policy = vcenter.policy("dv-nested")
    assert policy.inherited
    assert flags(policy) == (False, False, False)
    assert policy.macLearningPolicy.enabled is False
    assert vcenter.dvs().config.defaultPortConfig.macManagementPolicy.inherited is False


def test_a_change_of_the_switch_shows_in_the_portgroups_that_inherit() -> None:
    vcenter = Vcenter("nested")
    dvs = vcenter.dvs()
    policy = MacPolicy(inherited=False, allowPromiscuous=False, forgedTransmits=True, macChanges=False)
    spec = _VDS.ConfigSpec(
        configVersion=dvs.config.configVersion, defaultPortConfig=PortSetting(macManagementPolicy=policy)
    )
    done(dvs.ReconfigureDvs_Task(spec))
    assert flags(vcenter.policy("dv-nested")) == (False, True, False)
    assert flags(vcenter.policy("dv-restricted")) == (False, False, False)


def test_a_sparse_write_changes_nothing_else() -> None:
    vcenter = Vcenter("nested")
    before = vcenter.group("dv-nested").config
    done(vcenter.set_policy("dv-nested", allowPromiscuous=False, forgedTransmits=True, macChanges=False))
    after = vcenter.group("dv-nested").config
    assert flags(after.defaultPortConfig.macManagementPolicy) == (False, True, False)
    assert int(after.configVersion) == int(before.configVersion) + 1
    after.configVersion = before.configVersion
    after.defaultPortConfig.macManagementPolicy = before.defaultPortConfig.macManagementPolicy
    assert str(after) == str(before)


def test_inherited_true_goes_back_to_the_switch_and_ignores_the_rest() -> None:
    vcenter = Vcenter("nested")
    done(vcenter.set_policy("dv-nested", forgedTransmits=True))
    done(vcenter.set_policy("dv-nested", inherited=True, forgedTransmits=True))
    policy = vcenter.policy("dv-nested")
    assert policy.inherited
    assert flags(policy) == (False, False, False)


@pytest.mark.parametrize(("answer", "kept"), [("kept", True), ("become_false", False)])
def test_absent_flags_of_an_explicit_policy(answer: str, kept: bool) -> None:
    vcenter = Vcenter("nested", absent_mac_management_flags=answer)
    learning = Learning(inherited=False, enabled=True, limit=16)
    done(vcenter.set_policy("dv-nested", forgedTransmits=True, macLearningPolicy=learning))
    done(vcenter.set_policy("dv-nested", macChanges=True))
    policy = vcenter.policy("dv-nested")
    assert flags(policy) == (False, kept, True)
    assert policy.macLearningPolicy.enabled is kept


def test_mac_learning_gets_its_defaults() -> None:
    vcenter = Vcenter("nested")
    learning = Learning(inherited=False, enabled=True)
    done(vcenter.set_policy("dv-nested", forgedTransmits=True, macLearningPolicy=learning))
    made = vcenter.policy("dv-nested").macLearningPolicy
    assert (made.allowUnicastFlooding, made.limit, made.limitPolicy) == (True, 4096, "drop")


def test_a_stale_version_is_refused() -> None:
    vcenter = Vcenter("nested")
    group = vcenter.group("dv-nested")
    version = group.config.configVersion
    vcenter.lab.door("edit", dvportgroup="dv-nested", description="another admin's")
    with pytest.raises(vim.fault.ConcurrentAccess):
        done(group.ReconfigureDVPortgroup_Task(GroupSpec(configVersion=version, description="mine")))
    assert group.config.description == "another admin's"


def test_a_missing_version_is_refused() -> None:
    group = Vcenter("nested").group("dv-nested")
    with pytest.raises(vmodl.fault.InvalidArgument):
        done(group.ReconfigureDVPortgroup_Task(GroupSpec(description="mine")))


@pytest.mark.parametrize(("answer", "as_legacy"), [("separate", False), ("linked", True)])
def test_the_two_policies_may_disagree(answer: str, as_legacy: bool) -> None:
    vcenter = Vcenter("nested", distributed_policies_linked=answer)
    done(vcenter.set_policy("dv-nested", forgedTransmits=True))
    assert legacy(vcenter, "dv-nested") == (False, as_legacy, False)


@pytest.mark.parametrize(("answer", "passes"), [("mac_management", True), ("legacy", False)])
def test_which_of_them_is_enforced(answer: str, passes: bool) -> None:
    vcenter = Vcenter("nested", distributed_policy_precedence=answer)
    done(vcenter.set_policy("dv-nested", forgedTransmits=True))
    outbound = vcenter.lab.door("reach", source="nested-vm-3", target="gateway")["outbound"]
    assert outbound["ok"] is passes


def test_a_legacy_write_merges_flag_by_flag() -> None:
    vcenter = Vcenter("nested")
    group = vcenter.group("dv-nested")
    policy = _VDS.SecurityPolicy(inherited=False, forgedTransmits=vim.BoolPolicy(inherited=False, value=True))
    spec = GroupSpec(configVersion=group.config.configVersion, defaultPortConfig=PortSetting(securityPolicy=policy))
    done(group.ReconfigureDVPortgroup_Task(spec))
    assert legacy(vcenter, "dv-nested") == (False, True, False)
    assert flags(vcenter.policy("dv-nested")) == (False, False, False)


def test_a_policy_object_replaces_all_its_booleans() -> None:
    vcenter = Vcenter("nested")
    group = vcenter.group("dv-restricted")
    assert group.config.policy.macManagementOverrideAllowed
    sent = _VDS.VMwarePortgroupPolicy()
    done(group.ReconfigureDVPortgroup_Task(GroupSpec(configVersion=group.config.configVersion, policy=sent)))
    assert not group.config.policy.macManagementOverrideAllowed
    assert not group.config.policy.portConfigResetAtDisconnect


@pytest.mark.parametrize("answer", ["refused", "accepted"])
def test_an_nsx_backed_portgroup(answer: str) -> None:
    vcenter = Vcenter("nested", nsx_portgroup_policy_change=answer)
    assert vcenter.group("nsx-segment").config.backingType == "nsx"
    task = vcenter.set_policy("nsx-segment", forgedTransmits=True)
    if answer == "refused":
        with pytest.raises(vmodl.fault.InvalidArgument):
            done(task)
    assert flags(vcenter.policy("nsx-segment")) == (False, answer == "accepted", False)


def test_a_switch_without_mac_learning_refuses_it() -> None:
    switch = {"name": "dvs-lab", "version": "6.5.0", "mac_learning_supported": False}
    place = {"name": "DC1", "distributed_switches": [switch]}
    vcenter = Vcenter({"extends": "nested", "datacenters": [place]})
    assert vcenter.dvs().capability.featuresSupported.macLearningSupported is False
    learning = Learning(inherited=False, enabled=True)
    with pytest.raises(vmodl.fault.NotSupported):
        done(vcenter.set_policy("dv-nested", forgedTransmits=True, macLearningPolicy=learning))


@pytest.mark.parametrize("answer", ["refused", "allowed"])
def test_promiscuous_mode_together_with_mac_learning(answer: str) -> None:
    vcenter = Vcenter("nested", promiscuous_with_mac_learning=answer)
    learning = Learning(inherited=False, enabled=True)
    task = vcenter.set_policy("dv-nested", allowPromiscuous=True, macLearningPolicy=learning)
    assert (task.info.error is not None) == (answer == "refused")


def test_the_uplink_portgroup_is_marked() -> None:
    vcenter = Vcenter("nested")
    group = vcenter.group("dvs-lab-DVUplinks")
    assert group.config.uplink
    assert [found._moId for found in vcenter.dvs().config.uplinkPortgroup] == [group._moId]
    assert not vcenter.group("dv-nested").config.uplink


def test_privileges_for_a_policy() -> None:
    vcenter = Vcenter("nested")
    vcenter.si = vcenter.as_user("auditor@vsphere.local")
    with pytest.raises(vim.fault.NoPermission) as caught:
        done(vcenter.set_policy("dv-nested", forgedTransmits=True))
    assert caught.value.privilegeId == "DVPortgroup.Modify"


def test_a_new_name_shows_everywhere() -> None:
    vcenter = Vcenter("drift")
    group = vcenter.group("dv-staging")
    assert group.config.name == "dv-staging"
    assert vcenter.vm("web-01").guest.net[0].network == "dv-staging"
    done(group.ReconfigureDVPortgroup_Task(GroupSpec(configVersion=group.config.configVersion, name="dv-stage")))
    assert group.config.name == "dv-stage"
    assert vcenter.vm("web-01").guest.net[0].network == "dv-stage"
    assert "dv-stage" in vcenter.dvs().summary.portgroupName
    done(group.Rename_Task("dv-staging"))
    assert group.config.name == "dv-staging"


def test_the_switchs_summary_follows_its_ports() -> None:
    vcenter = Vcenter("drift")
    before = vcenter.dvs().summary
    done(vcenter.move("db-01", "dv-production"))
    after = vcenter.dvs().summary
    assert len(after.vm) == len(before.vm) + 1
    assert vcenter.vm("db-01")._moId in {vm._moId for vm in after.vm}


# ports


def fetch(vcenter: Vcenter, **criteria: Any) -> list[Any]:
    return list(vcenter.dvs().FetchDVPorts(vim.dvs.PortCriteria(**criteria)))


def test_a_port_says_who_is_connected_and_with_which_mac() -> None:
    vcenter = Vcenter("drift")
    port = vcenter.port("web-01")
    assert port.connectee.type == "vmVnic"
    assert port.connectee.connectedEntity._moId == vcenter.vm("web-01")._moId
    assert port.proxyHost._moId == vcenter.host()._moId
    assert port.state.runtimeInfo.macAddress == "00:50:56:86:01:01"
    assert port.state.runtimeInfo.blocked is False
    backing = vcenter.nic("web-01").backing.port
    assert (backing.portKey, backing.connectionCookie) == (port.key, port.connectionCookie)


def test_a_vm_that_is_off_keeps_its_port_and_shows_no_mac() -> None:
    port = Vcenter("drift").port("off-01")
    assert port.proxyHost is None
    assert port.state.runtimeInfo.macAddress is None
    assert port.state.runtimeInfo.linkUp is False


def test_port_keys_are_unique_on_the_switch() -> None:
    keys = [port.key for port in fetch(Vcenter("drift"))]
    assert len(keys) == len(set(keys))


def test_criteria_select_ports() -> None:
    vcenter = Vcenter("drift")
    staging, host = vcenter.group("dv-staging"), vcenter.host("esx02.lab")
    assert {port.portgroupKey for port in fetch(vcenter, portgroupKey=[staging.key], inside=True)} == {staging.key}
    assert staging.key not in {port.portgroupKey for port in fetch(vcenter, portgroupKey=[staging.key], inside=False)}
    assert len(fetch(vcenter, portgroupKey=[staging.key])) == len(fetch(vcenter))
    assert all(port.connectee is None for port in fetch(vcenter, connected=False))
    assert all(port.state.runtimeInfo.linkUp for port in fetch(vcenter, active=True))
    assert {port.proxyHost._moId for port in fetch(vcenter, host=[host])} == {host._moId}
    assert [port.key for port in fetch(vcenter, portKey=["8"])] == ["8"]
    assert {port.connectee.type for port in fetch(vcenter, uplinkPort=True)} == {"pnic"}
    assert list(vcenter.dvs().FetchDVPortKeys(vim.dvs.PortCriteria(portKey=["8"]))) == ["8"]


@pytest.mark.parametrize("answer", ["fresh", "stale"])
def test_runtime_information_may_be_old_until_it_is_refreshed(answer: str) -> None:
    vcenter = Vcenter("drift", dvport_runtime_info=answer)
    vcenter.lab.door("guest_set_mac", vm="web-01", mac="02:00:00:00:00:01")
    seen = vcenter.port("web-01").state.runtimeInfo
    fresh = ("02:00:00:00:00:01", True)
    assert (seen.macAddress, seen.blocked) == (fresh if answer == "fresh" else ("00:50:56:86:01:01", False))
    vcenter.dvs().RefreshDVPortState()
    seen = vcenter.port("web-01").state.runtimeInfo
    assert (seen.macAddress, seen.blocked) == fresh


def test_refreshing_an_unknown_port_is_an_error() -> None:
    with pytest.raises(vim.fault.NotFound):
        Vcenter("drift").dvs().RefreshDVPortState(["9999"])


def override(vcenter: Vcenter, port: Any, version: str | None = None, **fields: Any) -> Any:
    spec = vim.dvs.DistributedVirtualPort.ConfigSpec(
        operation="edit",
        key=port.key,
        configVersion=version or port.config.configVersion,
        setting=PortSetting(macManagementPolicy=MacPolicy(**{"inherited": False, **fields})),
    )
    return vcenter.dvs().ReconfigureDVPort_Task([spec])


def test_a_ports_own_policy_wins_where_it_is_allowed() -> None:
    vcenter = Vcenter("nested")
    policy = vcenter.port("app-04").config.setting.macManagementPolicy
    assert policy.inherited is False
    assert flags(policy) == (False, True, False)
    done(vcenter.set_policy("dv-restricted", macChanges=True))
    assert flags(vcenter.port("app-04").config.setting.macManagementPolicy) == (False, True, False)


def test_a_port_can_be_reconfigured_with_its_own_version() -> None:
    vcenter = Vcenter("nested")
    port = vcenter.port("app-04")
    with pytest.raises(vim.fault.ConcurrentAccess):
        done(override(vcenter, port, version="77", macChanges=True))
    done(override(vcenter, port, allowPromiscuous=True))
    assert flags(vcenter.port("app-04").config.setting.macManagementPolicy) == (True, True, False)


def test_an_override_is_refused_where_the_portgroup_allows_none() -> None:
    vcenter = Vcenter("nested")
    with pytest.raises(vmodl.fault.InvalidArgument):
        done(override(vcenter, vcenter.port("app-03"), macChanges=True))


def test_the_manager_finds_a_switch_by_its_uuid() -> None:
    vcenter = Vcenter("nested")
    manager = vcenter.si.content.dvSwitchManager
    assert manager.QueryDvsByUuid(vcenter.dvs().uuid)._moId == vcenter.dvs()._moId
    assert manager.QueryDvsByUuid("nobody") is None
