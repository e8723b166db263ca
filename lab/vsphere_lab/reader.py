# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties as one caller sees them, as XML."""

from __future__ import annotations

import typing as t

from . import wire
from .core import Call, ManagedObject, no_permission, not_authenticated
from .sdk import vim, vmodl
from .selection import Selected
from .wire import Ready

Any = t.Any
_READ = "System.Read"


class Reader:
    """Reads properties in the name of one caller: what he may not read comes back as missing."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.version = call.version or wire.NEWEST
        self.logged_in = is_alive(call)
        self.everything = self.logged_in and call.lab.service("authorizationManager").sees_everything(call.user)

    def sees(self, obj: ManagedObject) -> bool:
        """Tell whether the caller may know that the object exists."""
        return self.everything or self.may(obj, "System.View")

    def may(self, obj: ManagedObject, privilege_id: str) -> bool:
        """Tell whether the caller has a privilege on an object; what is no inventory object is open to all."""
        entity = obj.entity()
        if not self.logged_in:
            return privilege_id == "System.Anonymous"
        if self.everything or entity is None:
            return True
        return bool(self.call.lab.service("authorizationManager").allows(self.call.user, entity, privilege_id))

    def privilege_for(self, obj: ManagedObject, path: str) -> str:
        """Return what reading a property needs, as pyVmomi's metadata says; System.Read where it is silent."""
        name = path.partition(".")[0].partition("[")[0]
        return str(obj._info(name).privId or _READ)

    def fragment(self, obj: ManagedObject, path: str) -> tuple[str, ...]:
        """Return the pieces of `<val>…</val>` of a property; NoPermission, or its kind, if it may not be read."""
        if not self.everything:
            needed = self.privilege_for(obj, path)
            if not self.may(obj, needed):
                raise no_permission(obj.entity() or obj, needed) if self.logged_in else not_authenticated(obj, needed)
        return wire.fragment(obj, path, self.version)

    def object_content(self, item: Selected, tag: str) -> list[str]:
        """Return the pieces of one ObjectContent."""
        obj = item.obj
        pieces = [f'<{tag}><obj type="{obj.wsdl._wsdlName}">{obj.moid}</obj>']
        missing: list[str] = []
        for path in item.paths:
            value = self.value(obj, path, missing)
            if value:
                pieces += (f"<propSet><name>{path}</name>", *value, "</propSet>")
        return [*pieces, *missing, f"</{tag}>"]

    def value(self, obj: ManagedObject, path: str, missing: list[str]) -> tuple[str, ...]:
        """Return what fragment() does; what may not be read is added to `missing` as a missingSet element."""
        try:
            return self.fragment(obj, path)
        except vim.fault.NoPermission as fault:
            missing.append(self._missing(path, fault))
            return ()

    def answered(self, found: list[Selected]) -> list[Selected]:
        """Return what of a selection is answered: without a session, not always all (rule read_without_session)."""
        closed = [] if self.logged_in else [item for item in found if self._needs_session(item)]
        if not closed:
            return found
        answer = self.call.lab.switches["read_without_session"]
        if answer == "fault":
            raise not_authenticated(closed[0].obj, "System.View")
        return [item for item in found if item not in closed] if answer == "empty" else found

    def _needs_session(self, item: Selected) -> bool:
        return any(self.privilege_for(item.obj, path) != "System.Anonymous" for path in item.paths)

    def _missing(self, path: str, fault: Any) -> str:
        value = vmodl.query.PropertyCollector.MissingProperty(path=path, fault=fault)
        return wire.element("missingSet", value, type(value), self.version)


def is_alive(call: Call) -> bool:
    """Tell whether the caller is logged in, still; a lab without sessions asks nobody."""
    manager: Any = call.lab.services.get("sessionManager")
    return manager is None or (call.session is not None and call.session.key in manager.sessions)


def fetch(obj: ManagedObject, call: Call, name: str) -> Ready:
    """Return one property as FetchResponse carries it; NoPermission is a fault here."""
    text = "".join(Reader(call).fragment(obj, name))
    if not text:
        return Ready()
    return Ready([f"<returnval{text[4:-6]}</returnval>"])  # the cached fragment is <val …>…</val>
