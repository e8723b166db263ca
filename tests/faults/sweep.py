# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run with one fault: what came of it, and everything about it that isn't as promised."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
import typing as t

from .bench import Bench
from .kinds import Kind
from .stories import Story
from .truth import Truth, differing, macs

Result = dict[str, t.Any]
SESSION_MINUTES = 31
"""vCenter ends a session after 30 minutes without a call."""


class Outcome(enum.Enum):
    """How a run ended."""

    REFUSED = "failed, nothing changed"
    PARTLY = "failed, what was changed is told"
    DONE = "done all the same"


@dataclasses.dataclass(frozen=True)
class Baseline:
    """A run that nothing disturbs: its calls, what was there before and after, and its result."""

    calls: tuple[str, ...]
    before: Truth
    wanted: Truth
    macs: dict[str, t.Any]
    result: Result


@dataclasses.dataclass(frozen=True)
class Trial:
    """What came of a run."""

    outcome: Outcome
    complaints: tuple[str, ...]
    after: Truth
    result: Result


def baseline(bench: Bench, story: Story) -> Baseline:
    """Records a good run, and sees that a second one has nothing left to do."""
    bench.reset()
    before, known = bench.truth(), macs(bench.lab)
    result = read(bench.run(story))
    assert not result.get("failed", not result), result
    calls, wanted = tuple(method for method, _moid in bench.lab.calls), bench.truth()
    assert macs(bench.lab) == known
    assert bool(story.writes) is result["changed"] is (before != wanted)
    assert bench.sessions() == 0
    assert not json.loads(bench.run(story))["changed"]
    return Baseline(calls, before, wanted, known, result)


def trial(bench: Bench, story: Story, good: Baseline, nth: int, kind: Kind) -> Trial:
    """Runs the module while the nth of its calls meets the fault."""
    bench.reset()
    bench.lab.switches.update(kind.switches)
    bench.lab.door("fault", nth=nth, **kind.rule)
    output = bench.run(story, **kind.options)
    bench.settle()
    bench.lab.door("faults_clear")
    after = bench.truth()
    result = read(output)
    complaints = [] if result else [f"no result but {output!r}"]
    if result:
        complaints += _message(story, good, good.calls[nth - 1], kind, result)
        complaints += _account(story, good, after, result)
    if macs(bench.lab) != good.macs:
        complaints.append("a MAC or a port was changed")
    complaints += _sessions(bench, good.calls[nth - 1], kind)
    told = f"{story.name}, call {nth} ({good.calls[nth - 1]}), {kind.name}"
    return Trial(_outcome(good, after, result), tuple(f"{told}: {each}" for each in complaints), after, result)


def key(state: Truth) -> t.Hashable:
    """Returns what tells whether two runs have left the same behind."""
    return tuple(sorted(state.items()))


def again(bench: Bench, story: Story, good: Baseline) -> list[str]:
    """Runs the module once more on what an interrupted run left behind; returns what is not as it should be then."""
    before = bench.truth()
    result = read(bench.run(story))
    if not result or result.get("failed"):
        return [f"the next run fails: {result.get('msg')}"]
    after, complaints = bench.truth(), []
    if after != good.wanted:
        complaints.append(f"the next run doesn't get there: {sorted(differing(after, good.wanted))}")
    if result["changed"] is (before == after):
        complaints.append("the next run says otherwise than it does")
    return complaints


def back(bench: Bench, story: Story, good: Baseline, broken: Trial) -> list[str]:
    """Gives the interrupted run's `restore` to the module, after all was done since; returns what isn't as before."""
    touched = differing(good.before, broken.after)
    result = read(bench.run(dataclasses.replace(story, options={"restore": broken.result["restore"]})))
    if not result or result.get("failed"):
        return [f"its restore fails: {result.get('msg')}"]
    now = bench.truth()
    return [
        f"its restore doesn't bring back {subject}: {set(good.before[subject]) ^ set(now[subject])}"
        for subject in sorted(touched)
        if now[subject] != good.before[subject]
    ]


