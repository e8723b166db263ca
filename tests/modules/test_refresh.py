# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit whose request for fresh states of the ports is refused."""

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
