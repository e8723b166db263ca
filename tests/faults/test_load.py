# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of vNICs in one task, and many modules at once: memory and sessions stay bounded."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import vsphere_lab

from .bench import ADMIN, PASSWORD, Forks, Running

VMS, VNICS_EACH = 500, 10
AT_ONCE = 50
PATIENCE = 600.0  # seconds within which all of it has to be done
Server = vsphere_lab.Server


def estate() -> vsphere_lab.Lab:
    """Many VMs that are off, on one portgroup."""
    cards = [{"portgroup": "dv-staging"}] * VNICS_EACH
    names = (f"m-{number:04}" for number in range(VMS))
    vms = [{"name": name, "host": "esx01.lab", "power": "poweredOff", "nics": cards} for name in names]
    datacenters = [{"name": "DC1", "vms": vms}]
    return vsphere_lab.load({"extends": "drift", "title": "Many vNICs", "datacenters": datacenters})


def started(forks: Forks, server: Server, module: str, **options: t.Any) -> Running:
    login = {"hostname": server.host, "port": server.port, "ca_path": server.ca_file}
    account = {"username": ADMIN, "password": PASSWORD, "request_timeout": 300}
    return forks.start(module, {**login, **account, **options}, patience=PATIENCE)


def megabytes(pid: int) -> int:
    """The most that a process has had in memory so far; 0 once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def most_megabytes(running: list[Running]) -> int:
    """Waits for the ends of all; returns what the largest has had in memory."""
    most, deadline = 0, time.monotonic() + PATIENCE
    while (now := max(megabytes(each.pid) for each in running)) and time.monotonic() < deadline:
        most = max(most, now)
        time.sleep(0.1)
    return most


def test_thousands_of_vnics_are_pinned_in_one_task(forks: Forks) -> None:
    lab = estate()
    server = vsphere_lab.serve(lab)
    try:
        running = started(forks, server, "vnic_mac_pin", portgroup="dv-staging", on_refused="skip", parallel=100)
        result = json.loads(running.output())
    finally:
        server.stop()
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["pinned"] >= VMS * VNICS_EACH
    assert lab.service("sessionManager").sessions == {}


def test_many_modules_at_once_leave_no_session(forks: Forks) -> None:
    lab = vsphere_lab.load("drift")
    server = vsphere_lab.serve(lab)
    try:
        running = [started(forks, server, "mac_drift_facts", events=False) for _unused in range(AT_ONCE)]
        most = most_megabytes(running)
        results = [json.loads(each.output()) for each in running]
    finally:
        server.stop()
    assert [result["msg"] for result in results if result.get("failed")] == []
    assert len({json.dumps(result["ansible_facts"]["mac_drift"]["counts"]) for result in results}) == 1
    assert most < 150
    assert lab.service("sessionManager").sessions == {}


def test_the_limit_of_sessions_is_named(forks: Forks) -> None:
    lab = vsphere_lab.load("drift")
    lab.service("sessionManager").limit = 0
    server = vsphere_lab.serve(lab)
    try:
        result = json.loads(started(forks, server, "mac_drift_facts").output())
    finally:
        server.stop()
    assert result["failed"]
    assert "has no session left" in result["msg"]
    assert "`retries`" in result["msg"]
