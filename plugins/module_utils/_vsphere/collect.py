# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Bulk reads: the same few properties of many objects in one call and one more per page."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence

from . import faults
from .bulk import lean, one_ahead, parsed, token_of
from .sdk import vim, vmodl
from .session import Session
from .sieve import Keep

PAGE = 500
"""Objects per answer: bounds the memory of one parse; vCenter may send fewer."""


class Found(t.NamedTuple):
    """One object and the properties that it has; unset and unreadable ones are absent."""

    ref: t.Any
    properties: dict[str, t.Any]


def below(
    session: Session, kind: type, paths: Sequence[str], root: t.Any = None, keep: Keep | None = None
) -> Iterator[Found]:
    """Yields every object of the kind below root (default: the whole inventory)."""
    return below_of_kinds(session, {kind: paths}, root, keep)


def below_of_kinds(
    session: Session, paths: Mapping[type, Sequence[str]], root: t.Any = None, keep: Keep | None = None
) -> Iterator[Found]:
    """Yields every object of these kinds below root, each with its kind's properties, all in one read.

    `keep` says what is needed of the values; the rest is left out (quicker by far, but nothing to base an edit on).
    """
    with faults.doing(f"list the {', '.join(map(_plural, paths))}"):
        view = session.view(root)
        spec = vmodl.query.PropertyCollector.ObjectSpec(obj=view, skip=True, selectSet=[_traversal(view)])
        try:
            yield from _retrieve(session, paths, [spec], keep)
        except vmodl.fault.ManagedObjectNotFound:
            session.check()  # the view ends with it
            raise


def of(session: Session, refs: Sequence[t.Any], paths: Sequence[str], keep: Keep | None = None) -> Iterator[Found]:
    """Yields the named objects, all of one kind, in the server's order; one that is gone by now is absent."""
    left = {ref._moId: ref for ref in refs}
    while left:
        kind = type(refs[0])
        with faults.doing(f"read {_plural(kind)}"):
            specs = [vmodl.query.PropertyCollector.ObjectSpec(obj=ref) for ref in left.values()]
            found = _retrieve(session, {kind: paths}, specs, keep)
            try:
                first = next(found, None)
            # One of thousands (a snapshot, with every backup) was removed since it was listed: the others still count.
            except vmodl.fault.ManagedObjectNotFound as gone:
                missing: t.Any = gone.obj  # The SDK's types promise it; a server may leave it out.
                if missing is None or left.pop(missing._moId, None) is None:
                    raise
                continue
            if first is not None:
                yield first
                yield from found
            return


def _reading(collector: t.Any, keep: Keep | None) -> t.Any:
    if keep is None:
        return collector
    query = vmodl.query.PropertyCollector
    page = {
        query.RetrieveResult: frozenset({"token", "objects"}),
        query.ObjectContent: frozenset({"obj", "propSet"}),
    }
    return lean(collector, keep.also(page))


def _retrieve(
    session: Session, paths: Mapping[type, Sequence[str]], objects: list[t.Any], keep: Keep | None
) -> Iterator[Found]:
    query = vmodl.query.PropertyCollector
    collector = _reading(session.content.propertyCollector, keep)
    wanted = [query.PropertySpec(type=kind, pathSet=list(names)) for kind, names in paths.items()]
    for answer in one_ahead(_pages(collector, query.FilterSpec(propSet=wanted, objectSet=objects))):
        page = parsed(answer)
        items = page.objects if page else ()
        # To whom has lost his session a server may answer as if there were nothing (pyvmomi#43), or nothing to be read.
        if not any(item.propSet for item in items):
            session.check()
        for item in items:
            yield Found(item.obj, {prop.name: prop.val for prop in item.propSet})


def _pages(collector: t.Any, spec: t.Any) -> Iterator[t.Any]:
    options = vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=PAGE)
    page = collector.RetrievePropertiesEx([spec], options)
    yield page
    while token := token_of(page):
        page = collector.ContinueRetrievePropertiesEx(token)
        yield page


def _traversal(view: t.Any) -> t.Any:
    return vmodl.query.PropertyCollector.TraversalSpec(type=type(view), path="view", skip=False)


def _plural(kind: type) -> str:
    names: dict[type, str] = {vim.VirtualMachine: "VMs", vim.HostSystem: "hosts"}
    return names.get(kind, f"{kind.__name__.rsplit('.', 1)[-1]} objects")
