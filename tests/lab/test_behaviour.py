# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of rules: complete, honest about what is assumed, and the same as in the README."""

from __future__ import annotations

import pathlib

import pytest
from vsphere_lab import behaviour
from vsphere_lab.behaviour import RULES, SWITCHES, Status, Switch, UnknownSwitch, resolve

LAB = pathlib.Path(behaviour.__file__).parent


def test_every_rule_has_its_own_id_and_a_source() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert all(rule.says and rule.source for rule in RULES)


def test_what_is_assumed_is_a_switch_and_what_is_confirmed_is_not() -> None:
    for rule in RULES:
        assert (rule.switch is not None) == (rule.status is Status.ASSUMED), rule.id


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_every_switch_is_used_by_the_lab(name: str) -> None:
    code = "".join(path.read_text() for path in LAB.glob("*.py") if path.name != "behaviour.py")
    assert f'"{name}"' in code


def test_every_rule_that_the_code_names_exists() -> None:
    known = {rule.id for rule in RULES}
    for path in LAB.glob("*.py"):
        for line in path.read_text().splitlines():
            for word in line.partition("(rule ")[2].partition(")")[0].replace(",", " ").split():
                assert word in known, f"{path.name}: {word}"


def test_unanswered_switches_have_their_default() -> None:
    assert resolve() == {name: switch.default for name, switch in SWITCHES.items()}


def test_an_answer_replaces_the_default() -> None:
    chosen = resolve({"type_only_pin_on_running_vm": "refused"})
    assert chosen["type_only_pin_on_running_vm"] == "refused"


def test_an_unknown_switch_is_an_error_that_names_the_near_one() -> None:
    with pytest.raises(UnknownSwitch, match="did you mean 'duplicate_manual_mac'"):
        resolve({"duplicate_manual_macs": "kept"})


def test_an_unknown_value_is_an_error_that_names_the_values() -> None:
    with pytest.raises(UnknownSwitch, match="values: kept, replaced, refused"):
        resolve({"duplicate_manual_mac": "yes"})


def test_a_default_must_be_a_choice() -> None:
    with pytest.raises(ValueError, match="not among the choices"):
        Switch(default="a", choices={"b": "…"})


def test_the_readme_has_the_table_of_this_code() -> None:
    readme = (LAB.parent / "README.md").read_text(encoding="utf-8")
    assert behaviour.table() in readme, "run `PYTHONPATH=lab python -m vsphere_lab --rules` and paste its output"
