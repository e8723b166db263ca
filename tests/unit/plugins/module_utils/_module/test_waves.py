# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as applied, failed and untouched when a plan is carried out."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import (
    Conflict,
    ConnectionFailed,
    MacguardError,
    Refused,
    TimedOut,
    VerifyFailed,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.plan import Change, Outcome, Plan, Status
from ansible_collections.macguard.vsphere.plugins.module_utils._module.waves import carry_out, roll_back


class Shelf:
    """A writer over a dictionary, with the accidents that a test asks for."""

    def __init__(self, values: dict[str, int]) -> None:
        self.values = values
        self.refuses: set[str] = set()
        self.forgets: set[str] = set()
        self.unreadable = False
        self.loses_answers = False
        self.waves: list[list[str]] = []

    def write(self, changes: Sequence[Change[int]]) -> Mapping[str, MacguardError]:
        self.waves.append([change.subject for change in changes])
        for change in changes:
            if change.subject not in self.refuses | self.forgets:
                self.values[change.subject] = change.after
        if self.loses_answers:
            return {change.subject: ConnectionFailed("cut") for change in changes}
        return {change.subject: Refused("no") for change in changes if change.subject in self.refuses}

    def read_back(self, changes: Sequence[Change[int]]) -> Mapping[str, int]:
        if self.unreadable:
            raise ConnectionFailed("gone")
        return {change.subject: self.values[change.subject] for change in changes}


def plan(*subjects: str) -> Plan[int]:
    return Plan(changes=tuple(Change(subject=name, before=0, after=1, write=name) for name in subjects))


def run(shelf: Shelf, size: int = 2, max_failures: int = 1) -> dict[str, Status]:
    outcomes = carry_out(plan(*shelf.values), shelf, size=size, max_failures=max_failures)
    return {outcome.change.subject: outcome.status for outcome in outcomes}


def test_all_is_applied_in_waves_of_the_given_size() -> None:
    shelf = Shelf(dict.fromkeys("abcde", 0))
    assert set(run(shelf).values()) == {Status.APPLIED}
    assert shelf.waves == [["a", "b"], ["c", "d"], ["e"]]


def test_each_wave_is_told_of() -> None:
    shelf = Shelf(dict.fromkeys("abcde", 0))
    shelf.refuses = {"c"}
    told: list[str] = []
    carry_out(plan(*"abcde"), shelf, size=2, max_failures=1, tell=told.append)
    assert told == [
        "2 of 5 changes carried out and read back, 0 failed",
        "4 of 5 changes carried out and read back, 1 failed",
    ]


def test_a_change_that_needs_no_write_is_not_written() -> None:
    done = Plan(changes=(Change(subject="a", before=1, after=1),))
    assert carry_out(done, t.cast(t.Any, None), size=2, max_failures=1) == []


def test_a_failure_ends_its_wave_and_leaves_the_rest_untouched() -> None:
    shelf = Shelf(dict.fromkeys("abcde", 0))
    shelf.refuses = {"b"}
    assert run(shelf) == {
        "a": Status.APPLIED,
        "b": Status.FAILED,
        "c": Status.UNTOUCHED,
        "d": Status.UNTOUCHED,
        "e": Status.UNTOUCHED,
    }
    assert shelf.values == {"a": 1, "b": 0, "c": 0, "d": 0, "e": 0}


@pytest.mark.parametrize("accident", [ConnectionFailed("cut"), KeyError("a bug of ours")])
def test_a_write_that_ends_in_an_error_is_still_told_of(accident: Exception) -> None:
    class Breaking(Shelf):
        def write(self, changes: Sequence[Change[int]]) -> Mapping[str, MacguardError]:
            self.values[changes[0].subject] = changes[0].after
            raise accident

    # What was read back tells what was done; nothing else is begun.
    assert run(Breaking(dict.fromkeys("abc", 0))) == {"a": Status.APPLIED, "b": Status.FAILED, "c": Status.UNTOUCHED}


def test_more_failures_may_be_allowed() -> None:
    shelf = Shelf(dict.fromkeys("abcde", 0))
    shelf.refuses = {"a", "c"}
    assert [status.value for status in run(shelf, max_failures=2).values()] == [
        "failed",
        "applied",
        "failed",
        "applied",
        "untouched",
    ]


def test_a_write_that_was_accepted_but_not_done_is_a_failure() -> None:
    shelf = Shelf({"a": 0})
    shelf.forgets = {"a"}
    (outcome,) = carry_out(plan("a"), shelf, size=1, max_failures=1)
    assert outcome.status is Status.FAILED
    assert isinstance(outcome.error, VerifyFailed)
    assert outcome.error.details() == {"promised": 1, "found": 0, "error": "verify_failed"}


