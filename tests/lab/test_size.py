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

VMS = 2000
PC = vmodl.query.PropertyCollector
PATHS = ["name", "config.hardware.device", "guest.net", "runtime.powerState", "runtime.host", "network"]


def measure() -> dict[str, float]:
    """Load the estate, read all vNICs twice, and let pyVmomi parse the same."""
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
    big = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.process_time()
    found = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions()).objects
    parsed = time.process_time() - begin - times[1]
    return {"load": loaded - started, "first": times[0], "warm": times[1], "parse": parsed, "found": len(found),
            "megabytes": big - small}  # fmt: skip


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


def test_a_warm_read_is_much_faster_than_its_client(measured: dict[str, t.Any]) -> None:
    assert measured["warm"] < measured["parse"] / 5, measured


if __name__ == "__main__":
    print(json.dumps(measure()))
