# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The VMs that a scope means, found by the server where its API allows it; a name must hit exactly one object."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from .._domain.errors import ambiguous, not_found
from .._domain.scope import Scope
from . import collect, faults
from .places import Place, Places, means, plain
from .sdk import vim
from .session import Session

_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_NAMED = ("name", "parent")

Found = Mapping[str, collect.Found]
"""VMs by managed object id."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Either the VMs themselves, or the part of the inventory that holds them (neither: all of it)."""

    refs: tuple[t.Any, ...] | None = None
    root: t.Any = None


def select(session: Session, places: Places, scope: Scope) -> Selection:
    """Returns where the scope's VMs are; each part that is given narrows the others."""
    inside = one(places, vim.Datacenter, "datacenter", scope.datacenter) if scope.datacenter else None
    containers = [
        *_wanted(places, vim.Folder, "folder", scope.folder, inside),
        *_wanted(places, vim.ClusterComputeResource, "cluster", scope.cluster, inside),
    ]
    holders = [
        *_wanted(places, vim.HostSystem, "host", scope.host, inside),
        *_wanted(places, vim.Network, "portgroup", scope.portgroup, inside),
    ]
    # The other places were looked for in the datacenter, so it narrows only when it stands alone.
    if inside and not containers and not holders:
        containers = [inside]
    if scope.vms is None and not holders and len(containers) <= 1:
        return Selection(root=containers[0].ref if containers else None)
    # No entry means no VM, which needs no look at the others.
    common = _common(session, containers, holders) if scope.vms != () else {}
    found = common if scope.vms is None else _named(session, places, scope.vms, common)
    return Selection(refs=tuple(vm.ref for vm in found.values()))


def resolve(places: Places, scope: Scope) -> Scope:
    """Returns the scope with its portgroup by id, so that no other of the same name is meant."""
    if not scope.portgroup:
        return scope
    inside = one(places, vim.Datacenter, "datacenter", scope.datacenter) if scope.datacenter else None
    return dataclasses.replace(scope, portgroup=one(places, vim.Network, "portgroup", scope.portgroup, inside).moid)


def one(places: Places, kind: type, label: str, wanted: str, inside: Place | None = None) -> Place:
    """Returns the one place of this kind that a name, an inventory path (or its end) or an id hits."""
    known = {place.moid: places.path(place.moid) for place in places.of_kind(kind)}
    if kind is vim.Folder:
        # The inventory has trees for hosts, networks and datastores too; VMs are below "vm" of their datacenter.
        known = {moid: path for moid, path in known.items() if "vm" in path.split("/")[1:]}
    if inside:
        start = f"{places.path(inside.moid)}/"
        known = {moid: path for moid, path in known.items() if path.startswith(start)}
    hits = [moid for moid in known if wanted == moid or means(wanted, places.names(moid))]
    if not hits:
        raise not_found(label, wanted, (places.name(moid) for moid in known), where=_in(inside))
    if len(hits) > 1:
        candidates = (f"{known[moid]} ({moid})" for moid in hits)
        raise ambiguous(label, wanted, candidates, use="Give the inventory path or the id instead, or a datacenter.")
    return places.by_moid[hits[0]]


def _wanted(places: Places, kind: type, label: str, wanted: str, inside: Place | None) -> list[Place]:
    return [one(places, kind, label, wanted, inside)] if wanted else []


def _in(inside: Place | None) -> str:
    return f"in datacenter {inside.name}" if inside else ""


def _common(session: Session, containers: list[Place], holders: list[Place]) -> Found:
    """Returns the VMs that are in all of these."""
    below = (collect.below(session, vim.VirtualMachine, _NAMED, place.ref) for place in containers)
    held = (collect.of(session, _held(session, place), _NAMED) for place in holders)
    tables = [_by_moid(found) for found in (*below, *held)]
    if not tables:
        return _by_moid(collect.below(session, vim.VirtualMachine, _NAMED))
    return {moid: vm for moid, vm in tables[0].items() if all(moid in table for table in tables[1:])}


def _held(session: Session, place: Place) -> list[t.Any]:
    """Returns the VMs on a host or on a portgroup: both keep a list."""
    return [ref for found in collect.of(session, [place.ref], ["vm"]) for ref in found.properties.get("vm") or ()]


def _by_moid(found: Iterable[collect.Found]) -> dict[str, collect.Found]:
    return {str(vm.ref._moId): vm for vm in found}


def _named(session: Session, places: Places, wanted: Iterable[str], known: Found) -> Found:
    """Returns the VMs that the entries hit, each exactly one, in the order of the entries."""
    paths = {moid: _path(places, vm) for moid, vm in known.items()}
    hits = [_hit(session, entry, known, paths) for entry in wanted]
    return {moid: known[moid] for moid in hits}


def _hit(session: Session, wanted: str, known: Found, paths: Mapping[str, Sequence[str]]) -> str:
    hits = {moid for moid, names in paths.items() if wanted == moid or means(wanted, names)}
    if _UUID.fullmatch(wanted.lower()):
        hits |= _with_uuid(session, wanted) & known.keys()
    if not hits:
        raise not_found("VM", wanted, (_name(vm) for vm in known.values()), where="in the scope")
    if len(hits) > 1:
        candidates = (f"{'/'.join(paths[moid])} ({moid})" for moid in hits)
        raise ambiguous("VM", wanted, candidates, use="Give the inventory path, the id (vm-...) or the UUID instead.")
    return hits.pop()


def _with_uuid(session: Session, uuid: str) -> set[str]:
    """Returns the VMs with this BIOS UUID (which copies may share) or this instance UUID."""
    search = session.content.searchIndex
    with faults.doing(f"look for the UUID {uuid}"):
        found = (search.FindAllByUuid(None, uuid, True, instance) for instance in (False, True))
        return {str(ref._moId) for refs in found for ref in refs or ()}


def _name(vm: collect.Found) -> str:
    return plain(vm.properties.get("name", vm.ref._moId))


def _path(places: Places, vm: collect.Found) -> list[str]:
    parent = vm.properties.get("parent")
    return [*(places.names(parent._moId) if parent else []), _name(vm)]
