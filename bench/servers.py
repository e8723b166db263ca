# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers to measure against: govmomi's stock vcsim, and this project's lab; each ends with its context."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
VCSIM = ROOT / ".cache/go/bin/vcsim"
ESTATE = ROOT / "bench/estate.yml"
PATIENCE = 900.0
Endpoint = dict[str, t.Any]


@contextlib.contextmanager
def vcsim(vms: int) -> Iterator[Endpoint]:
    """Stock vcsim: half of the VMs in its cluster, half on its standalone host; powered off, for that starts faster."""
    if not VCSIM.exists():
        raise SystemExit("There is no vcsim. `make govmomi` builds it; `--vcsim` without numbers goes without it.")
    command = [str(VCSIM), "-vm", str(vms // 2), "-autostart=false", "-api-version", "8.0.3.0"]
    account = {"username": "user", "password": "pass"}
    # It ends when its standard input does.
    process = subprocess.Popen(
        [*command, "-username", account["username"], "-password", account["password"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        told = json.loads(t.cast(t.IO[str], process.stdout).readline())
        yield {"hostname": "127.0.0.1", "port": int(told["port"]), "validate_certs": False, **account}
    finally:
        t.cast(t.IO[str], process.stdin).close()
        process.wait(30)


@contextlib.contextmanager
def lab(vms: int) -> Iterator[Endpoint]:
    """The lab's estate: 16 hosts, standard and distributed switches, one or two vNICs per VM, 1 % drift."""
    ready = ROOT / f".cache/bench-lab-{os.getpid()}.json"
    ready.unlink(missing_ok=True)
    scenario = ["--scenario", str(ESTATE), "--vms", str(vms)]
    process = subprocess.Popen(
        [sys.executable, "-m", "vsphere_lab", *scenario, "--port", "0", "--ready-file", str(ready)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lab")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield _endpoint(_told(ready, process))
    finally:
        process.terminate()
        process.wait(30)
        ready.unlink(missing_ok=True)


def _told(ready: pathlib.Path, process: subprocess.Popen[bytes]) -> dict[str, t.Any]:
    deadline = time.monotonic() + PATIENCE
    while not (ready.exists() and ready.read_text().strip()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the lab didn't start")
        time.sleep(0.2)
    told: dict[str, t.Any] = json.loads(ready.read_text())
    return told


def _endpoint(told: dict[str, t.Any]) -> Endpoint:
    account = {"username": "administrator@vsphere.local", "password": "VMware1!"}
    return {"hostname": told["host"], "port": told["port"], "validate_certs": False, **account}
