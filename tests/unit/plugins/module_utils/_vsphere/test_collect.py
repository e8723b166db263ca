# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bulk reads of an inventory that others change meanwhile."""

from __future__ import annotations

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import ConnectionFailed, NotFound
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import collect, session
from pyVmomi import vim

ACCESS = session.Options(hostname="lab", username="administrator@vsphere.local", password="VMware1!")


@pytest.fixture
def opened() -> session.Session:
    return session.Session(vsphere_lab.load("drift").connect(), ACCESS)


def test_an_object_that_was_removed_since_is_absent(opened: session.Session) -> None:
    refs = [found.ref for found in collect.below(opened, vim.VirtualMachine, ["name"])]
    gone = [vim.VirtualMachine(name) for name in ("vm-4711", "vm-4712")]
    found = list(collect.of(opened, [gone[0], *refs, gone[1]], ["name"]))
    assert [item.ref._moId for item in found] == [ref._moId for ref in refs]


def test_all_may_have_been_removed(opened: session.Session) -> None:
    assert list(collect.of(opened, [vim.VirtualMachine("vm-4711")], ["name"])) == []
    assert list(collect.of(opened, [], ["name"])) == []


@pytest.mark.parametrize("answer", ["missing", "empty", "fault"])
@pytest.mark.parametrize("below", [True, False])
def test_a_session_that_has_ended_is_no_empty_inventory(answer: str, below: bool) -> None:
    """Whatever a server answers to a read without a session."""
    lab = vsphere_lab.load("drift", {"read_without_session": answer})
    opened = session.Session(lab.connect(), ACCESS)
    refs = [found.ref for found in collect.below(opened, vim.VirtualMachine, ["name"])]
    for each in list(lab.service("sessionManager").sessions.values()):
        lab.service("sessionManager").close(each)
    with pytest.raises(ConnectionFailed, match=r"Failed to (list|read).*NotAuthenticated.* The session has ended"):
        list(collect.below(opened, vim.VirtualMachine, ["name"]) if below else collect.of(opened, refs, ["name"]))


def test_what_is_missing_otherwise_is_an_error(opened: session.Session) -> None:
    with pytest.raises(NotFound):
        list(collect.below(opened, vim.VirtualMachine, ["name"], vim.Folder("group-4711")))
