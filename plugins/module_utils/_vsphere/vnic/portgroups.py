# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Portgroups as targets of a move: where they are, what their ports allow, and how many ports are left."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..._domain.model import Network, NetworkKind, Security
from ..._domain.vnic.edit import Attachment
from ..._domain.vnic.target import Portgroup
from .. import collect, faults
from ..places import Place, Places, is_standard
from ..policy.codec import of_dv_setting, of_host_policy
from ..policy.traits import is_nsx
from ..sdk import vim
from ..session import Session

_GROWING = {"ephemeral"}
# Not its parts: a server refuses the whole read for a path that its API doesn't know yet, such as backingType (7.0).
_DV_PATHS = ("config", "host")


class PortgroupReader:
    """Reads portgroups of both kinds by name; the places tell the names."""

    def __init__(self, session: Session, places: Places) -> None:
        self._session = session
        self._places = places

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({place.name for place in self._places.of_kind(vim.Network)}))

    def named(self, names: Iterable[str]) -> tuple[Portgroup, ...]:
        """Returns every portgroup with one of these names, whatever its kind and datacenter."""
        wanted = set(names)
        hits = [place for place in self._places.of_kind(vim.Network) if place.name in wanted]
        distributed = [place for place in hits if isinstance(place.ref, vim.dvs.DistributedVirtualPortgroup)]
        standard = [place for place in hits if is_standard(place.ref)]
        return (*self._distributed(distributed), *self._standard(standard))

    def _distributed(self, places: Sequence[Place]) -> Iterator[Portgroup]:
        by_moid = {place.moid: place for place in places}
        for found in collect.of(self._session, [place.ref for place in places], _DV_PATHS):
            yield self._of_distributed(by_moid[str(found.ref._moId)], found.properties)

    def _of_distributed(self, place: Place, found: Mapping[str, t.Any]) -> Portgroup:
        config = found.get("config")
        ref = getattr(config, "distributedVirtualSwitch", None)
        switch = self._places.by_moid.get(ref._moId) if ref else None
        name = switch.name if switch else ""
        hosts = [str(host._moId) for host in found.get("host") or ()]
        security = of_dv_setting(getattr(config, "defaultPortConfig", None))
        network = Network(kind=NetworkKind.DISTRIBUTED, name=place.name, key=place.moid, switch=name)
        return Portgroup(
            attachment=Attachment(network=network, switch_uuid=switch.uuid if switch else "", portgroup_key=place.moid),
            security=dict.fromkeys(hosts, security),
            switches=dict.fromkeys(hosts, name),
            free_ports=self._free_ports(ref, place, config),
            unfit=_unfit(config, switch),
        )

    def _free_ports(self, switch: t.Any, place: Place, config: t.Any) -> int | None:
        if switch is None or config.autoExpand or config.type in _GROWING:
            return None
        with faults.doing(f"read the free ports of {place.name}"):
            criteria = vim.dvs.PortCriteria(connected=False, portgroupKey=[place.moid], inside=True)
            return len(switch.FetchDVPorts(criteria) or ())

    def _standard(self, places: Sequence[Place]) -> Iterator[Portgroup]:
        read = collect.of(self._session, [place.ref for place in places], ["host"])
        hosts = {str(f.ref._moId): list(f.properties.get("host") or ()) for f in read}
        unique = {ref._moId: ref for refs in hosts.values() for ref in refs}
        groups = {
            str(found.ref._moId): {
                group.spec.name: group for group in found.properties.get("config.network.portgroup") or ()
            }
            for found in collect.of(self._session, list(unique.values()), ["config.network.portgroup"])
        }
        for place in places:
            there = {
                ref._moId: groups[ref._moId][place.name]
                for ref in hosts.get(place.moid, ())
                # A host that has gone since, or that this account can't see, isn't among those that were read.
                if place.name in groups.get(ref._moId, ())
            }
            yield _of_standard(place, there)


def _of_standard(place: Place, groups: Mapping[str, t.Any]) -> Portgroup:
    security: dict[str, Security] = {host: of_host_policy(group.computedPolicy) for host, group in groups.items()}
    return Portgroup(
        attachment=Attachment(network=Network(kind=NetworkKind.STANDARD, name=place.name, key=place.moid)),
        security=security,
        switches={host: group.spec.vswitchName for host, group in groups.items()},
    )


def _unfit(config: t.Any, switch: Place | None) -> str:
    if config is None or switch is None:
        return "this account can't read its configuration or its switch"
    if config.uplink:
        return "it is the switch's uplink portgroup"
    return "NSX manages it" if is_nsx(config) else ""
