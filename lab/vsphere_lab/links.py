# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running vNIC at its switch port: the MAC it began with, the MAC in use, and whether it is blocked."""

from __future__ import annotations

import dataclasses
import typing as t

from . import policy
from .core import make
from .dvports import DvPort
from .sdk import vim

if t.TYPE_CHECKING:
    from .vms import VirtualMachine

Any = t.Any


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """A vNIC of a running VM; it goes away with the power cycle, not with a disconnection."""

    initial: str  # the configured MAC at the time when the port was connected
    runtime: str  # what the guest uses
    up: bool = True
    blocked: bool = False
    number: int = 0  # of the port on a standard switch

    @property
    def drifted(self) -> bool:
        return self.initial.lower() != self.runtime.lower()


def replace(link: Link, **changes: Any) -> Link:
    return dataclasses.replace(link, **changes)


def portgroup_name(vm: VirtualMachine, nic: Any) -> str:
    """Return the name of the portgroup a vNIC is on."""
    port = vm.dvports.get(nic.key)
    if port is not None:
        return port.group.name
    return str(getattr(nic.backing, "deviceName", ""))


def port_policy(vm: VirtualMachine, nic: Any) -> policy.Effective | None:
    """Return the policy at the vNIC's port; none where the host does not have the portgroup."""
    port = vm.dvports.get(nic.key)
    if port is not None:
        return port.group.effective(port)
    network = vm.host.network_system
    return (
        network.effective(nic.backing.deviceName)
        if getattr(nic.backing, "deviceName", None) in network.portgroups
        else None
    )


def start(vm: VirtualMachine, nic: Any, runtime: str | None = None) -> None:
    """Let a vNIC come up at power-on: its runtime MAC is the configured one unless the guest sets its own."""
    mac = nic.macAddress
    vm.links[nic.key] = Link(initial=mac, runtime=runtime or mac, up=bool(nic.connectable.connected))
    connect(vm, nic)


def connect(vm: VirtualMachine, nic: Any) -> None:
    """Open a port: the configured MAC becomes its initial one (rule connect_checks_mac_changes)."""
    link = vm.links[nic.key]
    vm.links[nic.key] = replace(link, initial=nic.macAddress, number=vm.lab.number("port"))
    _notice(vm, nic)
    enforce(vm, nic)


def move(vm: VirtualMachine, nic: Any) -> None:
    """Take a running vNIC to the port of another portgroup (switch backing_change_on_running_vm)."""
    if vm.lab.switches["backing_change_on_running_vm"] == "at_once":
        connect(vm, nic)
        return
    vm.links[nic.key] = replace(vm.links[nic.key], number=vm.lab.number("port"))
    _notice(vm, nic)
    enforce(vm, nic)


def _notice(vm: VirtualMachine, nic: Any) -> None:
    port = vm.dvports.get(nic.key)
    if port is not None and vm.links[nic.key].up:
        port.connected_as(vm.links[nic.key].initial)
        port.noted()


def set_up(vm: VirtualMachine, nic: Any, up: bool) -> None:
    """Connect or disconnect a vNIC of a running VM."""
    link = vm.links[nic.key]
    if link.up != up:
        vm.links[nic.key] = replace(link, up=up, blocked=link.blocked and up)
        if up:
            connect(vm, nic)


def enforce(vm: VirtualMachine, nic: Any) -> None:
    """Block or unblock a port by the policy in force (rule connect_checks_mac_changes)."""
    link = vm.links[nic.key]
    blocked = link.up and link.drifted and not _may_change(vm, nic)
    if blocked == link.blocked:
        return
    vm.links[nic.key] = replace(link, blocked=blocked)
    port = vm.dvports.get(nic.key)
    if port is not None:  # rule standard_port_blocked_without_event
        port.noted()
        _tell(port, blocked)


def _may_change(vm: VirtualMachine, nic: Any) -> bool:
    in_force = port_policy(vm, nic)
    return in_force is None or in_force.mac_changes


def _tell(port: DvPort, blocked: bool) -> None:
    if port.lab.product != "vcenter":
        return
    seen = port.seen()
    if blocked:
        port.group.switch.post(
            vim.event.DvsPortBlockedEvent,
            portKey=port.key,
            statusDetail=seen.statusDetail,
            runtimeInfo=seen,
            prevBlockState="unblocked",
            host=_host_argument(port),
        )
    else:
        port.group.switch.post(
            vim.event.DvsPortUnblockedEvent,
            portKey=port.key,
            runtimeInfo=seen,
            prevBlockState="blocked",
            host=_host_argument(port),
        )


def _host_argument(port: DvPort) -> Any:
    return make(vim.event.HostEventArgument, host=port.host.ref, name=port.host.name) if port.host else None
