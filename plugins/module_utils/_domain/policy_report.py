# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What became of each portgroup and switch, for the person who asked; found, not promised, where it could be read."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence

from .holder import Kind
from .model import Security
from .plan import Outcome, Plan, Status
from .policy import PolicyState


class Fate(enum.Enum):
    """What becomes, or became, of one object."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    FAILED = "failed"
    UNTOUCHED = "untouched"
    """Not begun, because others had failed before."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One object's part of the result."""

    subject: str
    type: Kind
    name: str
    switch: str | None
    host: str | None
    outcome: Fate
    before: PolicyState
    after: PolicyState | None
    legacy_policy: Security | None = None
    shielded_ports: tuple[str, ...] = ()


def report(plan: Plan[PolicyState], outcomes: Sequence[Outcome[PolicyState]]) -> Mapping[str, object]:
    """Returns the plan's report as it turned out."""
    by_subject = {outcome.change.subject: outcome for outcome in outcomes}
    rows = tuple(_as_it_went(row, by_subject.get(row.subject)) for row in plan.report["objects"])
    return {**plan.report, "objects": rows}


def _as_it_went(row: Row, outcome: Outcome[PolicyState] | None) -> Row:
    if outcome is None:
        return row
    if outcome.status is Status.UNTOUCHED:
        return dataclasses.replace(row, outcome=Fate.UNTOUCHED, after=row.before)
    fate = Fate.CHANGED if outcome.status is Status.APPLIED else Fate.FAILED
    return dataclasses.replace(row, outcome=fate, after=outcome.found)
