# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The inventory without its VMs: what hosts, clusters, portgroups, switches and folders are called, in one read."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
from collections.abc import Iterable, Iterator, Sequence

from . import collect
from .sdk import vim
from .session import Session


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One object of the inventory; `parent` is a managed object id."""

    ref: t.Any
    name: str
    parent: str
    uuid: str = ""
    """Of distributed switches only: what a vNIC names its switch by."""

    @property
    def moid(self) -> str:
        return str(self.ref._moId)


class Places:
    """Names and whereabouts by managed object id."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.by_moid = {place.moid: place for place in places}

    def of_kind(self, kind: type) -> Iterator[Place]:
        return (place for place in self.by_moid.values() if isinstance(place.ref, kind))

    def name(self, moid: str) -> str:
        """Returns the name, or the id itself for what this account can't see."""
        place = self.by_moid.get(moid)
        return place.name if place else moid

    def cluster_of(self, host: str) -> str:
        """Returns the name of the host's cluster; '' for a standalone host."""
        place = self.by_moid.get(host)
        above = self.by_moid.get(place.parent) if place else None
        return above.name if above and isinstance(above.ref, vim.ClusterComputeResource) else ""

    def cluster_mates(self, host: str) -> tuple[str, ...]:
        """Returns the ids of the other hosts of this host's cluster."""
        mates = self._by_parent.get(self.by_moid[host].parent, ()) if host in self.by_moid else ()
        return tuple(mate for mate in mates if mate != host)

    @functools.cached_property
    def _by_parent(self) -> dict[str, list[str]]:
        hosts: dict[str, list[str]] = {}
        for place in sorted(self.of_kind(vim.HostSystem), key=lambda place: place.name):
            hosts.setdefault(place.parent, []).append(place.moid)
        return hosts

    def path(self, moid: str) -> str:
        """Returns the inventory path, such as DC1/vm/Linux; the root folder isn't part of it."""
        return "/".join(self.names(moid))

    def names(self, moid: str) -> list[str]:
        """Returns the names along the inventory path, each of which may have a slash of its own."""
        names: list[str] = []
        place = self.by_moid.get(moid)
        while place is not None:
            names.insert(0, place.name)
            place = self.by_moid.get(place.parent)
        return names

    @functools.cached_property
    def switches(self) -> dict[str, Place]:
        """The distributed switches by UUID."""
        return {place.uuid: place for place in self.of_kind(vim.DistributedVirtualSwitch) if place.uuid}


def read_places(session: Session) -> Places:
    """Reads the names of everything but VMs."""
    named = ("name", "parent")
    kinds: dict[type, tuple[str, ...]] = {
        vim.Datacenter: named,
        vim.Folder: named,
        vim.ComputeResource: named,
        vim.HostSystem: named,
        vim.Network: named,
        vim.DistributedVirtualSwitch: (*named, "uuid"),
    }
    return Places(_place(found) for found in collect.below_of_kinds(session, kinds))


def _place(found: collect.Found) -> Place:
    parent = found.properties.get("parent")
    return Place(
        ref=found.ref,
        name=plain(found.properties.get("name", found.ref._moId)),
        parent=parent._moId if parent else "",
        uuid=found.properties.get("uuid", ""),
    )


def is_standard(network: t.Any) -> bool:
    """Tells a network of standard portgroups from a distributed portgroup and a segment of NSX: all are networks."""
    others = (vim.dvs.DistributedVirtualPortgroup, vim.OpaqueNetwork)
    return isinstance(network, vim.Network) and not isinstance(network, others)


def means(wanted: str, names: Sequence[str]) -> bool:
    """Returns whether a name or the end of a path means the object with these names along its path."""
    given = wanted.strip("/")
    return any(given == "/".join(names[start:]) for start in range(len(names)))


_KEPT = re.compile("%(2f|5c|25)", re.IGNORECASE)


def plain(name: str) -> str:
    """Returns a name as people see it: the inventory keeps "/", "\\" and "%" as %2f, %5c and %25, and only these."""
    return _KEPT.sub(lambda kept: chr(int(kept[1], 16)), name) if "%" in name else name
