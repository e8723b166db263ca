# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edit is blamed for: only what has happened since it began."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import collect

from .admin import Admin
from .conftest import Run


def test_of_an_edit_that_never_began_nothing_in_the_history_is_the_doing(run: Run) -> None:
    lab = vsphere_lab.load("drift")
    for _time in range(2):
        lab.door("unsafe_portgroup_change", vm="off-01", portgroup="dv-staging")
    lab.door("fault", method="CurrentTime", fault="NotSupported")
    result = run(lab, "vnic_mac_pin", vms=["off-01"])
    assert (result["failed"], result["changed"]) == (True, False)
    (failed,) = result["failed_changes"]
    assert [vnic["harm"] for vnic in failed["found"]] == [[]]


def test_without_a_latest_event_the_history_is_not_blamed_on_the_edit(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = vsphere_lab.load("drift")
    for _time in range(2):
        lab.door("unsafe_portgroup_change", vm="off-01", portgroup="dv-staging")
    lab.door("advance", hours=1)
    read = collect.of

    def less(session: t.Any, refs: t.Any, paths: t.Any, *rest: t.Any) -> Iterator[collect.Found]:
        return iter(()) if "latestEvent" in paths else read(session, refs, paths, *rest)

    monkeypatch.setattr(collect, "of", less)
    result = run(lab, "vnic_mac_pin", vms=["off-01"])
    assert not result.get("failed"), result["msg"]
    assert Admin(lab).one("off-01").type == "manual"
