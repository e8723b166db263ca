# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name that hits nothing or too much explains itself."""

from __future__ import annotations

from ansible_collections.macguard.vsphere.plugins.module_utils._domain import errors


def test_a_typo_names_its_neighbours() -> None:
    error = errors.not_found("portgroup", "Productoin", ["Production", "Nested", "VM Network"], where="on esx01.lab")
    assert error.message.startswith("There is no portgroup named 'Productoin' on esx01.lab.")
    assert "Near names: Production." in error.message
    assert error.details() == {"candidates": ["Production"], "error": "not_found"}


def test_a_name_like_no_other_lists_what_there_is() -> None:
    error = errors.not_found("VM", "zzz", [f"web-{n:02}" for n in range(12)])
    assert "Known there: web-00, " in error.message
    assert "and 2 more." in error.message


def test_an_empty_place_says_so() -> None:
    assert "can't see any" in errors.not_found("host", "esx01", []).message


def test_an_ambiguous_name_lists_the_candidates_and_the_way_out() -> None:
    error = errors.ambiguous("VM", "web", ["DC2/vm/web", "DC1/vm/web"], use="Give the inventory path.")
    assert error.message == "'web' is the name of 2 VMs: DC1/vm/web, DC2/vm/web. Give the inventory path."
