# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why vSphere may replace a MAC at an edit: the words that a refusal ends with."""

from __future__ import annotations

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.allocation import Allocation
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import AddressType
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.automatic import replaced_since

ASSIGNED, GENERATED = AddressType.ASSIGNED, AddressType.GENERATED
OWN, OTHER, HOSTS = "00:50:56:86:00:01", "00:50:56:87:00:01", "00:0c:29:00:00:01"
SIX, DENIED = Allocation(instance_id=6), Allocation(unread="you may not")


@pytest.mark.parametrize(
    ("address_type", "mac", "allocation", "why"),
    [
        pytest.param(AddressType.MANUAL, OTHER, SIX, "", id="manual"),
        pytest.param(ASSIGNED, OWN, SIX, "", id="assigned, its own"),
        pytest.param(
            ASSIGNED,
            OTHER,
            SIX,
            f"{OTHER} isn't out of 00:50:56:86 (instance id 6), which this vCenter assigns",
            id="assigned, of another vCenter",
        ),
        pytest.param(
            ASSIGNED,
            OWN,
            DENIED,
            "this vCenter assigns MACs by a scheme that can't be read (you may not)",
            id="assigned, and options can't be read",
        ),
        pytest.param(
            ASSIGNED,
            OWN,
            Allocation(),
            "this vCenter assigns MACs by a scheme that can't be read",
            id="assigned, and options are no use",
        ),
        pytest.param(ASSIGNED, OWN, None, "this server assigns no MACs", id="assigned, on a standalone host"),
        pytest.param(GENERATED, HOSTS, DENIED, "", id="generated, whatever vCenter assigns"),
        pytest.param(GENERATED, OWN, SIX, f"{OWN} isn't out of 00:0c:29", id="generated, but a vCenter's"),
    ],
)
def test_why_a_mac_may_be_replaced(
    address_type: AddressType, mac: str, allocation: Allocation | None, why: str
) -> None:
    assert replaced_since(address_type, mac, allocation) == why
