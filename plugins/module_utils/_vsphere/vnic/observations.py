# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Ports, hosts and guests joined: all that is known of one vNIC."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from ..._domain.drift.elimination import claims, on_ports, strangers
from ..._domain.drift.guest import in_guest
from ..._domain.drift.observed import Observed
from ..._domain.model import NetworkKind, Setting, Sighting, Vm, Vnic, VnicId
from ..._domain.policy.origin import Layer, origin
from ..places import Places
from .runtime import DvGroup, Host, HostPorts, PortState

Groups = Mapping[str, DvGroup]
"""Distributed portgroups by id."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What was read, by what it is joined by."""

    groups: Groups
    dv_ports: Mapping[VnicId, PortState]
    hosts: Mapping[str, Host]
    places: Places
    standard: Mapping[VnicId, Sighting]
    guests: Mapping[VnicId, Sighting]

    def of(self, vm: Vm, vnic: Vnic) -> Observed:
        """Returns what is known of a vNIC; a port's own policy goes before its portgroup's."""
        vnic_id = (vm.moid, vnic.key)
        port = self.dv_ports.get(vnic_id)
        seen = [source[vnic_id] for source in (self.standard, self.guests) if vnic_id in source]
        if port:
            seen.insert(0, port.sighting)
        if vnic.network.kind is NetworkKind.DISTRIBUTED:
            return self._on_distributed(vnic, seen, port.policy if port else None)
        group = self._on_host(vm.host_moid, vnic.network.name)
        return Observed(
            sightings=tuple(seen),
            policy=group.policy.effective if group else None,
            policy_from=origin(group.policy) if group else None,
            rejected_on=tuple(self._rejected_on(vm, vnic)),
            vswitch=group.vswitch if group else "",
        )

    def _on_distributed(self, vnic: Vnic, seen: Iterable[Sighting], port: Layer | None) -> Observed:
        group = self.groups.get(vnic.network.key)
        layer = port or (group.policy if group else None)
        return Observed(
            sightings=tuple(seen),
            policy=layer.effective if layer else None,
            policy_from=origin(group.policy, port) if group else None,
            on_nsx=group is not None and group.is_nsx,
        )

    def _on_host(self, host: str, portgroup: str) -> HostPorts | None:
        return self.hosts[host].portgroups.get(portgroup) if host in self.hosts else None

    def _rejected_on(self, vm: Vm, vnic: Vnic) -> Iterable[str]:
        """Yields the hosts that a vMotion may go to and where the portgroup of this name rejects MAC changes."""
        for moid in self.places.cluster_mates(vm.host_moid):
            group = self._on_host(moid, vnic.network.name)
            if group and group.policy.effective.mac_changes is Setting.REJECT:
                yield self.places.name(moid)


def joined(
    vms: Iterable[Vm], groups: Groups, dv_ports: Mapping[VnicId, PortState], hosts: Mapping[str, Host], places: Places
) -> Sources:
    """Returns the sources; of a standard portgroup on a host, `vms` must have all VMs, or the wrong one is accused."""
    crowd = list(vms)
    guests = {(vm.moid, key): seen for vm in crowd for key, seen in in_guest(vm).items()}
    standard: dict[VnicId, Sighting] = {}
    unread = strangers(crowd)
    for (host, name), group in claims(crowd, guests).items():
        if host in hosts and name in hosts[host].portgroups:
            standard.update(on_ports(hosts[host].portgroups[name].macs, group, unread.get(host, ())))
    return Sources(groups=groups, dv_ports=dv_ports, hosts=hosts, places=places, standard=standard, guests=guests)
