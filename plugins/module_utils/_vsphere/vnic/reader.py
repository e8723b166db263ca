# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""VMs, and all that is known about the MACs that their vNICs use now; read in bulk, whatever their number."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..._domain.drift.audit import owners
from ..._domain.drift.latent import Owner
from ..._domain.drift.observed import Observed
from ..._domain.model import NetworkKind, Vm, VnicId
from ..._domain.scope import Scope
from .. import collect
from ..lookup import resolve, select
from ..places import Places, read_places
from ..sdk import vim
from ..session import Session
from . import runtime
from .codec import VM_PATHS, kept, of_vm
from .observations import joined


class VnicReader:
    """Reads vNICs. The names of places are read once per task, everything else anew with each call."""

    paths: t.ClassVar[tuple[str, ...]] = VM_PATHS

    def __init__(self, session: Session) -> None:
        self.session = session

    @functools.cached_property
    def places(self) -> Places:
        return read_places(self.session)

    def resolve(self, scope: Scope) -> Scope:
        """Returns the scope with its portgroup by id."""
        return resolve(self.places, scope)

    def vms(self, scope: Scope) -> tuple[Vm, ...]:
        """Returns the scope's VMs by name, with all their vNICs (Scope.covers tells which are on its portgroup)."""
        selection = select(self.session, self.places, scope)
        if selection.refs is None:
            found = collect.below(self.session, vim.VirtualMachine, self.paths, selection.root, kept())
        else:
            found = collect.of(self.session, selection.refs, self.paths, kept())
        return tuple(sorted(self._as_vms(found), key=lambda vm: (vm.name, vm.moid)))

    def owners_of(self, macs: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Returns the names of every VM and template that has one of these MACs configured, whatever the scope."""
        wanted = set(macs)
        found = self.owners_by_mac(wanted)
        return {mac: tuple(sorted(owner.vm for owner in found.get(mac, ()))) for mac in wanted}

    def owners_by_mac(self, macs: Collection[str]) -> Mapping[str, tuple[Owner, ...]]:
        """Returns every vNIC of any VM or template that has one of these MACs configured, whatever the scope."""
        if not macs:  # The whole inventory would be read to find nothing in it.
            return {}
        found = collect.below(self.session, vim.VirtualMachine, ("name", "config.hardware.device"), keep=kept())
        return owners(self._as_vms(found), macs)

    def observe(self, vms: Sequence[Vm], *, refresh: bool = True) -> Mapping[VnicId, Observed]:
        """Returns sightings and policy of every vNIC of these VMs; `refresh` asks the hosts for their ports' state."""
        groups = runtime.dv_groups(self.session, _keys(vms, NetworkKind.DISTRIBUTED))
        switches = {key: group.switch for key, group in groups.items()}
        dv_ports = runtime.dv_ports(self.session, vms, switches, refresh=refresh)
        here = _hosts(vms)
        mates = {mate for host in here for mate in self.places.cluster_mates(host)}
        hosts = runtime.read_hosts(self.session, here | mates)
        neighbours = self._neighbours(vms, [hosts[host] for host in sorted(here & hosts.keys())])
        sources = joined([*vms, *neighbours], groups, dv_ports, hosts, self.places)
        return {(vm.moid, vnic.key): sources.of(vm, vnic) for vm in vms for vnic in vm.vnics}

    def _as_vms(self, found: Iterable[collect.Found]) -> Iterator[Vm]:
        return (of_vm(str(vm.ref._moId), vm.properties, self.places) for vm in found)

    def _neighbours(self, vms: Sequence[Vm], hosts: Iterable[runtime.Host]) -> Iterator[Vm]:
        """Returns the other VMs on the same hosts and standard portgroups: elimination must know them all."""
        known = {vm.moid for vm in vms}
        beside = {moid: ref for host in hosts for moid, ref in host.vms.items() if moid not in known}
        if not beside:
            return iter(())
        networks = [vim.Network(key, self.session.stub) for key in _keys(vms, NetworkKind.STANDARD)]
        members = collect.of(self.session, networks, ["vm"])
        shared = {ref._moId for network in members for ref in network.properties.get("vm") or ()}
        refs = [ref for moid, ref in sorted(beside.items()) if moid in shared]
        return self._as_vms(collect.of(self.session, refs, self.paths, kept()))


def _keys(vms: Iterable[Vm], kind: NetworkKind) -> set[str]:
    networks = (vnic.network for vm in vms for vnic in vm.vnics)
    return {network.key for network in networks if network.kind is kind and network.key}


def _hosts(vms: Iterable[Vm]) -> set[str]:
    """Returns the hosts of which the standard switches matter."""
    kinds = ((vm.host_moid, vnic.network.kind) for vm in vms for vnic in vm.vnics)
    return {host for host, kind in kinds if host and kind is NetworkKind.STANDARD}
