# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory written by `govc object.save`: one ObjectContent per file, recorded answers of methods beside it."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t
import urllib.parse
import xml.etree.ElementTree as ET

from .methods import method_info
from .schema import ScenarioError
from .sdk import vmodl
from .xml_values import Reader, Unknown, type_named

Any = t.Any


@dataclasses.dataclass
class Saved:
    """One object as it was."""

    kind: Any
    moid: str
    properties: dict[str, Any]
    answers: dict[str, Any]  # what its methods returned

    @property
    def name(self) -> str:
        return str(self.properties.get("name") or self.moid)

    def get(self, path: str) -> Any:
        """Return what is at this path, None if it or anything on the way is unset."""
        first, *rest = path.split(".")
        value = self.properties.get(first)
        for step in rest:
            value = getattr(value, step, None)
        return value


@dataclasses.dataclass
class Recording:
    """All of them, in the order in which they were written, and what had to be left out."""

    title: str
    objects: dict[str, Saved]
    notes: list[str]

    @property
    def content(self) -> Any:
        return self.objects["ServiceInstance"].properties["content"]

    def of(self, kind: type) -> list[Saved]:
        """Return the objects of a type."""
        return [saved for saved in self.objects.values() if issubclass(saved.kind, kind)]


def read(directory: str | pathlib.Path) -> Recording:
    """Read a recording; ScenarioError says what is missing in a directory that is none."""
    root = pathlib.Path(directory)
    files = sorted(root.glob("*.xml"))
    if not files:
        raise ScenarioError(f"{root}: no recording: a directory with the XML files of `govc object.save` is needed")
    reader, objects = Reader(), dict[str, Saved]()
    for file in files:
        saved = _saved(reader, file)
        if saved is not None:
            objects.setdefault(saved.moid, saved)
    notes = [text if number == 1 else f"{text} ({number} times)" for text, number in reader.notes.items()]
    recording = Recording(root.name, objects, notes)
    _check(recording, root)
    return recording


def _check(recording: Recording, root: pathlib.Path) -> None:
    instance = recording.objects.get("ServiceInstance")
    if instance is None or instance.properties.get("content") is None:
        raise ScenarioError(f"{root}: no ServiceInstance in it: record the whole server, `govc object.save -d DIR`")
    if recording.content.rootFolder._moId not in recording.objects:
        raise ScenarioError(f"{root}: the root folder is not in it: record the whole server, `govc object.save -d DIR`")


def _saved(reader: Reader, file: pathlib.Path) -> Saved | None:
    node = _xml(reader, file)
    where = node.find("obj") if node is not None else None
    if node is None or where is None:
        if node is not None:
            reader.notes[f"{file.name} was left out: it is no ObjectContent"] += 1
        return None
    name, moid = where.get("type") or "", where.text or ""
    try:
        kind = type_named(name)
    except Unknown as problem:
        reader.notes[f"{file.name} was left out: {problem}"] += 1
        return None
    answers = _answers(reader, file.parent / f"{name}-{urllib.parse.quote_plus(moid)}")
    return Saved(kind, moid, _properties(reader, node, kind), answers)


def _xml(reader: Reader, file: pathlib.Path) -> ET.Element | None:
    try:
        return ET.parse(file).getroot()
    except (ET.ParseError, UnicodeDecodeError) as problem:
        reader.notes[f"{file.name} was left out: it is not XML ({problem})"] += 1
        return None


def _properties(reader: Reader, node: ET.Element, kind: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in node.iter("propSet"):
        name, value = item.findtext("name") or "", item.find("val")
        try:
            info = kind._GetPropertyInfo(name)
        except AttributeError:
            reader.notes[f"{kind._wsdlName}.{name} was left out: pyVmomi does not know it"] += 1
            continue
        read = None if value is None else reader.attempt(value, info.type, f"{kind._wsdlName}.{name}")
        if read is not None:
            found[name] = read
    return found


def _answers(reader: Reader, directory: pathlib.Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in sorted(directory.glob("*.xml")):
        node = _xml(reader, file)
        try:
            result = method_info(file.stem).result
        except vmodl.fault.InvalidRequest:
            reader.notes[f"{directory.name}/{file.name} was left out: pyVmomi knows no such method"] += 1
            continue
        if node is not None:
            found[file.stem] = _answer(reader, node, result, file.stem)
    return found


def _answer(reader: Reader, node: ET.Element, result: Any, method: str) -> Any:
    if issubclass(result, list):
        return reader.value(node, result)
    inner = node.find("returnval")
    return None if inner is None else reader.attempt(inner, result, f"the answer of {method}")
