# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's standard switches, portgroups and ports: HostNetworkSystem."""

from __future__ import annotations

import typing as t

from . import policy
from .core import Call, Lab, ManagedObject, changed, make
from .methods import privilege
from .schema import near
from .sdk import VmomiSupport, vim, vmodl

if t.TYPE_CHECKING:
    from .hosts import HostSystem

Any = t.Any
_HN = vim.host
_PARTS = ("security", "nicTeaming", "offloadPolicy", "shapingPolicy")
NO_PORTS = 1536  # what an ESXi 8 reports for any vSwitch


_CAPABILITIES = make(
    _HN.NetCapabilities,
    supportsNicTeaming=True,
    nicTeamingPolicy=["loadbalance_ip", "loadbalance_srcmac", "loadbalance_srcid", "failover_explicit"],
    supportsVlan=True,
    supportsNetworkHints=True,
    maxPortGroupsPerVswitch=512,
    vswitchConfigSupported=True,
    vnicConfigSupported=True,
)


def default_policy(uplinks: t.Sequence[str], security: Any) -> Any:
    """Return a vSwitch's policy as a fresh host has it: at this level every value is set."""
    criteria = _HN.NetworkPolicy.NicFailureCriteria(
        checkSpeed="minimum",
        speed=10,
        checkDuplex=False,
        fullDuplex=False,
        checkErrorPercent=False,
        percentage=0,
        checkBeacon=False,
    )
    order = _HN.NetworkPolicy.NicOrderPolicy(activeNic=list(uplinks), standbyNic=[])
    teaming = _HN.NetworkPolicy.NicTeamingPolicy(
        policy="loadbalance_srcid",
        reversePolicy=True,
        notifySwitches=True,
        rollingOrder=False,
        failureCriteria=criteria,
        nicOrder=order,
    )
    offload = _HN.NetOffloadCapabilities(csumOffload=True, tcpSegmentation=True, zeroCopyXmit=True)
    shaping = _HN.NetworkPolicy.TrafficShapingPolicy(enabled=False)
    return _HN.NetworkPolicy(security=security, nicTeaming=teaming, offloadPolicy=offload, shapingPolicy=shaping)


def inheriting_policy() -> Any:
    """Return the policy of a portgroup without overrides as an ESXi 8.0.2 shows it: empty objects."""
    return _HN.NetworkPolicy(
        security=_HN.NetworkPolicy.SecurityPolicy(),
        nicTeaming=_HN.NetworkPolicy.NicTeamingPolicy(failureCriteria=_HN.NetworkPolicy.NicFailureCriteria()),
        offloadPolicy=_HN.NetOffloadCapabilities(),
        shapingPolicy=_HN.NetworkPolicy.TrafficShapingPolicy(),
    )


