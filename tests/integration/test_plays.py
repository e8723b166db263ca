# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every play in plays/, over HTTPS: foretold by check mode, done, and done only once.

A play's host is the scenario that it needs, with more behind a `_` if no other play may write there. All plays of a
kind share one run of ansible-playbook, in which each module is packed once. What a play named *_refused tries must be
refused: it looks at the messages itself, and nothing may change. tests/modules has all the refusals.
"""

from __future__ import annotations

import pathlib
import typing as t

import yaml

from .conftest import HERE, Hosts, Play, Played, StartLab

PLAYS = sorted((HERE / "plays").glob("*.yml"))
REFUSED = [path for path in PLAYS if path.stem.endswith("_refused")]
READING = [path for path in PLAYS if path.stem.endswith(("_facts", "_info"))]
WRITING = [path for path in PLAYS if path not in REFUSED + READING]


def first(path: pathlib.Path) -> dict[str, t.Any]:
    told: dict[str, t.Any] = yaml.safe_load(path.read_text())[0]
    return told


def hosts(start_lab: StartLab, paths: list[pathlib.Path]) -> Hosts:
    names = {first(path)["hosts"] for path in paths}
    return {name: (start_lab(name.partition("_")[0]), {}) for name in names}


def play_all(play: Play, where: Hosts, paths: list[pathlib.Path], *arguments: str) -> Played:
    begin, *others = map(str, paths)
    return play(where, begin, *others, *arguments)


def changes(played: Played) -> list[tuple[str, bool, t.Any]]:
    """Which tasks changed something, and from what to what."""
    return [(task.name, task.changed, task.result.get("diff")) for task in played.tasks]


def test_check_mode_foretells_the_run_and_a_second_run_changes_nothing(start_lab: StartLab, play: Play) -> None:
    where = hosts(start_lab, WRITING)
    foretold = play_all(play, where, WRITING, "--check", "--diff")
    done = play_all(play, where, WRITING, "--diff")
    again = play_all(play, where, WRITING, "--diff")
    changed = {task.play for task in done.tasks if task.changed}
    assert changed == {first(path)["name"] for path in WRITING}, "a play that changes nothing shows nothing"
    # Had check mode written anything, the run after it would find less to change.
    assert changes(done) == changes(foretold)
    assert again.changed == []


def test_reading_changes_nothing(start_lab: StartLab, play: Play) -> None:
    where = hosts(start_lab, READING)
    # In check mode only: the roles, the playbooks and the demo read without it.
    assert play_all(play, where, READING, "--check").changed == []


def test_what_is_refused_changes_nothing(start_lab: StartLab, play: Play) -> None:
    played = play_all(play, hosts(start_lab, REFUSED), REFUSED)
    tried = {task.play for task in played.tasks if task.status == "ignored"}
    assert tried == {first(path)["name"] for path in REFUSED}, "a play tries nothing"
    assert played.changed == []
    assert "Traceback" not in played.output
