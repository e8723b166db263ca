# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The portgroup that a vNIC is to be moved to: found by name, and by switch or type where the name isn't enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from ..errors import Refused, ambiguous, not_found
from ..model import Network, NetworkKind, Security
from .edit import Attachment


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Portgroup:
    """A portgroup as a target. By host's managed object id: the effective policy there, and the switch's name there."""

    attachment: Attachment
    security: Mapping[str, Security]
    switches: Mapping[str, str]
    free_ports: int | None = None
    """None where ports are made as needed."""
    unfit: str = ""
    """Why no vNIC may be moved here."""

    @property
    def network(self) -> Network:
        return self.attachment.network

    def security_at(self, host: str) -> Security:
        """Returns the effective policy on a host; all INHERIT where it isn't known."""
        return self.security.get(host, Security())

    def describe(self) -> str:
        switches = ", ".join(sorted(set(self.switches.values()))) or "no host"
        return f"{self.network.name} ({self.network.kind.value}, on {switches}, {self.network.key})"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the user called the target. `key` is a managed object id and then enough."""

    name: str
    switch: str = ""
    kind: NetworkKind | None = None
    key: str = ""


def matching(target: Target, candidates: Sequence[Portgroup], known: Sequence[str]) -> tuple[Portgroup, ...]:
    """Returns the portgroups meant: several only if they differ by datacenter. Never guesses between equal names."""
    hits = [each for each in (_narrow(candidate, target) for candidate in candidates) if each is not None]
    if not hits:
        where = f"on {target.switch}" if target.switch else ""
        if candidates:
            where += f" (there is {', '.join(candidate.describe() for candidate in candidates)})"
        raise not_found(
            target.kind.value + " portgroup" if target.kind else "portgroup", target.name, known, where=where
        )
    if len({(hit.network.kind, hit.network.switch) for hit in hits}) > 1:
        raise ambiguous(
            "portgroup",
            target.name,
            (hit.describe() for hit in hits),
            use="Say which with target_type or target_switch.",
        )
    unfit = next((hit for hit in hits if hit.unfit), None)
    if unfit:
        raise Refused(f"{unfit.describe()} can't be a target: {unfit.unfit}. Nothing was changed.")
    return tuple(hits)


def at_host(hits: Sequence[Portgroup], host: str, host_name: str) -> Portgroup | str:
    """Returns the one of the portgroups that the host has, or a sentence that it has none."""
    there = [hit for hit in hits if host in hit.switches]
    if len(there) > 1:
        raise ambiguous(
            "portgroup",
            there[0].network.name,
            (hit.describe() for hit in there),
            use="Say which with target_type or target_switch.",
        )
    return there[0] if there else f"its host {host_name or 'is unknown and'} doesn't have {hits[0].network.name}"


def _narrow(candidate: Portgroup, target: Target) -> Portgroup | None:
    """Returns the candidate with the hosts where it is on the wanted switch, or None if it isn't meant."""
    if target.key:
        return candidate if candidate.network.key == target.key else None
    if candidate.network.name != target.name or target.kind not in (None, candidate.network.kind):
        return None
    if not target.switch:
        return candidate
    hosts = {host: name for host, name in candidate.switches.items() if name == target.switch}
    return dataclasses.replace(candidate, switches=hosts) if hosts else None
