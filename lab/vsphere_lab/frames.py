# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a frame arrive, and if not, where is it dropped and why: computed from the lab's own state, nothing else."""

from __future__ import annotations

import dataclasses
import typing as t

from . import links
from .core import Lab
from .policy import Effective
from .scenario import External, Inner
from .schema import near
from .sdk import vim
from .seek import find_nic
from .vms import VirtualMachine

Any = t.Any
_TRUNK_OF_STANDARD_SWITCH = 4095


@dataclasses.dataclass(frozen=True)
class Port:
    """A vNIC's port as frames see it."""

    vm: VirtualMachine
    nic: Any
    policy: Effective
    vlans: tuple[tuple[int, int], ...]  # ranges; a single number is an access port
    trunk: bool
    switch: str
    uplinks: int

    @property
    def link(self) -> links.Link | None:
        return self.vm.links.get(self.nic.key)

    @property
    def place(self) -> str:
        group = links.portgroup_name(self.vm, self.nic)
        label = self.nic.deviceInfo.label
        return f"port of {self.vm.name} ({label}) on portgroup {group}, {self.switch}, {self.vm.host.name}"

    def vlan(self, tag: int) -> int | None:
        """Return the VLAN in which a frame with this tag travels, or none: it does not get in."""
        if not self.trunk:
            return self.vlans[0][0] if tag == 0 else None
        return tag if tag == 0 or any(first <= tag <= last for first, last in self.vlans) else None


@dataclasses.dataclass(frozen=True)
class Station:
    """Whoever sends or receives: a vNIC, a VM behind a nested host's vNIC, or a machine outside."""

    name: str
    mac: str
    port: Port | None = None
    tag: int = 0
    inner: Inner | None = None
    outside: External | None = None


@dataclasses.dataclass(frozen=True)
class Drop:
    """Where a frame ends, by which rule, and why."""

    at: str
    rule: str
    reason: str


def reach(lab: Lab, source: str, target: str, label: str | None = None) -> dict[str, Any]:
    """Send a frame from source to target and its answer back."""
    here, there = find(lab, source, label), find(lab, target)
    out, back = send(here, there), send(there, here)
    return {
        "source": source,
        "target": target,
        "ok": out is None and back is None,
        "outbound": _told(out),
        "inbound": {**_told(back), "duplicates": back is None and duplicates(here)},
    }


def _told(drop: Drop | None) -> dict[str, Any]:
    if drop is None:
        return {"ok": True, "dropped_at": None, "rule": None, "reason": None}
    return {"ok": False, "dropped_at": drop.at, "rule": drop.rule, "reason": drop.reason}


# who is who


def find(lab: Lab, name: str, label: str | None = None) -> Station:
    """Return the station of this name: an outside machine, a VM, or a VM inside a nested host."""
    if name in lab.world.external:
        return Station(name, "00:00:5e:00:01:01", outside=lab.world.external[name])
    names = list(lab.world.external)
    for vm in lab.all(VirtualMachine):
        if vm.name == name:
            port = _port(vm, find_nic(vm, label))
            return Station(name, port.link.runtime if port.link else "", port=port)
        for inner in vm.about.nested:
            if inner.name == name:
                return Station(name, inner.mac, port=_port(vm, find_nic(vm, label)), tag=inner.vlan, inner=inner)
            names.append(inner.name)
        names.append(vm.name)
    raise KeyError(f"nobody here is called {name!r}{near(name, names)}")


def _port(vm: VirtualMachine, nic: Any) -> Port:
    in_force = links.port_policy(vm, nic)
    if in_force is None:
        raise KeyError(f"{vm.name} is on a portgroup that its host does not have")
    dvport = vm.dvports.get(nic.key)
    if dvport is not None:
        group = dvport.group
        trunk = isinstance(group.setting.vlan, vim.dvs.VmwareDistributedVirtualSwitch.TrunkVlanSpec)
        ranges = tuple((span.start, span.end) for span in group.vlan_ranges())
        uplinks = len(group.switch.about.uplinks)
        return Port(vm, nic, in_force, ranges, trunk, group.switch.name, uplinks)
    network = vm.host.network_system
    spec = network.portgroups[nic.backing.deviceName]
    bridge = network.vswitches[spec.vswitchName].bridge
    trunk = spec.vlanId == _TRUNK_OF_STANDARD_SWITCH
    ranges = ((1, 4094),) if trunk else ((spec.vlanId, spec.vlanId),)
    return Port(vm, nic, in_force, ranges, trunk, spec.vswitchName, len(bridge.nicDevice) if bridge else 0)


# the way of a frame


def send(sender: Station, receiver: Station) -> Drop | None:
    """Follow one frame from its sender to its receiver."""
    if _share_a_port(sender, receiver):
        return None  # it never leaves the nested host
    vlan, drop = _leave(sender, receiver)
    return drop or _enter(sender, receiver, vlan)


