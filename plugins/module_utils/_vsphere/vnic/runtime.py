# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What ports and hosts know about running vNICs: the MAC in use, whether the port is blocked, the policy in force."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ..._domain import mac
from ..._domain.model import NetworkKind, Sighting, Source, Vm, VnicId
from ..._domain.policy.origin import Layer
from .. import collect, faults
from ..bulk import lean, one_ahead, parsed
from ..policy.codec import layer_of_dv_setting, layer_of_host
from ..policy.traits import is_nsx
from ..sdk import vim, vmodl
from ..session import Session
from ..sieve import Keep

PORTS_AT_ONCE = 1000
"""dvPorts per answer: each brings its whole configuration, so this bounds the memory of one parse."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostPorts:
    """A standard portgroup on one host: the MACs that its VM ports list, its switch and its policy."""

    macs: tuple[str, ...]
    vswitch: str
    policy: Layer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host: its standard portgroups by name, and the VMs on it."""

    portgroups: Mapping[str, HostPorts]
    vms: Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DvGroup:
    """A distributed portgroup: its switch, the policy of a port that overrides nothing, and whether NSX manages it."""

    switch: t.Any
    policy: Layer
    is_nsx: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PortState:
    """A dvPort: what it says about the vNIC that is connected to it, and its policy."""

    sighting: Sighting
    policy: Layer


_CUT = (
    "inShapingPolicy",
    "outShapingPolicy",
    "uplinkTeamingPolicy",
    "lacpPolicy",
    "macLearningPolicy",
    "stats",
)
"""The bulk of a port's settings: nothing that is wanted has a property of these names."""


def kept() -> Keep:
    """Returns what is needed of hosts' portgroups and of dvPorts."""
    dvs, host = vim.dvs, vim.host
    wanted = {
        host.PortGroup: frozenset({"port", "spec", "computedPolicy"}),
        host.PortGroup.Specification: frozenset({"name", "vswitchName", "policy"}),
        host.NetworkPolicy: frozenset({"security"}),
        dvs.DistributedVirtualPortgroup.ConfigInfo: frozenset(
            {
                "distributedVirtualSwitch",
                "defaultPortConfig",
                "backingType",
                "logicalSwitchUuid",
                "segmentId",
                "subnetId",
            }
        ),
        dvs.DistributedVirtualPort: frozenset({"key", "config", "connectee", "state"}),
        dvs.DistributedVirtualPort.ConfigInfo: frozenset({"setting"}),
        dvs.DistributedVirtualPort.Setting: frozenset({"macManagementPolicy", "securityPolicy"}),
        dvs.VmwareDistributedVirtualSwitch.MacManagementPolicy: frozenset(
            {"inherited", "allowPromiscuous", "forgedTransmits", "macChanges"}
        ),
        dvs.DistributedVirtualPort.State: frozenset({"runtimeInfo"}),
        dvs.DistributedVirtualPort.RuntimeInfo: frozenset({"macAddress", "blocked", "statusDetail"}),
    }
    return Keep(wanted, cut=_CUT)


def read_hosts(session: Session, moids: Iterable[str]) -> Mapping[str, Host]:
    """Returns these hosts by id."""
    refs = [vim.HostSystem(moid, session.stub) for moid in sorted(set(moids))]
    return {
        str(found.ref._moId): _host(found)
        for found in collect.of(session, refs, ["config.network.portgroup", "vm"], kept())
    }


def _host(found: collect.Found) -> Host:
    groups = found.properties.get("config.network.portgroup") or ()
    return Host(
        portgroups={group.spec.name: _of_host_group(group) for group in groups},
        vms={str(ref._moId): ref for ref in found.properties.get("vm") or ()},
    )


def _of_host_group(group: t.Any) -> HostPorts:
    ports = (port for port in group.port or () if port.type == "virtualMachine")
    macs = (mac.read(text) for port in ports for text in port.mac or ())
    return HostPorts(
        macs=tuple(text for text in macs if text),
        vswitch=group.spec.vswitchName or "",
        policy=layer_of_host(group.spec.policy, group.computedPolicy),
    )


