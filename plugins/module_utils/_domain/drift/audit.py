# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The audit: read, judge, look around for latent risks, and report. It can't write: its reader has no such method."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence

from ..allocation import Allocation
from ..model import Vm, VnicId
from ..scope import Scope
from . import report
from .evidence import Event, EventLog, Evidence, join
from .finding import Finding
from .latent import LatentRisk, Owner, Surroundings, latent_risks
from .observed import Observed
from .report import Assessed, Report
from .verdict import judge


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    scope: Scope
    report: Report = Report.FINDINGS
    refresh: bool = True
    events: bool = True
    event_days: int = 30


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The vCenter or host that the facts are about, and its time when they were read; UTC, ISO 8601."""

    name: str
    version: str
    api_version: str
    instance_uuid: str
    time: str


class Reader(t.Protocol):
    """All that an audit reads, each in bulk."""

    def server(self) -> Server: ...

    def resolve(self, scope: Scope) -> Scope: ...

    def vms(self, scope: Scope) -> tuple[Vm, ...]: ...

    def observe(self, vms: Sequence[Vm], *, refresh: bool = True) -> Mapping[VnicId, Observed]: ...

    def owners_by_mac(self, macs: Collection[str]) -> Mapping[str, tuple[Owner, ...]]: ...

    def snapshot_macs(self, vms: Sequence[Vm]) -> Mapping[VnicId, Sequence[tuple[str, str]]]: ...

    def allocation(self) -> Allocation | None: ...

    def events(self, days: int, read: t.Callable[[Iterable[Event]], Evidence]) -> tuple[EventLog, Evidence]: ...


def audit(request: Request, reader: Reader) -> dict[str, t.Any]:
    """Returns the facts about every vNIC in the scope."""
    vms = reader.vms(request.scope)
    scheme = reader.allocation()
    found = _assess(request, reader, vms, scheme)
    shown = [each.finding for each in found if each.matters]
    log: EventLog | None = None
    evidence: Evidence = {}
    if request.events:
        log, evidence = reader.events(request.event_days, lambda events: join(events, shown))
    return {
        "server": reader.server(),
        "mac_allocation": scheme.describe() if scheme else None,
        "scope": request.scope,
        "vms": len(vms),
        "unreadable": [{"vm": vm.name, "moid": vm.moid} for vm in vms if not vm.has_config],
        "counts": report.counts(found),
        "by_portgroup": report.roll_up(found, report.by_portgroup),
        "by_host": report.roll_up(found, report.by_host),
        "by_cluster": report.roll_up(found, report.by_cluster),
        "report": request.report,
        "vnics": report.entries(found, evidence, request.report),
        "events": log,
    }


def _assess(request: Request, reader: Reader, vms: Sequence[Vm], scheme: Allocation | None) -> list[Assessed]:
    observed = reader.observe(vms, refresh=request.refresh)
    scope = reader.resolve(request.scope)
    pairs = ((vm, vnic, observed.get((vm.moid, vnic.key), Observed())) for vm in vms for vnic in vm.vnics)
    findings = [
        judge(vm, vnic, seen.sightings, seen.policy, seen.rejected_on) for vm, vnic, seen in pairs if scope.covers(vnic)
    ]
    macs = {mac for finding in findings for mac in (finding.vnic.mac, finding.runtime_mac) if mac}
    around = Surroundings(
        owners=owners(vms, macs) if request.scope.is_everything else reader.owners_by_mac(macs),
        snapshot_macs=reader.snapshot_macs(vms),
        allocation=scheme,
    )
    return [_assessed(finding, latent_risks(finding, around), observed) for finding in findings]


def _assessed(finding: Finding, risks: tuple[LatentRisk, ...], observed: Mapping[VnicId, Observed]) -> Assessed:
    seen = observed.get((finding.vm.moid, finding.vnic.key), Observed())
    return Assessed(finding=finding, risks=risks, policy_from=seen.policy_from, vswitch=seen.vswitch)


def owners(vms: Iterable[Vm], macs: Collection[str]) -> dict[str, tuple[Owner, ...]]:
    """Returns by MAC the vNICs of these VMs that have it configured."""
    found: dict[str, list[Owner]] = {}
    for vm in vms:
        for vnic in vm.vnics:
            if vnic.mac in macs and vnic.mac is not None:
                found.setdefault(vnic.mac, []).append(Owner(vm=vm.name, moid=vm.moid, key=vnic.key))
    return {mac: tuple(group) for mac, group in found.items()}
