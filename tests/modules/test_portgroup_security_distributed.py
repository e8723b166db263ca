# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""portgroup_security on distributed switches: all or nothing, sparse specs, versions, and switches that are too old."""

from __future__ import annotations

import typing as t

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.policy import gateway as network_gateway
from pyVmomi import vim
from vsphere_lab.stub import Stub

from .conftest import Run
from .estate import estate, managed, spec_sent, writes

DV = {"type": "dvportgroup", "names": ["dv-nested"]}
LEARN = {"forged_transmits": "accept", "mac_learning": {"enabled": True}}
INHERIT = {"promiscuous_mode": "inherit", "forged_transmits": "inherit", "mac_changes": "inherit"}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_gateway, "PAUSES", (0.0, 0.0, 0.0))


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("nested")


def with_switch(**switch: t.Any) -> vsphere_lab.Lab:
    """Returns the estate with another kind of distributed switch."""
    told = {
        "extends": "nested",
        "datacenters": [{"name": "DC1", "distributed_switches": [{"name": "dvs-lab", **switch}]}],
    }
    return vsphere_lab.load(told)


def setting_of(lab: vsphere_lab.Lab, name: str = "dv-nested") -> t.Any:
    return managed(lab, vim.dvs.DistributedVirtualPortgroup)[name].config.defaultPortConfig


def flags(policy: t.Any) -> tuple[bool, bool, bool]:
    return (policy.allowPromiscuous, policy.forgedTransmits, policy.macChanges)


def outside_one_policy(lab: vsphere_lab.Lab, name: str) -> dict[str, str]:
    """Returns everything but what a change of this portgroup's policy is meant to change."""
    own = (f"{name}.configVersion", f"{name}.defaultPortConfig.macManagementPolicy", f"{name}.defaultPortConfig.sec")
    return {path: value for path, value in estate(lab).items() if not path.startswith(own)}


@pytest.mark.parametrize("nothing", [{"mac_learning": {}}, {"mac_learning": {"limit": None}}])
def test_who_names_nothing_leaves_it_inherited(run: Run, lab: vsphere_lab.Lab, nothing: dict[str, t.Any]) -> None:
    before = estate(lab)
    assert not run(lab, "portgroup_security", **DV, **nothing)["changed"]
    assert (writes(lab), estate(lab)) == ([], before)


def test_spec_holds_the_policy_and_the_version_and_nothing_else(run: Run, lab: vsphere_lab.Lab) -> None:
    sent = spec_sent(lab, "ReconfigureDVPortgroup_Task")
    run(lab, "portgroup_security", **DV, **LEARN)
    (arguments,) = sent
    spec = arguments["spec"]
    filled = [info.name for info in spec._GetPropertyList() if getattr(spec, info.name)]
    assert sorted(filled) == ["configVersion", "defaultPortConfig"]
    setting = spec.defaultPortConfig
    assert [info.name for info in setting._GetPropertyList() if getattr(setting, info.name)] == ["macManagementPolicy"]


@pytest.mark.parametrize("absent", ["kept", "become_false"])
def test_first_own_value_copies_what_was_in_force(run: Run, absent: str) -> None:
    """Whatever vCenter makes of a flag that isn't sent: all are sent."""
    told = {
        "extends": "nested",
        "datacenters": [
            {
                "name": "DC1",
                "distributed_switches": [
                    {
                        "name": "dvs-lab",
                        "mac_management": {
                            "promiscuous_mode": "reject",
                            "forged_transmits": "reject",
                            "mac_changes": "accept",
                            "mac_learning": {"enabled": True, "limit": 77, "limit_policy": "allow"},
                        },
                    }
                ],
            }
        ],
    }
    lab = vsphere_lab.load(told, switches={"absent_mac_management_flags": absent})
    assert setting_of(lab).macManagementPolicy.inherited
    rest = outside_one_policy(lab, "dv-nested")
    result = run(lab, "portgroup_security", **DV, forged_transmits="accept")
    policy = setting_of(lab).macManagementPolicy
    assert (policy.inherited, policy.macLearningPolicy.inherited, flags(policy)) == (False, False, (False, True, True))
    learning = policy.macLearningPolicy
    assert (learning.enabled, learning.limit, learning.limitPolicy) == (True, 77, "allow")
    assert writes(lab) == ["ReconfigureDVPortgroup_Task"]
    assert outside_one_policy(lab, "dv-nested") == rest
    (row,) = result["objects"]
    assert (row["before"]["inherited_from"], row["after"]["inherited_from"]) == ("dvs-lab", None)


