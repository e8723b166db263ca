# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a scenario to managed objects: places, hosts, switches, VMs."""

from __future__ import annotations

import dataclasses
import typing as t

from . import dv_settings, hardware, host_network, links, reconfigure, snapshots
from .core import Lab, changed, make
from .estate import generated
from .hosts import HostSystem, about
from .places import Cluster, ComputeResource, Datacenter, Datastore, Folder, ResourcePool, subfolder
from .portgroups import DvPortgroup
from .scenario import Cluster as ToldCluster
from .scenario import Datacenter as ToldDatacenter
from .scenario import DistributedSwitch as ToldSwitch
from .scenario import DvPortgroup as ToldDvPortgroup
from .scenario import Host, Nic, Portgroup, Scenario, Security, StandardSwitch, Vm
from .sdk import vim
from .switches import DistributedSwitch, SwitchManager
from .vms import VirtualMachine
from .world import World

Any = t.Any
_HN = vim.host
_CARD = vim.vm.device.VirtualEthernetCard
_FOLDERS = {
    "vmFolder": ("vm", ["Folder", "VirtualMachine"]),
    "hostFolder": ("host", ["Folder", "ComputeResource"]),
    "datastoreFolder": ("datastore", ["Folder", "Datastore"]),
    "networkFolder": ("network", ["Folder", "Network", "DistributedVirtualSwitch"]),
}


def build(lab: Lab, scenario: Scenario) -> None:
    """Fill an empty server with what the scenario tells, then let its story happen."""
    world = lab.world = World(lab, scenario)
    root = lab.content.rootFolder._moId
    top = lab.publish("rootFolder", Folder(lab, root, kinds=["Folder", "Datacenter"], name="Datacenters", parent=None))
    if lab.product == "vcenter":
        lab.publish("dvSwitchManager", SwitchManager(lab, "DVSManager"))
    for told in scenario.datacenters:
        _Builder(lab, told, t.cast(Folder, top)).build()
    _set_options(lab, scenario)
    _add_users(lab, scenario)
    world.loading = False
    for rule in scenario.faults:
        lab.door("fault", **rule)
    for step in scenario.story:
        for action, arguments in step.items():
            lab.door(action, **(arguments or {}))


def _set_options(lab: Lab, scenario: Scenario) -> None:
    settings = lab.service("setting")
    settings.options.update(scenario.options)
    if lab.product == "vcenter":
        settings.options["instance.id"] = scenario.instance_id


def _add_users(lab: Lab, scenario: Scenario) -> None:
    sessions, authorization = lab.service("sessionManager"), lab.service("authorizationManager")
    for user in scenario.users:
        name = sessions.add_user(user.name, user.password)
        entity = _named(lab, user.entity) if user.entity else lab.service("rootFolder")
        if entity is not None:
            authorization.grant(name, entity.ref, user.role, user.propagate)


def _named(lab: Lab, name: str) -> Any:
    return next((obj for obj in lab.objects.values() if obj.properties.get("name") == name), None)


