# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated vCenter or standalone ESXi: SOAP over HTTPS, or in process."""

from __future__ import annotations

import pathlib
import typing as t

from . import behaviour, faults, inventory, scenario
from .core import Lab
from .door import ACTIONS
from .server import Server

__all__ = ["Lab", "Server", "load", "serve"]


def load(
    source: str | pathlib.Path | dict[str, t.Any],
    switches: t.Mapping[str, str] | None = None,
    seed: int = 1,
    vms: int | None = None,
) -> Lab:
    """Return a lab that plays a scenario: the name of one in scenarios/, a path, or a mapping."""
    told = scenario.load(source, vms)
    chosen = behaviour.resolve({**told.switches, **(switches or {})})
    lab = Lab(told.product, seed, chosen, told.version, told.build)
    lab.doors.update(ACTIONS)
    lab.doors.setdefault("fault", faults.add_fault)
    lab.doors.setdefault("faults_clear", faults.clear_faults)
    lab.play(lambda lab: inventory.build(lab, told))
    return lab


def serve(
    lab: Lab, port: int = 0, host: str = "127.0.0.1", ca_file: str | None = None, task_delay: float = 0.02
) -> Server:
    """Serve a lab over HTTPS; its tasks are no longer finished when the call returns."""
    lab.tasks_async, lab.task_delay = True, task_delay
    return Server(lab, host, port, ca_file)
