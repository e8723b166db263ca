# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports of a distributed switch: who is connected, what they show of it, and which of them a query asks for."""

from __future__ import annotations

import dataclasses
import typing as t

from .core import Lab, make
from .sdk import vim
from .wire import share

if t.TYPE_CHECKING:
    from .hosts import HostSystem
    from .portgroups import DvPortgroup
    from .vms import VirtualMachine

Any = t.Any
_DVP = vim.dvs.DistributedVirtualPort
_CONNECTEE = vim.dvs.PortConnectee
_RUNTIME, _STATE = _DVP.RuntimeInfo, _DVP.State
_NO_TRAFFIC = share(make(vim.dvs.PortStatistics))
_DOWN = share(make(_RUNTIME, linkUp=False, blocked=False))


@dataclasses.dataclass(eq=False)
class DvPort:
    """One port; a VM that is off keeps its port on a static portgroup."""

    key: str
    group: DvPortgroup
    vm: VirtualMachine | None = None
    nic_key: int = 0
    uplink_of: HostSystem | None = None
    name: str = ""
    own: Any = None  # the port's own setting, where overrides are allowed
    config_version: int = 0
    cookie: int = 0
    last_change: Any = None
    shown: tuple[str, bool] | None = None  # MAC and blocked as of the last refresh, for a server that does not look
    kept: Any = None  # as it was recorded, or as it was shown last
    _kept_at: t.Hashable = None

    @property
    def lab(self) -> Lab:
        return self.group.lab

    @property
    def free(self) -> bool:
        return self.vm is None and self.uplink_of is None

    def attach(self, vm: VirtualMachine, nic_key: int) -> None:
        self.vm, self.nic_key = vm, nic_key
        self.cookie = self.lab.random.getrandbits(31)
        self.group.port_used(self)
        self.noted()

    def detach(self) -> None:
        self.vm, self.nic_key, self.shown = None, 0, None
        if self.group.resets_at_disconnect and not self.group.lab.world.loading:
            self.own = None
        self.group.port_used(self)
        self.noted()

    def noted(self) -> None:
        """Write down that the port's state has changed."""
        self.last_change = self.lab.clock.now()

    @property
    def host(self) -> HostSystem | None:
        return self.uplink_of or (self.vm.host if self.vm and self.link else None)

    @property
    def link(self) -> Any:
        """Return the running vNIC at this port, if it is connected."""
        link = self.vm.links.get(self.nic_key) if self.vm else None
        return link if link and link.up else None

    @property
    def setting(self) -> Any:
        """Return the setting in force."""
        return self.group.port_setting(self)

    # runtime information

    def seen(self) -> Any:
        """Return what the host sees at this port now."""
        link = self.link
        return self._runtime_info(link.runtime, link.blocked) if link else self._runtime_info(None, False)

    def _runtime_info(self, mac: str | None, blocked: bool) -> Any:
        up = self.link is not None or self.uplink_of is not None
        if not up:
            return _DOWN
        tells = blocked and self.lab.switches["blocked_status_detail"] == "violation"
        return make(
            _RUNTIME,
            linkUp=True,
            blocked=blocked,
            vlanIds=self.group.vlan_ranges(),
            mtu=self.group.switch.mtu,
            linkPeer=f"{self.vm.name}.eth{self.nic_key - 4000}" if self.vm else None,
            macAddress=mac,
            statusDetail="blocked - L2 security violation" if tells else None,
        )

    def connected_as(self, mac: str) -> None:
        """Remember what a port shows when it has just been connected."""
        self.shown = (mac, False)

    def refresh(self) -> None:
        link = self.link
        self.shown = (link.runtime, link.blocked) if link else None

    def runtime_info(self) -> Any:
        """Return what FetchDVPorts shows (switch dvport_runtime_info)."""
        if self.lab.switches["dvport_runtime_info"] == "stale" and self.shown and self.link:
            return self._runtime_info(*self.shown)
        return self.seen()

    def keep(self, shown: Any) -> None:
        """Take over how a recording shows this port, until something about it changes."""
        self.kept, self._kept_at = shown, self._state()

    def _state(self) -> t.Hashable:
        """Return what changes with anything that the port shows."""
        link = self.link
        vm = (self.vm.moid, self.vm.name, self.vm.host.moid) if self.vm else None
        uplink = self.uplink_of.moid if self.uplink_of else None
        switches = self.lab.switches
        told = (switches["dvport_runtime_info"], switches["blocked_status_detail"])
        about = (self.name, self.config_version, self.cookie, self.last_change, self.shown)
        return (self.group.stamp_setting(), vm, self.nic_key, uplink, link, id(self.own), about, told)

    def show(self) -> Any:
        """Return the port as FetchDVPorts returns it: made anew only when something about it changed."""
        state = self._state()
        if self.kept is None or self._kept_at != state:
            self.kept, self._kept_at = self._show(), state
        return self.kept

    def _show(self) -> Any:
        return make(
            _DVP,
            key=self.key,
            config=self.group.port_config(self),
            dvsUuid=self.group.switch.uuid,
            portgroupKey=self.group.moid,
            proxyHost=self.host.ref if self.host else None,
            connectee=self._connectee(),
            conflict=False,
            state=make(_STATE, runtimeInfo=self.runtime_info(), stats=_NO_TRAFFIC),
            connectionCookie=self.cookie or None,
            lastStatusChange=self.last_change or self.lab.clock.now(),
        )

    def _connectee(self) -> Any:
        if self.uplink_of is not None:
            return make(_CONNECTEE, connectedEntity=self.uplink_of.ref, nicKey=self.name, type="pnic")
        if self.vm is not None:
            return make(_CONNECTEE, connectedEntity=self.vm.ref, nicKey=str(self.nic_key), type="vmVnic")
        return None


def matches(port: DvPort, wanted: Any) -> bool:
    """Say whether a port meets the criteria other than its key; what is unset does not matter."""
    if wanted is None:
        return True
    return (
        wanted.connected in (None, not port.free)
        and wanted.active in (None, port.link is not None or port.uplink_of is not None)
        and wanted.uplinkPort in (None, port.group.is_uplink)
        and wanted.nsxPort in (None, port.group.is_nsx)
        and _is_inside(port, wanted)
        and (not wanted.host or (port.host is not None and port.host.moid in {ref._moId for ref in wanted.host}))
    )


def _is_inside(port: DvPort, wanted: Any) -> bool:
    # API reference, DistributedVirtualSwitchPortCriteria: portgroupKey is the scope of "inside" and ignored without it.
    if wanted.inside is None:
        return True
    among = not wanted.portgroupKey or port.group.moid in wanted.portgroupKey
    return bool(among == wanted.inside)
