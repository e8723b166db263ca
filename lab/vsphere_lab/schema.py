# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain YAML data into frozen dataclasses; every error says where in the file and what would have been right."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import types
import typing as t

Built = t.TypeVar("Built")


class ScenarioError(ValueError):
    """Something in a scenario is not as it must be."""


def build(kind: type[Built], data: object, where: str) -> Built:
    """Make a value of this type from YAML data."""
    return t.cast(Built, _value(kind, data, where))


def _value(kind: t.Any, data: object, where: str) -> object:
    origin = t.get_origin(kind)
    if origin in (t.Union, types.UnionType):
        return _optional(kind, data, where)
    if origin is t.Literal:
        return _choice(t.get_args(kind), data, where)
    if origin is tuple:
        return tuple(
            _value(t.get_args(kind)[0], item, f"{where}[{_name(item, n)}]") for n, item in enumerate(_list(data, where))
        )
    if origin is dict:
        return {key: _value(t.get_args(kind)[1], item, f"{where}.{key}") for key, item in _mapping(data, where).items()}
    if dataclasses.is_dataclass(kind):
        return _record(t.cast("type", kind), data, where)
    return _scalar(kind, data, where)


def _optional(kind: t.Any, data: object, where: str) -> object:
    if data is None:
        return None
    kinds = [part for part in t.get_args(kind) if part is not type(None)]
    exactly = type(data)
    for part in kinds:
        if part in (str, int, bool, float) and exactly is part:
            return data
    return _value(kinds[-1], data, where)


def _record(kind: type, data: object, where: str) -> object:
    hints, shorthand = _hints(kind), getattr(kind, "SHORTHAND", None)
    if isinstance(data, str) and shorthand:
        data = {shorthand: data}
    given = _mapping(data, where)
    for name in given:
        if name not in hints:
            raise ScenarioError(f"{where}: no key {name!r}{near(name, hints)}; keys: {', '.join(hints)}")
    values = {name: _value(hints[name], value, f"{where}.{name}") for name, value in given.items()}
    try:
        return kind(**values)
    except (TypeError, ValueError) as problem:
        raise ScenarioError(f"{where}: {str(problem).removeprefix(kind.__name__ + '.__init__() ')}") from None


@functools.cache
def _hints(kind: type) -> dict[str, t.Any]:
    hints = t.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _choice(choices: tuple[object, ...], data: object, where: str) -> object:
    if data not in choices:
        raise ScenarioError(f"{where}: {data!r} is not one of {', '.join(map(repr, choices))}")
    return data


def _scalar(kind: t.Any, data: object, where: str) -> object:
    exactly = type(data)  # True is no int here
    if kind in (t.Any, object, exactly) or (kind is float and exactly is int):
        return data
    hint = " (put quotes around it)" if kind is str else ""
    raise ScenarioError(f"{where}: {data!r} is not a {kind.__name__}{hint}")


def _mapping(data: object, where: str) -> dict[str, object]:
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: a mapping is needed, not {data!r}")
    return data


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise ScenarioError(f"{where}: a list is needed, not {data!r}")
    return data


def _name(item: object, number: int) -> object:
    return item.get("name", number) if isinstance(item, dict) else number


def near(name: str, names: t.Iterable[str]) -> str:
    """The hint `(did you mean …?)`, or nothing."""
    close = difflib.get_close_matches(name, [str(other) for other in names], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
