# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The plan as a value: what is, what was asked for, and the writes that lead from one to the other.

Check mode, --diff, `changed`, a role's preview and the tests all read the same plan, so they can't disagree.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .errors import MacguardError

State = t.TypeVar("State")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change(t.Generic[State]):
    """One object's part of a plan: its state now, the state promised, and the one write between (None: already so).

    `subject` names the object for people, such as "portgroup Nested on esx01.lab"; it is unique within a plan.
    """

    subject: str
    before: State
    after: State
    write: t.Any = None

    @property
    def needed(self) -> bool:
        return self.write is not None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan(t.Generic[State]):
    """All changes of one task, in the order in which they are written, and what else the result shall tell."""

    changes: tuple[Change[State], ...]
    report: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[Change[State], ...]:
        return tuple(change for change in self.changes if change.needed)


class Status(enum.Enum):
    """How one change ended."""

    APPLIED = "applied"
    """Written, read back, and as promised."""
    FAILED = "failed"
    """Not written, or written with another outcome than promised; the error says which."""
    UNTOUCHED = "untouched"
    """Not begun, because an earlier one failed."""
    ROLLED_BACK = "rolled_back"
    """Applied, and then taken back because another one failed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(t.Generic[State]):
    """What became of one needed change. `found` is the state that was read back, if it could be read."""

    change: Change[State]
    status: Status
    found: State | None = None
    error: MacguardError | None = None

    @property
    def touched(self) -> bool:
        """Whether this task may have left the object otherwise than it was.

        A failed write may have been done all the same, unless the read-back shows the object as it was, or the write
        was never begun. What wasn't answered in time may even be done after the read-back.
        """
        if self.status is Status.UNTOUCHED or (self.error is not None and not self.error.begun):
            return False
        return self.found != self.change.before or (self.error is not None and self.error.goes_on)