def test_what_cannot_be_read_back_does_not_count_as_done() -> None:
    shelf = Shelf({"a": 0})
    shelf.unreadable = True
    (outcome,) = carry_out(plan("a"), shelf, size=1, max_failures=1)
    assert outcome.status is Status.FAILED
    assert isinstance(outcome.error, ConnectionFailed)


@pytest.mark.parametrize(("forgets", "status"), [(set(), Status.APPLIED), ({"a"}, Status.FAILED)])
def test_after_a_lost_answer_the_read_back_decides(forgets: set[str], status: Status) -> None:
    shelf = Shelf({"a": 0})
    shelf.loses_answers, shelf.forgets = True, forgets
    assert run(shelf) == {"a": status}


@pytest.mark.parametrize("size", [1, 3, 100])
def test_every_needed_change_has_exactly_one_outcome(size: int) -> None:
    shelf = Shelf(dict.fromkeys("abcdefg", 0))
    shelf.refuses = {"d"}
    assert list(run(shelf, size=size)) == list("abcdefg")


def rolled_back(shelf: Shelf, *failing: str) -> dict[str, Outcome[int]]:
    """Carries out a plan in which some are refused, and takes it back."""
    shelf.refuses = set(failing)
    outcomes = carry_out(plan(*shelf.values), shelf, size=2, max_failures=1)
    shelf.refuses = set()
    return {outcome.change.subject: outcome for outcome in roll_back(outcomes, shelf, size=2)}


def test_rolling_back_takes_back_what_was_applied_last_first() -> None:
    shelf = Shelf(dict.fromkeys("abcdef", 0))
    ends = rolled_back(shelf, "d")
    assert shelf.values == dict.fromkeys("abcdef", 0)
    assert shelf.waves == [["a", "b"], ["c", "d"], ["c", "b"], ["a"]]
    assert [ends[name].status.value for name in "abcdef"] == ["rolled_back"] * 3 + ["failed"] + ["untouched"] * 2
    assert not any(end.touched for end in ends.values())


def test_what_cannot_be_taken_back_has_failed() -> None:
    shelf = Shelf(dict.fromkeys("ab", 0))
    shelf.refuses = {"b"}
    outcomes = carry_out(plan("a", "b"), shelf, size=2, max_failures=1)
    shelf.refuses = {"a"}
    first, second = roll_back(outcomes, shelf, size=2)
    assert (first.status, first.found, first.touched) == (Status.FAILED, 1, True)
    assert first.error is not None
    assert "could not be taken back" in first.error.message
    assert (second.status, second.touched) == (Status.FAILED, False)


def test_what_somebody_else_made_of_it_is_left() -> None:
    shelf = Shelf({"a": 0})
    change = plan("a").changes[0]
    theirs = Outcome(change=change, status=Status.FAILED, found=7, error=VerifyFailed("not as promised"))
    assert roll_back([theirs], shelf, size=1) == [theirs]
    assert shelf.waves == []


def test_what_became_of_an_unread_write_is_told_as_not_known() -> None:
    shelf = Shelf({"a": 0, "b": 0})
    shelf.unreadable, shelf.refuses = True, {"b"}
    accepted, refused = carry_out(plan("a", "b"), shelf, size=2, max_failures=1)
    for outcome in (accepted, refused):
        assert outcome.touched
        assert outcome.error is not None
        assert "what became of it is not known" in outcome.error.message
    assert accepted.error is not None
    assert accepted.error.message.startswith("a: vSphere accepted the change.")


def test_a_write_that_was_never_begun_has_touched_nothing_though_nobody_can_look() -> None:
    unbegun = ConnectionFailed("the session has ended")
    unbegun.begun = False
    change = plan("a").changes[0]
    assert not Outcome(change=change, status=Status.FAILED, error=unbegun).touched
    assert Outcome(change=change, status=Status.FAILED, error=ConnectionFailed("cut")).touched


def test_what_wasnt_answered_in_time_may_be_done_after_the_read_back() -> None:
    change = plan("a").changes[0]
    assert Outcome(change=change, status=Status.FAILED, found=0, error=TimedOut("late")).touched
    assert not Outcome(change=change, status=Status.FAILED, found=0, error=ConnectionFailed("cut")).touched


def test_write_that_somebody_else_forestalled_has_touched_nothing() -> None:
    change = plan("a").changes[0]
    assert not Outcome(change=change, status=Status.FAILED, found=7, error=Conflict("theirs")).touched
    assert Outcome(change=change, status=Status.FAILED, found=None, error=ConnectionFailed("cut")).touched