def _share_a_port(one: Station, other: Station) -> bool:
    if one.port is None or other.port is None:
        return False
    return one.port.vm is other.port.vm and one.port.nic.key == other.port.nic.key


def _leave(sender: Station, receiver: Station) -> tuple[int | None, Drop | None]:
    port = sender.port
    if port is None:
        return None, None
    drop = _closed(port) or _forged(sender, port) or _beyond_limit(sender, port)
    if drop is not None:
        return None, drop
    vlan = port.vlan(sender.tag)
    if vlan is None:
        return None, Drop(port.place, "vlan", f"the port does not carry VLAN {sender.tag}")
    if not _is_local(port, receiver) and not port.uplinks:
        why = f"{port.switch} has no uplink"
        return None, Drop(f"{port.switch} on {port.vm.host.name}", "null_bridge_removes_uplinks", why)
    return vlan, None


def _closed(port: Port) -> Drop | None:
    link = port.link
    if link is None:
        return Drop(port.place, "link_down", f"{port.vm.name} is not running")
    if not link.up:
        return Drop(port.place, "link_down", "the vNIC is disconnected")
    if link.blocked:
        why = f"the port is blocked: the MAC in use, {link.runtime}, is not the configured one, {link.initial}"
        return Drop(port.place, "blocked_port_passes_nothing", f"{why}, and MAC changes = reject")
    return None


def _forged(sender: Station, port: Port) -> Drop | None:
    link = port.link
    if port.policy.forged_transmits or (link and sender.mac.lower() == link.runtime.lower()):
        return None
    why = f"forged transmits = reject: the source MAC {sender.mac} is not the port's own"
    return Drop(port.place, "forged_transmits", why)


def _beyond_limit(sender: Station, port: Port) -> Drop | None:
    if sender.inner is None or not port.policy.learning or _is_learned(sender, port):
        return None
    if not port.policy.drops_beyond_limit:
        return None
    why = f"the port has learned {port.policy.learning_limit} MACs already and drops further ones"
    return Drop(port.place, "mac_learning_limit", why)


def _is_learned(station: Station, port: Port) -> bool:
    """Say whether the port knows this MAC: it learns from frames that it lets out, up to its limit."""
    behind = list(port.vm.about.nested)
    return (
        port.policy.learning
        and port.policy.forged_transmits
        and station.inner is not None
        and behind.index(station.inner) < port.policy.learning_limit
    )


def _is_local(port: Port, receiver: Station) -> bool:
    other = receiver.port
    return other is not None and other.vm.host is port.vm.host and other.switch == port.switch


def _enter(sender: Station, receiver: Station, vlan: int | None) -> Drop | None:
    if receiver.outside is not None:
        carried = receiver.outside.vlans
        if vlan is None or not carried or vlan in carried:
            return None
        return Drop("physical network", "vlan", f"{receiver.name} is not in VLAN {vlan}")
    port = t.cast(Port, receiver.port)
    if sender.port is None or not _is_local(sender.port, receiver):
        if not port.uplinks:
            why = f"{port.switch} has no uplink"
            return Drop(f"{port.switch} on {port.vm.host.name}", "null_bridge_removes_uplinks", why)
        if sender.outside is not None and sender.outside.vlans and port.vlan(receiver.tag) not in sender.outside.vlans:
            return Drop("physical network", "vlan", f"{sender.name} is not in VLAN {port.vlan(receiver.tag)}")
    if vlan is not None and port.vlan(receiver.tag) != vlan:
        return Drop(port.place, "vlan", f"the frame is in VLAN {vlan}, {receiver.name} is not")
    return _closed(port) or _foreign(receiver, port)


def _foreign(receiver: Station, port: Port) -> Drop | None:
    link, policy = port.link, port.policy
    if (link and receiver.mac.lower() == link.runtime.lower()) or policy.promiscuous:
        return None
    if _is_learned(receiver, port):
        return None
    if policy.learning and policy.forged_transmits and not policy.drops_beyond_limit:
        return None  # beyond the limit it floods
    if policy.learning:
        why = f"MAC learning is on, but no frame from {receiver.mac} was ever let out from which to learn it"
        return Drop(port.place, "mac_learning_receives", why)
    why = f"promiscuous mode = reject and no MAC learning: {receiver.mac} is not the port's own MAC"
    return Drop(port.place, "promiscuous_receives", why)


def duplicates(receiver: Station) -> bool:
    """Say whether a promiscuous port gets frames twice (rule promiscuous_duplicates)."""
    port = receiver.port
    if port is None or not port.policy.promiscuous or port.uplinks < 2:
        return False
    network = port.vm.host.network_system
    if port.vm.dvports.get(port.nic.key) is not None:
        return not port.vm.host.options.options["Net.ReversePathFwdCheckPromisc"]
    return not network.checked_promiscuous.get(port.nic.backing.deviceName, False)
