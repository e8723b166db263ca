# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The result of an audit: counts always, findings as asked for, everything in an order that never changes by itself."""

from __future__ import annotations

import dataclasses
import enum
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..model import AddressType
from ..policy.origin import Origin
from . import explain
from .evidence import Event, Evidence
from .finding import AtRisk, Finding, Verdict
from .latent import LatentRisk, Risk


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A finding with its latent risks, and more about its port than the verdict needs."""

    finding: Finding
    risks: tuple[LatentRisk, ...] = ()
    policy_from: Origin | None = None
    vswitch: str = ""

    @property
    def matters(self) -> bool:
        """False for a vNIC that is as it should be; a running one of which nothing is known matters."""
        finding = self.finding
        if self.risks or finding.at_risk is not AtRisk.NONE:
            return True
        by_nature = finding.reason is not None and finding.reason.is_by_nature
        return finding.verdict is not Verdict.MATCH and not by_nature


class Report(enum.Enum):
    FINDINGS = "findings"
    ALL = "all"


def entry(assessed: Assessed, events: Sequence[Event] = ()) -> dict[str, t.Any]:
    """Returns one vNIC for the result."""
    finding = assessed.finding
    vm, vnic = finding.vm, finding.vnic
    return {
        "vm": vm.name,
        "moid": vm.moid,
        "vnic": vnic.label,
        "key": vnic.key,
        "finding": assessed.matters,
        "host": vm.host,
        "cluster": vm.cluster,
        "portgroup": vnic.network.name,
        "portgroup_kind": vnic.network.kind,
        "switch": vnic.network.switch,
        "vswitch": assessed.vswitch,
        "address_type": vnic.address_type,
        "configured_mac": vnic.mac,
        "runtime_mac": finding.runtime_mac,
        "candidates": finding.candidates,
        "verdict": finding.verdict,
        "certainty": finding.certainty,
        "source": finding.source,
        "freshness": finding.freshness,
        "reason": finding.reason,
        "note": finding.note,
        "blocked": finding.blocked,
        "policy": finding.policy,
        "policy_from": assessed.policy_from,
        "rejected_on": finding.rejected_on,
        "at_risk": finding.at_risk,
        "explanation": explain.explanation(finding),
        "remedy": explain.remedy(finding),
        "risks": assessed.risks,
        "events": [
            {name: getattr(event, name) for name in ("time", "kind", "user", "message", "macs")} for event in events
        ],
    }


def counts(found: Iterable[Assessed]) -> dict[str, t.Any]:
    """Returns how many vNICs have each verdict, prediction, latent risk and address type; zeros are listed too."""
    every = list(found)
    return {
        "vnics": len(every),
        "findings": sum(each.matters for each in every),
        "verdicts": _tally(Verdict, [each.finding.verdict for each in every]),
        "at_risk": {
            **_tally(AtRisk, [each.finding.at_risk for each in every]),
            "unknown": sum(each.finding.at_risk is None for each in every),
        },
        "risks": _tally(Risk, [risk.risk for each in every for risk in each.risks]),
        "address_types": _tally(AddressType, [each.finding.vnic.address_type for each in every]),
    }


def _tally(kind: type[enum.Enum], values: Sequence[t.Any]) -> dict[str, int]:
    return {member.value: values.count(member) for member in kind}


def roll_up(found: Iterable[Assessed], where: Callable[[Finding], Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Returns the counts of each place that `where` names, in the order of the names."""
    places: dict[tuple[t.Any, ...], list[Assessed]] = {}
    names: dict[tuple[t.Any, ...], Mapping[str, t.Any]] = {}
    for each in found:
        place = where(each.finding)
        key = tuple(str(value) for value in place.values())
        names[key] = place
        places.setdefault(key, []).append(each)
    return [{**names[key], **counts(places[key])} for key in sorted(places)]


def by_portgroup(finding: Finding) -> dict[str, t.Any]:
    network = finding.vnic.network
    return {"portgroup": network.name, "switch": network.switch, "kind": network.kind.value}


def by_host(finding: Finding) -> dict[str, t.Any]:
    return {"host": finding.vm.host}


def by_cluster(finding: Finding) -> dict[str, t.Any]:
    return {"cluster": finding.vm.cluster}


def entries(found: Iterable[Assessed], evidence: Evidence, report: Report) -> list[dict[str, t.Any]]:
    """Returns what matters, or every vNIC, in the order of VM names and device keys."""
    shown = [each for each in found if report is Report.ALL or each.matters]
    shown.sort(key=lambda each: (each.finding.vm.name, each.finding.vm.moid, each.finding.vnic.key))
    return [entry(each, evidence.get((each.finding.vm.moid, each.finding.vnic.key), ())) for each in shown]
