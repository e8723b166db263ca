# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which automatic MACs vSphere leaves alone: an edit may replace one that it wouldn't have handed out itself.

API reference, VirtualEthernetCard.macAddress: "The server might override the specified value for 'Generated' or
'Assigned' if it does not fall in the right ranges or is determined to be a duplicate."
"""

from __future__ import annotations

from ..allocation import Allocation
from ..mac import MacRange, classify
from ..model import AddressType


def replaced_since(address_type: AddressType, mac: str, allocation: Allocation | None) -> str:
    """Returns why a vNIC of this type may lose the MAC; '' if it surely keeps it. `allocation` None: no vCenter."""
    if address_type is AddressType.MANUAL:
        return ""
    if address_type is AddressType.GENERATED:
        return "" if classify(mac) is MacRange.GENERATED else f"{mac} isn't out of 00:0c:29"
    if allocation is None:
        return "this server assigns no MACs"
    assigns = allocation.assigns(mac)
    if assigns is None:
        return f"this vCenter assigns MACs by {allocation.describe()}"
    return "" if assigns else f"{mac} isn't out of {allocation.describe()}, which this vCenter assigns"
