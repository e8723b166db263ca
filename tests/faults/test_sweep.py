# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every API call of every module goes wrong once in each way: nothing is lost, and there is always an answer."""

from __future__ import annotations

import collections
import threading

import pytest

from . import sweep
from .bench import Bench
from .conftest import EVERY, Pool
from .figures import Table
from .kinds import Kind, cases
from .stories import STORIES, Story
from .sweep import Outcome, Trial


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_fault_loses_nothing_and_gets_an_answer(pool: Pool, sweeps: Table, story: Story) -> None:
    (good,) = pool.map(sweep.baseline, [story])
    tried = cases(good.calls, story.writes, STORIES.index(story), every=EVERY)
    seen: set[object] = set()
    lock = threading.Lock()

    def one(bench: Bench, case: tuple[int, Kind]) -> tuple[Trial, list[str]]:
        trial = sweep.trial(bench, story, good, *case)
        with lock:
            known = sweep.key(trial.after) in seen
            seen.add(sweep.key(trial.after))
        complaints = list(trial.complaints)
        if not known:
            complaints += sweep.again(bench, story, good)
        if not known and trial.outcome is Outcome.PARTLY:
            complaints += sweep.back(bench, story, good, trial)
        return trial, complaints

    done = pool.map(one, tried)
    assert [text for _trial, complaints in done for text in complaints] == []
    count = collections.Counter(trial.outcome for trial, _complaints in done)
    sweeps.add(story.name, len(good.calls), len(tried), *(count[outcome] for outcome in Outcome), len(seen))
