# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Objects out of SOAP at a fraction of the cost: only what is wanted of an answer becomes one.

pyVmomi's deserialiser makes an object of every disk and controller too, and checks each property that it sets; that
takes most of the time of a bulk read. This one makes the same objects, of less and without those checks.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import http.client
import typing as t
from collections.abc import Callable, Mapping

from .sdk import SoapAdapter, VmomiSupport
from .sieve import Keep


@dataclasses.dataclass(slots=True)
class _Shape:
    """What becomes of one kind of element: a plain value (`make`), an object (`fields`) or an array (`item`)."""

    kind: t.Any
    make: Callable[[str], t.Any] | None = None
    fields: dict[str, _Field] | None = None
    item: _Field | None = None
    defaults: dict[str, t.Any] | None = None
    by_tag: dict[str, _Field | None] = dataclasses.field(default_factory=dict)
    """The fields by the tags that were met, which are few and come again and again; None for what isn't wanted."""

    def new(self) -> t.Any:
        """Returns an object with every property unset, as pyVmomi's constructor does, or an empty array."""
        if self.defaults is None:
            return self.kind()
        made = self.kind.__new__(self.kind)
        made.__dict__.update(self.defaults)
        return made

    def field(self, tag: str) -> _Field | None:
        """Returns what an element inside is; None if it isn't wanted."""
        # pyVmomi's parser puts a blank between namespace and name.
        found = self.item if self.fields is None else self.fields.get(tag[tag.rfind(" ") + 1 :])
        self.by_tag[tag] = found
        return found


@dataclasses.dataclass(slots=True)
class _Field:
    """A property, or the items of an array: its attribute and what its values are declared as."""

    name: str
    kind: t.Any
    array: t.Any = None
    """The type of the list that collects the values, if there may be several."""
    shape: _Shape | None = None
    """What values are that don't name a type of their own, once that is known."""


class Deserializer:
    """Stands in for pyVmomi's SoapDeserializer from where a response's body begins to its end."""

    def __init__(self, stub: t.Any, keep: Keep) -> None:
        self._stub, self._keep = stub, keep
        self._names = SoapAdapter.SoapDeserializer(stub)
        self._shapes: dict[t.Any, _Shape | None] = {}
        self._found: list[t.Any] | None = None

    def Deserialize(self, parser: t.Any, kind: t.Any, _is_fault: bool, namespaces: t.Any) -> None:
        """Takes the parser over, which stands at the element around the result."""
        names = self._names
        names.nsMap = namespaces
        self._kind, self._found = kind, []
        root = _Shape(kind=list, item=_Field("", kind.Item if issubclass(kind, list) else kind))
        declared = (names.StartNamespaceDeclHandler, names.EndNamespaceDeclHandler)
        SoapAdapter.SetHandlers(parser, (*self._handlers(parser, root, SoapAdapter.GetHandlers(parser)), *declared))

    def GetResult(self) -> t.Any:
        """Returns what the method returns; raises HTTPException if there was no response at all in the answer."""
        if self._found is None:
            raise http.client.HTTPException("the answer has no response in it")
        if issubclass(self._kind, list):
            return self._kind(self._found)
        return self._found[0] if self._found else None

    def _handlers(self, parser: t.Any, shape: _Shape, outer: t.Any) -> tuple[t.Any, t.Any, t.Any]:
        """Returns the handlers of elements and texts, which give the parser back to the outer ones at the end.

        Here the time of a bulk read is spent, millions of calls: hence closures instead of attributes of an object.
        """
        value: t.Any = self._found
        field: _Field | None = None
        around: list[tuple[t.Any, _Shape, _Field | None]] = []
        text: list[str] = []
        skipped = 0  # how deep inside an element that isn't wanted

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            nonlocal value, shape, field, skipped
            if skipped:
                skipped += 1
                return
            inside = shape.by_tag[tag] if tag in shape.by_tag else shape.field(tag)
            inner = None
            if inside is not None:
                inner = None if attributes else inside.shape
                if inner is None:
                    inner = self._shape_of(inside.kind, attributes)
                    if not attributes:
                        inside.shape = inner
            if inner is None:
                skipped = 1
                parser.CharacterDataHandler = None
                return
            around.append((value, shape, field))
            value, shape, field = None if inner.make else inner.new(), inner, inside
            text.clear()

        def end(tag: str) -> None:
            nonlocal value, shape, field, skipped
            if skipped:
                skipped -= 1
                if not skipped:
                    parser.CharacterDataHandler = text.append
            elif field is None:
                SoapAdapter.SetHandlers(parser, outer)
                parser.EndElementHandler(tag)
            else:
                done = value if shape.make is None else shape.make("".join(text))
                name, array = field.name, None if shape.item else field.array
                value, shape, field = around.pop()
                if not name:
                    value.append(done)
                elif array is None:
                    value.__dict__[name] = done
                elif value.__dict__[name]:
                    value.__dict__[name].append(done)
                else:
                    # The default is an empty list that all objects share.
                    value.__dict__[name] = array([done])

        return start, end, text.append

    def _shape_of(self, declared: t.Any, attributes: Mapping[str, str]) -> _Shape | None:
        """Returns what to make of an element, by its own type if it names one; None if it isn't wanted."""
        named = attributes.get(SoapAdapter.XSI_TYPE)
        key = (declared, named, attributes.get("type"))
        if key not in self._shapes:
            kind = self._lookup(named) if named and not SoapAdapter.isDynamicType(declared) else declared
            if issubclass(kind, VmomiSupport.ManagedObject):
                kind = self._lookup(attributes["type"])
            self._shapes[key] = self._shape(VmomiSupport.GetCompatibleType(kind, self._stub.version))
        return self._shapes[key]

    def _lookup(self, name: str) -> t.Any:
        namespace, local = self._names.GetNSAndWsdlname(name)
        return self._names.LookupWsdlType(namespace, local, allowManagedObjectReference=True)

    def _shape(self, kind: t.Any) -> _Shape | None:
        if issubclass(kind, list):
            return _Shape(kind=kind, item=_Field("", kind.Item))
        if issubclass(kind, VmomiSupport.ManagedObject):
            stub = self._stub
            return _Shape(kind=kind, make=lambda moid: kind(moid, stub))
        if not issubclass(kind, VmomiSupport.DataObject):
            return _Shape(kind=kind, make=_maker(kind))
        kept = self._keep.of(kind)
        if kept is None:
            return None
        properties = [info for info in kind._GetPropertyList() if info.name in kept or "*" in kept]
        fields = {info.name: _field(info) for info in properties}
        return _Shape(kind=kind, fields=fields, defaults=dict(vars(kind())))


def _field(info: t.Any) -> _Field:
    many = issubclass(info.type, list)
    return _Field(info.name, info.type.Item if many else info.type, info.type if many else None)


def _maker(kind: t.Any) -> Callable[[str], t.Any]:
    if kind is bool:
        return lambda text: text in ("true", "1")
    if kind is VmomiSupport.binary:
        return lambda text: kind(base64.b64decode(text))
    if kind is datetime.datetime:
        parse: Callable[[str], t.Any] = t.cast(t.Any, SoapAdapter).Iso8601.ParseISO8601
        return parse
    plain: Callable[[str], t.Any] = kind
    return plain
