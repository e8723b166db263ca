# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A portgroup whose distributed switch the account may not read."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import collect
from pyVmomi import vim

from .conftest import Run
from .estate import writes


def test_a_switch_that_cant_be_read_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read = collect.of

    def less(session: t.Any, refs: t.Any, paths: t.Any, *rest: t.Any) -> Iterator[collect.Found]:
        hidden = "config" in paths and any(isinstance(ref, vim.DistributedVirtualSwitch) for ref in refs)
        return (
            collect.Found(found.ref, {"name": found.properties["name"]} if hidden else found.properties)
            for found in read(session, refs, paths, *rest)
        )

    monkeypatch.setattr(collect, "of", less)
    lab = vsphere_lab.load("nested")
    result = run(lab, "portgroup_security", type="dvportgroup", names=["dv-nested"], forged_transmits="accept")
    assert result["failed"]
    assert "dv-nested of dvs-lab: its distributed switch can't be read" in result["msg"]
    assert writes(lab) == []
