# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP, the server's side of it: requests into arguments, results and faults into XML."""

from __future__ import annotations

import copy
import dataclasses
import functools
import typing as t
import weakref
from xml.parsers import expat

from . import core, methods
from .sdk import SoapAdapter, VmomiSupport, vmodl

Any = t.Any
F_OPTIONAL: int = VmomiSupport.F_OPTIONAL
NEWEST = VmomiSupport.versionMap[f"vim25/{core.API_VERSION}"]
_BODY = SoapAdapter.XMLNS_SOAPENV + " Body"
_NAMESPACES = {
    SoapAdapter.XMLNS_SOAPENV: "soapenv",
    VmomiSupport.XMLNS_XSD: "xsd",
    VmomiSupport.XMLNS_XSI: "xsi",
    methods.NAMESPACE: "",
}
ENVELOPE_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soapenv:Envelope xmlns:soapenv="{SoapAdapter.XMLNS_SOAPENV}" xmlns:xsd="{VmomiSupport.XMLNS_XSD}"'
    f' xmlns:xsi="{VmomiSupport.XMLNS_XSI}">\n<soapenv:Body>\n'
)
ENVELOPE_END = "\n</soapenv:Body>\n</soapenv:Envelope>"


@dataclasses.dataclass
class Request:
    """A method call as it came in."""

    method: str
    moid: str
    arguments: dict[str, Any]
    version: str


class Ready(list[str]):
    """A result that is XML already: pieces of `<returnval>` elements, shared with the fragment cache."""


@functools.cache
def _versions(api_version: str) -> dict[str, str]:
    newest = VmomiSupport.versionMap[f"vim25/{api_version}"]
    names = ((name, version) for name, version in VmomiSupport.versionMap.items() if name.startswith("vim25/"))
    return {f"urn:{name}": version for name, version in names if VmomiSupport.IsChildVersion(newest, version)}


def version_of(soap_action: str | None, api_version: str) -> str:
    """Return pyVmomi's version for a SOAPAction header; the server's own where the client asks for a newer one."""
    known = _versions(api_version)
    return known.get((soap_action or "").strip('"')) or known[f"urn:vim25/{api_version}"]


def service_versions(api_version: str) -> str:
    """Return vimServiceVersions.xml: from it a client takes the newest version that both sides know."""
    names = [urn.rpartition("/")[2] for urn in _versions(api_version)]
    numbered = sorted((name for name in names if name[0].isdigit()), key=_number, reverse=True)
    priors = "".join(f"<version>{name}</version>" for name in numbered if name != api_version)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<namespaces version="1.0"><namespace><name>urn:vim25</name>'
        f"<version>{api_version}</version><priorVersions>{priors}</priorVersions></namespace></namespaces>"
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


# requests


@functools.cache
def _arguments_class(method: str) -> Any:
    """Make a data type of the method's parameters, so that pyVmomi's deserialiser reads them all at once."""
    info = methods.method_info(method)
    this = VmomiSupport.Object(
        name="_this", type=VmomiSupport.ManagedObject, version=VmomiSupport.BASE_VERSION, flags=0
    )
    fields = [this, *info.params]
    contents = {"_propList": fields, "_propInfo": {field.name: field for field in fields}, "_wsdlName": method}
    return type(method, (vmodl.DynamicData,), {**contents, "_version": VmomiSupport.BASE_VERSION})