class HostNetworkSystem(ManagedObject):
    """The host's networking; the specs are the truth, everything else is computed from them."""

    wsdl = vim.host.NetworkSystem
    prefix = "networkSystem"

    def __init__(self, lab: Lab, moid: str, host: HostSystem) -> None:
        super().__init__(lab, moid)
        self.host = host
        self.vswitches: dict[str, Any] = {}  # HostVirtualSwitchSpec by name
        self.mtus: dict[str, int] = {}
        self.portgroups: dict[str, Any] = {}  # HostPortGroupSpec by name
        self.pnics: list[Any] = []
        self.vnics: list[Any] = []
        self.shows_unset_as = "empty"
        self.checked_promiscuous: dict[str, bool] = {}  # was the reverse path check on when promiscuous mode came on?
        self._memo: tuple[t.Hashable, Any] = (None, None)
        self.properties["capabilities"] = _CAPABILITIES
        self.properties["dnsConfig"] = make(
            _HN.DnsConfig, hostName=host.name.partition(".")[0], domainName="lab", address=[]
        )
        self.properties["offloadCapabilities"] = _HN.NetOffloadCapabilities(
            csumOffload=True, tcpSegmentation=True, zeroCopyXmit=True
        )

    def entity(self) -> ManagedObject:
        return self.host

    # what is read

    def computed(self, name: str) -> Any:
        """Return the computed policy of a portgroup."""
        spec = self.portgroups[name]
        return policy.overlay(self.vswitches[spec.vswitchName].policy, spec.policy)

    def effective(self, name: str) -> policy.Effective:
        return policy.of_standard(self.computed(name))

    def stamp_networkInfo(self) -> t.Hashable:
        return (self._stamps.get("networkInfo", 0), self.host.ports_stamp)

    def get_networkInfo(self) -> Any:
        stamp = self.stamp_networkInfo()
        if self._memo[0] != stamp:
            self._memo = (stamp, self._network_info())
        return self._memo[1]

    def get_networkConfig(self) -> Any:
        """The same network as what UpdateNetworkConfig would take to make it."""
        return _HN.NetworkConfig(
            vswitch=[_HN.VirtualSwitch.Config(name=name, spec=spec) for name, spec in self.vswitches.items()],
            portgroup=[_HN.PortGroup.Config(spec=spec) for spec in self.portgroups.values()],
            pnic=[_HN.PhysicalNic.Config(device=pnic.device, spec=pnic.spec) for pnic in self.pnics],
            vnic=[_HN.VirtualNic.Config(device=n.device, portgroup=n.portgroup, spec=n.spec) for n in self.vnics],
            dnsConfig=self.properties["dnsConfig"],
        )

    def stamp_networkConfig(self) -> t.Hashable:
        return self._stamps.get("networkInfo", 0)

    def _network_info(self) -> Any:
        return _HN.NetworkInfo(
            vswitch=[self._vswitch(name) for name in self.vswitches],
            proxySwitch=[switch.proxy(self.host) for switch in self.host.distributed_switches()],
            portgroup=[self._portgroup(name) for name in self.portgroups],
            pnic=list(self.pnics),
            vnic=list(self.vnics),
            dnsConfig=self.properties["dnsConfig"],
            ipRouteConfig=_HN.IpRouteConfig(defaultGateway="10.0.0.1"),
            ipV6Enabled=False,
            atBootIpV6Enabled=False,
        )

    def _vswitch(self, name: str) -> Any:
        spec = self.vswitches[name]
        pnics = spec.bridge.nicDevice if spec.bridge else []
        return _HN.VirtualSwitch(
            name=name,
            key=f"key-vim.host.VirtualSwitch-{name}",
            numPorts=NO_PORTS,
            numPortsAvailable=NO_PORTS - 10,
            mtu=self.mtus[name],
            portgroup=[
                f"key-vim.host.PortGroup-{group}" for group, pg in self.portgroups.items() if pg.vswitchName == name
            ],
            pnic=[f"key-vim.host.PhysicalNic-{device}" for device in pnics],
            spec=spec,
        )

    def _portgroup(self, name: str) -> Any:
        spec = self.portgroups[name]
        return _HN.PortGroup(
            key=f"key-vim.host.PortGroup-{name}",
            vswitch=f"key-vim.host.VirtualSwitch-{spec.vswitchName}",
            port=self._ports(name),
            computedPolicy=self.computed(name),
            spec=self._as_shown(spec),
        )

    def _as_shown(self, spec: Any) -> Any:
        """Show unset overrides as this host does: as empty objects, or not at all (ansible#47052)."""
        if self.shows_unset_as == "empty":
            return spec
        set_ones = {part: _or_none(getattr(spec.policy, part)) for part in _PARTS}
        return changed(spec, policy=changed(spec.policy, **set_ones))

    def _ports(self, name: str) -> list[Any]:
        ports = [
            _HN.PortGroup.Port(key=f"key-vim.host.PortGroup.Port-{vnic.port}", mac=[vnic.spec.mac], type="host")
            for vnic in self.vnics
            if vnic.portgroup == name
        ]
        for vm in self.host.guests():
            ports.extend(vm.standard_ports(name))
        return ports

    # what is written

    def _need_vswitch(self, name: str) -> Any:
        if name not in self.vswitches:
            raise vim.fault.NotFound(msg=f"The vSwitch '{name}' could not be found{near(name, self.vswitches)}.")
        return self.vswitches[name]

    def _need_portgroup(self, name: str) -> Any:
        if name not in self.portgroups:
            raise vim.fault.NotFound(msg=f"The portgroup '{name}' could not be found{near(name, self.portgroups)}.")
        return self.portgroups[name]

    def _check_portgroup(self, spec: Any) -> None:
        if not 0 <= spec.vlanId <= 4095:
            raise vmodl.fault.InvalidArgument(
                invalidProperty="vlanId", msg="A specified parameter was not correct: vlanId"
            )
        self._need_vswitch(spec.vswitchName)

    @privilege("Host.Config.Network")
    def AddPortGroup(self, call: Call, portgrp: Any) -> None:
        self._check_portgroup(portgrp)
        if portgrp.name in self.portgroups:
            raise vim.fault.AlreadyExists(
                name=portgrp.name, msg=f"The specified key, name, or identifier '{portgrp.name}' already exists."
            )
        self.portgroups[portgrp.name] = portgrp
        self._announce(portgrp.name)

    @privilege("Host.Config.Network")
    def UpdatePortGroup(self, call: Call, pgName: str, portgrp: Any) -> None:
        # rule update_portgroup_replaces
        old = self._need_portgroup(pgName)
        self._check_portgroup(portgrp)
        if portgrp.name != pgName:
            self._rename(pgName, portgrp.name)
        if self.lab.switches["absent_portgroup_overrides"] == "kept":
            portgrp = changed(portgrp, policy=_keep_overrides(old.policy, portgrp.policy))
        self.portgroups[portgrp.name] = portgrp
        self._announce(portgrp.name)

    def _rename(self, old: str, new: str) -> None:
        if new in self.portgroups:
            raise vim.fault.AlreadyExists(
                name=new, msg=f"The specified key, name, or identifier '{new}' already exists."
            )
        self._refuse_in_use(old)
        del self.portgroups[old]
        self.host.forget_network(old)

    def _refuse_in_use(self, name: str) -> None:
        if self._ports(name):
            raise vim.fault.ResourceInUse(type=vim.Network, name=name, msg=f"The resource '{name}' is in use.")

    @privilege("Host.Config.Network")
    def RemovePortGroup(self, call: Call, pgName: str) -> None:
        self._need_portgroup(pgName)
        self._refuse_in_use(pgName)
        del self.portgroups[pgName]
        self.host.forget_network(pgName)
        self._changed()

    @privilege("Host.Config.Network")
    def UpdateVirtualSwitch(self, call: Call, vswitchName: str, spec: Any) -> None:
        # rule null_bridge_removes_uplinks: a spec without a bridge is taken at its word
        old = self._need_vswitch(vswitchName)
        nics = list(spec.bridge.nicDevice) if spec.bridge else []
        self._check_uplinks(vswitchName, nics)
        merged = policy.overlay(old.policy, spec.policy) if spec.policy else old.policy
        order = merged.nicTeaming.nicOrder
        kept = changed(
            order,
            activeNic=[nic for nic in order.activeNic if nic in nics],
            standbyNic=[nic for nic in order.standbyNic if nic in nics],
        )
        merged = changed(merged, nicTeaming=changed(merged.nicTeaming, nicOrder=kept))
        reset = 1500 if self.lab.switches["unset_vswitch_mtu"] == "reset" else self.mtus[vswitchName]
        self.mtus[vswitchName] = spec.mtu or reset
        self.vswitches[vswitchName] = changed(spec, policy=merged)
        self._changed()

    def _check_uplinks(self, name: str, nics: t.Sequence[str]) -> None:
        known = {pnic.device for pnic in self.pnics}
        for nic in nics:
            if nic not in known:
                raise vim.fault.NotFound(msg=f"The physical NIC '{nic}' could not be found.")
            for other, spec in self.vswitches.items():
                if other != name and spec.bridge and nic in spec.bridge.nicDevice:
                    raise vim.fault.ResourceInUse(name=nic, msg=f"The resource '{nic}' is in use.")

    @privilege("Host.Config.Network")
    def AddVirtualSwitch(self, call: Call, vswitchName: str, spec: Any = None) -> None:
        if vswitchName in self.vswitches:
            raise vim.fault.AlreadyExists(
                name=vswitchName, msg=f"The specified key, name, or identifier '{vswitchName}' already exists."
            )
        spec = spec or make(_HN.VirtualSwitch.Specification, numPorts=128)
        nics = list(spec.bridge.nicDevice) if spec.bridge else []
        self._check_uplinks(vswitchName, nics)
        security = _HN.NetworkPolicy.SecurityPolicy(allowPromiscuous=False, macChanges=False, forgedTransmits=False)
        self.mtus[vswitchName] = spec.mtu or 1500
        self.vswitches[vswitchName] = changed(spec, policy=policy.overlay(default_policy(nics, security), spec.policy))
        self._changed()

    @privilege("Host.Config.Network")
    def RemoveVirtualSwitch(self, call: Call, vswitchName: str) -> None:
        self._need_vswitch(vswitchName)
        for name in [name for name, spec in self.portgroups.items() if spec.vswitchName == vswitchName]:
            self.RemovePortGroup(call, name)
        del self.vswitches[vswitchName], self.mtus[vswitchName]
        self._changed()

    @privilege("Host.Config.Network")
    def RefreshNetworkSystem(self, call: Call) -> None:
        self._changed()

    def QueryNetworkHint(self, call: Call, device: t.Sequence[str] | None = None) -> list[Any]:
        return [
            _HN.PhysicalNic.NetworkHint(device=pnic.device)
            for pnic in self.pnics
            if not device or pnic.device in device
        ]

    def _announce(self, name: str) -> None:
        self.host.know_network(name)
        self._changed()

    def note_promiscuous(self) -> None:
        """Remember the reverse path check where promiscuous mode has just come on (rule promiscuous_duplicates)."""
        check = bool(self.host.options.options["Net.ReversePathFwdCheckPromisc"])
        on = [name for name in self.portgroups if self.effective(name).promiscuous]
        self.checked_promiscuous = {name: self.checked_promiscuous.get(name, check) for name in on}

    def _changed(self) -> None:
        self.note_promiscuous()
        self.touch("networkInfo", "networkConfig")
        self.host.network_changed()


def _or_none(value: Any) -> Any:
    """Return none for an object in which nothing is set."""
    if not isinstance(value, VmomiSupport.DataObject):
        return value
    fields = (getattr(value, info.name) for info in value._GetPropertyList() if info.name != "dynamicProperty")
    return value if any(_or_none(field) not in (None, []) for field in fields) else None


def _keep_overrides(old: Any, new: Any) -> Any:
    """Take over the teaming and shaping overrides that the new policy does not name."""
    if new is None:
        return old
    return changed(
        new,
        **{name: getattr(old, name) for name in ("nicTeaming", "shapingPolicy") if getattr(new, name) is None and old},
    )
