# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared options and their documentation say the same."""

from __future__ import annotations

import importlib

import pytest
import yaml
from ansible_collections.macguard.vsphere.plugins.module_utils._module import argspec

PIECES = {"vsphere": argspec.VSPHERE, "scope": argspec.SCOPE, "many": argspec.MANY}
SAID = ("type", "elements", "default", "required", "aliases", "choices")


@pytest.mark.parametrize("name", PIECES)
def test_the_fragment_documents_its_piece_word_for_word(name: str) -> None:
    fragment = importlib.import_module(f"ansible_collections.macguard.vsphere.plugins.doc_fragments.{name}")
    documented = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
    assert {option: {key: spec.get(key) for key in SAID} for option, spec in documented.items()} == {
        option: {key: spec.get(key) for key in SAID} for option, spec in PIECES[name].options.items()
    }


@pytest.mark.parametrize("option", [name for name, spec in argspec.VSPHERE.options.items() if "fallback" in spec])
def test_every_environment_variable_is_documented(option: str) -> None:
    from ansible_collections.macguard.vsphere.plugins.doc_fragments.vsphere import ModuleDocFragment

    variable = argspec.VSPHERE.options[option]["fallback"][1][0]
    text = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"][option]["description"]
    assert f"E({variable})" in " ".join(text)


def test_an_option_that_two_pieces_define_is_a_mistake_in_the_collection() -> None:
    with pytest.raises(ValueError, match="hostname"):
        argspec.VSPHERE.merge(argspec.ArgumentSpec(options={"hostname": {"type": "str"}}))