class _Builder:
    """Builds one datacenter."""

    def __init__(self, lab: Lab, told: ToldDatacenter, top: Folder) -> None:
        self.lab, self.told, self.top = lab, told, top
        self.esxi = lab.product == "esxi"
        self.hosts: dict[str, HostSystem] = {}
        self.datastores: list[Datastore] = []
        self.groups: dict[tuple[str, str], DvPortgroup] = {}
        self.standard: dict[str, str] = {}  # portgroup: vSwitch

    def build(self) -> None:
        self._place()
        for cluster in self.told.clusters:
            self._cluster(cluster)
        for host in self.told.hosts:
            self._standalone(host)
        for switch in self.told.standard_switches:
            self._standard_switch(switch)
        for told in self.told.distributed_switches:
            self._distributed_switch(told)
        for number, vm in enumerate(self.told.vms):
            self._vm(vm, number)
        if self.told.generate:
            for number, vm in enumerate(generated(self.told, self.lab.random)):
                self._vm(vm, number)
        for host in self.told.all_hosts():
            self._host_state(host)

    def _moid(self, kind: str, esxi: str) -> str:
        return esxi if self.esxi else f"{kind}-{self.lab.number(kind)}"

    # places

    def _place(self) -> None:
        lab = self.lab
        moid = self._moid("datacenter", "ha-datacenter")
        folders = {}
        for name, (label, kinds) in _FOLDERS.items():
            folder_id = f"ha-folder-{label}" if self.esxi else f"group-{label[0]}{lab.number('group')}"
            folders[name] = lab.add(Folder(lab, folder_id, kinds=kinds, name=label, parent=vim.Datacenter(moid)))
        refs = {name: folder.ref for name, folder in folders.items()}
        self.place: Datacenter = lab.add(Datacenter(lab, moid, name=self.told.name, **refs))
        self.top.adopt(self.place)
        for name in self.told.datastores:
            datastore = lab.add(Datastore(lab, f"datastore-{lab.number('datastore')}", name=name))
            self.place.folder("datastoreFolder").adopt(datastore)
            self.datastores.append(datastore)

    def _cluster(self, told: ToldCluster) -> None:
        moid = f"domain-c{self.lab.number('domain')}"
        cluster: Cluster = self.lab.add(Cluster(self.lab, moid, drs=told.drs, name=told.name))
        self._compute(cluster)
        for host in told.hosts:
            self._host(host, cluster)

    def _standalone(self, told: Host) -> None:
        moid = "ha-compute-res" if self.esxi else f"domain-s{self.lab.number('domain')}"
        compute: ComputeResource = self.lab.add(ComputeResource(self.lab, moid, name=told.name))
        self._compute(compute)
        self._host(told, compute)

    def _compute(self, compute: ComputeResource) -> None:
        self.place.folder("hostFolder").adopt(compute)
        moid = self._moid("resgroup", "ha-root-pool")
        pool = self.lab.add(ResourcePool(self.lab, moid, name="Resources", parent=compute.ref, owner=compute.ref))
        compute.properties["resourcePool"] = pool.ref

    # hosts

    def _host(self, told: Host, compute: ComputeResource) -> None:
        product = about("VMware ESXi", told.version, told.build, host_agent=True)
        moid = self._moid("host", "ha-host")
        host: HostSystem = self.lab.add(
            HostSystem(self.lab, moid, compute, about=product, name=told.name, parent=compute.ref)
        )
        compute.hosts.append(host)
        host.options.load(told.options)
        host.network_system.shows_unset_as = told.unset_policy
        host.datastores = list(self.datastores)
        host.network_system.pnics = [_pnic(index, self.lab) for index in range(4)]
        self.hosts[told.name] = host

    def _host_state(self, told: Host) -> None:
        """Set what would stand in the way of building: a host that is not reached."""
        host = self.hosts[told.name]
        host.network_system.note_promiscuous()
        host.set(runtime=changed(host.properties["runtime"], inMaintenanceMode=told.maintenance))
        if told.connection != "connected":
            host.set_connection(told.connection)

    # standard switches

    def _standard_switch(self, told: StandardSwitch) -> None:
        for host in [self.hosts[name] for name in told.hosts] if told.hosts else self.hosts.values():
            network = host.network_system
            network.vswitches[told.name] = _HN.VirtualSwitch.Specification(
                numPorts=128,
                bridge=_bridge(told.uplinks) if told.uplinks else None,
                policy=host_network.default_policy(told.uplinks, _security(told.security, inherit=False)),
            )
            network.mtus[told.name] = told.mtu
            for group in told.portgroups:
                self._portgroup(host, told, group)

    def _portgroup(self, host: HostSystem, switch: StandardSwitch, told: Portgroup) -> None:
        network = host.network_system
        network.portgroups[told.name] = _HN.PortGroup.Specification(
            name=told.name, vlanId=told.vlan, vswitchName=switch.name, policy=_policy(told)
        )
        self.standard[told.name] = switch.name
        if told.name == "Management Network":
            # The kernel's own portgroup is no network for VMs: a recorded ESXi (govmomi's) lists VM Network alone.
            network.vnics.append(_vmk(len(self.hosts), host, told.name, self.lab))
        else:
            host.know_network(told.name)

    # distributed switches

    def _distributed_switch(self, told: ToldSwitch) -> None:
        lab = self.lab
        moid = f"dvs-{lab.number('dvs')}"
        switch: DistributedSwitch = lab.add(
            DistributedSwitch(lab, moid, about=told, setting=dv_settings.of_switch(told), name=told.name)
        )
        self.place.folder("networkFolder").adopt(switch)
        uplinks = ToldDvPortgroup(name=f"{told.name}-DVUplinks", vlan="0-4094", ports=0)
        self._dv_portgroup(switch, uplinks).is_uplink = True
        for group in told.portgroups:
            made = self._dv_portgroup(switch, group)
            free = [port for port in made.ports() if port.free]
            for override, port in zip(group.port_overrides, free, strict=False):
                port.own = dv_settings.of_port(override.mac_management)
        for name in told.hosts or self.hosts:
            switch.join(self.hosts[name])

    def _dv_portgroup(self, switch: DistributedSwitch, told: ToldDvPortgroup) -> DvPortgroup:
        moid = f"dvportgroup-{self.lab.number('dvportgroup')}"
        group: DvPortgroup = self.lab.add(
            DvPortgroup(switch, moid, about=told, setting=dv_settings.of_portgroup(told), name=told.name)
        )
        self.place.folder("networkFolder").adopt(group)
        self.groups[switch.name, told.name] = group
        return group

    # VMs

    def _vm(self, told: Vm, number: int) -> None:
        lab = self.lab
        host = self.hosts[told.host] if told.host else list(self.hosts.values())[number % len(self.hosts)]
        moid = str(lab.number("vm")) if self.esxi else f"vm-{lab.number('vm')}"
        vm = VirtualMachine(lab, moid, told, host, name=told.name, datastore=[self.datastores[0].ref])
        vm.properties["runtime"] = self._runtime(told, host)
        self._register(vm, told)
        devices = hardware.devices(told.name, self.datastores[0].name)
        nics = [self._nic(vm, index, nic) for index, nic in enumerate(told.nics)]
        uuids = (lab.uuid(), lab.uuid())
        vm.set_config(hardware.config(told, self.datastores[0].name, devices + nics, uuids, "1", lab.clock.now()))
        for told_nic, nic in zip(told.nics, nics, strict=True):
            self._start(vm, nic, told_nic)
        for snapshot in told.snapshots:
            _snapshot(vm, snapshot)

    def _runtime(self, told: Vm, host: HostSystem) -> Any:
        on = told.power == "poweredOn"
        return make(
            vim.vm.RuntimeInfo,
            host=host.ref,
            connectionState=told.connection,
            powerState=told.power,
            bootTime=self.lab.clock.now() if on else None,
            faultToleranceState="running" if told.fault_tolerant else "notConfigured",
            recordReplayState="inactive",
            toolsInstallerMounted=False,
            numMksConnections=0,
            consolidationNeeded=False,
            maxCpuUsage=4800,
            maxMemoryUsage=told.memory_mb,
        )

    def _register(self, vm: VirtualMachine, told: Vm) -> None:
        folder = self.place.folder("vmFolder")
        for name in [part for part in told.folder.split("/") if part]:
            folder = subfolder(folder, name)
        self.lab.add(vm)
        folder.adopt(vm)
        vm.host.gain(vm)
        self.datastores[0].gain(vm)
        if not told.template:
            pool = self.lab.get(vm.host.compute.properties["resourcePool"])
            pool.gain(vm)
            vm.properties["resourcePool"] = pool.ref

    def _with_mac(self, told: Nic) -> Any:
        """Give a vNIC without a MAC one of its type; a generated one that never ran has none."""
        if told.mac is not None or told.type == "generated":
            return told
        return dataclasses.replace(told, mac=self.lab.world.macs.assigned())

    def _nic(self, vm: VirtualMachine, index: int, told: Nic) -> Any:
        group = self._group(told)
        if group is None:
            network = vm.host.networks[told.portgroup]
            backing = _CARD.NetworkBackingInfo(deviceName=told.portgroup, useAutoDetect=False, network=network.ref)
        else:
            port = group.free_port(told.port_override)
            backing = reconfigure.plug(vm, hardware.FIRST_NIC + index, port)
        summary = told.portgroup if group is None else f"DVSwitch: {group.switch.uuid}"
        return hardware.nic(index, self._with_mac(told), vm.on, backing, summary)

    def _group(self, told: Nic) -> DvPortgroup | None:
        if told.portgroup in self.standard and told.switch in (None, self.standard[told.portgroup]):
            return None
        return next(
            group
            for (switch, name), group in self.groups.items()
            if name == told.portgroup and told.switch in (None, switch)
        )

    def _start(self, vm: VirtualMachine, nic: Any, told: Nic) -> None:
        if not vm.on:
            return
        runtime = told.runtime_mac or nic.macAddress
        initial = nic.macAddress if told.reconnected else runtime
        number = self.lab.number("port")
        vm.links[nic.key] = links.Link(initial=initial, runtime=runtime, up=told.connected, number=number)
        port = vm.dvports.get(nic.key)
        if port is not None:
            port.connected_as(nic.macAddress)
        links.enforce(vm, nic)


