# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded XML into pyVmomi values; what pyVmomi does not know is left out and told in a sentence."""

from __future__ import annotations

import base64
import collections
import datetime
import typing as t
import xml.etree.ElementTree as ET

from pyVmomi import Iso8601

from .methods import NAMESPACE
from .sdk import VmomiSupport, vmodl
from .values import F_OPTIONAL, make

Any = t.Any
XSI_TYPE = f"{{{VmomiSupport.XMLNS_XSI}}}type"
_NOTHING = ("inactive", "none", "notConfigured", "unknown", "normal")  # how enumerations say: nothing of the kind
_WORDS = {"true": True, "1": True, "false": False, "0": False}


class Unknown(Exception):
    """A type that pyVmomi does not know, or a value that is not of its type."""


def type_named(name: str) -> Any:
    """Return pyVmomi's type for a name as xsi:type says it."""
    bare = name.rpartition(":")[2]
    if bare in ("ManagedObjectReference", "ArrayOfManagedObjectReference"):
        return VmomiSupport.ManagedObject.Array if bare.startswith("Array") else VmomiSupport.ManagedObject
    kind = _loaded(NAMESPACE, bare) or (_loaded(VmomiSupport.XMLNS_XSD, bare) if ":" in name else None)
    if kind is None:
        raise Unknown(f"pyVmomi knows no type {bare}")
    return kind


def _loaded(namespace: str, name: str) -> Any:
    try:
        return VmomiSupport.GetWsdlType(namespace, name)
    except KeyError:
        return None


class Reader:
    """Reads values, and remembers what it had to leave out."""

    def __init__(self) -> None:
        self.notes: collections.Counter[str] = collections.Counter()

    def value(self, node: ET.Element, declared: Any) -> Any:
        """Return the value of an element whose declared type is known; Unknown if it cannot be read."""
        if issubclass(declared, list):
            return declared(self._items(node, declared.Item))
        kind = self._narrowed(node, declared)
        if issubclass(kind, list):
            return kind(self._items(node, kind.Item))
        if issubclass(kind, vmodl.MethodFault) and node.find("fault") is not None:
            return self._localized(node)
        if issubclass(kind, VmomiSupport.DataObject):
            return self._data_object(node, kind)
        return _plain(node, kind)

    def attempt(self, node: ET.Element, declared: Any, what: str) -> Any:
        """Return the value, or none: then a note says why."""
        try:
            return self.value(node, declared)
        except Unknown as problem:
            self.notes[f"{what} was left out: {problem}"] += 1
            return None

    def _items(self, node: ET.Element, item: Any) -> list[Any]:
        found = [self.attempt(child, item, f"an element of {node.tag}") for child in node]
        return [value for value in found if value is not None]

    def _narrowed(self, node: ET.Element, declared: Any) -> Any:
        named = node.get(XSI_TYPE)
        if declared in (type, VmomiSupport.ManagedMethod, VmomiSupport.PropertyPath) or named is None:
            return declared  # these are names, written as strings
        try:
            kind = type_named(named)
        except Unknown as problem:
            if not issubclass(declared, VmomiSupport.DataObject):
                raise
            self.notes[f"{problem}: read as {declared._wsdlName}"] += 1
            return declared
        return kind if issubclass(kind, declared) or declared is object else declared

    def _localized(self, node: ET.Element) -> Any:
        inner = t.cast(ET.Element, node.find("fault"))
        fault = self._data_object(inner, self._narrowed(inner, vmodl.MethodFault))
        fault.msg = node.findtext("localizedMessage")
        return fault

    def _data_object(self, node: ET.Element, kind: Any) -> Any:
        values: dict[str, Any] = {}
        for child in node:
            self._field(kind, child, values)
        self._complete(kind, values)
        try:
            return make(kind, **values)
        except TypeError as problem:
            raise Unknown(f"{kind._wsdlName}: {problem}") from None

    def _complete(self, kind: Any, values: dict[str, Any]) -> None:
        """Give what is required and missing an empty value: without one, nothing of the property could be shown."""
        for info in kind._GetPropertyList():
            if info.name in values or info.flags & F_OPTIONAL or issubclass(info.type, list):
                continue
            if issubclass(info.type, VmomiSupport.DataObject) and not issubclass(info.type, vmodl.MethodFault):
                inner: dict[str, Any] = {}
                self._complete(info.type, inner)
                values[info.name] = make(info.type, **inner)
            elif issubclass(info.type, VmomiSupport.Enum):
                values[info.name] = next((word for word in _NOTHING if word in info.type.values), info.type.values[0])
            elif issubclass(info.type, (str, int, float)):
                values[info.name] = info.type()

    def _field(self, kind: Any, node: ET.Element, values: dict[str, Any]) -> None:
        try:
            info = kind._GetPropertyInfo(node.tag)
        except AttributeError:
            self.notes[f"{kind._wsdlName}.{node.tag} was left out: pyVmomi does not know it"] += 1
            return
        several = issubclass(info.type, list)
        value = self.attempt(node, info.type.Item if several else info.type, f"{kind._wsdlName}.{node.tag}")
        if value is None:
            return
        if several:
            values.setdefault(info.name, info.type()).append(value)
        else:
            values[info.name] = value


def _plain(node: ET.Element, kind: Any) -> Any:
    text = node.text or ""
    if issubclass(kind, VmomiSupport.ManagedObject):
        return type_named(node.get("type") or "")(text)
    if not text and not issubclass(kind, str):
        raise Unknown(f"it is empty, which no {kind.__name__} can be")
    if issubclass(kind, VmomiSupport.Enum) and not text:
        raise Unknown("it is empty")
    try:
        return _parsed(text, kind)
    except (ValueError, KeyError) as problem:
        raise Unknown(f"{text!r} is no {kind.__name__}") from problem


def _parsed(text: str, kind: Any) -> Any:
    if kind is bool:
        return _WORDS[text.lower()]
    if kind is type:
        return type_named(text)
    if kind is VmomiSupport.ManagedMethod:
        return VmomiSupport.GetWsdlMethod(NAMESPACE, text)
    if kind is datetime.datetime:
        return _time(text)
    if issubclass(kind, VmomiSupport.binary):
        return kind(base64.b64decode(text))
    return text if kind is object else kind(text)


def _time(text: str) -> datetime.datetime:
    time: datetime.datetime | None = Iso8601.ParseISO8601(text)
    if time is None or time.year == 1:  # the year 1 is Go's word for no time at all
        raise ValueError(text)
    return time
