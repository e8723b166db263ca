# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's process is killed (kill -9) at each of its API calls: the next run finds what it left, and finishes it."""

from __future__ import annotations

import enum
import os
import queue
import signal
import threading
import typing as t

import pytest
from vsphere_lab.faults import Cut, Rule

from . import sweep
from .bench import PATIENCE, Bench
from .conftest import EVERY, Pool
from .figures import Table
from .stories import STORIES, Story
from .sweep import SESSION_MINUTES, Baseline
from .truth import differing, macs


class Moment(enum.Enum):
    """When the process dies."""

    BEFORE = "before the server has done the work"
    AFTER = "after the server has done the work"


class Kill(Rule):
    """The process that makes the nth call is killed then; `victim` takes its id."""

    def __init__(self, nth: int, moment: Moment) -> None:
        super().__init__(nth=nth)
        self.moment = moment
        self.victim: queue.SimpleQueue[int] = queue.SimpleQueue()

    def before(self, call: t.Any) -> None:
        if self.moment is Moment.BEFORE:
            self._strike()

    def after(self, call: t.Any, result: t.Any) -> None:
        self._strike()

    def _strike(self) -> None:
        os.kill(self.victim.get(timeout=PATIENCE), signal.SIGKILL)
        raise Cut


def killed(bench: Bench, story: Story, good: Baseline, nth: int, moment: Moment) -> list[str]:
    """Kills a run; returns what isn't as it should be then."""
    bench.reset()
    rule = Kill(nth, moment)
    bench.lab.script.rules.append(rule)
    running = bench.start(story)
    rule.victim.put(running.pid)
    output = running.output()
    bench.settle()
    bench.lab.door("faults_clear")
    after = bench.truth()
    half = sorted(subject for subject in differing(good.before, after) if after[subject] != good.wanted[subject])
    checks = {
        f"it lived on and said {output!r}": output,
        f"half done: {half}": half,
        "a MAC or a port was changed": macs(bench.lab) != good.macs,
        "it leaves more than its own session": bench.sessions() > 1,
        "its session doesn't expire": bench.sessions_after(SESSION_MINUTES),
    }
    told = f"{story.name}, killed at call {nth} ({good.calls[nth - 1]}) {moment.value}"
    return [f"{told}: {text}" for text, applies in checks.items() if applies]


def cases(calls: t.Sequence[str], writes: t.Collection[str]) -> t.Iterator[tuple[int, Moment]]:
    """Yields the calls at which a run is killed: a write at both moments, a read, which changes nothing, at one.

    Before the first write one call is like the other: the login stands for them, and then each fourth.
    """
    first = next((nth for nth, method in enumerate(calls, 1) if method in writes), len(calls))
    for nth, method in enumerate(calls, 1):
        for index, moment in enumerate(Moment):
            in_turn = nth % len(Moment) == index and (EVERY or nth >= first - 1 or not nth % 4)
            if in_turn or method in writes or method == "Login":
                yield nth, moment


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_killed_run_is_finished_by_the_next(pool: Pool, kills: Table, story: Story) -> None:
    (good,) = pool.map(sweep.baseline, [story])
    tried = list(cases(good.calls, story.writes))
    seen: set[t.Hashable] = set()
    lock = threading.Lock()

    def one(bench: Bench, case: tuple[int, Moment]) -> tuple[bool, list[str]]:
        complaints = killed(bench, story, good, *case)
        state = bench.truth()
        with lock:
            known = sweep.key(state) in seen
            seen.add(sweep.key(state))
        return state != good.before, complaints if known else complaints + sweep.again(bench, story, good)

    done = pool.map(one, tried)
    assert [text for _changed, complaints in done for text in complaints] == []
    changed = sum(changed for changed, _complaints in done)
    kills.add(story.name, len(tried), len(tried) - changed, changed, len(seen))