def _bridge(uplinks: t.Sequence[str]) -> Any:
    return _HN.VirtualSwitch.BondBridge(
        nicDevice=list(uplinks),
        beacon=_HN.VirtualSwitch.BeaconConfig(interval=1),
        linkDiscoveryProtocolConfig=_HN.LinkDiscoveryProtocolConfig(protocol="cdp", operation="listen"),
    )


def _security(told: Security, inherit: bool) -> Any:
    def flag(value: str | None) -> bool | None:
        return None if value is None and inherit else value == "accept"

    return _HN.NetworkPolicy.SecurityPolicy(
        allowPromiscuous=flag(told.promiscuous_mode),
        macChanges=flag(told.mac_changes),
        forgedTransmits=flag(told.forged_transmits),
    )


def _policy(told: Portgroup) -> Any:
    policy = host_network.inheriting_policy()
    policy.security = _security(told.security, inherit=True)
    if told.teaming:
        order = _HN.NetworkPolicy.NicOrderPolicy(
            activeNic=list(told.teaming.active), standbyNic=list(told.teaming.standby)
        )
        policy.nicTeaming = _HN.NetworkPolicy.NicTeamingPolicy(
            policy=told.teaming.policy, notifySwitches=told.teaming.notify_switches, nicOrder=order
        )
    if told.shaping:
        policy.shapingPolicy = _HN.NetworkPolicy.TrafficShapingPolicy(
            enabled=True,
            averageBandwidth=told.shaping.average_kbps * 1000,
            peakBandwidth=told.shaping.peak_kbps * 1000,
            burstSize=told.shaping.burst_kb * 1024,
        )
    return policy


