# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that run a module, forked from one that has the imports behind it: `python forks.py FD`.

A byte on the socket FD brings the socket of one run: its first line says what to run, what the module prints goes back
over it, and it is at its end when the process is. When FD is closed there is nothing left to do.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import socket
import sys
import traceback
import typing as t

from ansible.module_utils import basic

PLUGINS = "ansible_collections.macguard.vsphere.plugins"
MODULES = ("mac_drift_facts", "portgroup_security", "portgroup_security_info", "vnic_mac_pin", "vnic_portgroup")
Mains = dict[str, t.Any]


def main() -> None:
    """Forks a process for each socket that comes."""
    mains = {name: importlib.import_module(f"{PLUGINS}.modules.{name}").main for name in MODULES}
    control = socket.socket(fileno=int(sys.argv[1]))
    while True:
        byte, sockets, _flags, _address = socket.recv_fds(control, 1, 1)
        if not byte:
            return
        job = _job(sockets[0])
        if job.get("warm_up"):
            _warm_up(mains, job, sockets[0])
        elif os.fork() == 0:
            control.close()
            _run(mains, job, sockets[0])
            os._exit(0)
        os.close(sockets[0])
        _bury()


def _job(connection: int) -> dict[str, t.Any]:
    with os.fdopen(connection, "r", closefd=False) as lines:
        job: dict[str, t.Any] = json.loads(lines.readline())
        return job


def _warm_up(mains: Mains, job: dict[str, t.Any], connection: int) -> None:
    """Runs the module in this very process: pyVmomi makes its types when they are first used, which takes longest."""
    kept = [os.dup(1), os.dup(2)]
    _run(mains, job, connection)
    for number, copy in enumerate(kept, 1):
        os.dup2(copy, number)
        os.close(copy)
    gc.collect()
    gc.freeze()


def _run(mains: Mains, job: dict[str, t.Any], connection: int) -> None:
    os.dup2(connection, 1)
    os.dup2(connection, 2)
    print(os.getpid(), flush=True)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": job["arguments"]}).encode()
    basic._ANSIBLE_PROFILE = "legacy"  # ansible-core 2.19 and newer ask for it
    try:
        mains[job["module"]]()
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()


def _bury() -> None:
    """Takes notice of the processes that have ended; when they did is told by the end of their sockets."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
