# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit of a vCenter that doesn't answer everything: fresh states of ports, its scheme of MACs."""

from __future__ import annotations

import pytest
import vsphere_lab

from .conftest import Run


@pytest.mark.parametrize("fault", ["NotFound", "DvsFault", "NotSupported"])
def test_what_vcenter_last_heard_is_told_and_called_so(run: Run, fault: str) -> None:
    lab = vsphere_lab.load("drifted")
    lab.door("fault", method="RefreshDVPortState", times=0, fault=fault)
    result = run(lab, "mac_drift_facts", vms=["drift-dv"])
    assert not result.get("failed"), result["msg"]
    (vnic,) = result["ansible_facts"]["mac_drift"]["vnics"]
    assert (vnic["verdict"], vnic["freshness"]) == ("drift", "cached")


def test_options_that_are_half_written_leave_the_allocation_unknown(run: Run) -> None:
    lab = vsphere_lab.load("drifted")
    half = {"rangeScheme.range0.begin": "00:50:26:00:00:00", "prefixScheme.prefixLength": ""}
    lab.service("setting").change(**{f"config.vpxd.macAllocScheme.{key}": text for key, text in half.items()})
    result = run(lab, "mac_drift_facts", vms=["latent-foreign", "drift-dv"])
    assert not result.get("failed"), result["msg"]
    drift = result["ansible_facts"]["mac_drift"]
    assert "foreign_allocation" not in {risk["risk"] for vnic in drift["vnics"] for risk in vnic["risks"]}
    assert "drift" in {vnic["verdict"] for vnic in drift["vnics"]}


def test_without_a_look_at_the_servers_options_their_privilege_is_named(run: Run) -> None:
    lab = vsphere_lab.load("drift")
    missing = {"type": "NoPermission", "object": "group-d1", "privilegeId": "System.Read"}
    lab.door("fault", method="QueryOptions", times=0, fault=missing)
    audited = run(lab, "mac_drift_facts")
    assert "lacks the privilege System.Read" in audited["ansible_facts"]["mac_drift"]["mac_allocation"]
    moved = run(lab, "vnic_portgroup", vms=["web-01"], target="dv-production", require_pinned=False)
    assert moved["failed"]
    assert "the edit might replace it; pin it first" in moved["msg"]
    assert "lacks the privilege System.Read" in moved["msg"]
