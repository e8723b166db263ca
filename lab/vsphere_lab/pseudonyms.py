# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other names, MACs, addresses and UUIDs for those of a recording: the same one for the same original, everywhere.

They are numbered in the order in which they occur and not derived from the original, so nobody can compute it back.
"""

from __future__ import annotations

import collections
import re
import typing as t

MAC = re.compile(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b")
IPV4 = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f:]{3,39}(?![\w:.])")
# As vSphere writes them: with dashes, and a distributed switch's and a SCSI id's octets apart.
UUID = re.compile(
    r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b|\b(?:[0-9A-Fa-f]{2} ){7}[0-9A-Fa-f]{2}-"
    r"(?:[0-9A-Fa-f]{2} ){7}[0-9A-Fa-f]{2}\b|\b[0-9A-Fa-f]{8}-[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\b"
)
_VMWARE = "00:50:56"
_NO_MACS = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")
_NO_ADDRESSES = re.compile(r"^(0\.0\.0\.0|127\..*|255\..*|::1?)$")


class Pseudonyms:
    """Gives them out; none of them is an original of the same recording."""

    def __init__(self, originals: str) -> None:
        self._taken = {
            found.lower() for pattern in (MAC, IPV4, IPV6, UUID) for found in pattern.findall(originals)
        }  # fmt: skip
        self._known: dict[str, str] = {}
        self._numbers: collections.Counter[str] = collections.Counter()

    def word(self, text: str, kind: str) -> str:
        """Return another word for a name or any other text."""
        if text not in self._known:
            self._numbers[kind] += 1
            self._known[text] = f"anon-{kind.lower()}-{self._numbers[kind]}"
        return self._known[text]

    def addresses(self, text: str) -> str:
        """Replace MACs, UUIDs and IP addresses wherever they stand in the text."""
        for pattern, replace in ((UUID, self._uuid), (MAC, self._mac), (IPV4, self._ipv4), (IPV6, self._ipv6)):
            text = pattern.sub(lambda match, replace=replace: replace(match[0]), text)  # type: ignore[misc]
        return text

    def _new(self, original: str, kind: str, draw: t.Callable[[int], str]) -> str:
        known = self._known.get(original.lower())
        while known is None:
            self._numbers[kind] += 1
            candidate = draw(self._numbers[kind])
            if candidate.lower() not in self._taken:
                known = self._known[original.lower()] = candidate
        return known

    def _mac(self, text: str) -> str:
        """Keep what says who gave it: the OUI, and in VMware's own the next octet as well."""
        if text.lower() in _NO_MACS:
            return text
        kept = text.lower()[: 11 if text.lower().startswith(_VMWARE) else 8]
        octets = 5 - kept.count(":")

        def draw(number: int) -> str:
            if number >= 256**octets:
                raise ValueError(f"the recording has too many MACs that begin with {kept}")
            digits = f"{number:0{2 * octets}x}"
            return ":".join([kept, *(digits[i : i + 2] for i in range(0, len(digits), 2))])

        new = self._new(text, f"mac {kept}", draw)
        return new.upper() if text.isupper() else new

    def _uuid(self, text: str) -> str:
        def draw(number: int) -> str:
            digits = iter(f"{number:032x}")
            return "".join(char if char in " -" else next(digits) for char in text)

        return self._new(text, "uuid", draw)

    def _ipv4(self, text: str) -> str:
        if _NO_ADDRESSES.match(text):
            return text
        return self._new(text, "ipv4", lambda n: f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")

    def _ipv6(self, text: str) -> str:
        return text if _NO_ADDRESSES.match(text) else self._new(text, "ipv6", lambda n: f"fd00::{n:x}")
