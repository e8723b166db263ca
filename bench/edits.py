# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a move and a pin of every VM in one task, beside a loop of community.vmware's module; prints a table.

Stock vcsim, half of its VMs in a cluster; each contender is a process of its own, imports and login included. The loop
is measured over its first VMs and told per VM, since it takes the better part of an hour for all.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import ssl
import subprocess
import sys
import time
import typing as t

from contenders import PEERS, Traffic, mount, options_of, run_module
from pyVim import connect
from pyVmomi import vim
from servers import VCSIM, Endpoint

HERE = pathlib.Path(__file__).resolve()
OURS = "ansible_collections.macguard.vsphere.plugins.modules."
THEIRS = "ansible_collections.community.vmware.plugins.modules.vmware_guest_network"
TARGETS = ("DC0_DVPG1", "DC0_DVPG0")


def work(module: str, endpoint: Endpoint, **wish: t.Any) -> dict[str, t.Any]:
    """Runs a contender in a process of its own; returns its result with wall clock and calls."""
    begin = time.monotonic()
    command = [sys.executable, str(HERE), "--work", module, json.dumps({**options_of(endpoint), **wish})]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, t.Any] = json.loads(answer.stdout.splitlines()[-1])
    return {**result, "wall": time.monotonic() - begin}


def worker(name: str, options: dict[str, t.Any]) -> None:
    traffic = Traffic()
    mount()
    result = run_module(name, options)
    kept = {key: result[key] for key in ("changed", "summary") if key in result}
    print(json.dumps({**kept, "calls": traffic.calls}))


def start(vms: int) -> tuple[subprocess.Popen[str], Endpoint]:
    """Starts vcsim with two distributed portgroups; it ends when its standard input does."""
    command = [str(VCSIM), "-vm", str(vms // 2), "-pg", "2", "-autostart=false", "-api-version", "8.0.3.0"]
    process = subprocess.Popen(
        [*command, "-username", "user", "-password", "pass"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    told = json.loads(t.cast(t.IO[str], process.stdout).readline())
    account = {"username": "user", "password": "pass"}
    return process, {"hostname": "127.0.0.1", "port": int(told["port"]), "validate_certs": False, **account}


def grow(endpoint: Endpoint) -> None:
    """Lets the portgroups make ports as needed: stock ones have a single port, which is no place to move to."""
    tls = ssl._create_unverified_context()
    instance = connect.SmartConnect(
        host=endpoint["hostname"], port=endpoint["port"], user="user", pwd="pass", sslContext=tls
    )
    content = instance.RetrieveContent()
    view = content.viewManager.CreateContainerView(
        content.rootFolder, [vim.dvs.DistributedVirtualPortgroup], recursive=True
    )
    for group in [group for group in view.view if group.name in TARGETS]:
        group.ReconfigureDVPortgroup_Task(
            vim.dvs.DistributedVirtualPortgroup.ConfigSpec(name=group.name, autoExpand=True, type="earlyBinding")
        )
    connect.Disconnect(instance)


def compared(endpoint: Endpoint, vms: int, sample: int, parallel: int) -> list[list[str]]:
    # vcsim makes several VMs with the same MAC, which the modules refuse to touch.
    everything = {"datacenter": "DC0", "parallel": parallel, "on_refused": "skip"}
    move = work(OURS + "vnic_portgroup", endpoint, **everything, target=TARGETS[0], require_pinned=False)
    pin = work(OURS + "vnic_mac_pin", endpoint, **everything, allow_reserved_range=True)
    again = work(OURS + "vnic_portgroup", endpoint, **everything, target=TARGETS[0])
    loop = [
        work(THEIRS, endpoint, datacenter="DC0", name=name, label="ethernet-0", network_name=TARGETS[1], switch="DVS0")
        for name in (f"DC0_C0_RP0_VM{number}" for number in range(sample))
    ]
    done = move["summary"]["moved"]
    assert done > 0.8 * vms, move
    assert pin["summary"]["pinned"] == again["summary"]["already"] == done, (pin, again)
    assert all(each["changed"] for each in loop), loop
    per_vm, calls = (sum(each[key] for each in loop) / sample for key in ("wall", "calls"))
    ours = [
        [name, f"{r['wall']:.1f}", f"{r['calls']}", f"{r['calls'] / done:.2f}", f"{per_vm * done / r['wall']:.0f} x"]
        for name, r in (("vnic_portgroup", move), ("vnic_mac_pin", pin), ("vnic_portgroup again", again))
    ]
    theirs = ["vmware_guest_network, looped", f"{per_vm * done:.0f}", f"{calls * done:.0f}", f"{calls:.0f}", "1 x"]
    return [[f"{name} ({done} VMs)", *figures] for name, *figures in (*ours, theirs)]


def main() -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", nargs=2, metavar=("MODULE", "OPTIONS"), help=argparse.SUPPRESS)
    parser.add_argument("--vms", type=int, default=500)
    parser.add_argument("--sample", type=int, default=10, help="how many VMs the loop is measured over")
    parser.add_argument("--parallel", type=int, default=8)
    options = parser.parse_args()
    if options.work:
        worker(options.work[0], json.loads(options.work[1]))
        return
    if not PEERS.exists():
        parser.error("`make peers` fetches what to compare with")
    process, endpoint = start(options.vms)
    try:
        grow(endpoint)
        rows = compared(endpoint, options.vms, options.sample, options.parallel)
    finally:
        t.cast(t.IO[str], process.stdin).close()
        process.wait(30)
    print(f"| {options.vms} VMs, vcsim | wall s | calls | calls per VM | as quick |\n|---|---:|---:|---:|---:|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
