# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events: kept in the order of time, purged when old, found by filters."""

from __future__ import annotations

import bisect
import datetime
import typing as t

from . import event_texts
from .core import ACTING, Call, Lab, ManagedObject, changed, make, not_found
from .history import LIMIT, MOST, Collector, open_collector
from .sdk import VmomiSupport, vim, vmodl

Any = t.Any
Position = tuple[datetime.datetime, int]
_ARGUMENTS = {
    "vm": "vm", "host": "host", "computeResource": "computeResource", "datacenter": "datacenter",
    "ds": "datastore", "net": "network", "dvs": "dvs",
}  # fmt: skip


class EventManager(ManagedObject):
    """The history of events."""

    wsdl = vim.event.EventManager

    def __init__(self, lab: Lab, moid: str) -> None:
        super().__init__(lab, moid, maxCollector=LIMIT)
        self.history: list[tuple[Position, Any]] = []
        self._changes = 0

    # what the lab does

    def post(self, event: Any) -> Any:
        """Add an event that happens now, in the name and the chain of the current call."""
        call = ACTING.get()
        key = self.lab.number("event")
        user = event.userName or (call.user if call else "")
        chain = event.chainId or (call.chain if call and call.chain else key)
        return self._keep(event, key, self.lab.clock.now(), user, chain)

    def plant(self, event: Any) -> Any:
        """Add an event of the past: it keeps its createdTime."""
        key = self.lab.number("event")
        return self._keep(event, key, event.createdTime, event.userName or "", event.chainId or key)

    def _keep(self, event: Any, key: int, when: datetime.datetime, user: str, chain: int) -> Any:
        kept = changed(event, key=key, createdTime=when, userName=user, chainId=chain)
        if not kept.fullFormattedMessage:
            kept.fullFormattedMessage = event_texts.message(kept)
        with self.lab.lock:
            bisect.insort(self.history, ((when, key), kept), key=lambda entry: entry[0])
            self._changes += 1
            self.touch("latestEvent")
        return kept

    def purge(self) -> None:
        """Forget what is older than the retention (vCenter: event.maxAge, 30 days by default)."""
        days = self.lab.service("setting").setting("event.maxAge")
        if not self.lab.service("setting").setting("event.maxAgeEnabled"):
            return
        oldest = self.lab.clock.now() - datetime.timedelta(days=days)
        gone = bisect.bisect_left(self.history, (oldest, 0), key=lambda entry: entry[0])
        if gone:
            del self.history[:gone]
            self._changes += 1

    def version(self) -> int:
        """Return what changes with every event that comes or goes."""
        self.purge()
        return self._changes

    def entries(self, wanted: Any, user: str) -> list[tuple[Position, Any]]:
        """Return the events a filter lets through, oldest first, as far as the user may see what they are about."""
        self.purge()
        matches = Filter(self.lab, wanted)
        found = [entry for entry in self.history if matches(entry[1])]
        authorization = self.lab.service("authorizationManager")
        if authorization.sees_everything(user):
            return found
        return [entry for entry in found if self._readable(user, entry[1])]

    def _readable(self, user: str, event: Any) -> bool:
        allows = self.lab.service("authorizationManager").allows
        objects = [self.lab.objects.get(ref._moId) for ref in entities(event)]
        return any(allows(user, obj, "System.Read") for obj in objects if obj is not None)

    # properties

    def get_latestEvent(self) -> Any:
        """Return the newest event."""
        return self.history[-1][1] if self.history else None

    def get_description(self) -> Any:
        """Return what kinds of events there are."""
        return event_texts.description()

    def stamp_description(self) -> int:
        """The descriptions never change."""
        return 0

    # methods

    def QueryEvents(self, call: Call, wanted: Any, view: Any = None) -> list[Any]:
        """Return the events of a filter: at most 1000, the newest of them (rule query_events_order)."""
        events = [event for _number, event in self.entries(wanted, call.user)]
        events = events[-min(wanted.maxCount or MOST, MOST) :]
        if wanted.disableFullMessage:
            events = [changed(event, fullFormattedMessage=None) for event in events]
        return events[::-1] if self.lab.switches.get("query_events_order") == "newest_first" else events

    def CreateCollectorForEvents(self, call: Call, wanted: Any) -> Any:
        """Open a collector."""
        Filter(self.lab, wanted)
        return open_collector(call, EventCollector(call, self, wanted))

    def PostEvent(self, call: Call, event: Any, task_info: Any = None) -> None:
        """Add a client's event: the server writes its time and user, whatever the client says."""
        self.post(changed(event, userName=call.user, chainId=0))

    def LogUserEvent(self, call: Call, entity: Any, message: str) -> None:
        """Add a user's own words."""
        target = self.lab.get(entity)
        call.require("Global.LogEvent", target)
        self.post(
            make(
                vim.event.GeneralUserEvent,
                message=message,
                entity=make(vim.event.ManagedEntityEventArgument, entity=target.ref, name=target.get("name")),
            )
        )

    def RetrieveArgumentDescription(self, call: Call, event_type: str) -> list[Any]:
        """Return the (unknown) arguments of an event type."""
        return []


