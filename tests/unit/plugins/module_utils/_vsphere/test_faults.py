# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vSphere's faults say in our words, and whether they came before the work."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import (
    Conflict,
    ConnectionFailed,
    MacguardError,
    PermissionMissing,
    TimedOut,
    VsphereFault,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import faults
from pyVmomi import vim


def error(exc: Exception, *, writes: bool) -> MacguardError:
    with pytest.raises(MacguardError) as caught, faults.doing("edit VM a", writes=writes):
        raise exc
    return caught.value


def fault(name: str) -> t.Any:
    return getattr(vim.fault, name)(msg="no")


def test_an_ended_session_is_no_missing_privilege() -> None:
    """vSphere's NotAuthenticated is a kind of NoPermission."""
    ended = error(vim.fault.NotAuthenticated(privilegeId="System.View", msg="no"), writes=True)
    assert isinstance(ended, ConnectionFailed)
    assert "The session has ended; run again." in ended.message
    assert "privilege" not in ended.message
    assert isinstance(error(vim.fault.NoPermission(privilegeId="A.B", msg="no"), writes=True), PermissionMissing)


def test_only_a_refused_write_is_a_conflict() -> None:
    assert isinstance(error(fault("ConcurrentAccess"), writes=True), Conflict)
    read = error(fault("ConcurrentAccess"), writes=False)
    assert isinstance(read, VsphereFault)
    assert not isinstance(read, Conflict)


@pytest.mark.parametrize(
    ("name", "begun"),
    [("NotAuthenticated", False), ("NoPermission", False), ("ConcurrentAccess", False), ("HostConfigFault", True)],
)
def test_a_refused_write_was_never_begun(name: str, begun: bool) -> None:
    assert error(fault(name), writes=True).begun is begun
    assert error(fault(name), writes=False).begun


@pytest.mark.parametrize("lost", [ConnectionResetError("cut"), TimeoutError()])
def test_only_of_a_write_it_matters_whether_it_was_done(lost: Exception) -> None:
    assert "not known" in error(lost, writes=True).message
    assert "not known" not in error(lost, writes=False).message
    assert error(lost, writes=True).goes_on is isinstance(lost, TimeoutError)
    assert isinstance(error(TimeoutError(), writes=True), TimedOut)


def test_what_fails_before_the_write_says_so() -> None:
    with pytest.raises(ConnectionFailed) as caught, faults.before_writing(), faults.doing("read VMs"):
        raise ConnectionResetError("cut")
    assert not caught.value.begun
