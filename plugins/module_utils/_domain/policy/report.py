# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What became of each portgroup and switch, for the person who asked; found, not promised, where it could be read."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Mapping, Sequence

from ..model import Security
from ..plan import Outcome, Plan, Status
from . import consistency
from .choice import Skipped
from .consistency import Consistency, InForce
from .exposure import BlastRadius
from .holder import Host, Kind
from .inheritance import PolicyState
from .reading import ShieldedPort


class Fate(enum.Enum):
    """What becomes, or became, of one object."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    FAILED = "failed"
    UNTOUCHED = "untouched"
    """Not begun, because others had failed before."""
    ROLLED_BACK = "rolled_back"


_FATES = {
    Status.APPLIED: Fate.CHANGED,
    Status.FAILED: Fate.FAILED,
    Status.UNTOUCHED: Fate.UNTOUCHED,
    Status.ROLLED_BACK: Fate.ROLLED_BACK,
}


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
    shielded_ports: tuple[ShieldedPort, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """All that the result tells; `hosts` and `beyond` are what the consistency is worked out from."""

    objects: tuple[Row, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    blast_radius: tuple[BlastRadius, ...] = ()
    hosts: tuple[Host, ...] = ()
    beyond: tuple[InForce, ...] = ()

    @functools.cached_property
    def consistency(self) -> tuple[Consistency, ...]:
        rows = (row for row in self.objects if row.host)
        in_force = (
            InForce(name=row.name, host=row.host or "", flags=row.after.effective.flags if row.after else None)
            for row in rows
        )
        return consistency.consistency([*in_force, *self.beyond], self.hosts)

    def as_it_went(self, outcomes: Sequence[Outcome[PolicyState]]) -> Report:
        """Returns it with what was found in place of what was promised."""
        by_subject = {outcome.change.subject: outcome for outcome in outcomes}
        rows = tuple(_as_it_went(row, by_subject.get(row.subject)) for row in self.objects)
        return dataclasses.replace(self, objects=rows)

    def result(self) -> Mapping[str, object]:
        return {
            "objects": self.objects,
            "rolled_back": [row.subject for row in self.objects if row.outcome is Fate.ROLLED_BACK],
            "left_out": self.skipped,  # `skipped` in a result means to Ansible that the task was.
            "blast_radius": self.blast_radius,
            "consistency": self.consistency,
        }


def report(plan: Plan[PolicyState], outcomes: Sequence[Outcome[PolicyState]]) -> Mapping[str, object]:
    """Returns the plan's report as it turned out."""
    told: Report = plan.report["told"]
    return told.as_it_went(outcomes).result()


def _as_it_went(row: Row, outcome: Outcome[PolicyState] | None) -> Row:
    if outcome is None:
        return row
    after = row.before if outcome.status is Status.UNTOUCHED else outcome.found
    return dataclasses.replace(row, outcome=_FATES[outcome.status], after=after)
