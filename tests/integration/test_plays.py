# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every play in plays/ against a vCenter of its own: foretold by check mode, done, and done only once.

A play names its scenario in its first play: `vars: {lab_scenario: nested}`. What a play named *_refused tries must be
refused: it looks at the messages itself, and nothing may change.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from .conftest import HERE, Play, Played, StartLab

PLAYS = sorted((HERE / "plays").glob("*.yml"))
REFUSED = [path for path in PLAYS if path.stem.endswith("_refused")]
READING = [path for path in PLAYS if path.stem.endswith(("_facts", "_info"))]
WRITING = [path for path in PLAYS if path not in REFUSED + READING]


def scenario(path: pathlib.Path) -> str:
    name: str = yaml.safe_load(path.read_text())[0]["vars"]["lab_scenario"]
    return name


def changes(played: Played) -> list[tuple[str, bool, t.Any]]:
    """Which tasks changed something, and from what to what."""
    return [(task.name, task.changed, task.result.get("diff")) for task in played.tasks]


@pytest.mark.parametrize("path", WRITING, ids=lambda path: path.stem)
def test_check_mode_foretells_the_run_and_a_second_run_changes_nothing(
    path: pathlib.Path, start_lab: StartLab, play: Play
) -> None:
    lab = start_lab(scenario(path))
    foretold = play(lab, path, "--check", "--diff")
    done = play(lab, path, "--diff")
    again = play(lab, path, "--diff")
    assert done.changed, "the play changes nothing, so it shows nothing"
    # Had check mode written anything, the run after it would find less to change.
    assert changes(done) == changes(foretold)
    assert again.changed == []


@pytest.mark.parametrize("path", READING, ids=lambda path: path.stem)
def test_reading_changes_nothing(path: pathlib.Path, start_lab: StartLab, play: Play) -> None:
    lab = start_lab(scenario(path))
    assert play(lab, path).changed == []
    assert play(lab, path, "--check").changed == []


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_what_is_refused_changes_nothing(path: pathlib.Path, start_lab: StartLab, play: Play) -> None:
    played = play(start_lab(scenario(path)), path)
    assert [task.name for task in played.tasks if task.status == "ignored"], "the play tries nothing"
    assert played.changed == []
    assert "Traceback" not in played.output
