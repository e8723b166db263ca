# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which hosts, portgroups and switches there are: names in bulk, before any of them is looked at closely."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from ..._domain.policy.choice import Catalogue
from ..._domain.policy.holder import Holder, Host, Kind
from ..._domain.policy.policy_plan import Area
from .. import collect
from ..lookup import one
from ..places import Place, Places, is_standard, read_places
from ..sdk import vim
from ..session import Session
from . import standard_switches

_HOST_PATHS = ("name", "runtime.connectionState")


class NetworkCatalogue:
    """Keeps the places and the hosts' networks that it read, for the planner that follows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.networks: dict[str, standard_switches.HostNetwork] = {}

    @functools.cached_property
    def places(self) -> Places:
        return read_places(self._session)

    def catalogue(self, kind: Kind, area: Area) -> Catalogue:
        inside = one(self.places, vim.Datacenter, "datacenter", area.datacenter) if area.datacenter else None
        hosts = _hosts(self.places, area, inside)
        if kind.is_standard:
            return self._standard(kind, hosts)
        return self._distributed(kind, inside, hosts if area.hosts is not None or area.cluster else None)

    def portgroups_of(self, switch: Holder) -> Iterator[Holder]:
        """Yields the portgroups of a switch that the catalogue had."""
        if switch.kind.is_standard:
            host = Host(name=switch.host, moid=switch.moid)
            portgroups = standard_switches.holders(Kind.PORTGROUP, host, self.networks[switch.moid])
            yield from (holder for holder in portgroups if holder.switch == switch.name)
            return
        ref = vim.dvs.VmwareDistributedVirtualSwitch(switch.moid, self._session.stub)
        for found in collect.of(self._session, [ref], ["portgroup"]):
            for portgroup in found.properties.get("portgroup") or ():
                moid = str(portgroup._moId)
                yield Holder(kind=Kind.DVPORTGROUP, name=self.places.name(moid), moid=moid, switch=switch.name)

    def _standard(self, kind: Kind, meant: list[Place]) -> Catalogue:
        moids = {place.moid for place in meant}
        clusters = {place.parent for place in meant if self.places.cluster_of(place.moid)}
        others = [
            place
            for place in self.places.of_kind(vim.HostSystem)
            if place.parent in clusters and place.moid not in moids
        ]
        hosts = self._read_hosts([*meant, *others])
        inside, beyond = hosts[: len(meant)], hosts[len(meant) :]
        return Catalogue(
            hosts=inside,
            holders=tuple(self._holders(kind, inside)),
            hosts_beyond=beyond,
            holders_beyond=tuple(self._holders(kind, beyond)),
            of_other_type=_others(self.places, kind),
        )

    def _read_hosts(self, places: list[Place]) -> tuple[Host, ...]:
        found = collect.of(self._session, [place.ref for place in places], _HOST_PATHS)
        states = {str(host.ref._moId): host.properties.get("runtime.connectionState", "unreadable") for host in found}
        reachable = [moid for moid, state in states.items() if state == "connected"]
        unread = [moid for moid in reachable if moid not in self.networks]
        self.networks |= standard_switches.read(self._session, unread)
        return tuple(
            Host(
                name=place.name,
                moid=place.moid,
                cluster=self.places.cluster_of(place.moid),
                unreachable=_unreachable(states.get(place.moid, "unreadable"), place.moid in self.networks),
            )
            for place in places
        )

    def _holders(self, kind: Kind, hosts: Iterable[Host]) -> Iterator[Holder]:
        for host in hosts:
            if host.moid in self.networks:
                yield from standard_switches.holders(kind, host, self.networks[host.moid])

    def _distributed(self, kind: Kind, inside: Place | None, hosts: list[Place] | None) -> Catalogue:
        paths = ("name", "summary.hostMember")
        places = self.places
        switches = [place.ref for place in _within(places, vim.DistributedVirtualSwitch, inside)]
        members = {
            str(found.ref._moId): {host._moId for host in found.properties.get("summary.hostMember") or ()}
            for found in collect.of(self._session, switches, paths)
        }
        wanted = {place.moid for place in hosts} if hosts is not None else None
        meant = {moid for moid, there in members.items() if wanted is None or there & wanted}
        if kind is Kind.DVSWITCH:
            holders = tuple(Holder(kind=kind, name=places.name(moid), moid=moid) for moid in members if moid in meant)
        else:
            holders = tuple(self._portgroups(inside, meant))
        return Catalogue(holders=holders, of_other_type=_others(places, kind))

    def _portgroups(self, inside: Place | None, switches: set[str]) -> Iterator[Holder]:
        places = self.places
        refs = [place.ref for place in _within(places, vim.dvs.DistributedVirtualPortgroup, inside)]
        for found in collect.of(self._session, refs, ["config.distributedVirtualSwitch"]):
            switch = found.properties.get("config.distributedVirtualSwitch")
            moid = str(found.ref._moId)
            if switch is not None and switch._moId in switches:
                yield Holder(kind=Kind.DVPORTGROUP, name=places.name(moid), moid=moid, switch=places.name(switch._moId))


def _hosts(places: Places, area: Area, inside: Place | None) -> list[Place]:
    cluster = one(places, vim.ClusterComputeResource, "cluster", area.cluster, inside) if area.cluster else None
    if area.hosts is not None:
        hosts = [one(places, vim.HostSystem, "host", name, inside) for name in dict.fromkeys(area.hosts)]
    else:
        hosts = _within(places, vim.HostSystem, inside)
    return [host for host in hosts if cluster is None or host.parent == cluster.moid]


def _within(places: Places, kind: type, inside: Place | None) -> list[Place]:
    start = f"{places.path(inside.moid)}/" if inside else ""
    return [place for place in places.of_kind(kind) if places.path(place.moid).startswith(start)]


def _unreachable(state: str, readable: bool) -> str:
    if state != "connected":
        return str(state)
    return "" if readable else "its network configuration can't be read"


def _others(places: Places, kind: Kind) -> tuple[tuple[str, Kind], ...]:
    """Returns what the same name could have meant, for whoever gave the wrong type."""
    distributed = {place.name for place in places.of_kind(vim.dvs.DistributedVirtualPortgroup)}
    if kind is Kind.PORTGROUP:
        return tuple((name, Kind.DVPORTGROUP) for name in distributed)
    if kind is Kind.DVPORTGROUP:
        standard = {place.name for place in places.of_kind(vim.Network) if is_standard(place.ref)}
        return tuple((name, Kind.PORTGROUP) for name in standard - distributed)
    if kind is Kind.VSWITCH:
        return tuple((place.name, Kind.DVSWITCH) for place in places.of_kind(vim.DistributedVirtualSwitch))
    return ()
