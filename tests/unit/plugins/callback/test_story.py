# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story fits the terminal that it is read in."""

from __future__ import annotations

import pytest
from ansible_collections.macguard.vsphere.plugins.callback import story


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the callback prints on a terminal of 80 columns."""
    monkeypatch.setattr(story, "WIDTH", 78)
    lines: list[str] = []
    monkeypatch.setattr(story.CallbackModule, "_say", lambda _self, text, _colour=None: lines.extend(text.splitlines()))
    return lines


def test_prose_is_broken_between_words_and_stays_in_its_column(printed: list[str]) -> None:
    told = "    at the port of nested-esxi-01 (Network adapter 1) on portgroup Nested, vSwitch0, esx01.lab;"
    story.CallbackModule()._paragraph(told)
    assert [line for line in printed if len(line) > 78] == []
    assert " ".join(line.strip() for line in printed if line) == told.strip()
    assert {line[:7] for line in printed if line} == {"      a", "      v"}


def test_what_is_to_be_copied_stays_whole(printed: list[str]) -> None:
    command = "$ ansible-playbook -i inventory.yml macguard.vsphere.prepare_nested_esxi --check --diff -e prepare=yes"
    story.CallbackModule()._paragraph(command)
    assert f"  {command}" in printed
    path = f"restore_file=/{'x' * 90}"
    story.CallbackModule()._paragraph(f"To undo it: ansible-playbook macguard.vsphere.restore -e {path}")
    assert f"  {path}" in printed
