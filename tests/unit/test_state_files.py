# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in which a role writes down how it was: one of its own for each thing that it changes."""

from __future__ import annotations

import pathlib
import re

import jinja2
import pytest
import yaml
from ansible.plugins.filter.core import FilterModule

VARIABLES = pathlib.Path(__file__).resolve().parents[2] / "roles/prepare_nested_esxi_host/vars/main.yml"


def file_of(portgroup: str) -> str:
    """The path that the role's variable has for a portgroup."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters.update(FilterModule().filters())
    template = yaml.safe_load(VARIABLES.read_text())["__prepare_nested_esxi_host_file"]
    return environment.from_string(template).render(
        prepare_nested_esxi_host_state_dir="/state",
        __prepare_nested_esxi_host_where=["vc.example.com"],
        __prepare_nested_esxi_host_portgroups=[portgroup],
    )


def test_a_plain_name_is_found_again_by_people() -> None:
    assert file_of("dv-nested") == "/state/vc.example.com.dv-nested.prepare_nested_esxi.json"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Nested 1", "Nested_1"), ("\u5d4c\u5957", "\u751f\u4ea7"), ("a/b", "a b"), ("lab.1", "lab_1")],
)
def test_two_portgroups_never_share_a_file(one: str, other: str) -> None:
    assert file_of(one) != file_of(other)
    for name in (one, other):
        assert re.fullmatch(r"/state/[A-Za-z0-9_.-]+", file_of(name))
