# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""portgroup_security_info against the lab, with an account that may only read."""

from __future__ import annotations

import typing as t

import pytest
import vsphere_lab

from .conftest import Result, Run
from .estate import estate, writes

AUDITOR = {"username": "auditor@vsphere.local"}


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("nested")


def audit(run: Run, lab: vsphere_lab.Lab, **options: t.Any) -> Result:
    return run(lab, "portgroup_security_info", **{**AUDITOR, "baseline": "stig_8", **options})


def told(result: Result) -> list[tuple[str, str, str]]:
    return [(each["verdict"], each["control"], each["subject"]) for each in result["findings"]]


def test_closed_estate_has_but_the_overridable_ports(run: Run, lab: vsphere_lab.Lab) -> None:
    before = estate(lab)
    result = audit(run, lab)
    assert told(result) == [("fail", "VCSA-80-000301", "distributed portgroup dv-restricted of dvs-lab")]
    assert not result["changed"]
    assert (writes(lab), estate(lab)) == ([], before)


def test_method_two_of_nested_hosts_is_found_and_excepted(run: Run, lab: vsphere_lab.Lab) -> None:
    opened = {"promiscuous_mode": "accept", "forged_transmits": "accept"}
    run(lab, "portgroup_security", type="portgroup", names=["Nested"], cluster="Compute", **opened)
    subjects = ["portgroup Nested on esx01.lab", "portgroup Nested on esx02.lab"]
    found = audit(run, lab, types=["portgroup"])
    assert told(found) == [
        ("fail", control, subject) for subject in subjects for control in ("ESXI-80-000216", "ESXI-80-000218")
    ]
    lab_exception = {"reason": "nested lab", "name": "Nested", "controls": ["ESXI-80-000216", "V-258773"]}
    stale = {"reason": "gone", "name": "Old*"}
    excepted = audit(run, lab, types=["portgroup"], exceptions=[lab_exception, stale])
    assert (excepted["summary"]["fail"], excepted["summary"]["exception"]) == (0, 4)
    assert excepted["findings"][0]["reason"].startswith("nested lab (it is accepted")
    assert [entry["reason"] for entry in excepted["unused_exceptions"]] == ["gone"]


def test_vswitch_method_is_found_on_the_vswitch_and_on_all_who_inherit(run: Run, lab: vsphere_lab.Lab) -> None:
    options = {"type": "vswitch", "names": ["vSwitch0"], "hosts": ["esx01.lab"]}
    run(lab, "portgroup_security", **options, promiscuous_mode="accept")
    result = audit(run, lab, baseline="cis_8", hosts=["esx01.lab"])
    assert [each["subject"] for each in result["findings"]] == [
        f"portgroup {name} on esx01.lab" for name in ("Management Network", "VM Network", "Production", "Nested")
    ] + ["vSwitch vSwitch0 on esx01.lab"]
    assert {each["found"] for each in result["findings"]} == {"accept, inherited from vSwitch0", "accept"}


def test_mac_learning_and_both_distributed_policies_are_read(run: Run) -> None:
    closed = {"promiscuous_mode": "reject", "forged_transmits": "reject", "mac_changes": "reject"}
    group = {
        "name": "dv-nested",
        "mac_management": {**closed, "mac_learning": {"enabled": True}},
        "legacy_security": {**closed, "promiscuous_mode": "accept"},
    }
    switch = {"name": "dvs-lab", "portgroups": [group]}
    lab = vsphere_lab.load({"extends": "nested", "datacenters": [{"name": "DC1", "distributed_switches": [switch]}]})
    result = audit(run, lab, baseline="vcf_9", types=["dvportgroup"])
    found = [(each["control"], each["reason"]) for each in result["findings"] if each["name"] == "dv-nested"]
    assert [control for control, _rest in found] == ["VCFA-9X-000325", "VCFA-9X-000345"]
    assert "deprecated securityPolicy" in found[0][1]


def test_uplink_and_nsx_portgroups_do_not_apply(run: Run, lab: vsphere_lab.Lab) -> None:
    result = audit(run, lab, baseline="vcf_9", types=["dvportgroup"], report="all")
    outside = {each["name"] for each in result["findings"] if each["verdict"] == "not_applicable"}
    assert outside == {"dvs-lab-DVUplinks", "nsx-segment"}
    assert result["summary"]["pass"] + result["summary"]["fail"] + result["summary"]["not_applicable"] == len(
        result["findings"]
    )


def test_host_that_is_away_has_not_passed(run: Run, lab: vsphere_lab.Lab) -> None:
    lab.door("host_connection", host="esx02.lab", connection="notResponding")
    result = audit(run, lab, types=["vswitch"])
    assert result["left_out"] == [{"host": "esx02.lab", "reason": "notResponding"}]
    assert result["summary"]["objects"] == 1


def test_unknown_cluster_names_the_near_ones(run: Run, lab: vsphere_lab.Lab) -> None:
    assert "Near names: Compute" in audit(run, lab, cluster="Compute1")["msg"]


def test_standalone_esxi(run: Run) -> None:
    result = run(vsphere_lab.load("esxi"), "portgroup_security_info", baseline="scg_9", report="all")
    assert result["summary"]["objects"] > 0, result
    assert {each["type"] for each in result["findings"]} == {"portgroup", "vswitch"}


def test_calls_do_not_grow_with_hosts_or_portgroups(run: Run, lab: vsphere_lab.Lab) -> None:
    audit(run, lab)
    few = len(lab.calls)
    hosts = [{"name": f"esx{number}.lab"} for number in range(10, 20)]
    groups = [{"name": f"dv-{number}"} for number in range(20)]
    more = {
        "name": "DC1",
        "clusters": [{"name": "Compute", "hosts": hosts}],
        "distributed_switches": [{"name": "dvs-lab", "portgroups": groups}],
    }
    large = vsphere_lab.load({"extends": "nested", "datacenters": [more]})
    audit(run, large)
    assert len(large.calls) == few
