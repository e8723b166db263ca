# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PropertyCollector: bulk reads with paging; the filters and their updates are in filters.py."""

from __future__ import annotations

import typing as t

from .core import Call, Lab
from .filters import FilterMethods
from .reader import Reader
from .sdk import vmodl
from .selection import Selected, select
from .wire import Ready

Any = t.Any


class PropertyCollector(FilterMethods):
    """Reads and watches the properties of many objects at once."""

    wsdl = vmodl.query.PropertyCollector
    prefix = "session[]PropertyCollector"

    def __init__(self, lab: Lab, moid: str | None = None) -> None:
        super().__init__(lab, moid)

    def get_filter(self) -> list[Any]:
        """Return the caller's filters."""
        return [item.ref for item in self.own_filters()]

    def RetrieveProperties(self, call: Call, spec_set: list[Any]) -> Ready:
        """Read everything at once (the older call)."""
        reader, pieces = Reader(call), Ready()
        for item in self._select(reader, spec_set)[0]:
            pieces += reader.object_content(item, "returnval")
        return pieces

    def RetrievePropertiesEx(self, call: Call, spec_set: list[Any], options: Any) -> Ready:
        """Read page by page."""
        reader = Reader(call)
        found, missing = self._select(reader, spec_set)
        limit = options.maxObjects if options else None
        if limit is not None and limit < 1:
            raise vmodl.fault.InvalidArgument(
                invalidProperty="options.maxObjects",
                msg="A specified parameter was not correct: options.maxObjects",
            )
        gone = [f'<objects><obj type="{ref._wsdlName}">{ref._moId}</obj></objects>' for ref in missing]
        return self._page(reader, found, limit, gone)

    def ContinueRetrievePropertiesEx(self, call: Call, token: str) -> Ready:
        """Return the next page; a token is good for once and for the session that got it."""
        found, limit = self._take(call, token)
        return self._page(Reader(call), found, limit, [])

    def CancelRetrievePropertiesEx(self, call: Call, token: str) -> None:
        """Forget the remaining pages."""
        self._take(call, token)

    def CreatePropertyCollector(self, call: Call) -> Any:
        """Return another collector with filters of its own; it ends with the session."""
        return call.session.own(PropertyCollector(self.lab)).ref

    def DestroyPropertyCollector(self, call: Call) -> None:
        """Take such a collector away with its filters."""
        for item in self.own_filters():
            call.session.disown(item)
        call.session.disown(self)

    def _select(self, reader: Reader, spec_set: list[Any]) -> tuple[list[Selected], list[Any]]:
        found: list[Selected] = []
        missing: list[Any] = []
        for spec in spec_set:
            some, gone = select(self.lab, spec, reader.sees)
            found += some
            missing += gone
        return reader.answered(found), missing

    def _take(self, call: Call, token: str) -> tuple[list[Selected], int]:
        try:
            return t.cast("tuple[list[Selected], int]", call.session.pages.pop(token))
        except KeyError:
            raise vmodl.query.InvalidProperty(
                name="token", msg="A specified parameter was not correct: token"
            ) from None

    def _page(self, reader: Reader, found: list[Selected], limit: int | None, gone: list[str]) -> Ready:
        page, rest = (found[:limit], found[limit:]) if limit else (found, [])
        if not page and not gone:
            return Ready()  # nothing selected: the result is unset, as vCenter does it
        pieces = Ready(["<returnval>"])
        if rest:
            token = str(self.lab.number("page-token"))
            reader.call.session.pages[token] = (rest, limit)
            pieces.append(f"<token>{token}</token>")
        for item in page:
            if item.obj.moid in self.lab.objects:  # it may have been deleted since the first page
                pieces += reader.object_content(item, "objects")
        return Ready([*pieces, *gone, "</returnval>"])
