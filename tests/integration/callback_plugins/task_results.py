# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what every task returned to the file TASK_RESULTS, one JSON object per line, for the tests to read."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_results
type: aggregate
short_description: Write what every task returned to a file
description:
  - One JSON object per line and task, for the tests to read.
requirements:
  - The environment variable E(TASK_RESULTS) names the file.
"""


class CallbackModule(CallbackBase):
    """Beside the normal output, which stays as it is for the person who reads a failure."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.play = ""

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self.play = play.get_name()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._write("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._write("unreachable", result)

    def _write(self, status: str, result: t.Any) -> None:
        line = {
            "name": result._task.get_name(),
            "play": self.play,
            "host": result._host.get_name(),
            "status": status,
            "result": result._result,
        }
        with pathlib.Path(os.environ["TASK_RESULTS"]).open("a") as sink:
            sink.write(json.dumps(line, default=str) + "\n")
