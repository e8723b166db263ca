# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Events from vCenter's history: all of a window, page by page, and how far back that history goes."""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping

from .._domain import mac
from .._domain.drift.evidence import KINDS, Event, EventLog, Evidence
from . import faults
from .sdk import vim
from .session import Session

PAGE = 1000
"""The most that ReadNextEvents takes (API reference)."""

_MAC_FIELDS = ("oldMac", "newMac", "mac")


def read_events(
    session: Session,
    window: tuple[datetime.datetime, datetime.datetime],
    options: Mapping[str, t.Any],
    read: Callable[[Iterable[Event]], Evidence],
) -> tuple[EventLog, Evidence]:
    """Hands the window's events to `read`, oldest first, and returns what was searched with its result."""
    since, now = window
    seen = _Seen()
    with faults.doing("read the events"):
        collector = _open(session, since)
        try:
            evidence = read(seen.passing(_pages(collector)))
        finally:
            # A session may hold 32 collectors, and others share it when a user's sessions are counted together.
            collector.DestroyCollector()
    log = EventLog(
        searched_from=iso(since),
        searched_to=iso(now),
        oldest=seen.oldest,
        retention_days=_retention(options),
        searched=seen.count,
    )
    return log, evidence


class _Seen:
    """Counts events as they pass, so that none needs to be kept for it."""

    def __init__(self) -> None:
        self.count = 0
        self.oldest: str | None = None

    def passing(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            self.count += 1
            self.oldest = self.oldest or event.time
            yield event


def _open(session: Session, since: datetime.datetime) -> t.Any:
    """Returns a collector that stands at its oldest event, as new ones do (API reference, RewindCollector)."""
    spec = vim.event.EventFilterSpec(
        eventTypeId=list(KINDS),
        time=vim.event.EventFilterSpec.ByTime(beginTime=since),
        disableFullMessage=False,
    )
    return session.content.eventManager.CreateCollectorForEvents(spec)


def _pages(collector: t.Any) -> Iterator[Event]:
    while events := collector.ReadNextEvents(PAGE):
        yield from (_event(event) for event in events)


def _event(event: t.Any) -> Event:
    info = getattr(event, "runtimeInfo", None)
    texts = [getattr(event, name, None) for name in _MAC_FIELDS] + [info.macAddress if info else None]
    return Event(
        time=iso(event.createdTime),
        kind=type(event).__name__.rsplit(".", 1)[-1],
        message=event.fullFormattedMessage or "",
        user=event.userName or "",
        vm=event.vm.vm._moId if event.vm else "",
        adapter=getattr(event, "adapter", None) or "",
        macs=tuple(found for found in map(mac.read, texts) if found),
        port=getattr(event, "portKey", None) or "",
    )


def _retention(options: Mapping[str, t.Any]) -> int | None:
    """Returns after how many days vCenter purges events (30 by default on new installations since 6.5)."""
    return int(options["event.maxAge"]) if options.get("event.maxAgeEnabled") and "event.maxAge" in options else None


def iso(when: datetime.datetime) -> str:
    """Returns a time as UTC in ISO 8601, to the second."""
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
