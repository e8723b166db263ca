# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed switches: their default setting, their members, and the queries and writes that concern their ports."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

from . import policy
from .core import Call, Lab, ManagedObject, make
from .dvports import DvPort, matches
from .methods import privilege
from .sdk import vim
from .tasks import task
from .versioned import Versioned, check_setting, stale

if t.TYPE_CHECKING:
    from .hosts import HostSystem
    from .portgroups import DvPortgroup

Any = t.Any
_VDS = vim.dvs.VmwareDistributedVirtualSwitch


class DistributedSwitch(Versioned):
    wsdl = vim.dvs.VmwareDistributedVirtualSwitch
    prefix = "dvs"

    def __init__(self, lab: Lab, moid: str | None, *, about: Any, setting: Any, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.about = about  # the scenario's words on it
        self.setting = setting
        self.mtu: int = about.mtu
        self.uuid = " ".join(f"{lab.random.getrandbits(8):02x}" for _unused in range(16))
        self.uuid = self.uuid[:23] + "-" + self.uuid[24:]
        self.hosts: list[HostSystem] = []
        self.portgroups: dict[str, DvPortgroup] = {}
        self.ports: dict[str, DvPort] = {}
        self.description: str | None = None
        self.version = 1
        self.created = lab.clock.now()
        self.properties["capability"] = self._capability()
        self.touch("config", "summary", "portgroup")

    def _capability(self) -> Any:
        features = make(
            _VDS.FeatureCapability,
            networkResourceManagementSupported=True,
            macLearningSupported=self.about.mac_learning_supported,
            lldpSupported=True,
            ipfixSupported=True,
            vspanSupported=True,
            nsxSupported=True,
        )
        return make(
            vim.DistributedVirtualSwitch.Capability,
            dvsOperationSupported=True,
            dvPortGroupOperationSupported=True,
            dvPortOperationSupported=True,
            featuresSupported=features,
        )

    def groups(self) -> list[DvPortgroup]:
        return list(self.portgroups.values())

    def join(self, host: HostSystem) -> None:
        """Make a host a member: each uplink gets a port there."""
        self.hosts.append(host)
        host.switches.append(self)
        uplink_group = next(group for group in self.groups() if group.is_uplink)
        for name in self.about.uplinks:
            port = uplink_group.new_port()
            port.uplink_of, port.name = host, name
            uplink_group.port_used(port)
        for group in self.groups():
            group.touch("host")
        host.touch("network")
        self.touch("config", "summary")

    # properties

    def get_uuid(self) -> str:
        return self.uuid

    def get_portgroup(self) -> list[Any]:
        return [group.ref for group in self.groups()]

    def _product(self) -> Any:
        return vim.dvs.ProductSpec(
            name="DVS", vendor="VMware, Inc.", version=self.about.version, forwardingClass="etherswitch"
        )

    def get_summary(self) -> Any:
        return make(
            vim.DistributedVirtualSwitch.Summary,
            name=self.name,
            uuid=self.uuid,
            numPorts=len(self.ports),
            productInfo=self._product(),
            hostMember=[host.ref for host in self.hosts],
            host=[host.ref for host in self.hosts],
            vm=list({port.vm.moid: port.vm.ref for port in self.ports.values() if port.vm}.values()),
            portgroupName=[group.name for group in self.groups()],
            numHosts=len(self.hosts),
        )

    def get_config(self) -> Any:
        return make(
            _VDS.ConfigInfo,
            uuid=self.uuid,
            name=self.name,
            numStandalonePorts=0,
            numPorts=len(self.ports),
            maxPorts=60_000,
            uplinkPortPolicy=vim.DistributedVirtualSwitch.NameArrayUplinkPortPolicy(
                uplinkPortName=list(self.about.uplinks)
            ),
            uplinkPortgroup=[group.ref for group in self.groups() if group.is_uplink],
            defaultPortConfig=self.setting,
            host=[self._member(host) for host in self.hosts],
            productInfo=self._product(),
            policy=vim.DistributedVirtualSwitch.SwitchPolicy(autoPreInstallAllowed=False, autoUpgradeAllowed=False),
            description=self.description,
            configVersion=str(self.version),
            createTime=self.created,
            contact=make(vim.DistributedVirtualSwitch.ContactInfo),
            networkResourceManagementEnabled=True,
            networkResourceControlVersion="version3",
            maxMtu=self.mtu,
            linkDiscoveryProtocolConfig=vim.host.LinkDiscoveryProtocolConfig(protocol="cdp", operation="listen"),
            ipfixConfig=make(_VDS.IpfixConfig, activeFlowTimeout=60, idleFlowTimeout=15, samplingRate=4096),
            healthCheckConfig=[
                make(_VDS.VlanMtuHealthCheckConfig, enable=False, interval=0),
                make(_VDS.TeamingHealthCheckConfig, enable=False, interval=0),
            ],
            lacpApiVersion="multipleLag",
            multicastFilteringMode="legacyFiltering",
        )

    def _member(self, host: HostSystem) -> Any:
        nics = ("vmnic2", "vmnic3")
        spec = [vim.dvs.HostMember.PnicSpec(pnicDevice=nic) for nic in nics]
        config = make(
            vim.dvs.HostMember.ConfigInfo,
            host=host.ref,
            maxProxySwitchPorts=1536,
            backing=vim.dvs.HostMember.PnicBacking(pnicSpec=spec),
        )
        keys = [port.key for port in self.ports.values() if port.uplink_of is host]
        return make(vim.dvs.HostMember, config=config, uplinkPortKey=keys, status="up")

    def get_runtime(self) -> Any:
        states = [vim.dvs.HostMember.RuntimeInfo(host=host.ref, status="up") for host in self.hosts]
        return vim.DistributedVirtualSwitch.RuntimeInfo(hostMemberRuntime=states)

    def proxy(self, host: HostSystem) -> Any:
        """Return the switch as the host shows it."""
        ports = [port for port in self.ports.values() if port.uplink_of is host]
        return make(
            vim.host.HostProxySwitch,
            dvsUuid=self.uuid,
            dvsName=self.name,
            key=f"key-vim.host.HostProxySwitch-{self.name}",
            numPorts=1536,
            numPortsAvailable=1500,
            uplinkPort=[vim.KeyValue(key=port.key, value=port.name) for port in ports],
            mtu=self.mtu,
            pnic=["key-vim.host.PhysicalNic-vmnic2", "key-vim.host.PhysicalNic-vmnic3"],
            spec=vim.host.HostProxySwitch.Specification(backing=self._member(host).config.backing),
        )

    # ports

    def FetchDVPorts(self, call: Call, criteria: Any = None) -> list[Any]:
        return [port.show() for port in self._matching(criteria)]

    def FetchDVPortKeys(self, call: Call, criteria: Any = None) -> list[str]:
        return [port.key for port in self._matching(criteria)]

    def _matching(self, criteria: Any) -> Iterator[DvPort]:
        keys = criteria.portKey if criteria else None
        ports = (self.ports[key] for key in dict.fromkeys(keys) if key in self.ports) if keys else self.ports.values()
        return (port for port in ports if matches(port, criteria))

    def RefreshDVPortState(self, call: Call, portKeys: t.Sequence[str] | None = None) -> None:
        for key in portKeys or ():
            if key not in self.ports:
                raise vim.fault.NotFound(msg=f"The port '{key}' could not be found.")
        for port in [self.ports[key] for key in portKeys] if portKeys else self.ports.values():
            port.refresh()

    @task("DistributedVirtualSwitch.reconfigurePort")
    @privilege("DVSwitch.PortConfig")
    def ReconfigureDVPort_Task(self, call: Call, port: t.Sequence[Any]) -> None:
        for spec in port:
            if spec.key not in self.ports:
                raise vim.fault.NotFound(msg=f"The port '{spec.key}' could not be found.")
            if spec.configVersion != str(self.ports[spec.key].config_version):
                raise stale()
            self.ports[spec.key].group.check_override(spec.setting)
        for spec in port:
            self._reconfigure_port(self.ports[spec.key], spec)
        self.post(vim.event.DvsPortReconfiguredEvent, portKey=[spec.key for spec in port], configChanges=[])

    def _reconfigure_port(self, port: DvPort, spec: Any) -> None:
        if spec.setting is not None:
            own = port.own or _VDS.VmwarePortConfigPolicy()
            port.own = policy.merge(own, spec.setting, port.setting, self.lab.switches)
        port.name = spec.name if spec.name is not None else port.name
        port.config_version += 1
        port.noted()
        if port.vm:
            port.vm.policy_changed()

    def QueryUsedVlanIdInDvs(self, call: Call) -> list[int]:
        return sorted({r.start for group in self.groups() for r in group.vlan_ranges() if r.start == r.end})

    def LookupDvPortGroup(self, call: Call, portgroupKey: str) -> Any:
        if portgroupKey not in self.portgroups:
            raise vim.fault.NotFound(msg=f"The portgroup '{portgroupKey}' could not be found.")
        return self.portgroups[portgroupKey].ref

    # the switch itself

    @task("DistributedVirtualSwitch.reconfigure")
    @privilege("DVSwitch.Modify")
    def ReconfigureDvs_Task(self, call: Call, spec: Any) -> None:
        self.check_version(spec.configVersion)
        if spec.defaultPortConfig is not None:
            call.require("DVSwitch.PolicyOp", self)
            check_setting(self, spec.defaultPortConfig)
            self.setting = policy.merge(self.setting, spec.defaultPortConfig, self.setting, self.lab.switches)
        if spec.name and spec.name != self.name:
            self.rename(spec.name)
        self.description = spec.description if spec.description is not None else self.description
        self.mtu = getattr(spec, "maxMtu", None) or self.mtu
        self.version += 1
        self.post(vim.event.DvsReconfiguredEvent, configSpec=spec)
        self.changed()

    def changed(self) -> None:
        """Let portgroups, hosts and open ports see the new state."""
        self.setting_state += 1
        self.touch("config", "summary")
        for group in self.groups():
            group.setting_changed()

    def post(self, kind: Any, **fields: Any) -> None:
        """Post an event about this switch."""
        about = vim.event.DvsEventArgument(name=self.name, dvs=self.ref)
        self.lab.post_event(make(kind, dvs=about, datacenter=self.lab.world.datacenter_argument(self), **fields))


class SwitchManager(ManagedObject):
    """DistributedVirtualSwitchManager: finds switches."""

    wsdl = vim.dvs.DistributedVirtualSwitchManager
    prefix = "DVSManager"

    def QueryDvsByUuid(self, call: Call, uuid: str) -> Any:
        return next((switch.ref for switch in self.lab.all(DistributedSwitch) if switch.uuid == uuid), None)

    def DVSManagerLookupDvPortGroup(self, call: Call, switchUuid: str, portgroupKey: str) -> Any:
        for switch in self.lab.all(DistributedSwitch):
            if switch.uuid == switchUuid:
                return switch.LookupDvPortGroup(call, portgroupKey)
        raise vim.fault.NotFound(msg=f"The switch '{switchUuid}' could not be found.")
