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


def keeps(address_type: AddressType, mac: str, allocation: Allocation | None) -> bool:
    """Returns whether a vNIC of this type surely keeps the MAC; `allocation` None = the server assigns none."""
    if address_type is AddressType.MANUAL:
        return True
    if address_type is AddressType.GENERATED:
        return classify(mac) is MacRange.GENERATED
    return allocation is not None and bool(allocation.assigns(mac))


def describe(allocation: Allocation | None) -> str:
    """Returns in words what a vCenter assigns."""
    return allocation.describe() if allocation else "any range, since this server assigns no MACs"
