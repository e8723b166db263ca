# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects and properties a PropertyFilterSpec selects."""

from __future__ import annotations

import typing as t

from . import values
from .core import Lab, ManagedObject, invalid_property, not_found
from .sdk import VmomiSupport, vmodl

Any = t.Any
Traversal = vmodl.query.PropertyCollector.TraversalSpec


class Selected(t.NamedTuple):
    """An object and the property paths to report of it."""

    obj: ManagedObject
    paths: tuple[str, ...]


def select(
    lab: Lab, spec: Any, sees: t.Callable[[ManagedObject], bool], strict: bool = True
) -> tuple[list[Selected], list[Any]]:
    """Return the selected objects, each once, and the references that lead nowhere (a fault if strict)."""
    properties = PropertySpecs(spec.propSet)
    found: dict[str, ManagedObject] = {}
    missing: list[Any] = []
    for start in spec.objectSet:
        obj = lab.objects.get(start.obj._moId)
        if obj is None:
            if strict and not spec.reportMissingObjectsInResults:
                raise not_found(start.obj)
            missing.append(start.obj)
            continue
        walk = _Walk(lab, start.selectSet, sees)
        for reached, skip in walk.from_object(obj, bool(start.skip)):
            if not skip:
                found.setdefault(reached.moid, reached)
    chosen = (Selected(obj, properties.of(type(obj))) for obj in found.values())
    return [item for item in chosen if item.paths is not UNWANTED], missing


class _Walk:
    """Follow traversal specs, named and recursive ones too."""

    def __init__(self, lab: Lab, specs: t.Sequence[Any], sees: t.Callable[[ManagedObject], bool]) -> None:
        self.lab = lab
        self.specs = specs
        self.sees = sees
        self.named: dict[str, Any] = {}
        self.seen: set[tuple[str, int]] = set()
        self._collect(specs)

    def _collect(self, specs: t.Sequence[Any]) -> None:
        for spec in specs:
            if isinstance(spec, Traversal):
                if spec.name:
                    self.named[spec.name] = spec
                check_path(spec.type, spec.path)
                self._collect(spec.selectSet)

    def _resolve(self, spec: Any) -> Any:
        if isinstance(spec, Traversal):
            return spec
        try:
            return self.named[spec.name]
        except KeyError:
            text = f"A specified parameter was not correct: no selection spec is named '{spec.name}'"
            raise vmodl.fault.InvalidArgument(invalidProperty="selectSet", msg=text) from None

    def from_object(self, start: ManagedObject, skip: bool) -> t.Iterator[tuple[ManagedObject, bool]]:
        """Yield every object on the way, with whether it is to be skipped."""
        yield start, skip
        waiting = [(start, spec) for spec in reversed(self.specs)]
        while waiting:
            obj, unresolved = waiting.pop()
            spec = self._resolve(unresolved)
            if not isinstance(obj.ref, spec.type) or (obj.moid, id(spec)) in self.seen:
                continue
            self.seen.add((obj.moid, id(spec)))
            for reached in self._step(obj, spec.path):
                yield reached, bool(spec.skip)
                waiting.extend((reached, deeper) for deeper in reversed(spec.selectSet))

    def _step(self, obj: ManagedObject, path: str) -> list[ManagedObject]:
        value = obj.get(path)
        refs = value if isinstance(value, list) else [value] if value is not None else []
        reached = (self.lab.objects.get(ref._moId) for ref in refs)
        return [obj for obj in reached if obj is not None and self.sees(obj)]


UNWANTED: tuple[str, ...] = ("\0",)  # no PropertySpec names the type: the object is not reported at all


class PropertySpecs:
    """What to report of each type of object."""

    def __init__(self, specs: t.Sequence[Any]) -> None:
        self.specs = specs
        self._known: dict[type, tuple[str, ...]] = {}
        for spec in specs:
            for path in spec.pathSet:
                check_path(spec.type, path)

    def of(self, kind: type[ManagedObject]) -> tuple[str, ...]:
        """Return the paths for a class of objects, each once, in the order in which they were asked for."""
        if kind not in self._known:
            matching = [spec for spec in self.specs if issubclass(kind.wsdl, spec.type)]
            paths: dict[str, None] = {}
            for spec in matching:
                every = [info.name for info in kind.wsdl._GetPropertyList()] if spec.all else []
                paths.update(dict.fromkeys([*spec.pathSet, *every]))
            self._known[kind] = tuple(paths) if matching else UNWANTED
        return self._known[kind]


def check_path(kind: Any, path: str) -> None:
    """Raise InvalidProperty for a path that cannot exist: behind a key, any subclass may have the property."""
    for step in values.parse(path):
        try:
            info = kind._GetPropertyInfo(step.name)
        except AttributeError:
            raise invalid_property(path) from None
        kind = info.type
        if step.key is not None and issubclass(kind, list):
            kind = kind.Item
        if step.key is not None or not issubclass(kind, VmomiSupport.DataObject) or _has_subclasses(kind):
            return


def _has_subclasses(kind: type) -> bool:
    return bool(kind.__subclasses__())
