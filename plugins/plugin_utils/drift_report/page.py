# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The page: a template, its data, its style and its script in one file that asks for nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import pathlib
import typing as t
from collections import Counter
from collections.abc import Iterable

import jinja2

from .content import FLAGS, Entry, Facts, State, commands, policies, policy, state, switch
from .names import visible

_HERE = pathlib.Path(__file__).parent
_SCRIPTS = ("element.js", "timeline.js", "detail.js", "findings.js", "map.js", "start.js")
MOST_WITHOUT_SCRIPT = 500
"""Findings, the most urgent first, in the table that stands in for the interactive one."""


def page(facts: Facts) -> str:
    """Returns the report as HTML; the same for the same facts, to the byte."""
    shown = visible(facts)
    entries = sorted(shown["vnics"], key=_place)
    findings = [entry for entry in entries if state(entry).needs_attention]
    style, script = _asset("report.css"), "".join(_asset(name) for name in _SCRIPTS)
    html: str = _template().render(
        facts=shown,
        counts=_counts(shown, entries),
        states=State,
        findings=findings[:MOST_WITHOUT_SCRIPT],
        left_out=len(findings[MOST_WITHOUT_SCRIPT:]),
        policies=policies(entries),
        flags=FLAGS,
        state=state,
        switch=switch,
        policy=policy,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_in_script(_data(shown, entries)),
    )
    return html


def _place(entry: Entry) -> tuple[t.Any, ...]:
    return ([*State].index(state(entry)), entry["vm"], entry["moid"], entry["key"])


def _counts(facts: Facts, entries: Iterable[Entry]) -> dict[str, int]:
    """Returns how many vNICs are in each state, those that the facts only count included."""
    listed = Counter(state(entry).key for entry in entries)
    counts = {each.key: listed[each.key] for each in State}
    # Facts that list findings only don't say which of the others run.
    if facts["report"] != "all":
        counts["order"] = facts["counts"]["vnics"] - facts["counts"]["findings"]
    return counts


class _Words:
    """Texts by number: names and sentences recur thousands of times, and a page should be mailed."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


def _data(facts: Facts, entries: Iterable[Entry]) -> dict[str, t.Any]:
    """Returns what the script gets. Its file start.js unpacks the rows again, in the same order."""
    words = _Words()
    rows = [_row(entry, words) for entry in entries]
    return {
        "states": {each.key: each.value for each in State},
        "attention": [each.key for each in State if each.needs_attention],
        "window": facts["events"],
        "time": facts["server"]["time"],
        "complete": facts["report"] == "all",
        "rows": rows,
        "words": list(words.numbers),
    }


def _row(entry: Entry, words: _Words) -> list[t.Any]:
    names = [entry["vm"], entry["vnic"], entry["cluster"], entry["host"], switch(entry), entry["portgroup"]]
    rules = [words.number(text) for row in policy(entry) for text in row]
    row = [
        state(entry).key,
        entry["moid"],
        entry["configured_mac"],
        # Most are in order: only another MAC is worth its place.
        0 if entry["runtime_mac"] == entry["configured_mac"] else entry["runtime_mac"],
        entry["address_type"],
        rules,
    ]
    return [*map(words.number, names), *row, *([_story(entry, words)] if state(entry).needs_attention else [])]


def _story(entry: Entry, words: _Words) -> list[t.Any]:
    """Returns what is told of findings only."""
    risks = [[words.number(risk[name]) for name in ("risk", "explanation", "remedy")] for risk in entry["risks"]]
    events = [[event[name] for name in ("time", "kind", "user", "message", "macs")] for event in entry["events"]]
    return [
        words.number(entry["explanation"]),
        words.number(entry["remedy"]),
        risks,
        events,
        [[words.number(when), command] for when, command in commands(entry)],
        entry["candidates"],
        entry["rejected_on"],
        entry["certainty"],
        entry["source"],
    ]


def _in_script(data: t.Any) -> str:
    """Returns JSON that can't end the element that it stands in, nor begin a comment there."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@functools.cache
def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset("page.html.j2"))