class EventCollector(Collector):
    """A scrollable view of events."""

    wsdl = vim.event.EventHistoryCollector
    prefix = "session[]EventHistoryCollector"

    def get_initialized(self) -> bool:
        """The lab needs no time to prepare a collector."""
        return True

    def ReadNextEvents(self, call: Call, count: int) -> list[Any]:
        """Return newer events."""
        return self.read_next(count)

    def ReadPreviousEvents(self, call: Call, count: int) -> list[Any]:
        """Return older events."""
        return self.read_previous(count)


class Filter:
    """An EventFilterSpec as a question to one event."""

    def __init__(self, lab: Lab, spec: Any) -> None:
        self.lab, self.spec = lab, spec
        self.kinds = tuple(kind for kind in spec.type if isinstance(kind, type))
        self.ids = set(spec.eventTypeId)
        if spec.entity and spec.entity.entity._moId not in lab.objects:
            raise not_found(spec.entity.entity)
        if spec.time and spec.time.beginTime and spec.time.endTime and spec.time.beginTime > spec.time.endTime:
            raise vmodl.fault.InvalidArgument(
                invalidProperty="filter.time", msg="A specified parameter was not correct: filter.time"
            )

    def __call__(self, event: Any) -> bool:
        spec = self.spec
        return (
            self._is_kind(event)
            and (not spec.time or self._is_in_time(event.createdTime))
            and (not spec.userName or self._is_by_user(event.userName))
            and (spec.eventChainId in (None, event.chainId))
            and (not spec.category or event_texts.category(event) in spec.category)
            and (not spec.entity or self._is_about(event))
        )

    def _is_kind(self, event: Any) -> bool:
        if not self.kinds and not self.ids:
            return True
        return isinstance(event, self.kinds) or bool(event_texts.type_ids(event) & self.ids)

    def _is_in_time(self, when: datetime.datetime) -> bool:
        begin, end = self.spec.time.beginTime, self.spec.time.endTime
        return (begin is None or when >= begin) and (end is None or when <= end)

    def _is_by_user(self, name: str) -> bool:
        by = self.spec.userName
        return (bool(by.systemUser) and not name) or name in by.userList

    def _is_about(self, event: Any) -> bool:
        wanted, recursion = self.spec.entity.entity._moId, self.spec.entity.recursion
        about = {ref._moId for ref in entities(event)}
        if recursion in ("self", "all") and wanted in about:
            return True
        if recursion == "children":
            return any(wanted == self._parent(moid) for moid in about)
        root = self.lab.services.get("rootFolder")
        if recursion == "all" and root is not None and wanted == root.moid:
            return True  # also what is about no object, such as logins
        return recursion == "all" and any(self._below(moid, wanted) for moid in about)

    def _parent(self, moid: str | None) -> str | None:
        obj = self.lab.objects.get(moid or "")
        parent = obj.properties.get("parent") if obj else None
        return None if parent is None else str(parent._moId)

    def _below(self, moid: str, wanted: str) -> bool:
        current: str | None = moid
        while current is not None and current != wanted:
            current = self._parent(current)
        return current == wanted


def entities(event: Any) -> list[Any]:
    """Return the references of the objects that an event is about."""
    found = []
    for name, inner in _ARGUMENTS.items():
        argument = getattr(event, name, None)
        if argument is not None:
            found.append(getattr(argument, inner))
    entity = getattr(event, "entity", None)
    if isinstance(entity, vim.event.ManagedEntityEventArgument):
        found.append(entity.entity)
    return [ref for ref in found if isinstance(ref, VmomiSupport.ManagedObject)]
