# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has which MAC, which one comes next, and which one a host refuses to power on."""

from __future__ import annotations

import collections
import random
import re
import typing as t

ASSIGNED, GENERATED, MANUAL = "assigned", "generated", "manual"
_MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")
_VMWARE, _HOST = "00:50:56", "00:0c:29"

Owner = tuple[str, int]  # the VM's moid and the vNIC's device key


def is_mac(text: str) -> bool:
    """Six colon-separated octets, as every vSphere field writes a MAC."""
    return bool(_MAC.match(text.lower()))


class Registry:
    """The MACs of all registered VMs, templates included, and the allocator that stays clear of them."""

    def __init__(self, instance_id: int, rng: random.Random) -> None:
        self.instance_id = instance_id
        self._random = rng
        self._owners: dict[str, set[Owner]] = collections.defaultdict(set)

    def claim(self, mac: str | None, owner: Owner) -> None:
        if mac:
            self._owners[mac.lower()].add(owner)

    def release(self, mac: str | None, owner: Owner) -> None:
        owners = self._owners.get((mac or "").lower())
        if owners:
            owners.discard(owner)

    def others(self, mac: str, owner: Owner) -> list[Owner]:
        """Who else has this MAC, in stable order."""
        return sorted(self._owners.get(mac.lower(), set()) - {owner})

    def in_assigned_range(self, mac: str) -> bool:
        # rule assigned_range
        return mac.lower().startswith(f"{_VMWARE}:{0x80 + self.instance_id:02x}:")

    def assigned(self) -> str:
        """A free MAC of vCenter's own range."""
        return self._free(lambda: f"{_VMWARE}:{0x80 + self.instance_id:02x}:{self._octet()}:{self._octet()}")

    def generated(self) -> str:
        """A free MAC of the host's range."""
        # A real host derives it from the VM's UUID; what matters here is its range, and that it is another one.
        return self._free(lambda: f"{_HOST}:{self._octet()}:{self._octet()}:{self._octet()}")

    def _octet(self) -> str:
        return f"{self._random.randrange(256):02x}"

    def _free(self, draw: t.Callable[[], str]) -> str:
        while self._owners.get(mac := draw()):
            pass
        return mac


def is_host_generated(mac: str) -> bool:
    return mac.lower().startswith(f"{_HOST}:")


def power_on_refusal(mac: str, switches: t.Mapping[str, str]) -> str | None:
    """The host's words when it won't power on a VM with this manual MAC (rule manual_reserved_ranges)."""
    if not is_mac(mac) or int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
        return f"'{mac}' is not a valid static Ethernet address."
    reserved = (
        f"'{mac}' is not a valid static Ethernet address. It conflicts with VMware reserved MACs for other usage."
    )
    if is_host_generated(mac):
        return f"Impermissible static Ethernet address: '{mac}'. It conflicts with VMware reserved MACs."
    if not mac.lower().startswith(f"{_VMWARE}:") or int(mac[9:11], 16) < 0x40:
        return None
    fourth = int(mac[9:11], 16)
    if fourth < 0x80:
        return reserved
    switch = "manual_mac_in_vcenter_range" if fourth < 0xC0 else "manual_mac_above_vcenter_range"
    return reserved if switches[switch] == "refused" else None