def _pnic(index: int, lab: Lab) -> Any:
    speed = _HN.PhysicalNic.LinkSpeedDuplex(speedMb=10_000, duplex=True)
    return make(
        _HN.PhysicalNic,
        key=f"key-vim.host.PhysicalNic-vmnic{index}",
        device=f"vmnic{index}",
        pci=f"0000:3b:00.{index}",
        driver="ixgben",
        linkSpeed=speed,
        mac=":".join(["b8", "83", "03", *(f"{lab.random.randrange(256):02x}" for _unused in range(3))]),
    )


def _vmk(number: int, host: HostSystem, portgroup: str, lab: Lab) -> Any:
    index = [*lab.all(HostSystem)].index(host) + 1
    ip = _HN.IpConfig(dhcp=False, ipAddress=f"10.0.0.{10 + index}", subnetMask="255.255.255.0")
    spec = _HN.VirtualNic.Specification(
        ip=ip, mac=host.network_system.pnics[0].mac, portgroup=portgroup, mtu=1500, tsoEnabled=True,
        netStackInstanceKey="defaultTcpipStack",
    )  # fmt: skip
    return _HN.VirtualNic(
        device="vmk0", key="key-vim.host.VirtualNic-vmk0", portgroup=portgroup, spec=spec, port=str(number)
    )


def _snapshot(vm: VirtualMachine, told: Any) -> None:
    """Make a snapshot, of an older configuration where the scenario names other MACs."""
    now = vm.config
    for nic, mac in zip(vm.nics, told.macs, strict=False):
        vm.set_nic(changed(nic, macAddress=mac))
    snapshots.create(vm, told.name, "", memory=False)
    if told.macs:
        vm.set_config(now)
