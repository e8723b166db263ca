# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Portgroups and switches against a baseline: one finding for each object and control."""

from __future__ import annotations

import dataclasses
import enum
import fnmatch
from collections.abc import Sequence

from ..policy.holder import Holder, Kind
from ..policy.reading import Reading
from .control import Baseline, Control
from .demands import faults, found


class Verdict(enum.Enum):
    PASS = "pass"
    FAIL = "fail"
    EXCEPTION = "exception"
    NOT_APPLICABLE = "not_applicable"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """What the user has accepted, and why. What isn't given means any; names may hold the wildcards * and ?."""

    reason: str
    controls: tuple[str, ...] | None = None
    type: Kind | None = None
    name: str = "*"
    switch: str = "*"
    host: str = "*"

    def covers(self, control: Control, holder: Holder) -> bool:
        named = self.controls is None or control.id in self.controls or control.alias in self.controls
        pairs = ((holder.name, self.name), (holder.switch, self.switch), (holder.host, self.host))
        # A bracket in a name is a bracket, though fnmatch knows sets of characters.
        fits = all(fnmatch.fnmatchcase(value, pattern.replace("[", "[[]")) for value, pattern in pairs)
        return named and self.type in (None, holder.kind) and fits


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One object and one control. `found` says what is there, `reason` why it fails, is excepted or doesn't apply."""

    subject: str
    type: Kind
    name: str
    switch: str | None
    host: str | None
    control: str
    alias: str
    severity: str
    demand: str
    verdict: Verdict
    found: str
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """`unused` are the exemptions that cover nothing that fails: out of date, or misspelt."""

    findings: tuple[Finding, ...]
    unused: tuple[Exemption, ...]


def compliance(baseline: Baseline, readings: Sequence[Reading], exemptions: Sequence[Exemption]) -> Compliance:
    """Judges every object by every control that is about its kind."""
    findings: list[Finding] = []
    used: set[Exemption] = set()
    for reading in readings:
        for control in (control for control in baseline.controls if reading.holder.kind in control.on):
            finding = _judge(baseline, control, reading)
            covering = [each for each in exemptions if each.covers(control, reading.holder)]
            if finding.verdict is Verdict.FAIL and covering:
                used.update(covering)
                why = f"{covering[0].reason} ({finding.reason})"
                finding = dataclasses.replace(finding, verdict=Verdict.EXCEPTION, reason=why)
            findings.append(finding)
    return Compliance(findings=tuple(findings), unused=tuple(each for each in exemptions if each not in used))


def _judge(baseline: Baseline, control: Control, reading: Reading) -> Finding:
    outside = _outside(baseline, control, reading)
    wrong = [] if outside else list(faults(control.rule, reading, strict=baseline.override_is_finding))
    holder = reading.holder
    return Finding(
        subject=holder.subject,
        type=holder.kind,
        name=holder.name,
        switch=holder.switch or None,
        host=holder.host or None,
        control=control.id,
        alias=control.alias,
        severity=control.severity,
        demand=control.rule.value,
        verdict=Verdict.NOT_APPLICABLE if outside else Verdict.FAIL if wrong else Verdict.PASS,
        found="" if outside else found(control.rule, reading),
        reason=outside or "; ".join(wrong),
    )


def _outside(baseline: Baseline, control: Control, reading: Reading) -> str:
    if reading.traits.uplink:
        return "an uplink portgroup: no guest is on it"
    if reading.traits.nsx and not baseline.covers_nsx:
        return "a portgroup of NSX, which this baseline leaves out"
    return "" if found(control.rule, reading) else "this switch doesn't know it"
