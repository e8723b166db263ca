# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The side door: what tests and the demo may do that no vSphere API offers."""

from __future__ import annotations

import dataclasses
import typing as t

from . import admin, behaviour, frames, links, power, reconfigure
from .core import Lab
from .hosts import HostSystem
from .policy import of_distributed
from .portgroups import DvPortgroup
from .sdk import vim
from .seek import backing, find_host, find_nic, find_vm, in_name_of
from .vms import VirtualMachine

Any = t.Any
_CARELESS_TOOL = "VSPHERE.LOCAL\\careless-tool"


def state(lab: Lab, vm: str) -> dict[str, Any]:
    """Tell how a VM and each of its vNICs are."""
    found = find_vm(lab, vm)
    nics = [_nic_state(found, nic) for nic in found.nics]
    return {"vm": found.name, "moid": found.moid, "host": found.host.name, "power": found.power, "nics": nics}


def _nic_state(vm: VirtualMachine, nic: Any) -> dict[str, Any]:
    link, port = vm.links.get(nic.key), vm.dvports.get(nic.key)
    return {
        "label": nic.deviceInfo.label,
        "key": nic.key,
        "configured_mac": nic.macAddress,
        "runtime_mac": link.runtime if link else None,
        "address_type": nic.addressType,
        "portgroup": links.portgroup_name(vm, nic),
        "distributed": port is not None,
        "port_key": port.key if port else None,
        "connected": bool(link and link.up),
        "blocked": bool(link and link.blocked),
        "drifted": bool(link and nic.macAddress and link.runtime.lower() != nic.macAddress.lower()),
        "host": vm.host.name,
    }


def policies(lab: Lab) -> list[dict[str, Any]]:
    """Tell what each portgroup lets through, on each host that has it; a port may have a policy of its own."""
    standard = [
        {"host": host.name, "portgroup": name, **dataclasses.asdict(host.network_system.effective(name))}
        for host in lab.all(HostSystem)
        for name in host.network_system.portgroups
    ]
    distributed = [
        {"host": None, "portgroup": group.name, **dataclasses.asdict(of_distributed(group.setting, lab.switches))}
        for group in lab.all(DvPortgroup)
    ]
    return standard + distributed


def vmotion(lab: Lab, vm: str, host: str | None = None, drs: bool = True) -> dict[str, Any]:
    """Let DRS (or an admin) move a VM to another host."""
    found = find_vm(lab, vm)
    others = [other for other in lab.all(HostSystem) if other is not found.host and other.connected]
    if not host and not others:
        raise KeyError(f"there is no other host to move {vm} to")
    with in_name_of(lab, "" if drs else "VSPHERE.LOCAL\\Administrator"):
        power.migrate(found, find_host(lab, host) if host else others[0], by_drs=drs)
    return state(lab, vm)


def unsafe_portgroup_change(lab: Lab, vm: str, portgroup: str, label: str | None = None) -> dict[str, Any]:
    """Do what a tool does that describes the vNIC anew and leaves out its MAC (rule omitted_mac_is_a_request)."""
    found = find_vm(lab, vm)
    nic = find_nic(found, label)
    device = type(nic)(key=nic.key, backing=backing(found, portgroup), connectable=nic.connectable)
    change = vim.vm.device.VirtualDeviceSpec(operation="edit", device=device)
    with in_name_of(lab, _CARELESS_TOOL) as call:
        reconfigure.reconfigure(found, call, vim.vm.ConfigSpec(deviceChange=[change]))
    return state(lab, vm)


def guest_set_mac(lab: Lab, vm: str, mac: str, label: str | None = None, persistent: bool = False) -> dict[str, Any]:
    """Let the guest program another MAC, once or at every start (rule guest_mac_change_is_checked)."""
    found = find_vm(lab, vm)
    nic = find_nic(found, label)
    if persistent:
        found.guest_macs[nic.key] = mac
    if nic.key in found.links:
        found.links[nic.key] = links.replace(found.links[nic.key], runtime=mac)
        links.enforce(found, nic)
        found.seen_changed()
    return state(lab, vm)


