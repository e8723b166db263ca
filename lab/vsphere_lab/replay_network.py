# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded networks: hosts' standard switches, distributed switches, and who is connected to which port."""

from __future__ import annotations

import typing as t

from . import host_network, policy
from .core import Lab, ManagedObject, changed
from .dvports import DvPort
from .hosts import HostSystem
from .places import Network
from .portgroups import DvPortgroup
from .recording import Recording, Saved
from .scenario import DistributedSwitch as ToldSwitch
from .scenario import DvPortgroup as ToldDvPortgroup
from .sdk import vim
from .switches import DistributedSwitch

Any = t.Any
_VDS = vim.dvs.VmwareDistributedVirtualSwitch
_FLAGS = vim.host.NetworkPolicy.SecurityPolicy(allowPromiscuous=False, macChanges=True, forgedTransmits=True)


def rename_managers(host: HostSystem, managers: Any) -> None:
    """Give the host's managers the ids under which they were recorded."""
    own: tuple[tuple[str, ManagedObject], ...] = (
        ("networkSystem", host.network_system),
        ("virtualNicManager", host.kernel_nics),
        ("advancedOption", host.options),
    )
    for name, manager in own:
        ref = getattr(managers, name, None)
        if ref is not None and ref._moId != manager.moid:
            host.lab.remove(manager)
            manager.moid, manager.ref = ref._moId, ref
            host.lab.add(manager)


# standard switches


def hosts(lab: Lab, recording: Recording) -> None:
    """Give each host its standard switches."""
    for host in lab.all(HostSystem):
        saved = recording.objects[host.moid]
        system = recording.objects.get(host.network_system.moid)
        info = (system.get("networkInfo") if system else None) or saved.get("config.network")
        for ref in saved.get("network") or []:
            network = lab.objects.get(ref._moId)
            if isinstance(network, Network) and not isinstance(network, DvPortgroup):
                network.hosts[host.moid] = host
                host.networks[network.name] = network
        if info is not None:
            _standard(host, info)


def _standard(host: HostSystem, info: Any) -> None:
    network = host.network_system
    for vswitch in info.vswitch:
        nics = list(vswitch.spec.bridge.nicDevice) if getattr(vswitch.spec.bridge, "nicDevice", None) else []
        # A vSwitch always has a whole policy; a recording of another simulator may leave it out.
        whole = policy.overlay(host_network.default_policy(nics, _FLAGS), vswitch.spec.policy)
        network.vswitches[vswitch.name] = changed(vswitch.spec, policy=whole)
        network.mtus[vswitch.name] = vswitch.mtu or 1500
    for group in info.portgroup:
        if group.spec.vswitchName in network.vswitches:
            network.portgroups[group.spec.name] = group.spec
    network.pnics, network.vnics = list(info.pnic), list(info.vnic)
    network.note_promiscuous()


# distributed switches


def switches(lab: Lab, recording: Recording) -> None:
    """Make the distributed switches with their portgroups and ports; one that is no VMware switch can only be read."""
    for saved in recording.of(_VDS):
        config = saved.get("config")
        if isinstance(config, _VDS.ConfigInfo) and isinstance(config.defaultPortConfig, _VDS.VmwarePortConfigPolicy):
            _switch(lab, saved, config)
    for saved in recording.of(vim.dvs.DistributedVirtualPortgroup):
        config = saved.get("config")
        switch = lab.objects.get(config.distributedVirtualSwitch._moId) if _is_complete(config) else None
        if isinstance(switch, DistributedSwitch):
            _portgroup(switch, saved, config)
    for made in lab.all(DistributedSwitch):
        _ports(made, recording.objects[made.moid])


def _is_complete(config: Any) -> bool:
    return bool(
        config and config.distributedVirtualSwitch and isinstance(config.defaultPortConfig, _VDS.VmwarePortConfigPolicy)
    )