def test_back_to_inherited(run: Run, lab: vsphere_lab.Lab) -> None:
    run(lab, "portgroup_security", **DV, **LEARN)
    result = run(lab, "portgroup_security", **DV, **INHERIT)
    assert result["changed"]
    assert setting_of(lab).macManagementPolicy.inherited
    assert result["objects"][0]["after"]["effective"]["forged_transmits"] == "reject"
    assert not run(lab, "portgroup_security", **DV, **INHERIT)["changed"]
    undone = run(lab, "portgroup_security", restore=result["restore"])
    assert undone["objects"][0]["after"] == result["objects"][0]["before"]


def test_mac_learning_alone_keeps_the_flags(run: Run, lab: vsphere_lab.Lab) -> None:
    options = {"type": "dvportgroup", "names": ["dv-restricted"]}
    run(lab, "portgroup_security", **options, mac_changes="accept")
    run(lab, "portgroup_security", **options, mac_learning={"enabled": True, "limit": 16})
    policy = setting_of(lab, "dv-restricted").macManagementPolicy
    assert flags(policy) == (False, False, True)
    learning = policy.macLearningPolicy
    assert (learning.enabled, learning.allowUnicastFlooding, learning.limit) == (True, True, 16)


def test_switch_default_reaches_those_who_inherit(run: Run, lab: vsphere_lab.Lab) -> None:
    result = run(lab, "portgroup_security", type="dvswitch", names=["dvs-lab"], forged_transmits="accept")
    (radius,) = result["blast_radius"]
    assert sorted(radius["portgroups"]) == ["dv-nested", "dv-production"]
    assert sorted(each["vm"] for each in radius["vnics"]) == ["app-03", "nested-esxi-02"]
    assert flags(setting_of(lab).macManagementPolicy) == (False, True, False)
    assert flags(setting_of(lab, "dv-restricted").macManagementPolicy) == (False, False, False)


def test_ports_with_a_policy_of_their_own_are_told(run: Run, lab: vsphere_lab.Lab) -> None:
    result = run(lab, "portgroup_security", type="dvportgroup", names=["dv-restricted"], promiscuous_mode="accept")
    (row,) = result["objects"]
    assert [port["connected_to"] for port in row["shielded_ports"]] == ["app-04"]
    assert result["blast_radius"][0]["vnics"] == []


def test_disagreement_of_the_two_policies_is_told_and_left(run: Run) -> None:
    closed = {"promiscuous_mode": "reject", "forged_transmits": "reject", "mac_changes": "reject"}
    group = {"name": "dv-nested", "mac_management": closed, "legacy_security": {**closed, "forged_transmits": "accept"}}
    lab = with_switch(portgroups=[group])
    (row,) = run(lab, "portgroup_security", **DV, mac_changes="reject")["objects"]
    assert (row["outcome"], row["legacy_policy"]["forged_transmits"]) == ("unchanged", "accept")
    assert setting_of(lab).securityPolicy.forgedTransmits.value is True


def edit(lab: vsphere_lab.Lab, **changes: t.Any) -> dict[str, t.Any]:
    return {"action": "edit", "dvportgroup": "dv-nested", **changes}


