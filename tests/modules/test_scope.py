# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scope of a task, in whichever way it is written."""

from __future__ import annotations

import pytest
import vsphere_lab

from .conftest import Run


@pytest.mark.parametrize("portgroup", ["Staging", "network/Staging", "/DC1/network/Staging/"])
def test_a_portgroup_is_the_same_by_name_and_by_path(run: Run, portgroup: str) -> None:
    result = run(vsphere_lab.load("drift"), "mac_drift_facts", portgroup=portgroup, report="all")
    found = result["ansible_facts"]["mac_drift"]
    assert [entry["portgroup"] for entry in found["vnics"]] == ["Staging"] * found["counts"]["vnics"]
    assert found["counts"]["vnics"] > 1
    assert found["scope"]["portgroup"] == portgroup


def test_the_end_of_a_name_with_a_slash_is_no_name(run: Run) -> None:
    lab = vsphere_lab.load({"extends": "drift", "datacenters": [{"name": "DC1", "vms": [{"name": "app/db"}]}]})
    whole = run(lab, "vnic_mac_pin", vms=["app/db"], check=True)
    part = run(lab, "vnic_mac_pin", vms=["db"], check=True)
    assert not whole.get("failed"), whole["msg"]
    assert "There is no VM named 'db'" in part["msg"]