def read(output: str) -> Result:
    """Returns the one JSON object that a module may print, and {} for anything else."""
    try:
        result = json.loads(output, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return {}
    if not isinstance(result, dict) or "exception" in result:
        return {}
    return {name: value for name, value in result.items() if name != "invocation"}


def _message(story: Story, good: Baseline, method: str, kind: Kind, result: Result) -> list[str]:
    """A failure has to say what failed, on what, and what went wrong there."""
    if not result.get("failed"):
        return []
    text = result["msg"]
    complaints = []
    if not re.search(r"Failed to (?!work with vSphere)|^127\.0\.0\.1:\d+ |^'\S+' may not log in", text):
        complaints.append(f"the message doesn't say what failed: {text}")
    if kind.named not in text:
        complaints.append(f"the message doesn't name {kind.named}: {text}")
    if method in story.writes and not any(subject in text for subject in differing(good.before, good.wanted)):
        complaints.append(f"the message names no object: {text}")
    if "Traceback" in text or "object at 0x" in text:
        complaints.append(f"the message shows the program's inside: {text}")
    return complaints


def _says_that_less_is_known(full: Result, less: Result) -> bool:
    """An audit goes on without the server's options, and without a refresh of the ports' state, and says so."""
    facts, fewer = (each.get("ansible_facts", {}).get("mac_drift", {}) for each in (full, less))
    scheme = fewer.get("mac_allocation") or ""
    if scheme.startswith("a scheme that can't be read (") and fewer["events"]["retention_days"] is None:
        told = {"mac_allocation": None, "events": None}
        return {**facts, **told} == {**fewer, **told}
    if any(vnic.get("freshness") == "cached" for vnic in fewer.get("vnics", ())):
        seen = [[vnic | {"freshness": None} for vnic in each["vnics"]] for each in (facts, fewer)]
        return {**facts, "vnics": seen[0]} == {**fewer, "vnics": seen[1]}
    return False


def _account(story: Story, good: Baseline, after: Truth, result: Result) -> list[str]:
    """What the result says was done has to be what was done."""
    changed = differing(good.before, after)
    if not story.writes:
        same = result.get("failed") or result == good.result or _says_that_less_is_known(good.result, result)
        return ["something was changed"] * bool(changed) + ["the result isn't that of a good run"] * (not same)
    applied, untouched = set(result.get("applied", ())), set(result.get("untouched", ()))
    failed = {each["subject"]: each for each in result.get("failed_changes", ())}
    unknown = {subject for subject, each in failed.items() if "not known" in each["msg"] or "goes on" in each["msg"]}
    half = {subject for subject in changed if after[subject] != good.wanted.get(subject)}
    checks = {
        "done, but told as not done": changed and not result["changed"],
        "not done, but told as done": result["changed"] and not changed and not unknown,
        f"applied isn't what was done: {sorted(applied)}": not applied <= changed,
        f"untouched, but changed: {sorted(untouched & changed)}": untouched & changed,
        f"changed without a word: {sorted(changed - applied - failed.keys())}": changed - applied - failed.keys(),
        f"half done: {sorted(half)}": half,
        f"told of neither: {sorted(good.result['applied'])}": failed
        and applied | untouched | failed.keys() != set(good.result["applied"]),
        "not failed, yet not all is done": not result.get("failed") and after != good.wanted,
        f"no way back for {sorted(changed)}": changed and not result.get("restore"),
    }
    return [text for text, applies in checks.items() if applies]


def _sessions(bench: Bench, method: str, kind: Kind) -> list[str]:
    """A session may stay only if its login or logout was what went wrong, or the server went away; then it expires."""
    left = bench.sessions()
    excused = method in ("Login", "Logout") or kind.rule.get("times") == 0
    if left > excused:
        return [f"{left} sessions are left open"]
    return ["a session is left that doesn't expire"] * bool(bench.sessions_after(SESSION_MINUTES))


def _outcome(good: Baseline, after: Truth, result: Result) -> Outcome:
    if not result.get("failed"):
        return Outcome.DONE
    return Outcome.PARTLY if differing(good.before, after) else Outcome.REFUSED
