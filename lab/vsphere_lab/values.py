# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data objects: made complete, read by property path, and changed only by making a new one."""

from __future__ import annotations

import copy
import datetime
import functools
import re
import typing as t

from .sdk import VmomiSupport, vmodl

Any = t.Any
NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)  # what vSphere says of a time it never noted
F_OPTIONAL: int = VmomiSupport.F_OPTIONAL
_STEP = re.compile(r'(?:^|\.)([A-Za-z_]\w*)(?:\[(?:"([^"]*)"|([^\]"]*))\])?')


class Step(t.NamedTuple):
    """One part of a property path: a property and, where given, the key of one element of it."""

    name: str
    key: str | None


_PATHS: dict[str, tuple[Step, ...]] = {}


def parse(path: str) -> tuple[Step, ...]:
    """Split `config.hardware.device[4000].macAddress` into its steps."""
    known = _PATHS.get(path)
    if known is not None:
        return known
    steps, position = [], 0
    for match in _STEP.finditer(path):
        if match.start() != position:
            break
        position = match.end()
        steps.append(Step(match[1], match[2] if match[2] is not None else match[3]))
    if position != len(path) or not steps:
        raise vmodl.query.InvalidProperty(name=path, msg=f"The property '{path}' is not valid")
    _PATHS[path] = tuple(steps)
    return _PATHS[path]


def _default(kind: Any, depth: int) -> Any:
    if issubclass(kind, VmomiSupport.Enum):
        return kind.values[0]
    if issubclass(kind, VmomiSupport.DataObject):
        return _blank(kind, depth + 1)
    if issubclass(kind, datetime.datetime):
        return NEVER
    return None


_BLANKS: dict[Any, Any] = {}


def _refuse(*_: Any) -> t.NoReturn:
    raise TypeError("this empty list is shared: set the field to a new list")


@functools.cache
def _empty(kind: Any) -> Any:
    """Return the one empty list of its type: a VM's configuration has twenty of them, an estate a million."""
    refused = ("append", "extend", "insert", "__iadd__", "__imul__", "__setitem__")
    return type(kind.__name__, (kind,), dict.fromkeys(refused, _refuse))()


def _blank(kind: Any, depth: int = 0) -> Any:
    """Return the one data object of its type in which just what is required is filled in."""
    if depth > 8:
        raise TypeError(f"{kind.__name__} requires itself without end")
    if kind not in _BLANKS:
        made = kind()
        for info in kind._GetPropertyList():
            if issubclass(info.type, list):
                object.__setattr__(made, info.name, _empty(info.type))
            elif not info.flags & F_OPTIONAL and getattr(made, info.name) is None:
                object.__setattr__(made, info.name, _default(info.type, depth))
        _BLANKS[kind] = made
    return _BLANKS[kind]


def make(kind: Any, /, **values: Any) -> Any:
    """Make a data object whose required fields are all there, so that it can go over the wire.

    Much quicker than pyVmomi's constructor, which asks every field's type each time.
    """
    return changed(_blank(kind), **values)


def changed(value: Any, /, **changes: Any) -> Any:
    """Return a copy with these fields replaced; the original stays as it is (others share it)."""
    kind: Any = type(value)
    made = kind.__new__(kind)
    fields = made.__dict__
    fields.update(value.__dict__)
    for name, held in value.__dict__.items():
        if held and isinstance(held, list):  # its own lists, too
            fields[name] = copy.copy(held)
    for name, new in changes.items():
        setattr(made, name, new)
    return made


def revised(value: Any, path: str, /, **changes: Any) -> Any:
    """Return a copy in which the data object at `path` has these fields replaced."""
    return _revised(value, parse(path) if path else (), changes)


def _revised(value: Any, steps: tuple[Step, ...], changes: dict[str, Any]) -> Any:
    if not steps:
        return changed(value, **changes)
    step, rest = steps[0], steps[1:]
    inner = getattr(value, step.name)
    if step.key is None:
        return changed(value, **{step.name: _revised(inner, rest, changes)})
    new = type(inner)(_revised(item, rest, changes) if key_of(item) == step.key else item for item in inner)
    return changed(value, **{step.name: new})


def key_of(item: Any) -> str | None:
    """Return what a property path writes in brackets for this element of an array."""
    if isinstance(item, VmomiSupport.ManagedObject):
        return str(item._moId)
    key = getattr(item, "key", None)
    return None if key is None else str(key)


def walk(value: Any, kind: type, steps: tuple[Step, ...], path: str) -> tuple[Any, type]:
    """Follow the steps from a value; return what is there (None: unset) and its declared type."""
    for index, step in enumerate(steps):
        if index:
            if value is None:
                return None, object
            info = _info(value, step.name, path)
            value, kind = getattr(value, step.name), info.type
        if step.key is not None and value is not None:
            kind = kind.Item if issubclass(kind, list) else object  # type: ignore[attr-defined]
            value = next((item for item in value if key_of(item) == step.key), None)
    return value, kind


def _info(value: Any, name: str, path: str) -> Any:
    try:
        return type(value)._GetPropertyInfo(name)
    except AttributeError:
        raise vmodl.query.InvalidProperty(name=path, msg=f"The property '{path}' is not valid") from None
