# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Carries a plan out in waves: side by side, then read back and compared with the promise before the next begins."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Iterator, Mapping, Sequence

from .._domain.errors import ConnectionFailed, MacguardError, TimedOut, Unintelligible, VerifyFailed
from .._domain.plan import Change, Outcome, Plan, State, Status
from .._vsphere import faults
from .result import as_result


class Writer(t.Protocol[State]):
    """What carries changes out. Only a gateway implements it; a planner never gets one."""

    def write(self, changes: Sequence[Change[State]]) -> Mapping[str, MacguardError]:
        """Does the writes side by side; returns the error of each subject that failed, and never raises for one."""

    def read_back(self, changes: Sequence[Change[State]]) -> Mapping[str, State]:
        """Reads the objects of these changes anew, in bulk; a subject that can't be read is absent."""


def carry_out(
    plan: Plan[State],
    writer: Writer[State],
    *,
    size: int,
    max_failures: int,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Outcome[State]]:
    """Returns one outcome per needed change, in the plan's order; stops when max_failures have failed.

    `tell` hears after each wave how far it has got.
    """
    outcomes: list[Outcome[State]] = []
    for wave in _waves(plan.needed, size):
        if sum(outcome.status is Status.FAILED for outcome in outcomes) >= max_failures:
            outcomes += [Outcome(change=change, status=Status.UNTOUCHED) for change in wave]
        else:
            outcomes += _one_wave(wave, writer)
            tell(_progress(outcomes, len(plan.needed)))
    return outcomes


def _progress(outcomes: Sequence[Outcome[State]], total: int) -> str:
    failed = sum(outcome.status is Status.FAILED for outcome in outcomes)
    return f"{len(outcomes)} of {total} changes carried out and read back, {failed} failed"


def roll_back(outcomes: Sequence[Outcome[State]], writer: Writer[State], *, size: int) -> list[Outcome[State]]:
    """Takes back what was written, last first; returns the outcomes as they are then.

    What was found otherwise than promised is left as it is: somebody else has had a hand in it.
    """
    written = [outcome for outcome in outcomes if outcome.touched and outcome.found in (outcome.change.after, None)]
    back = [dataclasses.replace(o.change, before=o.change.after, after=o.change.before) for o in reversed(written)]
    ends = carry_out(Plan(changes=tuple(back)), writer, size=size, max_failures=len(back) + 1)
    by_subject = {end.change.subject: end for end in ends}
    return [_taken_back(outcome, by_subject.get(outcome.change.subject)) for outcome in outcomes]


def _taken_back(outcome: Outcome[State], end: Outcome[State] | None) -> Outcome[State]:
    if end is None:
        return outcome
    if end.status is Status.APPLIED:
        status = Status.ROLLED_BACK if outcome.status is Status.APPLIED else Status.FAILED
        return dataclasses.replace(outcome, status=status, found=end.found)
    why = end.error.message if end.error else "unknown"
    error = VerifyFailed(f"{outcome.change.subject}: it was changed and could not be taken back: {why}")
    return dataclasses.replace(outcome, status=Status.FAILED, found=end.found, error=error)


def _waves(changes: Sequence[Change[State]], size: int) -> Iterator[Sequence[Change[State]]]:
    return (changes[start : start + size] for start in range(0, len(changes), size))


def _one_wave(wave: Sequence[Change[State]], writer: Writer[State]) -> list[Outcome[State]]:
    try:
        with faults.doing("carry out the changes"):
            errors = writer.write(wave)
    except MacguardError as exc:
        errors = {change.subject: exc for change in wave}
    try:
        with faults.doing("read the changes back"):
            found = writer.read_back(wave)
    except MacguardError as exc:
        return [_unread(change, errors.get(change.subject), exc) for change in wave]
    return [_judge(change, errors.get(change.subject), found.get(change.subject)) for change in wave]


_TELLS_NOTHING = (ConnectionFailed, TimedOut, Unintelligible)


def _judge(change: Change[State], error: MacguardError | None, found: State | None) -> Outcome[State]:
    # A lost answer says nothing about the work; what was read back does.
    if found == change.after and (error is None or isinstance(error, _TELLS_NOTHING)):
        return Outcome(change=change, status=Status.APPLIED, found=found)
    if error is None:
        error = VerifyFailed(
            f"{change.subject}: vSphere accepted the change, but what was read back isn't what was promised.",
            promised=as_result(change.after),
            found=as_result(found),
        )
    return Outcome(change=change, status=Status.FAILED, found=found, error=error)


def _unread(change: Change[State], error: MacguardError | None, why: MacguardError) -> Outcome[State]:
    """Without the read-back nobody knows whether the write was done, so it doesn't count as done."""
    if error is None:
        error = type(why)(f"{change.subject}: vSphere accepted the change. {why.message}", **why.details())
    if error.begun:
        told = f"{error.message} It could not be read back, so what became of it is not known."
        error = type(error)(told, **error.details())
    return Outcome(change=change, status=Status.FAILED, error=error)
