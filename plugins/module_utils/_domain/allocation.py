# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""How this vCenter hands out MACs: which ones it would never have assigned itself."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from . import mac


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The scheme in use (vSphere Networking 8.0): ranges first, then prefix, then VMware's OUI.

    `unread` says why there is none of them, where that is known.
    """

    instance_id: int | None = None
    prefix: str = ""
    prefix_bits: int = 0
    ranges: tuple[tuple[str, str], ...] = ()
    unread: str = ""

    def assigns(self, address: str) -> bool | None:
        """Returns whether this vCenter could have assigned the MAC; None when its scheme can't be read."""
        if self.ranges:
            return any(begin <= address <= end for begin, end in self.ranges)
        if self.prefix:
            shift = 48 - self.prefix_bits
            return _number(address) >> shift == _number(self.prefix) >> shift
        return None if self.instance_id is None else mac.vcenter_instance(address) == self.instance_id

    def describe(self) -> str:
        """Returns the scheme in a few words."""
        if self.ranges:
            return "the ranges " + ", ".join(f"{begin} to {end}" for begin, end in self.ranges)
        if self.prefix:
            return f"the prefix {self.prefix}/{self.prefix_bits}"
        if self.instance_id is None:
            return f"a scheme that can't be read{self.unread and f' ({self.unread})'}"
        return f"00:50:56:{0x80 + self.instance_id:02x} (instance id {self.instance_id})"


def allocation(instance_id: int | None, prefix: str, prefix_bits: int, ranges: Sequence[tuple[str, str]]) -> Allocation:
    """Returns the scheme from vCenter's options, in which MACs have no separators and a prefix is short (005026)."""
    digits = re.sub(r"[^0-9a-f]", "", prefix.lower())
    return Allocation(
        instance_id=instance_id,
        prefix=mac.normalise(digits.ljust(12, "0")[:12]) if digits else "",
        prefix_bits=prefix_bits or 4 * len(digits),
        ranges=tuple((mac.normalise(begin), mac.normalise(end)) for begin, end in ranges),
    )


def _number(address: str) -> int:
    return int(address.replace(":", ""), 16)
