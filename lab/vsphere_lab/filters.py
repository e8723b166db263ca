# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching properties: filters, and the calls that wait until something they select has changed."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .core import ACTING, Call, ManagedObject
from .reader import Reader
from .sdk import vmodl
from .selection import Selected, select
from .wire import Ready

Any = t.Any
Texts = dict[str, tuple[str, ...]]  # the XML last sent, by property path; the object's type under ""


class PropertyFilter(ManagedObject):
    """One watched selection, and what its owner has been told about it."""

    wsdl = vmodl.query.PropertyCollector.Filter
    prefix = "session[]PropertyFilter"

    def __init__(self, collector: FilterMethods, spec: Any, partial: bool) -> None:
        super().__init__(collector.lab, None, spec=spec, partialUpdates=partial)
        self.collector = collector
        self.told: dict[str, Texts] = {}

    def DestroyPropertyFilter(self, call: Call) -> None:
        """Stop watching."""
        self.collector.watch(call).filters.remove(self)
        call.session.disown(self)

    def updates(self, reader: Reader, room: int) -> tuple[list[str], int]:
        """Return up to `room` object updates as XML and how many they are; what is returned counts as told."""
        found, _missing = select(self.lab, self.get("spec"), reader.sees, strict=False)
        present = {item.obj.moid for item in found}
        pieces: list[str] = []
        count = 0
        for moid in [moid for moid in self.told if moid not in present][:room]:
            pieces.append(
                f'<objectSet><kind>leave</kind><obj type="{self.told.pop(moid)[""][0]}">{moid}</obj></objectSet>'
            )
            count += 1
        for item in found:
            if count >= room:
                break
            update = self._object_update(reader, item)
            pieces += update
            count += bool(update)
        return pieces, count

    def _object_update(self, reader: Reader, item: Selected) -> list[str]:
        obj, known = item.obj, self.told.get(item.obj.moid)
        kind = "enter" if known is None else "modify"
        now, missing = self._read(reader, item)
        if known == now:
            return []
        self.told[obj.moid] = now
        pieces = [f'<objectSet><kind>{kind}</kind><obj type="{obj.wsdl._wsdlName}">{obj.moid}</obj>']
        for path in item.paths:
            value = now[path]
            if value != (known or {}).get(path, ()):
                pieces += (f"<changeSet><name>{path}</name><op>assign</op>", *value, "</changeSet>")
        return [*pieces, *(missing if known is None else ()), "</objectSet>"]

    def _read(self, reader: Reader, item: Selected) -> tuple[Texts, list[str]]:
        missing: list[str] = []
        texts = {path: reader.value(item.obj, path, missing) for path in item.paths}
        texts[""] = (str(item.obj.wsdl._wsdlName),)
        return texts, missing


@dataclasses.dataclass
class Watch:
    """What one session watches through one collector."""

    filters: list[PropertyFilter] = dataclasses.field(default_factory=list)
    version: int = 0
    cancelled: bool = False
    waiting: int = 0


class FilterMethods(ManagedObject):
    """The half of PropertyCollector that waits for changes."""

    def watch(self, call: Call) -> Watch:
        """Return the caller's filters on this collector: one collector serves all sessions, its filters do not."""
        return t.cast("Watch", call.session.watches.setdefault(self.moid, Watch()))

    def own_filters(self) -> list[PropertyFilter]:
        """Return the filters of whoever is calling."""
        call = ACTING.get()
        return list(self.watch(call).filters) if call and call.session else []

    def CreateFilter(self, call: Call, spec: Any, partial_updates: bool) -> Any:
        """Start to watch a selection."""
        select(self.lab, spec, Reader(call).sees)
        made = PropertyFilter(self, spec, bool(partial_updates))
        call.session.own(made)
        self.watch(call).filters.append(made)
        return made.ref

    def WaitForUpdatesEx(self, call: Call, version: str | None = None, options: Any = None) -> Ready:
        """Wait for changes since `version`; without one, everything is told again."""
        seconds = options.maxWaitSeconds if options else None
        room = options.maxObjectUpdates if options else None
        return self._wait(call, version, seconds, room)

    def CheckForUpdates(self, call: Call, version: str | None = None) -> Ready:
        """Return changes since `version` without waiting."""
        return self._wait(call, version, 0, None)

    def WaitForUpdates(self, call: Call, version: str | None = None) -> Ready:
        """Wait for changes as long as it takes."""
        return self._wait(call, version, None, None)

    def CancelWaitForUpdates(self, call: Call) -> None:
        """Let the session's waiting calls return with RequestCanceled."""
        watch = self.watch(call)
        watch.cancelled = watch.waiting > 0
        self.lab.tick()

    def _wait(self, call: Call, version: str | None, seconds: float | None, room: int | None) -> Ready:
        watch, reader = self.watch(call), Reader(call)
        self._rewind(watch, version)
        deadline = None if seconds is None else time.monotonic() + seconds
        watch.waiting += 1
        try:
            while True:
                self._still_wanted(call, watch)
                pieces, full = self._collect(watch, reader, room or 1_000_000)
                if pieces:
                    watch.version += 1
                    end = "<truncated>true</truncated></returnval>" if full else "</returnval>"
                    return Ready([f"<returnval><version>{watch.version}</version>", *pieces, end])
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return Ready()
                self.lab.changed.wait(left)
        finally:
            watch.waiting -= 1

    def _rewind(self, watch: Watch, version: str | None) -> None:
        if not version:
            for item in watch.filters:
                item.told.clear()
        elif version != str(watch.version):
            raise vmodl.query.InvalidCollectorVersion(msg="A specified version was not valid.")

    def _still_wanted(self, call: Call, watch: Watch) -> None:
        if watch.cancelled:
            watch.cancelled = watch.waiting > 1
            raise vmodl.fault.RequestCanceled(msg="The request was canceled.")
        if self.moid not in self.lab.objects:
            raise vmodl.fault.ManagedObjectNotFound(obj=self.ref, msg="The collector was destroyed.")
        if call.session.key not in self.lab.service("sessionManager").sessions:
            self.lab.service("sessionManager").check(None)

    def _collect(self, watch: Watch, reader: Reader, room: int) -> tuple[list[str], bool]:
        pieces: list[str] = []
        for item in watch.filters:
            some, count = item.updates(reader, room)
            room -= count
            if some:
                pieces.append(f'<filterSet><filter type="PropertyFilter">{item.moid}</filter>')
                pieces += [*some, "</filterSet>"]
            if room <= 0:
                return pieces, True
        return pieces, False
