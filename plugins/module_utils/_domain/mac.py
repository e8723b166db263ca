# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""MAC addresses: one spelling for all notations, and who may have handed one out.

Ranges: VMware "MAC Address Assignment" in the vSphere Networking guide (5.5 to 8.0); what hosts refuse at power-on was
reported in community.vmware#25, #1159 and terraform-provider-esxi#184.
"""

from __future__ import annotations

import enum
import re

from .errors import InvalidOption

_NORMAL = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_HEX = re.compile(r"[0-9a-f]{12}")
_NOTATIONS = re.compile(
    r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}"
)


class MacRange(enum.Enum):
    """Which allocator a MAC belongs to."""

    STATIC = "static"
    """00:50:56:00 to 3f: VMware's own range for MACs set by hand."""
    RESERVED = "reserved"
    """00:50:56:40 to 7f: kept for VMkernel and others; hosts refuse it at power-on."""
    VCENTER = "vcenter"
    """00:50:56:80 to bf: vCenter hands these out, by its instance id."""
    UNASSIGNED = "unassigned"
    """00:50:56:c0 to ff: not mentioned by any source."""
    GENERATED = "generated"
    """00:0c:29: made by the host from the VM's UUID; hosts refuse it as a static MAC at power-on."""
    FOREIGN = "foreign"
    """Any other unicast address: allowed as static."""
    UNUSABLE = "unusable"
    """Multicast, broadcast or all zeros: never a vNIC's address."""

    @property
    def powers_on(self) -> bool | None:
        """Whether hosts power on a VM that has it as a static MAC; None where no source settles that."""
        return None if self is MacRange.VCENTER else self in (MacRange.STATIC, MacRange.FOREIGN)


def normalise(text: str) -> str:
    """Returns the MAC as aa:bb:cc:dd:ee:ff, whatever notation and case it came in; InvalidOption if it is none."""
    compact = text.strip().lower()
    if not _NOTATIONS.fullmatch(compact):
        raise InvalidOption(
            f"'{text}' is not a MAC address. Write it as aa:bb:cc:dd:ee:ff "
            "(aa-bb-cc-dd-ee-ff, aabb.ccdd.eeff and aabbccddeeff work too)."
        )
    digits = re.sub(r"[^0-9a-f]", "", compact)
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def read(text: str | None) -> str | None:
    """Returns what vSphere or a guest reports as a normalised MAC; None when unset or not an Ethernet address.

    All zeros are unset in other words: what a port without a running vNIC and a tunnel in a guest have.
    """
    if not text:
        return None
    # As a rule it is; in an audit there are tens of thousands of them.
    if _NORMAL.fullmatch(text):
        return text if text != "00:00:00:00:00:00" else None
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    return normalise(digits) if _HEX.fullmatch(digits) and int(digits, 16) else None


def classify(mac: str) -> MacRange:
    """Returns the range that a normalised MAC lies in."""
    octets = [int(part, 16) for part in mac.split(":")]
    if octets[0] & 1 or not any(octets):
        return MacRange.UNUSABLE
    if mac.startswith("00:0c:29:"):
        return MacRange.GENERATED
    if not mac.startswith("00:50:56:"):
        return MacRange.FOREIGN
    quarter = octets[3] >> 6
    return (MacRange.STATIC, MacRange.RESERVED, MacRange.VCENTER, MacRange.UNASSIGNED)[quarter]


def vcenter_instance(mac: str) -> int | None:
    """Returns the vCenter instance id (0 to 63) that hands out this MAC, or None when no vCenter does."""
    return int(mac.split(":")[3], 16) - 0x80 if classify(mac) is MacRange.VCENTER else None