class _Reader:
    """Find the method element in the SOAP body and hand it to pyVmomi's deserialiser."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.StartNamespaceDeclHandler = self.start_namespace
        self.namespaces: dict[str | None, list[str]] = {}
        self.in_body = False
        self.method = ""
        self.deserializer: Any = None

    def start_namespace(self, prefix: str | None, uri: str) -> None:
        self.namespaces.setdefault(prefix, []).append(uri)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.in_body and self.deserializer is None:
            self.method = tag.rpartition(" ")[2]
            self.deserializer = SoapAdapter.SoapDeserializer(None, self.version)
            self.deserializer.Deserialize(self.parser, _arguments_class(self.method), False, self.namespaces)
            self.deserializer.StartElementHandler(tag, attributes)
        elif tag == _BODY:
            self.in_body = True


def parse_request(body: bytes, version: str) -> Request:
    """Read a SOAP request; InvalidRequest says what is wrong with a bad one."""
    reader = _Reader(version)
    try:
        reader.parser.Parse(body, True)
        read = reader.deserializer.GetResult()
        names = [info.name for info in methods.method_info(reader.method).params]
        arguments = {name: _given(getattr(read, name)) for name in names}
        return Request(reader.method, read._this._moId, arguments, version)
    except vmodl.MethodFault:
        raise
    except Exception as error:
        text = f"Error while parsing SOAP request: {type(error).__name__}: {error}"
        raise vmodl.fault.InvalidRequest(msg=text) from error


def _given(value: Any) -> Any:
    return None if isinstance(value, list) and not value else value


# responses


@functools.cache
def _fields(kind: Any, version: str) -> list[tuple[str, Any, bool]]:
    """Return the fields that a client of this version knows: name, metadata, and whether it may be unset."""
    known = (info for info in kind._GetPropertyList() if VmomiSupport.IsChildVersion(version, info.version))
    return [(info.name, info, bool(info.flags & F_OPTIONAL)) for info in known]


_SHARED: weakref.WeakKeyDictionary[Any, dict[Any, str]] = weakref.WeakKeyDictionary()


def share(value: Any) -> Any:
    """Mark a data object that many others hold (a VM's IDE controller): its XML is made, and kept, only once."""
    _SHARED.setdefault(value, {})
    return value


class _Buffer(list[str]):
    """What SoapSerializer takes for a file."""

    write = list.append


class Writer(SoapAdapter.SoapSerializer):  # type: ignore[misc]
    """pyVmomi's serialiser with what a server does differently from a client, and a short way for plain values."""

    def __init__(self, version: str) -> None:
        self.pieces: list[str] = []  # finished; the XML of shared objects is a piece of its own
        self.writer: _Buffer = _Buffer()
        super().__init__(self.writer, version, _NAMESPACES)
        self.outermostAttrs = ""  # a client says versionId here, a server does not

    def finish(self) -> list[str]:
        """Return all that was written."""
        self.pieces.append("".join(self.writer))
        self.writer = _Buffer()
        return self.pieces

    def _QName(self, kind: Any, namespace: str) -> tuple[str, str]:
        if kind is VmomiSupport.ManagedObject:
            return "", "ManagedObjectReference"  # pyVmomi writes ManagedObject, which other clients do not know
        return t.cast("tuple[str, str]", super()._QName(kind, namespace))

    def _Serialize(self, value: Any, info: Any, namespace: str) -> None:
        if info.type is object or value is None:
            super()._Serialize(value, info, methods.NAMESPACE)
        elif isinstance(value, str):
            self.writer.append(f"<{info.name}>{SoapAdapter.XmlEscape(value)}</{info.name}>")
        elif isinstance(value, (bool, int, float)):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            self.writer.append(f"<{info.name}>{text}</{info.name}>")
        elif isinstance(value, list):  # pyVmomi refuses an empty required array; servers leave it out
            inner = _item(info)
            for item in value:
                self._Serialize(item, inner, namespace)
        elif isinstance(value, VmomiSupport.ManagedObject):
            self.writer.append(f'<{info.name} type="{value._wsdlName}">{value._moId}</{info.name}>')
        elif isinstance(value, VmomiSupport.DataObject) and not isinstance(value, vmodl.MethodFault):
            self._SerializeDataObject(value, info, "", methods.NAMESPACE)
        else:
            super()._Serialize(value, info, methods.NAMESPACE)

    def _SerializeDataObject(self, value: Any, info: Any, attributes: str, namespace: str) -> None:
        shared = _SHARED.get(value) if _SHARED else None
        if shared is None:
            self._write(value, info, attributes, namespace)
            return
        key = (info.name, info.type, attributes, self.version)
        if key not in shared:
            apart = Writer(self.version)
            apart._write(value, info, attributes, namespace)
            shared[key] = "".join(apart.finish())
        self.finish().append(shared[key])

    def _write(self, value: Any, info: Any, attributes: str, namespace: str) -> None:
        kind = VmomiSupport.GetCompatibleType(type(value), self.version)
        if info.flags & VmomiSupport.F_LINK or kind is vmodl.LocalizedMethodFault:
            super()._SerializeDataObject(value, info, attributes, namespace)
            return
        if kind is not info.type:
            extra, name = self._QName(kind, namespace)
            attributes += f'{extra} xsi:type="{name}"'
        self.writer.append(f"<{info.name}{attributes}>")
        held = value.__dict__
        for name, field, optional in _fields(kind, self.version):
            inner = held.get(name)
            if inner is not None:
                self._Serialize(inner, field, namespace)
            elif not optional:
                raise TypeError(f"{kind.__name__}.{name} is required but unset")
        self.writer.append(f"</{info.name}>")


def _item(info: Any) -> Any:
    """Return the metadata of an array's elements, kept with that of the array."""
    inner = info.__dict__.get("lab_item")
    if inner is None:
        inner = VmomiSupport.Object(name=info.name, type=info.type.Item, version=info.version, flags=info.flags)
        info.lab_item = inner
    return inner


def pieces_of(tag: str, value: Any, kind: type, version: str, any_type: bool = False) -> list[str]:
    """Write a value as an element; with any_type it says its own type, as a property's value does."""
    if any_type:
        value, kind = typed(value, kind), object
    info = VmomiSupport.Object(name=tag, type=kind, version=VmomiSupport.BASE_VERSION, flags=F_OPTIONAL)
    writer = Writer(version)
    writer._Serialize(value, info, methods.NAMESPACE)
    return writer.finish()


def element(tag: str, value: Any, kind: type, version: str) -> str:
    """Write a value as an element."""
    return "".join(pieces_of(tag, value, kind, version))


def typed(value: Any, kind: type) -> Any:
    """Give a plain Python value (list, int, str) its declared vSphere type."""
    if kind is object or value is None or isinstance(value, kind):
        return value
    if isinstance(value, list) and isinstance(value, VmomiSupport.Array):
        return value
    return kind(value) if issubclass(kind, (list, int, float, str)) else value


def fragment(obj: core.ManagedObject, path: str, version: str) -> tuple[str, ...]:
    """Return the pieces of `<val>…</val>` for a property, none if it is unset; made anew only when it changed."""
    stamp = obj.stamp(path.partition(".")[0].partition("[")[0])
    known = obj.fragments.get(path)
    if known is not None and stamp is not None and known[:2] == (stamp, version):
        return t.cast("tuple[str, ...]", known[2])
    value, kind = obj.resolve(path)
    pieces = () if value is None else tuple(pieces_of("val", value, kind, version, any_type=True))
    if stamp is not None and (pieces or "[" not in path):  # an absent key is found as quickly as it is remembered
        _keep(obj, path, (stamp, version, pieces))
    return pieces


KEPT_TEXT = 64 << 20  # characters; reading every property of a large estate must not take all memory


def _keep(obj: core.ManagedObject, path: str, made: tuple[t.Hashable, str, tuple[str, ...]]) -> None:
    """Remember a fragment, if there is room for it."""
    known = obj.fragments.pop(path, None)
    kept = obj.lab.kept_text - (_size(known[2]) if known else 0)
    size = _size(made[2])
    if kept + size <= KEPT_TEXT:
        obj.fragments[path] = made
        kept += size
    obj.lab.kept_text = kept


def _size(pieces: tuple[str, ...]) -> int:
    return sum(map(len, pieces[::2]))  # every second piece is that of a shared object, see Writer


def forget(obj: core.ManagedObject) -> None:
    """Make room: the object is gone."""
    obj.lab.kept_text -= sum(_size(pieces) for _stamp, _version, pieces in obj.fragments.values())
    obj.fragments.clear()


def response(method: str, result: Any, version: str) -> list[str]:
    """Return the pieces of a whole SOAP response."""
    info = methods.method_info(method)
    start, end = f'{ENVELOPE_START}<{method}Response xmlns="{methods.NAMESPACE}">', f"</{method}Response>{ENVELOPE_END}"
    if isinstance(result, Ready):
        return [start, *result, end]
    if result is None or info.result is type(None):
        return [start, end]
    return [start, *pieces_of("returnval", result, info.result, version), end]


def fault_response(fault: Any, version: str) -> list[str]:
    """Return the pieces of a SOAP fault; goes out with HTTP status 500."""
    bare = copy.copy(fault)
    text, bare.msg = fault.msg or "", None
    name = VmomiSupport.GetWsdlName(VmomiSupport.GetCompatibleType(type(fault), version)) + "Fault"
    info = VmomiSupport.Object(name=name, type=object, version=VmomiSupport.BASE_VERSION, flags=0)
    writer = Writer(version)
    writer._write(bare, info, f' xmlns="{methods.NAMESPACE}"', methods.NAMESPACE)
    message = SoapAdapter.XmlEscape(text)
    body = (
        f"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{message}</faultstring>"
        f"<detail>{''.join(writer.finish())}</detail></soapenv:Fault>"
    )
    return [ENVELOPE_START, body, ENVELOPE_END]
