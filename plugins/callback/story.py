# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints a playbook as a story: what `debug` says, what `assert` found, and the names of the other tasks."""

from __future__ import annotations

DOCUMENTATION = """
name: story
type: stdout
short_description: Print a playbook as a story
version_added: 0.1.0
description:
  - Prints the texts of M(ansible.builtin.debug) as they are, one line for each M(ansible.builtin.assert), and of every
    other task only the name, unless it has the tag C(quiet). A failure is printed with all that the task returned.
  - Made for C(playbooks/demo.yml).
author:
  - macguard.vsphere contributors (@macguard)
requirements:
  - Set it as the stdout callback, as in C(ANSIBLE_STDOUT_CALLBACK=macguard.vsphere.story).
"""

import shutil
import textwrap
import typing as t

from ansible import constants
from ansible.plugins.callback import CallbackBase

WIDTH = min(118, shutil.get_terminal_size((120, 24)).columns - 2)  # a terminal may be narrow; a file isn't
ITEM = textwrap.TextWrapper(WIDTH, initial_indent="  ✔ ", subsequent_indent="    ", break_on_hyphens=False)
MARKS = {"+ ": "green", "- ": "red", "$ ": "bright blue", "-e ": "bright blue"}


class CallbackModule(CallbackBase):
    """Headings for plays, paragraphs for debug, a tick for each assertion that held."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "macguard.vsphere.story"

    held = 0

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        name = play.get_name().strip()
        self._say(f"\n{'━' * WIDTH}\n  {name}\n{'━' * WIDTH}", "bright cyan")

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        if not _is(task, "debug", "assert") and "quiet" not in task.tags:
            self._say(f"  · {task.get_name()}")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        if _is(result._task, "debug"):
            message = result._result.get("msg", "")
            self._paragraph("\n".join(map(str, message)) if isinstance(message, list) else str(message))
        elif _is(result._task, "assert"):
            self.held += 1
            self._say(ITEM.fill(str(result._result.get("msg", ""))), "green")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        if ignore_errors:
            return
        self._say(f"  ✘ {result._task.get_name()}: {result._result.get('msg', '')}", "red")
        for stream in ("stdout", "stderr"):
            if result._result.get(stream):
                self._say(textwrap.indent(result._result[stream], "    "))

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.v2_runner_on_failed(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        if self.held and not stats.failures and not stats.dark:
            self._say(f"\n  Each ✔ was checked, not only said: {self.held} of {self.held} hold.", "green")

    def _paragraph(self, text: str) -> None:
        self._say("")
        for line in text.strip("\n").splitlines():
            colour = next((MARKS[mark] for mark in MARKS if line.lstrip().startswith(mark)), None)
            self._say(f"  {line}" if colour else _fit(f"  {line}"), colour)  # what is to be copied stays whole
        self._say("")

    def _say(self, text: str, colour: str | None = None) -> None:
        # Names from an inventory must not move the cursor.
        text = "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
        self._display.display(text, color=colour if colour in constants.COLOR_CODES else None)


def _fit(line: str) -> str:
    """In as many lines as the terminal needs, each as far in as the first; a path isn't broken."""
    if len(line) <= WIDTH:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    room = WIDTH - len(indent)
    parts = textwrap.wrap(line.strip(), room, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join(parts), indent)


def _is(task: t.Any, *modules: str) -> bool:
    return task.action.rpartition(".")[2] in modules
