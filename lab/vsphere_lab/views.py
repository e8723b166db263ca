# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views: live lists of objects that a PropertyCollector can start from."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject, not_found
from .sdk import VmomiSupport, vim

Any = t.Any


class ContainerView(ManagedObject):
    """All objects of some types below a container, always up to date."""

    wsdl = vim.view.ContainerView
    prefix = "session[]ContainerView"

    def __init__(self, lab: Lab, call: Call, container: Any, kinds: list[type], recursive: bool) -> None:
        super().__init__(lab, None, container=container, type=kinds, recursive=recursive)
        self.user = call.user
        self.kinds = tuple(kinds) or (vim.ManagedEntity,)
        self._listed: tuple[int, list[Any]] = (-1, [])

    def get_view(self) -> list[Any]:
        """Return the objects that are there now."""
        if self._listed[0] != self.lab.ticks:
            self._listed = (self.lab.ticks, self._list())
        return self._listed[1]

    def _list(self) -> list[Any]:
        authorization = self.lab.service("authorizationManager")
        wanted = _kinds_of(self.lab, self.kinds)
        inside = _Inside(self.lab, self.get("container")._moId, bool(self.get("recursive")))
        refs = [obj.ref for obj in wanted if inside.holds(obj)]
        if authorization.sees_everything(self.user):
            return refs
        return [ref for ref in refs if authorization.allows(self.user, self.lab.get(ref), "System.View")]

    def DestroyView(self, call: Call) -> None:
        """End the view."""
        call.session.disown(self)


def _kinds_of(lab: Lab, kinds: tuple[type, ...]) -> list[ManagedObject]:
    classes = [cls for cls in lab.kinds if issubclass(cls.wsdl, kinds)]  # type: ignore[attr-defined]
    found: dict[str, ManagedObject] = {}
    for cls in classes:
        found.update((moid, obj) for moid, obj in lab.kinds[cls].items() if issubclass(obj.wsdl, kinds))
    return [found[moid] for moid in lab.objects if moid in found] if len(classes) > 1 else list(found.values())


class _Inside:
    """Tells whether an object is below a container, remembering the answer for each folder on the way."""

    def __init__(self, lab: Lab, container: str, recursive: bool) -> None:
        self.lab, self.container, self.recursive = lab, container, recursive
        self.known: dict[str, bool] = {container: True}

    def holds(self, obj: ManagedObject) -> bool:
        parents = [moid for moid in self._parents(obj) if moid != obj.moid]
        if not self.recursive:
            return self.container in parents
        return obj.moid != self.container and any(self._below(moid) for moid in parents)

    def _below(self, moid: str) -> bool:
        if moid not in self.known:
            self.known[moid] = False  # guards against a loop
            above = self.lab.objects.get(moid)
            self.known[moid] = above is not None and any(self._below(up) for up in self._parents(above))
        return self.known[moid]

    def _parents(self, obj: ManagedObject) -> list[str]:
        """A VM is in its folder, and also below its host and its resource pool; networks are below their hosts too."""
        refs = [obj.get("parent")] if "parent" in obj.properties else []
        if issubclass(obj.wsdl, vim.VirtualMachine):
            refs += [obj.get("resourcePool"), obj.get("runtime.host")]
        return [ref._moId for ref in refs if ref is not None]


class ListView(ManagedObject):
    """A list of objects that the client keeps."""

    wsdl = vim.view.ListView
    prefix = "session[]ListView"

    def get_view(self) -> list[Any]:
        """Return the objects that still exist."""
        return [ref for ref in self.properties.get("view") or [] if ref._moId in self.lab.objects]

    def ModifyListView(self, call: Call, add: list[Any] | None, remove: list[Any] | None) -> list[Any]:
        """Add and remove; returns what could not be found."""
        gone = [ref._moId for ref in remove or []]
        kept = [ref for ref in self.get_view() if ref._moId not in gone]
        return self._replace(kept + [ref for ref in add or [] if ref not in kept])

    def ResetListView(self, call: Call, refs: list[Any] | None) -> list[Any]:
        """Replace the whole list; returns what could not be found."""
        return self._replace(refs or [])

    def ResetListViewFromView(self, call: Call, view: Any) -> None:
        """Take over what another view shows."""
        self.set(view=list(self.lab.get(view).get("view")))

    def _replace(self, refs: list[Any]) -> list[Any]:
        unknown = [ref for ref in refs if ref._moId not in self.lab.objects]
        self.set(view=[ref for ref in refs if ref not in unknown])
        return unknown

    def DestroyView(self, call: Call) -> None:
        """End the view."""
        call.session.disown(self)


class ViewManager(ManagedObject):
    """Makes views; they end with the session."""

    wsdl = vim.view.ViewManager

    def get_viewList(self) -> list[Any]:
        """Return all views."""
        return [view.ref for kind in (ContainerView, ListView) for view in self.lab.all(kind)]

    def CreateContainerView(self, call: Call, container: Any, kinds: list[type] | None, recursive: bool) -> Any:
        """Make a view of everything (of some types) below a container."""
        if container._moId not in self.lab.objects:
            raise not_found(container)
        return call.session.own(ContainerView(self.lab, call, container, list(kinds or []), bool(recursive))).ref

    def CreateListView(self, call: Call, refs: list[Any] | None) -> Any:
        """Make a view of given objects."""
        view = VmomiSupport.ManagedObject.Array(refs or [])
        return call.session.own(ListView(self.lab, None, view=view)).ref