def _switch(lab: Lab, saved: Saved, config: Any) -> None:
    features = saved.get("capability.featuresSupported")
    uplinks = getattr(config.uplinkPortPolicy, "uplinkPortName", None) or []
    about = ToldSwitch(
        name=config.name,
        version=(config.productInfo.version if config.productInfo else None) or "8.0.3",
        uplinks=tuple(uplinks),
        mtu=config.maxMtu or 1500,
        mac_learning_supported=bool(getattr(features, "macLearningSupported", False)),
    )
    switch = DistributedSwitch(lab, saved.moid, about=about, setting=config.defaultPortConfig, name=config.name)
    lab.add(switch)
    switch.uuid, switch.description = config.uuid, config.description
    switch.version = _number(config.configVersion)
    for member in config.host:
        host = lab.objects.get(member.config.host._moId) if member.config.host else None
        if isinstance(host, HostSystem):
            switch.hosts.append(host)
            host.switches.append(switch)


def _number(version: str | None) -> int:
    return int(version) if version and version.isdigit() else 0


def _portgroup(switch: DistributedSwitch, saved: Saved, config: Any) -> None:
    nsx = getattr(config, "backingType", None) == "nsx"
    about = ToldDvPortgroup(
        name=config.name, ports=0, auto_expand=bool(config.autoExpand), backing="nsx" if nsx else "standard"
    )
    group = DvPortgroup(switch, saved.moid, about=about, setting=config.defaultPortConfig, name=config.name)
    switch.lab.add(group)
    group.binding, group.num_ports, group.description = config.type, config.numPorts or 0, config.description
    group.version = _number(config.configVersion)
    group.policy = config.policy or group.policy
    tags = {tag.key for tag in saved.get("tag") or []}
    group.is_uplink = bool(getattr(config, "uplink", None)) or "SYSTEM/DVS.UPLINKPG" in tags
    for key in saved.get("portKeys") or []:
        _port(group, key)


def _port(group: DvPortgroup, key: str) -> DvPort:
    port = DvPort(key=key, group=group, last_change=group.lab.clock.now())
    group.switch.ports[key] = group._ports[key] = group._free[key] = port
    counter = f"dvport-{group.switch.moid}"
    if key.isdigit():
        group.lab._numbers[counter] = max(group.lab._numbers[counter], int(key) + 1)
    return port


def _ports(switch: DistributedSwitch, saved: Saved) -> None:
    for seen in saved.answers.get("FetchDVPorts") or []:
        group = switch.portgroups.get(seen.portgroupKey or "")
        if group is None:
            continue
        port = switch.ports.get(seen.key) or _port(group, seen.key)
        port.name, port.config_version = seen.config.name or "", _number(seen.config.configVersion)
        port.own = seen.config.setting if _is_own(seen.config.setting) else None
        port.cookie, port.last_change = seen.connectionCookie or 0, seen.lastStatusChange
        if group.is_uplink and seen.proxyHost is not None:
            port.uplink_of = next((host for host in switch.hosts if host.ref == seen.proxyHost), None)
            group.port_used(port)
        port.keep(seen)


def keep_ports(lab: Lab) -> None:
    """Show each port as it was recorded, from now on until something about it changes."""
    for switch in lab.all(DistributedSwitch):
        for port in switch.ports.values():
            if port.kept is not None:
                port.keep(port.kept)


def _is_own(setting: Any) -> bool:
    """Tell whether any policy of a port is its own and not inherited."""
    values = [] if setting is None else [getattr(setting, info.name) for info in setting._GetPropertyList()]
    return any(isinstance(value, vim.InheritablePolicy) and not value.inherited for value in values)


def port_of(lab: Lab, nic: Any) -> DvPort | None:
    """Return the distributed port a recorded vNIC is connected to."""
    connection = getattr(nic.backing, "port", None)
    if not isinstance(connection, vim.dvs.PortConnection):
        return None
    for switch in lab.all(DistributedSwitch):
        group = switch.portgroups.get(connection.portgroupKey or "")
        if group is not None and switch.uuid == connection.switchUuid and connection.portKey:
            return t.cast(DvPort, switch.ports.get(connection.portKey) or _port(group, connection.portKey))
    return None
