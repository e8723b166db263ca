# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated vCenter or standalone ESXi: SOAP over HTTPS, or in process."""

from __future__ import annotations

import pathlib
import typing as t

from . import behaviour, faults, inventory, recording, replay, scenario
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
    """Return a lab that plays a scenario: the name of one in scenarios/, a path, or a mapping; or a recording.

    A recording is a directory written by `govc object.save`; `lab.notes` says what had to be left out of it.
    """
    if not isinstance(source, dict) and pathlib.Path(source).is_dir():
        return _load_recording(pathlib.Path(source), switches, seed)
    told = scenario.load(source, vms)
    chosen = behaviour.resolve({**told.switches, **(switches or {})})
    lab = _with_doors(Lab(told.product, seed, chosen, told.version, told.build))
    lab.play(lambda lab: inventory.build(lab, told))
    return lab


def _load_recording(directory: pathlib.Path, switches: t.Mapping[str, str] | None, seed: int) -> Lab:
    recorded = recording.read(directory)
    told = replay.scenario_of(recorded)
    api = replay.api_version(recorded)
    lab = _with_doors(Lab(told.product, seed, behaviour.resolve(dict(switches or {})), told.version, told.build, api))
    lab.notes = recorded.notes
    lab.play(lambda lab: replay.build(lab, recorded, told))
    return lab


def _with_doors(lab: Lab) -> Lab:
    lab.doors.update(ACTIONS)
    lab.doors.setdefault("fault", faults.add_fault)
    lab.doors.setdefault("faults_clear", faults.clear_faults)
    return lab


def serve(
    lab: Lab, port: int = 0, host: str = "127.0.0.1", ca_file: str | None = None, task_delay: float = 0.02
) -> Server:
    """Serve a lab over HTTPS; its tasks are no longer finished when the call returns."""
    lab.tasks_async, lab.task_delay = True, task_delay
    return Server(lab, host, port, ca_file)
