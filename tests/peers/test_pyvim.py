# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi's own helpers work on the lab: SmartConnect with a validated certificate, WaitForTask, sessions."""

from __future__ import annotations

import ssl
import typing as t

import pytest
from pyVim import connect, task
from pyVmomi import SoapAdapter, vim

from ..integration.conftest import ADMIN, Lab, StartLab
from .conftest import logged_in


@pytest.fixture
def lab(start_lab: StartLab) -> Lab:
    return start_lab("drift")


def vm_named(content: t.Any, name: str) -> t.Any:
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    return next(ref for ref in view.view if ref.name == name)


def test_smart_connect_negotiates_the_version_and_logs_in_and_out(lab: Lab) -> None:
    with logged_in(lab) as content:
        assert content.about.apiVersion == "8.0.3.0"
        assert content.rootFolder._stub.version == "vim.version.v8_0_3_0"
        mine = content.sessionManager.currentSession
        name, _at, domain = ADMIN["VMWARE_USER"].partition("@")
        assert mine.userName.lower() == f"{domain}\\{name}"  # vCenter shows users this way
    with logged_in(lab) as content:
        assert mine.key not in [session.key for session in content.sessionManager.sessionList]


def test_smart_connect_refuses_a_stranger_and_a_wrong_password(lab: Lab) -> None:
    access: dict[str, t.Any] = {"host": "127.0.0.1", "port": lab.port, "user": ADMIN["VMWARE_USER"]}
    with pytest.raises(ssl.SSLCertVerificationError):
        connect.SmartConnect(pwd=ADMIN["VMWARE_PASSWORD"], sslContext=ssl.create_default_context(), **access)
    trusted = ssl.create_default_context(cafile=lab.ca_file)
    with pytest.raises(vim.fault.InvalidLogin):
        connect.SmartConnect(pwd="wrong", sslContext=trusted, **access)


def test_a_session_cookie_serves_a_second_connection(lab: Lab) -> None:
    with logged_in(lab) as content:
        trusted = ssl.create_default_context(cafile=lab.ca_file)
        stub = SoapAdapter.SoapStubAdapter(
            host="127.0.0.1", port=lab.port, path="/sdk", version=content.rootFolder._stub.version, sslContext=trusted
        )
        stub.cookie = content.rootFolder._stub.cookie
        second: t.Any = vim.ServiceInstance("ServiceInstance", stub).content
        assert second.sessionManager.currentSession.key == content.sessionManager.currentSession.key


def test_wait_for_task_returns_at_the_end_and_raises_what_the_task_failed_with(lab: Lab) -> None:
    with logged_in(lab) as content:
        off = vm_named(content, "off-01")
        seen: list[t.Any] = []
        powering = off.PowerOnVM_Task()
        assert task.WaitForTask(powering, onProgressUpdate=lambda _task, progress: seen.append(progress)) == "success"
        assert off.runtime.powerState == "poweredOn"
        assert powering.info.entityName == "off-01"
        with pytest.raises(vim.fault.InvalidPowerState):
            task.WaitForTask(off.PowerOnVM_Task())
        both = [vm_named(content, name).PowerOffVM_Task() for name in ("web-01", "db-01")]
        task.WaitForTasks(both, si=vim.ServiceInstance("ServiceInstance", content.rootFolder._stub))
        assert [job.info.state for job in both] == ["success", "success"]
