# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed switches and their portgroups: settings, versions, members, ports."""

from __future__ import annotations

import typing as t

from . import policy
from .core import Call, Lab, ManagedObject, make, privilege
from .dv_settings import portgroup_policy
from .dvports import DvPort, matches
from .places import Entity, Network
from .sdk import vim, vmodl
from .tasks import task
from .wire import share

if t.TYPE_CHECKING:
    from .hosts import HostSystem
    from .vms import VirtualMachine

Any = t.Any
_VDS = vim.dvs.VmwareDistributedVirtualSwitch


def invalid(what: str) -> Exception:
    """Return the fault for a parameter that is not right."""
    fault = vmodl.fault.InvalidArgument(invalidProperty=what, msg=f"A specified parameter was not correct: {what}")
    return t.cast(Exception, fault)


def stale() -> Exception:
    """Return the fault for a change that is based on an older state (rule config_version_required)."""
    text = "Cannot complete operation due to concurrent modification by another operation."
    return t.cast(Exception, vim.fault.ConcurrentAccess(msg=text))


class Versioned(Entity):
    """A thing with a configVersion."""

    version = 0
    setting_state = 0  # counts the changes of the setting, for who has computed something from it

    def check_version(self, sent: str | None) -> None:
        if sent is None:
            raise invalid("spec.configVersion")
        if sent != str(self.version):
            raise stale()