def test_concurrent_edit_of_something_else_is_tried_again(run: Run, lab: vsphere_lab.Lab) -> None:
    lab.script.add(method="ReconfigureDVPortgroup_Task", times=2, edit=edit(lab, description="mine"))
    result = run(lab, "portgroup_security", **DV, **LEARN)
    assert not result.get("failed"), result["msg"]
    assert writes(lab) == ["ReconfigureDVPortgroup_Task"] * 3
    assert managed(lab, vim.dvs.DistributedVirtualPortgroup)["dv-nested"].config.description == "mine"


def test_concurrent_edit_of_the_policy_is_not_overwritten(run: Run, lab: vsphere_lab.Lab) -> None:
    theirs = {"promiscuous_mode": "accept", "forged_transmits": "reject", "mac_changes": "accept"}
    lab.script.add(method="ReconfigureDVPortgroup_Task", edit=edit(lab, mac_management=theirs))
    result = run(lab, "portgroup_security", **DV, forged_transmits="accept")
    assert (result["failed"], result["changed"], result["restore"]) == (True, False, [])
    assert "somebody else changed its policy" in result["msg"]
    assert flags(setting_of(lab).macManagementPolicy) == (True, False, True)
    again = run(lab, "portgroup_security", **DV, forged_transmits="accept")
    assert again["changed"]
    assert flags(setting_of(lab).macManagementPolicy) == (True, True, True)


def test_concurrent_edit_that_does_the_same_is_fine(run: Run, lab: vsphere_lab.Lab) -> None:
    same = {"promiscuous_mode": "reject", "forged_transmits": "accept", "mac_changes": "reject"}
    lab.script.add(
        method="ReconfigureDVPortgroup_Task",
        edit=edit(lab, mac_management={**same, "mac_learning": {"enabled": False}}),
    )
    result = run(lab, "portgroup_security", **DV, forged_transmits="accept")
    assert not result.get("failed"), result["msg"]
    assert writes(lab) == ["ReconfigureDVPortgroup_Task"]


def test_endless_concurrent_edits_end_in_a_clear_message(run: Run, lab: vsphere_lab.Lab) -> None:
    lab.script.add(method="ReconfigureDVPortgroup_Task", times=0, fault="ConcurrentAccess")
    result = run(lab, "portgroup_security", **DV, **LEARN)
    assert (result["failed"], result["changed"], result["fault"]) == (True, False, "ConcurrentAccess")
    assert len(writes(lab)) == 4


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param(
            {"type": "VspanPortgroupPromiscChangeFault", "portgroupName": "dv-nested"},
            "portgroupName dv-nested",
            id="port mirroring",
        ),
        pytest.param(
            {"type": "VspanPromiscuousPortNotSupported", "vspanSessionKey": "mirror-1", "portKey": "12"},
            "vspanSessionKey mirror-1",
            id="mirrored port",
        ),
    ],
)
def test_vsphere_s_own_fault_is_passed_on(run: Run, lab: vsphere_lab.Lab, fault: dict[str, str], says: str) -> None:
    lab.script.add(method="ReconfigureDVPortgroup_Task", task_fault=fault)
    result = run(lab, "portgroup_security", **DV, **LEARN)
    assert result["failed"]
    assert says in result["msg"]
    assert "distributed portgroup dv-nested of dvs-lab" in result["msg"]


def test_hosts_that_failed_are_named(run: Run, lab: vsphere_lab.Lab) -> None:
    host = managed(lab, vim.HostSystem)["esx02.lab"]
    why = vim.fault.HostConfigFault(msg="Host said no")
    fault = vim.fault.DvsOperationBulkFault(
        msg="Some hosts failed",
        hostFault=[vim.fault.DvsOperationBulkFault.FaultOnHost(host=lab.get(host._moId).ref, fault=why)],
    )
    lab.script.add(method="ReconfigureDVPortgroup_Task", task_fault=fault)
    result = run(lab, "portgroup_security", **DV, **LEARN)
    assert result["failed"]
    assert host._moId in result["msg"]
    assert "Host said no" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_old_switch_is_refused_before_writing(run: Run, check: bool) -> None:
    lab = with_switch(version="6.5.0", mac_learning_supported=False)
    before = estate(lab)
    for wish, says in ((LEARN, "VDS 6.6.0"), ({"forged_transmits": "accept"}, "legacy_policy: true")):
        result = run(lab, "portgroup_security", check=check, **DV, **wish)
        assert result["failed"]
        assert says in result["msg"]
    assert (writes(lab), estate(lab)) == ([], before)