def power_cycle(lab: Lab, vm: str) -> dict[str, Any]:
    """Turn a VM off, if it is on, and on again."""
    found = find_vm(lab, vm)
    if found.power != "poweredOff":
        power.power_off(found)
    power.power_on(found)
    return state(lab, vm)


def reconnect(lab: Lab, vm: str, label: str | None = None) -> dict[str, Any]:
    """Disconnect a running vNIC and connect it again."""
    found = find_vm(lab, vm)
    nic = find_nic(found, label)
    links.set_up(found, nic, False)
    links.set_up(found, nic, True)
    found.seen_changed()
    return state(lab, vm)


def tools(lab: Lab, vm: str, status: str) -> dict[str, Any]:
    """Start or stop VMware Tools, or take them away: running, not_running, not_installed."""
    found = find_vm(lab, vm)
    if status not in ("running", "not_running", "not_installed"):
        raise ValueError(f"Tools are running, not_running or not_installed, not {status!r}")
    found.value("guest")  # what Tools said last stays
    found.tools = status
    found.seen_changed()
    return {"vm": found.name, "tools": status}


def host_connection(lab: Lab, host: str, connection: str) -> dict[str, Any]:
    """Cut or restore vCenter's connection to a host: connected, disconnected, notResponding."""
    found = find_host(lab, host)
    found.set_connection(connection)
    return {"host": found.name, "connection": connection}


def advance(lab: Lab, days: float = 0, hours: float = 0, seconds: float = 0) -> dict[str, Any]:
    """Let time pass; events older than the retention are purged."""
    lab.clock.advance(days * 86400 + hours * 3600 + seconds)
    return {"now": lab.clock.now().isoformat()}


def events(lab: Lab, types: t.Sequence[str] | None = None, vm: str | None = None) -> list[dict[str, Any]]:
    """List the events that vCenter still has, oldest first."""
    manager = lab.service("eventManager")
    manager.purge()
    found = []
    for _unused, event in manager.history:
        name = type(event).__name__.rpartition(".")[2]
        about = event.vm.name if event.vm else None
        if (not types or name in types) and vm in (None, about):
            found.append(_event(event, name, about))
    return found


def _event(event: Any, name: str, vm: str | None) -> dict[str, Any]:
    own = ("adapter", "oldMac", "newMac", "mac", "portKey", "statusDetail", "prevBlockState")
    fields = {field: getattr(event, field) for field in own if getattr(event, field, None) is not None}
    return {
        "type": name,
        "key": event.key,
        "time": event.createdTime.isoformat(),
        "user": event.userName,
        "vm": vm,
        "message": event.fullFormattedMessage,
        **fields,
    }


def calls(lab: Lab, clear: bool = False) -> dict[str, Any]:
    """Count the API calls so far, by method."""
    counts: dict[str, int] = {}
    for method, _unused in lab.calls:
        counts[method] = counts.get(method, 0) + 1
    if clear:
        lab.calls.clear()
    return {"total": sum(counts.values()), "methods": dict(sorted(counts.items()))}


def switches(lab: Lab, **chosen: str) -> dict[str, str]:
    """Tell, and change, how the assumed rules are answered."""
    lab.switches.update(behaviour.resolve({**lab.switches, **chosen}))
    return dict(lab.switches)


def reset(lab: Lab) -> dict[str, Any]:
    """Play the scenario from its start."""
    lab.switches = dict(lab.world.answers)
    lab.reset()
    return {"scenario": lab.world.scenario.title}


READING = frozenset({"policies", "reach", "state"})
"""What changes nothing and may be asked for with GET."""

ACTIONS: dict[str, t.Callable[..., Any]] = {
    "advance": advance,
    "calls": calls,
    "edit": admin.edit,
    "events": events,
    "guest_set_mac": guest_set_mac,
    "host_connection": host_connection,
    "policies": policies,
    "power_cycle": power_cycle,
    "reach": frames.reach,
    "reconnect": reconnect,
    "reset": reset,
    "state": state,
    "switches": switches,
    "tools": tools,
    "unsafe_portgroup_change": unsafe_portgroup_change,
    "vmotion": vmotion,
}
