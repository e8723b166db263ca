# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Events as supporting evidence: vCenter forgets them, so they explain a finding but never make or clear one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..model import VnicId
from .finding import Finding

MAC_EVENTS = ("VmMacChangedEvent", "VmMacAssignedEvent", "VmMacConflictEvent", "VmStaticMacConflictEvent")
PORT_EVENTS = ("DvsPortBlockedEvent", "DvsPortUnblockedEvent")
MIGRATIONS = ("VmMigratedEvent", "DrsVmMigratedEvent")
KINDS = (*MAC_EVENTS, *PORT_EVENTS, *MIGRATIONS)

MOST_PER_VNIC = 20
"""The newest ones; a VM that DRS moves every hour would fill the result otherwise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, with what it can be joined to a vNIC by."""

    time: str
    kind: str
    message: str
    user: str = ""
    vm: str = ""
    """The VM's managed object id; events of ports name none."""
    adapter: str = ""
    macs: tuple[str, ...] = ()
    port: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EventLog:
    """What was searched, and what vCenter could still know. Times are UTC, ISO 8601."""

    searched_from: str
    searched_to: str
    oldest: str | None
    retention_days: int | None
    """None when vCenter keeps events for ever, or doesn't tell."""
    searched: int


Evidence = Mapping[VnicId, tuple[Event, ...]]


def join(events: Iterable[Event], findings: Sequence[Finding]) -> Evidence:
    """Returns the events of each finding's vNIC, oldest first; consumes the events one by one."""
    by_vm: dict[str, list[Finding]] = {}
    by_port: dict[str, list[Finding]] = {}
    for finding in findings:
        by_vm.setdefault(finding.vm.moid, []).append(finding)
        if finding.vnic.port_key:
            by_port.setdefault(finding.vnic.port_key, []).append(finding)
    joined: dict[VnicId, list[Event]] = {}
    for event in events:
        for finding in _about(event, by_vm, by_port):
            kept = joined.setdefault((finding.vm.moid, finding.vnic.key), [])
            kept.append(event)
            del kept[:-MOST_PER_VNIC]
    return {vnic: tuple(kept) for vnic, kept in joined.items()}


def _about(
    event: Event, by_vm: Mapping[str, Sequence[Finding]], by_port: Mapping[str, Sequence[Finding]]
) -> Iterator[Finding]:
    if event.kind in PORT_EVENTS:
        # Ports are reused by other vNICs, so the port alone proves nothing about the past.
        return (finding for finding in by_port.get(event.port, ()) if _macs(finding) & set(event.macs))
    if event.kind in MIGRATIONS:
        return (finding for finding in by_vm.get(event.vm, ()) if finding.has_drifted)
    return (finding for finding in by_vm.get(event.vm, ()) if _is_its(event, finding))


def _is_its(event: Event, finding: Finding) -> bool:
    """The adapter is text for people; the MACs decide where it isn't the label."""
    return event.adapter == finding.vnic.label or bool(_macs(finding) & set(event.macs))


def _macs(finding: Finding) -> set[str]:
    return {mac for mac in (finding.vnic.mac, finding.runtime_mac) if mac}