def test_old_host_is_named_before_mac_learning_is_written(run: Run) -> None:
    told = {
        "extends": "nested",
        "datacenters": [
            {"name": "DC1", "clusters": [{"name": "Compute", "hosts": [{"name": "esx03.lab", "version": "6.5.0"}]}]}
        ],
    }
    lab = vsphere_lab.load(told)
    result = run(lab, "portgroup_security", **DV, **LEARN)
    assert "esx03.lab (6.5.0)" in result["msg"]
    assert writes(lab) == []
    assert run(lab, "portgroup_security", **DV, forged_transmits="accept")["changed"]


def test_old_connection_is_refused_instead_of_writing_nothing(
    run: Run, lab: vsphere_lab.Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older client drops macManagementPolicy without a word: success, and nothing would have happened."""

    def connect(user: str, password: str) -> t.Any:
        instance: t.Any = vim.ServiceInstance("ServiceInstance", Stub(lab, "vim.version.version11"))
        instance.content.sessionManager.Login(user, password)
        return instance

    monkeypatch.setattr(lab, "connect", connect)
    result = run(lab, "portgroup_security", **DV, forged_transmits="accept")
    assert result["failed"]
    assert "older than 6.7" in result["msg"]
    assert writes(lab) == []


def test_legacy_policy_by_option_inherits_flag_by_flag(run: Run) -> None:
    lab = with_switch(version="6.5.0", mac_learning_supported=False)
    rest = outside_one_policy(lab, "dv-nested")
    result = run(lab, "portgroup_security", **DV, legacy_policy=True, promiscuous_mode="accept")
    assert result["changed"], result
    legacy = setting_of(lab).securityPolicy
    assert (legacy.allowPromiscuous.inherited, legacy.allowPromiscuous.value) == (False, True)
    assert (legacy.forgedTransmits.inherited, legacy.macChanges.inherited) == (True, True)
    assert not run(lab, "portgroup_security", **DV, legacy_policy=True, promiscuous_mode="accept")["changed"]
    assert run(lab, "portgroup_security", restore=result["restore"])["changed"]
    assert setting_of(lab).securityPolicy.allowPromiscuous.inherited
    assert outside_one_policy(lab, "dv-nested") == rest


def test_account_that_may_only_read(run: Run, lab: vsphere_lab.Lab) -> None:
    auditor = {"username": "auditor@vsphere.local"}
    assert run(lab, "portgroup_security", check=True, **auditor, **DV, **LEARN)["changed"]
    result = run(lab, "portgroup_security", **auditor, **DV, **LEARN)
    assert (result["failed"], result["changed"], result["privilege"]) == (True, False, "DVPortgroup.Modify")
    assert "dv-nested" in result["msg"]


def test_same_name_on_both_kinds_of_switch(run: Run) -> None:
    lab = with_switch(portgroups=[{"name": "VM Network"}])
    before = estate(lab)
    assert run(lab, "portgroup_security", type="dvportgroup", names=["VM Network"], mac_changes="accept")["changed"]
    assert flags(setting_of(lab, "VM Network").macManagementPolicy) == (False, False, True)
    standard = {path: value for path, value in before.items() if path.startswith("esx")}
    assert {path: value for path, value in estate(lab).items() if path.startswith("esx")} == standard


def test_hosts_narrow_distributed_switches_to_those_they_are_members_of(run: Run) -> None:
    lab = with_switch(hosts=["esx01.lab"])
    wish = {**DV, "forged_transmits": "accept"}
    assert "no distributed portgroup" in run(lab, "portgroup_security", **wish, hosts=["esx02.lab"])["msg"]
    assert run(lab, "portgroup_security", **wish, hosts=["esx01.lab"])["changed"]
