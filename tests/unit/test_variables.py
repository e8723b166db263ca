# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks and roles run in somebody else's play: every variable that they set begins with their own name."""

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Iterator

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/meta"))
# What Ansible looks for under this name, and what a playbook sets for the role that it is about.
GIVEN = {"ansible_python_interpreter", "pin_static_macs_connection", "prepare_nested_esxi_host_connection"}
# Files in playbooks/tasks belong to the playbook that their name begins with.
OWNERS = {"audit": "audit_mac_drift", "canary": "canary", "demo": "demo", "sum": "sum_up"}


def variables(content: t.Any) -> Iterator[str]:
    """Every variable that is set anywhere in it."""
    if isinstance(content, list):
        for item in content:
            yield from variables(item)
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key in ("vars", "ansible.builtin.set_fact"):
            yield from (name for name in value if name != "cacheable")
        elif key in ("register", "loop_var", "index_var"):
            yield value
        yield from variables(value)


def foreign(path: pathlib.Path, *prefixes: str) -> set[str]:
    names = set(variables(yaml.safe_load(path.read_text())))
    return {name for name in names - GIVEN if not name.startswith(prefixes)}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_playbook_sets_only_variables_of_its_own(path: pathlib.Path) -> None:
    # sum_up.yml is a part that some of them share; the demo plays with the roles' options.
    assert foreign(path, f"{path.stem}_", "sum_up_") == set()


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks/tasks").glob("*.yml")), ids=lambda path: path.stem)
def test_part_of_a_playbook_sets_only_variables_of_that(path: pathlib.Path) -> None:
    assert foreign(path, f"{OWNERS[path.stem.partition('_')[0]]}_") == set()


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_role_sets_only_variables_of_its_own(role: pathlib.Path) -> None:
    files = sorted(role.glob("tasks/*.yml"))
    assert len(files) > 5
    prefixes = (f"{role.name}_", f"__{role.name}_")
    assert {path.name: found for path in files if (found := foreign(path, *prefixes))} == {}
    for name in ("defaults", "vars"):
        settings = yaml.safe_load((role / name / "main.yml").read_text())
        assert [key for key in settings if not key.startswith(prefixes)] == []
