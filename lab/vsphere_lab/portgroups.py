# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed portgroups: their setting and what is inherited of it, their ports, and what a write makes of them."""

from __future__ import annotations

import typing as t

from . import policy
from .core import Call, make
from .dv_settings import portgroup_policy
from .dvports import DvPort
from .methods import privilege
from .places import Network
from .sdk import vim
from .tasks import task
from .versioned import Versioned, check_setting, invalid
from .wire import share

if t.TYPE_CHECKING:
    from .switches import DistributedSwitch
    from .vms import VirtualMachine

Any = t.Any
_VDS = vim.dvs.VmwareDistributedVirtualSwitch
_PORT = vim.dvs.DistributedVirtualPort


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
        for _unused in range(self.num_ports if self.binding == "earlyBinding" else 0):
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

    def port_config(self, port: DvPort) -> Any:
        """Return what a port shows of its configuration; ports without a setting of their own share it."""

        def show() -> Any:
            version = str(port.config_version)
            return make(_PORT.ConfigInfo, name=port.name, setting=self.port_setting(port), configVersion=version)

        return (
            show()
            if port.own is not None
            else self._memo(f"config {port.config_version} {port.name}", lambda: share(show()))
        )

    def vlan_ranges(self) -> list[Any]:
        """Return the VLANs that the setting in force lets through."""
        return t.cast("list[Any]", self._memo("vlans", self._vlan_ranges))

    def _vlan_ranges(self) -> list[Any]:
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
        if not self._grows:
            raise self._full()
        self.num_ports += 1
        return self.new_port()

    def check_room(self, connections: int) -> None:
        """Refuse more connections at once than there are free ports; a portgroup that may grow has room for all."""
        if not self._grows and sum(port.own is None for port in self._free.values()) < connections:
            raise self._full()

    @property
    def _grows(self) -> bool:
        return self.binding != "earlyBinding" or self.auto_expand

    def _full(self) -> Exception:
        fault = vim.fault.ResourceNotAvailable(
            containerType=vim.dvs.DistributedVirtualPortgroup,
            containerName=self.name,
            type=vim.dvs.DistributedVirtualPort,
            msg=f"No free port is available in the portgroup '{self.name}'.",
        )
        return t.cast(Exception, fault)

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
