# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""History collectors: a scrollable view of events or tasks, and the page of the latest ones."""

from __future__ import annotations

import typing as t

from .core import Call, ManagedObject
from .sdk import vim, vmodl

Any = t.Any
LIMIT = 32  # collectors per session: EventManager.maxCollector
PAGE = 10
MOST = 1000  # "a maximum of 1000": ReadNextEvents, SetCollectorPageSize


class History(t.Protocol):
    """Where a collector reads from: entries in the order of time, each with a position that never changes."""

    def entries(self, wanted: Any, user: str) -> list[tuple[Any, Any]]: ...
    def version(self) -> int: ...


class Collector(ManagedObject):
    """A position in a filtered history. New collectors start at the oldest entry."""

    def __init__(self, call: Call, history: History, wanted: Any) -> None:
        super().__init__(call.lab, None, filter=wanted)
        self.user = call.user
        self.history = history
        self.page = PAGE
        self.at: Any = None  # the last entry read; None: before the oldest

    def _entries(self) -> list[tuple[Any, Any]]:
        return self.history.entries(self.get("filter"), self.user)

    def get_latestPage(self) -> list[Any]:
        """Return the newest entries (rule latest_page_order)."""
        page = [value for _number, value in self._entries()[-self.page :]]
        return page if self.lab.switches.get("latest_page_order") == "oldest_first" else page[::-1]

    def stamp_latestPage(self) -> t.Hashable:
        """The page depends on the history, its size and the order."""
        return self.history.version(), self.page, self.lab.switches.get("latest_page_order")

    def read_next(self, count: int) -> list[Any]:
        """Return newer entries than the position, oldest first, and move behind them."""
        _check_count(count)
        newer = [entry for entry in self._entries() if self.at is None or entry[0] > self.at][:count]
        if newer:
            self.at = newer[-1][0]
        return [value for _number, value in newer]

    def read_previous(self, count: int) -> list[Any]:
        """Return entries up to the position, newest first, and move before them."""
        _check_count(count)
        older = [entry for entry in self._entries() if self.at is not None and entry[0] <= self.at]
        taken = older[: -count - 1 : -1]
        left = len(older) - len(taken)
        self.at = older[left - 1][0] if left else None
        return [value for _number, value in taken]

    def SetCollectorPageSize(self, call: Call, count: int) -> None:
        """Set the size of the latest page; this rewinds to the position just before that page."""
        _check_count(count)
        self.page = count
        self.touch("latestPage")
        self.ResetCollector(call)

    def RewindCollector(self, call: Call) -> None:
        """Go to the oldest entry."""
        self.at = None

    def ResetCollector(self, call: Call) -> None:
        """Go to just before the latest page: ReadPrevious then goes on where that page ends."""
        older = self._entries()[: -self.page]
        self.at = older[-1][0] if older else None

    def DestroyCollector(self, call: Call) -> None:
        """End the collector."""
        call.session.disown(self)


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST:
        raise vmodl.fault.InvalidArgument(
            invalidProperty="maxCount", msg="A specified parameter was not correct: maxCount"
        )


def open_collector(call: Call, collector: Collector) -> Any:
    """Keep a new collector in the session; InvalidState when it has too many."""
    held = [obj for obj in call.session.owned.values() if isinstance(obj, type(collector))]
    if len(held) >= LIMIT:
        raise vim.fault.InvalidState(msg="The operation is not allowed in the current state: too many collectors.")
    return call.session.own(collector).ref