def dv_groups(session: Session, keys: Iterable[str]) -> Mapping[str, DvGroup]:
    """Returns the distributed portgroups by id."""
    refs = [vim.dvs.DistributedVirtualPortgroup(key, session.stub) for key in sorted(set(keys))]
    # Not its parts: a server refuses the whole read for a path that its API doesn't know yet, as backingType (7.0).
    read = collect.of(session, refs, ["config"], kept())
    return {str(found.ref._moId): _of_dv_group(found.properties.get("config")) for found in read}


def _of_dv_group(config: t.Any) -> DvGroup:
    return DvGroup(
        switch=getattr(config, "distributedVirtualSwitch", None),
        policy=layer_of_dv_setting(getattr(config, "defaultPortConfig", None)),
        is_nsx=is_nsx(config),
    )


def dv_ports(
    session: Session, vms: Iterable[Vm], switches: Mapping[str, t.Any], *, refresh: bool = True
) -> Mapping[VnicId, PortState]:
    """Returns the dvPort of each vNIC that is connected to one; `switches` are the switches by portgroup id."""
    wanted: dict[t.Any, list[str]] = {}
    for vm in vms:
        for vnic in vm.vnics:
            switch = switches.get(vnic.network.key)
            if vnic.network.kind is NetworkKind.DISTRIBUTED and vnic.port_key and switch is not None:
                wanted.setdefault(switch, []).append(vnic.port_key)
    states: dict[VnicId, PortState] = {}
    for switch, keys in wanted.items():
        with faults.doing(f"read the ports of the distributed switch {switch._moId}"):
            live = refresh and _refreshed(switch, keys)
            for port in _fetch(switch, keys):
                states.update(_state(port, live=live))
    return states


def _fetch(switch: t.Any, keys: list[str]) -> Iterator[t.Any]:
    source = lean(switch, kept())
    chunks = (keys[start : start + PORTS_AT_ONCE] for start in range(0, len(keys), PORTS_AT_ONCE))
    for answer in one_ahead(source.FetchDVPorts(vim.dvs.PortCriteria(portKey=chunk)) for chunk in chunks):
        yield from parsed(answer)


def _refreshed(switch: t.Any, keys: list[str]) -> bool:
    """Asks the hosts for the ports' state: what FetchDVPorts returns may be older (API reference)."""
    try:
        switch.RefreshDVPortState(keys)
    # A courtesy that not every server knows, and one port that has gone since (an ephemeral one, with every power-off)
    # spoils it for all, and many ports may take longer than the patience; the state says what it says without it.
    except (vmodl.fault.MethodNotFound, vmodl.fault.NotSupported, vim.fault.NotFound, vim.fault.DvsFault, TimeoutError):
        return False
    return True


def _state(port: t.Any, *, live: bool) -> Mapping[VnicId, PortState]:
    """Returns the port's state under the vNIC that the port itself names; port keys are reused after a disconnect."""
    connectee = port.connectee
    if connectee is None or connectee.connectedEntity is None or not (connectee.nicKey or "").isdigit():
        return {}
    vnic = (str(connectee.connectedEntity._moId), int(connectee.nicKey))
    setting = port.config.setting if port.config else None
    return {vnic: PortState(sighting=_sighting(port, live=live), policy=layer_of_dv_setting(setting))}


def _sighting(port: t.Any, *, live: bool) -> Sighting:
    info = port.state.runtimeInfo if port.state else None
    seen = mac.read(info.macAddress) if info else None
    return Sighting(
        source=Source.DVPORT,
        mac=seen,
        live=live,
        blocked=bool(info.blocked) if info else None,
        note=_note(info, seen),
    )


def _note(info: t.Any, seen: str | None) -> str:
    if info is None or seen is None:
        return "the port reports no MAC (no running vNIC behind it)"
    detail = info.statusDetail or ""
    return f"the port says: {detail}" if info.blocked and detail else ""