class DistributedSwitch(Versioned):
    wsdl = vim.dvs.VmwareDistributedVirtualSwitch
    prefix = "dvs"

    def __init__(self, lab: Lab, moid: str | None, *, about: Any, setting: Any, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.about = about  # the scenario's words on it
        self.setting = setting
        self.mtu: int = about.mtu
        self.uuid = " ".join(f"{lab.random.getrandbits(8):02x}" for _ in range(16))
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
        return [port.show() for port in self.ports.values() if matches(port, criteria)]

    def FetchDVPortKeys(self, call: Call, criteria: Any = None) -> list[str]:
        return [port.key for port in self.ports.values() if matches(port, criteria)]

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


class DvPortgroup(Versioned, Network):
    wsdl = vim.dvs.DistributedVirtualPortgroup
    prefix = "dvportgroup"

    def __init__(
        self, switch: DistributedSwitch, moid: str | None, *, about: Any, setting: Any, **properties: Any
    ) -> None:
        super().__init__(switch.lab, moid, **properties)
        self.switch = switch
        self.about = about
        self.own = setting
        self.binding: str = about.binding
        self.num_ports: int = about.ports
        self.auto_expand: bool = about.auto_expand
        self.description: str | None = None
        self.policy = portgroup_policy(about.overrides_allowed)
        self._ports: dict[str, DvPort] = {}
        self._free: dict[str, DvPort] = {}  # so that a large portgroup need not be searched
        self.is_uplink = False
        self.is_nsx: bool = about.backing == "nsx"
        self._seen: dict[str, tuple[t.Hashable, Any]] = {}
        self.version = 1
        switch.portgroups[self.moid] = self
        for _ in range(self.num_ports if self.binding == "earlyBinding" else 0):
            self.new_port()
        self.touch("config", "portKeys", "host")

    @property
    def resets_at_disconnect(self) -> bool:
        return bool(self.policy.portConfigResetAtDisconnect)

    # settings

    def stamp_setting(self) -> t.Hashable:
        return (self.setting_state, self.switch.setting_state)

    def _memo(self, name: str, compute: t.Callable[[], Any]) -> Any:
        """Compute a view of the setting once for each state of portgroup and switch."""
        stamp = self.stamp_setting()
        if self._seen.get(name, (None, None))[0] != stamp:
            self._seen[name] = (stamp, compute())
        return self._seen[name][1]

    @property
    def setting(self) -> Any:
        """Return the setting in force, marked with what is inherited."""
        return self._memo("setting", lambda: policy.effective(self.switch.setting, self.own))

    def port_setting(self, port: DvPort) -> Any:
        """Return the setting in force at a port: its own, else the portgroup's (rule port_override_shields)."""
        if port.own is None:
            return self._memo("port", lambda: share(policy.inherited_setting(self.setting)))
        return policy.effective(self.setting, port.own)

    def effective(self, port: DvPort) -> policy.Effective:
        """Return what the port lets through."""
        return policy.of_distributed(self.port_setting(port), self.lab.switches)

    def vlan_ranges(self) -> list[Any]:
        vlan = self.setting.vlan
        if isinstance(vlan, _VDS.TrunkVlanSpec):
            return list(vlan.vlanId)
        number = vlan.vlanId if isinstance(vlan, _VDS.VlanIdSpec) else 0
        return [vim.NumericRange(start=number, end=number)]

    # properties

    def get_key(self) -> str:
        return self.moid

    def get_host(self) -> list[Any]:
        return [host.ref for host in self.switch.hosts]

    def ports(self) -> list[DvPort]:
        return list(self._ports.values())

    def get_portKeys(self) -> list[str]:
        return [port.key for port in self.ports()]

    def stamp_config(self) -> t.Hashable:
        return (self.stamp_setting(), self.stamp("portKeys"), self.stamp("name"))

    def get_config(self) -> Any:
        nsx = {"logicalSwitchUuid": self.moid, "segmentId": f"/infra/segments/{self.name}"} if self.is_nsx else {}
        return make(
            vim.dvs.DistributedVirtualPortgroup.ConfigInfo,
            key=self.moid,
            name=self.name,
            numPorts=self.num_ports,
            distributedVirtualSwitch=self.switch.ref,
            defaultPortConfig=self.setting,
            description=self.description,
            type=self.binding,
            backingType="nsx" if self.is_nsx else "standard",
            policy=self.policy,
            configVersion=str(self.version),
            autoExpand=self.auto_expand,
            uplink=self.is_uplink,
            **nsx,
        )

    # ports

    def new_port(self) -> DvPort:
        key = str(self.lab.number(f"dvport-{self.switch.moid}") - 1)
        port = DvPort(key=key, group=self, last_change=self.lab.clock.now())
        self.switch.ports[key] = self._ports[key] = self._free[key] = port
        self.touch("portKeys")
        self.switch.touch("config", "summary")
        return port

    def port_used(self, port: DvPort) -> None:
        """Keep the list of free ports."""
        self.switch.touch("summary")
        if port.free:
            self._free[port.key] = port
        else:
            self._free.pop(port.key, None)

    def free_port(self, overridden: bool = False) -> DvPort:
        """Return a port for a new connection; a portgroup that may grow makes one."""
        for port in self._free.values():
            if (port.own is not None) == overridden:
                return port
        if self.binding == "earlyBinding" and not self.auto_expand:
            raise vim.fault.ResourceNotAvailable(
                containerType=vim.dvs.DistributedVirtualPortgroup,
                containerName=self.name,
                type=vim.dvs.DistributedVirtualPort,
                msg=f"No free port is available in the portgroup '{self.name}'.",
            )
        self.num_ports += 1
        return self.new_port()

    def drop_port(self, port: DvPort) -> None:
        """Give a port back; an ephemeral one ceases to be."""
        port.detach()
        if self.binding == "ephemeral":
            del self.switch.ports[port.key], self._ports[port.key], self._free[port.key]
            self.num_ports -= 1
            self.touch("portKeys")

    # writes

    def rename(self, name: str) -> None:
        super().rename(name)
        self.switch.touch("summary")
        for vm in self.users.values():
            t.cast("VirtualMachine", vm).seen_changed()

    def check_override(self, setting: Any) -> None:
        """Refuse a port's own policy where the portgroup does not allow any."""
        if setting is None:
            return
        allowed = {"macManagementPolicy": self.policy.macManagementOverrideAllowed}
        allowed["securityPolicy"] = self.policy.securityPolicyOverrideAllowed
        for name, may in allowed.items():
            sent = getattr(setting, name)
            if sent is not None and not sent.inherited and not may:
                raise invalid(f"spec.setting.{name}")

    @task("DistributedVirtualPortgroup.reconfigure")
    @privilege("DVPortgroup.Modify")
    def ReconfigureDVPortgroup_Task(self, call: Call, spec: Any) -> None:
        self.check_version(spec.configVersion)
        self.apply(call, spec)

    def apply(self, call: Call, spec: Any) -> None:
        """Change the portgroup by a sparse spec."""
        if spec.defaultPortConfig is not None:
            call.require("DVPortgroup.PolicyOp", self)
            self._take_setting(spec.defaultPortConfig)
        if spec.name and spec.name != self.name:
            self.rename(spec.name)
        self.policy = spec.policy or self.policy  # rule portgroup_policy_booleans: no merging
        self.num_ports = spec.numPorts if spec.numPorts is not None else self.num_ports
        self.auto_expand = spec.autoExpand if spec.autoExpand is not None else self.auto_expand
        self.description = spec.description if spec.description is not None else self.description
        self.binding = spec.type or self.binding
        self.version += 1
        about = vim.event.NetworkEventArgument(name=self.name, network=self.ref)
        self.switch.post(vim.event.DVPortgroupReconfiguredEvent, configSpec=spec, net=about)
        self.setting_changed()

    def _take_setting(self, sent: Any) -> None:
        if self.is_nsx and self.lab.switches["nsx_portgroup_policy_change"] == "refused":
            raise invalid("spec.defaultPortConfig")
        check_setting(self.switch, sent)
        self.own = policy.merge(self.own, sent, self.setting, self.lab.switches)

    def setting_changed(self) -> None:
        """Let open ports feel a new setting."""
        self.setting_state += 1
        self.touch("config")
        for port in self.ports():
            if port.link is not None and port.vm is not None:
                port.vm.policy_changed()


def check_setting(switch: DistributedSwitch, sent: Any) -> None:
    """Refuse what this switch cannot do."""
    modern = sent.macManagementPolicy
    learning = modern.macLearningPolicy if modern is not None and not modern.inherited else None
    if learning is None or not learning.enabled:
        return
    if not switch.about.mac_learning_supported:
        raise vmodl.fault.NotSupported(msg=f"MAC learning is not supported by the switch '{switch.name}'.")
    if modern.allowPromiscuous and switch.lab.switches["promiscuous_with_mac_learning"] == "refused":
        raise invalid("macManagementPolicy.macLearningPolicy")


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
