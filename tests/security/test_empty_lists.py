# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty list, as a query that found nothing leaves it, means none; it never widens what a task is about."""

from __future__ import annotations

import json
import typing as t

import pytest
import vsphere_lab

from .conftest import Play, Run, StartLab

GUIDE = {"baseline": "scg_8", "report": "all"}
PIN: dict[str, t.Any] = {"vms": ["web-01"]}
MOVE = {**PIN, "target": "dv-production", "require_pinned": False}
FORGED = {"names": ["VM Network"], "type": "portgroup", "forged_transmits": "accept"}


def findings(result: dict[str, t.Any]) -> list[t.Any]:
    found: list[t.Any] = result["findings"]
    return found


def test_an_audit_of_no_vm_has_no_vnic(run: Run) -> None:
    lab = vsphere_lab.load("drift")
    nothing = run(lab, "mac_drift_facts", vms=[], report="all")["ansible_facts"]["mac_drift"]
    everything = run(lab, "mac_drift_facts", report="all")["ansible_facts"]["mac_drift"]
    assert (nothing["vms"], nothing["vnics"], nothing["counts"]["vnics"]) == (0, [], 0)
    assert everything["vms"] > 5
    assert (nothing["scope"]["vms"], everything["scope"]["vms"]) == ([], None)


@pytest.mark.parametrize("wider", [{"datacenter": "DC1"}, {"host": "esx01.lab"}, {"portgroup": "dv-staging"}])
def test_no_vm_stays_no_vm_beside_another_scope(run: Run, wider: dict[str, str]) -> None:
    found = run(vsphere_lab.load("drift"), "mac_drift_facts", vms=[], report="all", **wider)
    assert found["ansible_facts"]["mac_drift"]["vms"] == 0


@pytest.mark.parametrize(("module", "options"), [("vnic_mac_pin", PIN), ("vnic_portgroup", MOVE)])
@pytest.mark.parametrize("empty", [{"vms": []}, {"vnics": []}, {"vms": [], "datacenter": "DC1"}])
def test_an_edit_of_none_changes_none(
    run: Run, module: str, options: dict[str, t.Any], empty: dict[str, t.Any]
) -> None:
    lab = vsphere_lab.load("drift")
    assert run(lab, module, check=True, **options)["changed"]
    result = run(lab, module, **{**options, **empty})
    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["vnics"] == []


@pytest.mark.parametrize("empty", [{"names": []}, {"hosts": []}, {"hosts": [], "cluster": "Compute"}])
def test_a_policy_of_nothing_changes_nothing(run: Run, empty: dict[str, t.Any]) -> None:
    lab = vsphere_lab.load("nested")
    assert run(lab, "portgroup_security", check=True, **{**FORGED, "datacenter": "DC1"})["changed"]
    result = run(lab, "portgroup_security", **{**FORGED, **empty})
    assert not result.get("failed"), result["msg"]
    assert not result["changed"]


@pytest.mark.parametrize("empty", [{"hosts": []}, {"types": []}])
def test_a_comparison_of_nothing_finds_nothing(run: Run, empty: dict[str, t.Any]) -> None:
    lab = vsphere_lab.load("nested")
    assert findings(run(lab, "portgroup_security_info", **GUIDE))
    assert findings(run(lab, "portgroup_security_info", **GUIDE, **empty)) == []


def test_an_exception_of_no_control_excepts_none(run: Run) -> None:
    lab = vsphere_lab.load("nested")

    def excepted(**entry: t.Any) -> int:
        result = run(lab, "portgroup_security_info", **GUIDE, exceptions=[{"reason": "a test", **entry}])
        return [finding["verdict"] for finding in findings(result)].count("exception")

    assert excepted() > 0
    assert excepted(controls=[]) == 0


@pytest.mark.parametrize(
    ("playbook", "options", "says"),
    [
        ("change_portgroup", {"pin_static_macs_vms": ["web-01"], "pin_static_macs_vnics": []}, ""),
        ("change_portgroup", {"pin_static_macs_vms": [], "pin_static_macs_datacenter": "DC1"}, ""),
        (
            "prepare_nested_esxi",
            {"prepare_nested_esxi_host_hosts": [], "prepare_nested_esxi_host_cluster": "Compute"},
            "no host is meant",
        ),
    ],
    ids=["no vNIC", "no VM", "no host"],
)
def test_the_roles_pass_an_empty_list_on(
    start_lab: StartLab, play: Play, playbook: str, options: dict[str, t.Any], says: str
) -> None:
    target = {"pin_static_macs_target": "dv-production", "prepare_nested_esxi_host_portgroup": "VM Network"}
    played = play(
        start_lab("drift"),
        f"playbooks/{playbook}.yml",
        "-e",
        json.dumps({**target, **options}),
        fails=bool(says),
        warns=True,
    )
    assert says in played.output.replace("\n", " ")
    assert played.changed == []
