# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded VMs: what was configured, and what runs as far as ports and VMware Tools told it."""

from __future__ import annotations

import typing as t

from . import macs, replay_network
from .core import Lab
from .dvports import DvPort
from .hosts import HostSystem
from .links import Link
from .places import Users
from .recording import Recording, Saved
from .scenario import GuestNic, Vm
from .sdk import vim
from .vms import VirtualMachine

Any = t.Any
_TOOLS: dict[str | None, t.Literal["running", "not_running", "not_installed"]] = {
    "guestToolsRunning": "running",
    "guestToolsExecutingScripts": "running",
    "guestToolsNotRunning": "not_running",
}
# vCenter also disables what the power state forbids; the lab knows that by itself.
_HELD = ("ReconfigVM_Task", "MigrateVM_Task", "RelocateVM_Task")


def build(lab: Lab, recording: Recording) -> None:
    """Make the VMs; one without a configuration or a known host can only be read."""
    for saved in recording.of(vim.VirtualMachine):
        ref = saved.get("runtime.host")
        host = lab.objects.get(ref._moId) if ref else None
        if isinstance(host, HostSystem) and saved.get("config.hardware") is not None and saved.get("name"):
            _vm(lab, saved, host)


def _vm(lab: Lab, saved: Saved, host: HostSystem) -> None:
    names = ("name", "parent", "runtime", "datastore", "resourcePool")
    values = {name: saved.properties[name] for name in names if name in saved.properties}
    net = list(saved.get("guest.net") or [])
    about = Vm(
        name=saved.name,
        tools=_TOOLS.get(saved.get("guest.toolsRunningStatus"), "not_installed"),
        guest_nics=tuple(_beside(nic) for nic in net if nic.deviceConfigId == -1 and _is_mac(nic)),
        disabled_methods=tuple(name for name in map(_name, saved.get("disabledMethod") or []) if name in _HELD),
    )
    vm = VirtualMachine(lab, saved.moid, about, host, **values)
    lab.add(vm)
    vm.last_net = net
    host.gain(vm)
    for ref in [*(saved.get("datastore") or []), saved.get("resourcePool")]:
        place = lab.objects.get(ref._moId) if ref else None
        if isinstance(place, Users):
            place.gain(vm)
    _connect(vm, saved.get("config"), net)


def _connect(vm: VirtualMachine, config: Any, net: list[Any]) -> None:
    for nic in config.hardware.device:
        if isinstance(nic, vim.vm.device.VirtualEthernetCard):
            port = replay_network.port_of(vm.lab, nic)
            if port is not None and port.free:
                _plug(vm, nic, port)
    vm.set_config(config)
    vm.properties["config"] = config  # with the changeVersion that was recorded
    unmatched = [seen.macAddress for seen in net if seen.deviceConfigId == -1 and _is_mac(seen)]
    for nic in vm.nics:
        if vm.on and nic.macAddress:
            vm.links[nic.key] = _link(vm, nic, net, unmatched)


def _plug(vm: VirtualMachine, nic: Any, port: DvPort) -> None:
    port.vm, port.nic_key = vm, nic.key
    port.group.port_used(port)
    vm.dvports[nic.key] = port


def _link(vm: VirtualMachine, nic: Any, net: list[Any], unmatched: list[str]) -> Link:
    port = vm.dvports.get(nic.key)
    seen = getattr(port.kept.state, "runtimeInfo", None) if port and port.kept else None
    runtime = _runtime_mac(vm, nic, seen, net, unmatched)
    blocked = bool(seen and seen.blocked)
    up = bool(nic.connectable and nic.connectable.connected)
    # A port that lets a drifted vNIC through was opened while that MAC was the configured one.
    initial = nic.macAddress if blocked else runtime
    return Link(initial=initial, runtime=runtime, up=up, blocked=blocked, number=vm.lab.number("port"))


def _runtime_mac(vm: VirtualMachine, nic: Any, seen: Any, net: list[Any], unmatched: list[str]) -> str:
    """Return the MAC in use: as the port, else as the guest tells it; the configured one where neither does."""
    if seen is not None and seen.macAddress and seen.macAddress != "00:00:00:00:00:00":
        return str(seen.macAddress)
    told = [entry.macAddress for entry in net if entry.deviceConfigId == nic.key and _is_mac(entry)]
    if told:
        return str(told[0])
    # One vNIC that the guest does not show, one MAC that is no vNIC's: that is the drifted one.
    shown = {entry.macAddress.lower() for entry in net if entry.macAddress}
    hidden = [other for other in vm.nics if (other.macAddress or "").lower() not in shown]
    return unmatched[0] if len(unmatched) == 1 and hidden == [nic] else str(nic.macAddress)


def _is_mac(entry: Any) -> bool:
    return bool(entry.macAddress and macs.is_mac(entry.macAddress))


def _beside(nic: Any) -> GuestNic:
    return GuestNic(mac=nic.macAddress, ip=tuple(nic.ipAddress))


def _name(method: Any) -> str:
    return method if isinstance(method, str) else str(method.info.wsdlName)
