# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""An audit: which portgroups and switches are looked at, and what the result tells of them."""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter
from collections.abc import Mapping, Sequence

from ..policy.choice import Catalogue
from ..policy.holder import Holder, Kind
from ..policy.policy_plan import Area
from ..policy.reading import Reading
from .baselines import cis, scg, stig
from .compliance import Exemption, Verdict, compliance
from .control import Baseline

BASELINES: Mapping[str, Baseline] = {
    baseline.name: baseline for baseline in (*scg.BASELINES, *stig.BASELINES, *cis.BASELINES)
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for. `all_findings` tells what passes and what doesn't apply, too."""

    baseline: Baseline
    kinds: tuple[Kind, ...]
    area: Area
    exemptions: tuple[Exemption, ...] = ()
    all_findings: bool = False


class Reader(t.Protocol):
    def catalogue(self, kind: Kind, area: Area) -> Catalogue:
        """Returns the hosts of the area and what is on them, or what distributed ones there are."""

    def readings(self, holders: Sequence[Holder], *, legacy: bool = False, ports: bool = True) -> Sequence[Reading]:
        """Reads these, all together."""


def report(request: Request, reader: Reader) -> Mapping[str, object]:
    """Returns the module's result. A host that can't be read is listed as left out: it hasn't passed."""
    judged_kinds = {kind for control in request.baseline.controls for kind in control.on}
    catalogues = [reader.catalogue(kind, request.area) for kind in request.kinds if kind in judged_kinds]
    holders = [holder for catalogue in catalogues for holder in catalogue.holders]
    judged = compliance(request.baseline, reader.readings(holders, ports=False), request.exemptions)
    quiet = () if request.all_findings else (Verdict.PASS, Verdict.NOT_APPLICABLE)
    counts = Counter(finding.verdict for finding in judged.findings)
    away = {host.name: host.unreachable for each in catalogues for host in each.hosts if host.unreachable}
    return {
        "baseline": {name: getattr(request.baseline, name) for name in ("name", "title", "source")},
        "findings": [finding for finding in judged.findings if finding.verdict not in quiet],
        "summary": {"objects": len(holders), **{verdict.value: counts[verdict] for verdict in Verdict}},
        # `unreachable` in a result means to Ansible that the inventory host is.
        "left_out": [{"host": host, "reason": reason} for host, reason in away.items()],
        "unused_exceptions": judged.unused,
    }
