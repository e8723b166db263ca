# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Who holds a security policy: portgroups and switches, and the hosts that they are on."""

from __future__ import annotations

import dataclasses
import enum


class Kind(enum.Enum):
    """The option `type`: it tells portgroups and switches of the same name apart."""

    PORTGROUP = "portgroup"
    VSWITCH = "vswitch"
    DVPORTGROUP = "dvportgroup"
    DVSWITCH = "dvswitch"

    @property
    def is_standard(self) -> bool:
        """Standard ones exist once per host, distributed ones once per vCenter."""
        return self in (Kind.PORTGROUP, Kind.VSWITCH)

    @property
    def is_switch(self) -> bool:
        return self in (Kind.VSWITCH, Kind.DVSWITCH)

    @property
    def word(self) -> str:
        return _WORDS[self]


_WORDS = {
    Kind.PORTGROUP: "portgroup",
    Kind.VSWITCH: "vSwitch",
    Kind.DVPORTGROUP: "distributed portgroup",
    Kind.DVSWITCH: "distributed switch",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host in the scope. `unreachable` says in a word why nothing can be read or written there."""

    name: str
    moid: str
    cluster: str = ""
    unreachable: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One portgroup or switch. `host` names the host of a standard one; `moid` is the host's, else the object's own."""

    kind: Kind
    name: str
    moid: str
    switch: str = ""
    host: str = ""

    @property
    def subject(self) -> str:
        if self.kind.is_standard:
            return f"{self.kind.word} {self.name} on {self.host}"
        return f"{self.kind.word} {self.name}" + (f" of {self.switch}" if self.switch else "")
