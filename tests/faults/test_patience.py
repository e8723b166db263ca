# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vSphere task that takes longer than the server may be silent: that is no dead server."""

from __future__ import annotations

import dataclasses

from . import sweep
from .bench import Bench, Forks
from .kinds import REQUEST_TIMEOUT
from .stories import STORIES


def test_a_long_task_is_waited_for_beyond_the_shortest_request_timeout(forks: Forks) -> None:
    (pin,) = (story for story in STORIES if story.name == "vnic_mac_pin")
    bench = Bench(forks)
    try:
        bench.lab.tasks_async, bench.lab.task_delay = True, 2.5 * REQUEST_TIMEOUT
        one = dataclasses.replace(pin, options={"vms": ["web-01"]})
        result = sweep.read(bench.run(one, request_timeout=REQUEST_TIMEOUT))
    finally:
        bench.stop()
    assert not result.get("failed", not result), result
    assert result["applied"] == ["VM web-01"]
