# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of vNICs in one task, and many modules at once: memory and sessions stay bounded, and a limit is named."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import resource
import typing as t

import pytest
import vsphere_lab
from ansible.module_utils import basic
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import session
from ansible_collections.macguard.vsphere.plugins.modules import mac_drift_facts

from ...modules.conftest import Run, run

__all__ = ["run"]

VNICS = 5000
AT_ONCE = 50
LOGIN: dict[str, t.Any] = {"hostname": "127.0.0.1", "username": "administrator@vsphere.local", "password": "VMware1!"}


def estate(vms: int, nics: int) -> vsphere_lab.Lab:
    """A datacenter of many VMs that are off, on one portgroup."""
    cards = [{"portgroup": "dv-staging"}] * nics
    machines = [
        {"name": f"m-{number:04}", "host": "esx01.lab", "power": "poweredOff", "nics": cards} for number in range(vms)
    ]
    return vsphere_lab.load({"extends": "drift", "datacenters": [{"name": "DC1", "vms": machines}]})


def test_thousands_of_vnics_are_pinned_in_one_task(run: Run) -> None:
    lab = estate(VNICS // 10, 10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run(lab, "vnic_mac_pin", portgroup="dv-staging", on_refused="skip", parallel=100, max_failures=1)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert not result.get("failed"), result["msg"]
    outcomes = [vnic["outcome"] for vnic in result["vnics"]]
    assert outcomes.count("pinned") >= VNICS
    assert grown < 400
    assert lab.service("sessionManager").sessions == {}


def one_module(port: int, ca_path: str, sink: t.Any) -> None:
    """Runs a module as Ansible would, but in a fork of this process, which has imported everything."""
    arguments = {**LOGIN, "port": port, "ca_path": ca_path, "events": False, "request_timeout": 120}
    basic._load_params = lambda: arguments
    setattr(basic, "_ANSIBLE_PROFILE", "legacy")  # noqa: B010 (how Ansible 2.19 starts a module; 2.16 knows none)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        mac_drift_facts.main()
    result = json.loads(printed.getvalue())
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sink.send((bool(result.get("failed")), result.get("msg", ""), usage))


def many(server: t.Any, count: int) -> list[tuple[bool, str, float]]:
    forks = multiprocessing.get_context("fork")
    found = []
    pipes = []
    for _number in range(count):
        mine, its = forks.Pipe()
        process = forks.Process(target=one_module, args=(server.port, str(server.ca_file), its))
        process.start()
        its.close()
        pipes.append((mine, process))
    for mine, process in pipes:
        assert mine.poll(240), "no end"
        found.append(mine.recv())
        process.join()
    return found


def test_many_modules_at_once_leave_no_session() -> None:
    lab = vsphere_lab.load("drift")
    server = vsphere_lab.serve(lab)
    try:
        found = many(server, AT_ONCE)
    finally:
        server.stop()
    assert [message for failed, message, _megabytes in found if failed] == []
    assert max(megabytes for _failed, _message, megabytes in found) < 300
    assert lab.service("sessionManager").sessions == {}


def test_the_limit_of_sessions_is_named() -> None:
    lab = vsphere_lab.load("drift")
    lab.service("sessionManager").limit = 0
    server = vsphere_lab.serve(lab)
    options = session.Options(**LOGIN, port=server.port, ca_path=str(server.ca_file))
    try:
        with pytest.raises(Exception, match="has no session left"), session.open_session(options):
            pass
    finally:
        server.stop()
