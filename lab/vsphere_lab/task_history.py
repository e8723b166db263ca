# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TaskManager: the recent tasks, and collectors over all that are remembered."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject, make, not_found
from .history import LIMIT, Collector, open_collector
from .sdk import vim
from .tasks import Task

Any = t.Any
RECENT = 200  # finished tasks beyond this number are forgotten, as a server forgets them after ten minutes


class TaskManager(ManagedObject):
    """The list of recent tasks."""

    wsdl = vim.TaskManager

    def __init__(self, lab: Lab, moid: str) -> None:
        super().__init__(lab, moid, maxCollector=LIMIT)
        self.recent: list[Task] = []

    def get_recentTask(self) -> list[Any]:
        """Return the recent tasks, oldest first."""
        return [task.ref for task in self.recent]

    def get_description(self) -> Any:
        """Return the (empty) texts of task types."""
        return make(vim.TaskDescription)

    def keep(self, task: Task) -> None:
        """Remember a task; forget the oldest finished ones."""
        self.recent.append(task)
        done = [old for old in self.recent if old.get("info.completeTime")]
        for old in done[: max(0, len(self.recent) - RECENT)]:
            self.recent.remove(old)
            self.lab.remove(old)
        self.touch("recentTask")

    def version(self) -> int:
        """Return what changes with everything: tasks change state, so a page is never good for long."""
        return self.lab.ticks

    def entries(self, wanted: Any, user: str) -> list[tuple[Any, Any]]:
        """Return the tasks a filter lets through, oldest first."""
        infos = [(task.get("info.eventChainId"), task.get("info")) for task in self.recent]
        return [(number, info) for number, info in infos if self._matches(info, wanted)]

    def _matches(self, info: Any, wanted: Any) -> bool:
        about, by = wanted.entity, wanted.userName
        return (
            (not wanted.state or info.state in wanted.state)
            and (by is None or info.reason.userName in by.userList)
            and (not wanted.eventChainId or info.eventChainId in wanted.eventChainId)
            and (about is None or self._is_about(info.entity, about))
        )

    def _is_about(self, entity: Any, about: Any) -> bool:
        current = self.lab.objects.get(entity._moId) if entity is not None else None
        wanted = about.entity._moId
        if about.recursion == "self":
            return current is not None and current.moid == wanted
        while current is not None and current.moid != wanted:
            parent = current.properties.get("parent")
            current = self.lab.objects.get(parent._moId) if parent is not None else None
        return current is not None

    def CreateCollectorForTasks(self, call: Call, wanted: Any) -> Any:
        """Open a collector."""
        if wanted.entity and wanted.entity.entity._moId not in self.lab.objects:
            raise not_found(wanted.entity.entity)
        return open_collector(call, TaskCollector(call, self, wanted))


class TaskCollector(Collector):
    """A scrollable view of tasks."""

    wsdl = vim.TaskHistoryCollector
    prefix = "session[]TaskHistoryCollector"

    def ReadNextTasks(self, call: Call, count: int) -> list[Any]:
        """Return newer tasks."""
        return self.read_next(count)

    def ReadPreviousTasks(self, call: Call, count: int) -> list[Any]:
        """Return older tasks."""
        return self.read_previous(count)
