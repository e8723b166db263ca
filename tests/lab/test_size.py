# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Size: an estate starts quickly, stays small, and is read faster than a client can parse it.

Measured with 2,000 VMs in a process of its own, in processor time; the limits are those for 10,000 VMs (10 s, 300 MB)
per VM, so that this test does not take a minute of everybody's time.
"""

from __future__ import annotations

import json
import pathlib
import resource
import subprocess
import sys
import time
import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim, vmodl
from vsphere_lab import exchange
from vsphere_lab.stub import session_cookie
from vsphere_lab.switches import DistributedSwitch

VMS = 2000
PC = vmodl.query.PropertyCollector
PATHS = ["name", "config.hardware.device", "guest.net", "runtime.powerState", "runtime.host", "network"]

KEYED = [f"config.hardware.device[{key}]" for key in range(4000, 4010)]


def measure() -> dict[str, float]:
    """Load the estate, read all vNICs twice, let pyVmomi parse the same; then read keyed devices and all ports."""
    started = time.process_time()
    small = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lab = vsphere_lab.load("estate", vms=VMS)
    loaded = time.process_time()
    si = lab.connect()
    collector, stub = si.content.propertyCollector, si._stub
    view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [vim.VirtualMachine], True)
    walk = PC.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    start = PC.ObjectSpec(obj=view, skip=True, selectSet=[walk])
    spec = PC.FilterSpec(objectSet=[start], propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=PATHS)])
    method: t.Any = PC.RetrievePropertiesEx
    request = stub.SerializeRequest(collector, method.info, [[spec], PC.RetrieveOptions()])
    times = []
    for _unused in range(2):
        begin = time.process_time()
        reply = exchange.answer(lab, request, stub.versionId, session_cookie(stub.cookie))
        times.append(time.process_time() - begin)
        assert reply.status == 200
    read_once = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    keyed = PC.FilterSpec(objectSet=[start], propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=KEYED)])
    request = stub.SerializeRequest(collector, method.info, [[keyed], PC.RetrieveOptions()])
    assert exchange.answer(lab, request, stub.versionId, session_cookie(stub.cookie)).status == 200
    ports = [_ports(lab), _ports(lab)]
    big = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.process_time()
    found = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions()).objects
    parsed = time.process_time() - begin - times[1]
    return {"load": loaded - started, "first": times[0], "warm": times[1], "parse": parsed, "found": len(found),
            "megabytes": read_once - small, "megabytes_more": big - read_once, "ports": ports[0][0],
            "ports_first": ports[0][1], "ports_warm": ports[1][1]}  # fmt: skip


def _ports(lab: vsphere_lab.Lab) -> tuple[int, float]:
    """Let the switch show all its ports; return how many, and the processor time."""
    (switch,) = lab.all(DistributedSwitch)
    begin = time.process_time()
    return len(switch.FetchDVPorts(None)), time.process_time() - begin


@pytest.fixture(scope="module")
def measured() -> dict[str, t.Any]:
    root = pathlib.Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, __file__],
        env={"PYTHONPATH": str(root / "lab")},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return dict(json.loads(done.stdout))


def test_it_is_all_there(measured: dict[str, t.Any]) -> None:
    assert measured["found"] == VMS


def test_it_starts_quickly(measured: dict[str, t.Any]) -> None:
    assert measured["load"] < 10 * VMS / 10_000 + 0.5, measured  # half a second for pyVmomi's types


def test_it_stays_small(measured: dict[str, t.Any]) -> None:
    assert measured["megabytes"] < 250 * VMS / 10_000 + 20, measured  # the interpreter and its types take the rest


def test_more_reads_stay_small(measured: dict[str, t.Any]) -> None:
    assert measured["megabytes_more"] < 50 * VMS / 10_000 + 5, measured


def test_ports_are_made_anew_only_when_they_changed(measured: dict[str, t.Any]) -> None:
    assert measured["ports"] > VMS
    assert measured["ports_first"] < 2 * VMS / 10_000 + 0.3, measured
    assert measured["ports_warm"] < measured["ports_first"] / 5, measured


def test_a_warm_read_is_much_faster_than_its_client(measured: dict[str, t.Any]) -> None:
    assert measured["warm"] < measured["parse"] / 5, measured


if __name__ == "__main__":
    print(json.dumps(measure()))
