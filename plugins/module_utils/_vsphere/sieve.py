# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What is wanted of a bulk answer, and the answer without most of the rest.

A parser tells of every element, wanted or not; looking for the end of one that isn't wanted, as text, costs next to
nothing. In XML that is safe: a `<` is nowhere but in markup, and an element ends at the first end tag of its name
unless one of the same name is inside.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
from collections.abc import Callable, Mapping

from .sdk import VmomiSupport

_TYPE = re.compile(rb'[\w.-]+:type="(\w+)"')


@dataclasses.dataclass(frozen=True, slots=True)
class Keep:
    """What is wanted of an answer.

    `wanted` has, by class, the properties that are wanted of its objects and its subclasses'; None drops such objects.
    Objects of other classes stay whole. `cut` names properties that nobody wants, of no class in such an answer, and
    that have none of their own name inside.
    """

    wanted: Mapping[t.Any, frozenset[str] | None] = dataclasses.field(default_factory=dict)
    cut: tuple[str, ...] = ()

    def of(self, kind: t.Any) -> frozenset[str] | None:
        """Returns the properties wanted of objects of this class; `*` stands for all."""
        return next((self.wanted[base] for base in kind.__mro__ if base in self.wanted), frozenset({"*"}))

    def also(self, wanted: Mapping[t.Any, frozenset[str] | None]) -> Keep:
        """Returns what is wanted when these classes are among the answer's, too."""
        return Keep({**self.wanted, **wanted}, self.cut)


def sieved(answer: bytes, keep: Keep) -> bytes:
    """Returns the answer without elements that aren't wanted; some may stay: they are the parser's business."""
    # In a comment or a CDATA section tags would be mere text; no vSphere sends any.
    if b"<!" in answer or answer.find(b"<?", 1) > 0:
        return answer
    for name in keep.cut:
        answer = _without(answer, name, b">", lambda _attributes: True)
    for kind in (kind for kind, wanted in keep.wanted.items() if wanted is None):
        answer = _without(answer, kind._wsdlName, b" ", functools.partial(_is_unwanted, keep, {}))
    return answer


def _without(answer: bytes, name: str, then: bytes, unwanted: Callable[[bytes], bool]) -> bytes:
    """Returns what is left without the elements of this name that are unwanted, going by their attributes.

    An answer that breaks off in one of them doesn't end then, either.
    """
    start, end = b"<" + name.encode() + then, b"</" + name.encode() + b">"
    left, done, found = [], 0, answer.find(start)
    while found >= 0:
        inside = found + len(start)
        if unwanted(answer[inside : answer.find(b">", inside)]):
            left.append(answer[done:found])
            after = answer.find(end, inside)
            inside = done = after + len(end) if after >= 0 else len(answer)
        found = answer.find(start, inside)
    return b"".join([*left, answer[done:]])


def _is_unwanted(keep: Keep, known: dict[bytes, bool], attributes: bytes) -> bool:
    """Tells whether an object names a type, and nothing else, of which none is wanted."""
    if attributes not in known:
        named = _TYPE.fullmatch(attributes)
        known[attributes] = named is not None and keep.of(_class(named[1].decode())) is None
    return known[attributes]


def _class(name: str) -> t.Any:
    """Returns the SDK's class of this name, or one that nobody names if it knows none: newer types are left alone."""
    try:
        return VmomiSupport.GetWsdlType("urn:vim25", name)
    except KeyError:
        return object
