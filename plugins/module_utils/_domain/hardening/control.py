# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What a hardening guide demands of portgroups and switches: controls, each with its id in the guide."""

from __future__ import annotations

import dataclasses
import enum

from ..policy.holder import Kind


class Rule(enum.Enum):
    """What is looked at; the guides ask the same, each under its own id."""

    FORGED_TRANSMITS = "forged transmits are rejected"
    MAC_CHANGES = "MAC address changes are rejected"
    PROMISCUOUS_MODE = "promiscuous mode is rejected"
    MAC_LEARNING = "MAC learning is disabled"
    RESET_AT_DISCONNECT = "ports are reset at disconnect"
    PORT_OVERRIDES = "ports may override nothing but blocking"
    NO_TRUNK = "no VLAN trunk reaches the guests"


STANDARD = (Kind.VSWITCH, Kind.PORTGROUP)
DISTRIBUTED = (Kind.DVSWITCH, Kind.DVPORTGROUP)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One demand. `alias` is another id of it, such as a STIG's vulnerability id; `on` is what it is about."""

    id: str
    rule: Rule
    on: tuple[Kind, ...]
    alias: str = ""
    severity: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A guide. `source` says which edition the ids are from."""

    name: str
    title: str
    source: str
    controls: tuple[Control, ...]
    override_is_finding: bool = False
    """Whether a standard portgroup fails by overriding a flag of its vSwitch at all, even with reject."""
    covers_nsx: bool = True
    """Whether portgroups that belong to NSX are in its scope. Uplink portgroups never are: no guest is on them."""
