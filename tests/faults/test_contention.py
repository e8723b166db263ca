# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at the same time, and another admin at work: no update is lost, and nothing is done without being told."""

from __future__ import annotations

import dataclasses
import random
import typing as t

import pytest
from vsphere_lab.sessions import principal

from . import sweep
from .bench import ADMIN, Bench
from .chronicle import Chronicle
from .conftest import EVERY, Pool
from .figures import Table
from .stories import STORIES, Story
from .truth import macs

SEEDS = range(20 if EVERY else 2)
WRITERS = [story for story in STORIES if story.writes]
STANDARD = ("UpdatePortGroup", "UpdateVirtualSwitch")
"""Calls that vCenter doesn't check against a version."""
SECOND = "second@vsphere.local"
OPPOSITE: dict[str, dict[str, t.Any]] = {
    "portgroup_security": {"forged_transmits": "reject", "mac_changes": "accept"},
    "vnic_mac_pin": {"mac": "keep", "state": "unpinned"},
    "vnic_portgroup": {"target": "dv-other"},
}
EDITS: dict[str, list[dict[str, t.Any]]] = {
    "UpdatePortGroup": [{"host": f"esx0{number}.lab", "portgroup": "Staging", "vlan": 151} for number in (1, 2)],
    "UpdateVirtualSwitch": [{"host": "esx01.lab", "portgroup": "Production", "vlan": 201}],
    "ReconfigureDVPortgroup_Task": [
        {"dvportgroup": "dv-staging", "description": "theirs"},
        {"dvportgroup": "dv-production", "mac_management": {"promiscuous_mode": "accept"}},
    ],
    "ReconfigureDvs_Task": [{"dvportgroup": "dv-staging", "description": "theirs"}],
    "ReconfigVM_Task": [
        {"vm": "web-01", "annotation": "theirs"},
        {"vm": "off-01", "annotation": "theirs"},
        {"vm": "web-01", "connected": False},
    ],
}
Result = dict[str, t.Any]


def account(result: Result, chronicle: Chronicle, user: str) -> list[str]:
    """Returns where a run's result is at odds with what the lab saw it do."""
    done = chronicle.of(principal(user)).keys()
    failed = {each["subject"] for each in result.get("failed_changes", ())}
    untouched = set(result.get("untouched", ()))
    checks = {
        "it gave no result": not result,
        f"done without a word: {sorted(done - failed - set(result.get('applied', ())))}": done
        - failed
        - set(result.get("applied", ())),
        f"told as not begun, but done: {sorted(untouched & done)}": untouched & done,
        "done, but told as not done": done and not result.get("changed"),
        "it failed without a word": result.get("failed") and not result.get("msg"),
    }
    return [f"{user}: {text}" for text, applies in checks.items() if applies]


def overwritten(chronicle: Chronicle, results: dict[str, Result]) -> list[str]:
    """Returns which objects both runs changed, though the later one planned with what was there before the earlier."""
    one, other = (chronicle.of(principal(user)).keys() for user in results)
    first, second = results.values()
    return [
        f"{subject} was overwritten"
        for subject in one & other
        if first["diff"]["before"].get(subject) == second["diff"]["before"].get(subject)
    ]


@pytest.mark.parametrize("wish", ["the same", "another thing"])
@pytest.mark.parametrize("story", WRITERS, ids=lambda story: story.name)
def test_two_runs_at_once(pool: Pool, contentions: Table, story: Story, wish: str) -> None:
    other = story if wish == "the same" else dataclasses.replace(story, options=story.options | OPPOSITE[story.module])
    (good,) = pool.map(sweep.baseline, [story])
    (theirs,) = pool.map(sweep.baseline, [other]) if wish != "the same" and story.module != "vnic_mac_pin" else (good,)

    def one(bench: Bench, seed: int) -> list[str]:
        dice = random.Random(seed)
        bench.reset()
        for _unused in range(5):
            bench.lab.script.add(nth=dice.randint(8, 60), delay=dice.uniform(0.01, 0.1))
        chronicle = Chronicle(bench.lab, story.writes)
        running = {ADMIN: bench.start(story), SECOND: bench.start(other, username=SECOND)}
        results = {user: sweep.read(each.output()) for user, each in running.items()}
        bench.settle()
        bench.lab.script.clear()
        chronicle.end()
        complaints = [text for user, result in results.items() for text in account(result, chronicle, user)]
        if story.writes[0] not in STANDARD:
            complaints += overwritten(chronicle, results)
        for subject, now in bench.truth().items():
            if now not in (good.before[subject], good.wanted[subject], theirs.wanted[subject]):
                complaints.append(f"{subject} is as nobody wanted it")
        if macs(bench.lab) != good.macs:
            complaints.append("a MAC or a port was changed")
        if bench.sessions():
            complaints.append("a session is left open")
        complaints += sweep.again(bench, story, good)
        return [f"{story.name}, seed {seed}: {text}" for text in complaints]

    assert [text for complaints in pool.map(one, SEEDS) for text in complaints] == []
    contentions.add(f"{story.name}: two runs, the second wants {wish}", len(SEEDS))


@pytest.mark.parametrize("story", WRITERS, ids=lambda story: story.name)
def test_another_admin_loses_nothing(pool: Pool, contentions: Table, story: Story) -> None:
    (good,) = pool.map(sweep.baseline, [story])
    (write,) = story.writes
    # After the login: each write and every third of the other calls has somebody beside it.
    begin = good.calls.index("Login") + 2
    tried = [
        nth for nth in range(begin, len(good.calls)) if EVERY or not nth % 3 or good.calls[nth - 1] in story.writes
    ]

    def one(bench: Bench, nth: int) -> list[str]:
        bench.reset()
        chronicle = Chronicle(bench.lab, story.writes)
        edit = EDITS[write][nth % len(EDITS[write])]
        bench.lab.script.add(nth=nth, run=lambda call: chronicle.edit("another", **edit))
        result = sweep.read(bench.run(story))
        bench.lab.script.clear()
        chronicle.end()
        complaints = account(result, chronicle, ADMIN)
        for subject, deeds in chronicle.of("another").items():
            for leaf in set(deeds[-1].after or ()) - set(deeds[-1].before or ()):
                # What nobody can prevent: between the last read and the write, on a switch without versions.
                if leaf not in bench.truth()[subject] and not (write in STANDARD and good.calls[nth - 1] == write):
                    complaints.append(f"the other admin's edit of {subject} is lost: {leaf}")
        return [f"{story.name}, an edit at call {nth} ({good.calls[nth - 1]}): {text}" for text in complaints]

    assert [text for complaints in pool.map(one, tried) for text in complaints] == []
    contentions.add(f"{story.name}: another admin's edit at one of the calls", len(tried))
