# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What is known about one vNIC's MAC: the verdict, how sure it is, and what it will lead to."""

from __future__ import annotations

import dataclasses
import enum

from ..model import Security, Source, Vm, Vnic
from ..wording import few


class Verdict(enum.Enum):
    """Whether the MAC in use is the configured one. UNKNOWN is never to be read as "no drift"."""

    MATCH = "match"
    DRIFT = "drift"
    DRIFT_BLOCKED = "drift_blocked"
    PROBABLE = "probable"
    """Drift by all that is known, but matched by elimination only."""
    UNKNOWN = "unknown"


class Certainty(enum.Enum):
    """CERTAIN: a source names this very vNIC, or two sources agree. LIKELY: matched by elimination or indirectly."""

    CERTAIN = "certain"
    LIKELY = "likely"
    NONE = "none"


class Freshness(enum.Enum):
    """How old the runtime MAC may be."""

    LIVE = "live"
    """The host was asked for it."""
    CACHED = "cached"
    """What vCenter last heard of the host: a moment ago as a rule."""
    POLLED = "polled"
    """VMware Tools report every 30 seconds (open-vm-tools)."""


class Reason(enum.Enum):
    """Why a verdict is UNKNOWN."""

    TEMPLATE = "template"
    POWERED_OFF = "powered_off"
    SUSPENDED = "suspended"
    UNREACHABLE = "unreachable"
    NO_MAC = "no_mac"
    DISCONNECTED = "disconnected"
    PASSTHROUGH = "passthrough"
    NO_SOURCE = "no_source"

    @property
    def is_by_nature(self) -> bool:
        """True when there is no runtime MAC at all: the next power-on loads the configured one."""
        return self in (Reason.TEMPLATE, Reason.POWERED_OFF)


class AtRisk(enum.Enum):
    """What cuts the vNIC off, or changes its MAC, next."""

    BLOCKED_NOW = "blocked_now"
    NEXT_PORT_CONNECT = "next_port_connect"
    """vMotion, a reconnect or a portgroup move makes the port compare the two MACs, and block."""
    NEXT_POWER_CYCLE = "next_power_cycle"
    """The guest then comes up with the configured MAC instead of the one that it uses now."""
    NONE = "none"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One vNIC's verdict with what it rests on."""

    vm: Vm
    vnic: Vnic
    verdict: Verdict
    certainty: Certainty = Certainty.NONE
    source: Source | None = None
    freshness: Freshness | None = None
    runtime_mac: str | None = None
    candidates: tuple[str, ...] = ()
    """For drift of which only this is known: the runtime MAC is one of these."""
    reason: Reason | None = None
    note: str = ""
    """What the sources said besides, for people."""
    blocked: bool | None = None
    """Whether the port is blocked now; None when no source tells."""
    policy: Security | None = None
    rejected_on: tuple[str, ...] = ()
    """Hosts that a vMotion may take the VM to and that reject MAC changes on this portgroup, whatever its host does."""
    on_nsx: bool = False
    """Whether its portgroup is a segment of NSX, which has rules of its own for the vNIC and its MAC."""
    at_risk: AtRisk | None = None
    """None only when the verdict is UNKNOWN for a running VM: then nothing can be predicted."""

    @property
    def has_drifted(self) -> bool:
        return self.verdict in (Verdict.DRIFT, Verdict.DRIFT_BLOCKED, Verdict.PROBABLE)

    @property
    def in_use(self) -> str:
        """The runtime MAC in words, as far as it is known."""
        return self.runtime_mac or (f"one of {few(self.candidates)}" if self.candidates else "an unknown MAC")
