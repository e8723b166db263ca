# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edit asks of a vNIC, and which MAC it gets: the rules by which MACs change or don't."""

from __future__ import annotations

import dataclasses
import typing as t

from . import macs
from .core import changed
from .guard import wrong_power_state
from .portgroups import DvPortgroup
from .schema import near
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .vms import VirtualMachine

Any = t.Any
_CARD = vim.vm.device.VirtualEthernetCard


@dataclasses.dataclass(frozen=True)
class Identity:
    """A vNIC's address type and MAC; a generated one may have no MAC yet."""

    type: str
    mac: str | None

    def same_mac(self, other: Identity) -> bool:
        return (self.mac or "").lower() == (other.mac or "").lower()


def bad_device(index: int, name: str, why: str) -> Exception:
    """Return the fault for a device that an edit describes wrongly."""
    text = f"Invalid configuration for device '{index}': {why}"
    return t.cast(
        Exception, vim.fault.InvalidDeviceSpec(deviceIndex=index, property=f"virtualDeviceSpec.device.{name}", msg=text)
    )


def bad_config(reason: str) -> Exception:
    """Return the fault for a configuration that vSphere does not accept."""
    return t.cast(Exception, vim.fault.GenericVmConfigFault(reason=reason, msg=reason))


def identity(vm: VirtualMachine, current: Any, sent: Any, index: int) -> Identity:
    """Return the type and MAC that a vNIC has after an edit."""
    before = Identity(current.addressType or _automatic(vm), current.macAddress) if current is not None else None
    asked = Identity((sent.addressType or (before.type if before else _automatic(vm))).lower(), sent.macAddress or None)
    if asked.type not in (macs.ASSIGNED, macs.GENERATED, macs.MANUAL):
        raise bad_device(index, "addressType", f"'{sent.addressType}' is not an address type")
    if asked.mac is None:
        return _without_mac(vm, before, asked, sent)
    if not macs.is_mac(asked.mac):
        raise bad_device(index, "macAddress", f"'{asked.mac}' is not a MAC address")
    if before is not None and vm.on:
        _check_running(vm, before, asked)
    owner = (vm.moid, current.key if current is not None else -1)
    return _with_mac(vm, before, asked, owner, index)


def _automatic(vm: VirtualMachine) -> str:
    return macs.ASSIGNED if vm.lab.product == "vcenter" else macs.GENERATED


def _new(vm: VirtualMachine, kind: str) -> Identity:
    registry = vm.lab.world.macs
    return Identity(kind, registry.generated() if kind == macs.GENERATED else registry.assigned())


def _without_mac(vm: VirtualMachine, before: Identity | None, asked: Identity, sent: Any) -> Identity:
    # rule omitted_mac_is_a_request
    if asked.type != macs.MANUAL:
        return _new(vm, asked.type)
    if before is None or before.type != macs.MANUAL:
        raise bad_config(f"Specify a static Ethernet address for 'ethernet{max(sent.key - 4000, 0)}'.")
    if vm.lab.switches["omitted_mac_of_manual_vnic"] == "kept":
        return before
    return _new(vm, _automatic(vm))


def _check_running(vm: VirtualMachine, before: Identity, asked: Identity) -> None:
    switches = vm.lab.switches
    if not asked.same_mac(before) and switches["mac_edit_on_running_vm"] == "refused":
        raise wrong_power_state(vm, "poweredOff")
    if asked.type != before.type and switches["type_only_pin_on_running_vm"] == "refused":
        raise wrong_power_state(vm, "poweredOff")


def _with_mac(vm: VirtualMachine, before: Identity | None, asked: Identity, owner: macs.Owner, index: int) -> Identity:
    mac, registry = t.cast(str, asked.mac), vm.lab.world.macs
    others = registry.others(mac, owner)
    if asked.type == macs.MANUAL:
        unchanged = before is not None and before.type == macs.MANUAL and asked.same_mac(before)
        return asked if unchanged or not others else _duplicate(vm, asked, index)
    if asked.type == macs.GENERATED:
        return asked  # the host looks at it at power-on (rule generated_range)
    if not registry.in_assigned_range(mac):
        if vm.lab.switches["automatic_mac_out_of_range"] == "refused":
            raise bad_config(f"'{mac}' is not a valid VPX-assigned Ethernet address.")
        return _new(vm, macs.ASSIGNED)
    return _new(vm, macs.ASSIGNED) if others else asked  # rule duplicate_automatic_mac


def _duplicate(vm: VirtualMachine, asked: Identity, index: int) -> Identity:
    answer = vm.lab.switches["duplicate_manual_mac"]
    if answer == "refused":
        raise bad_device(index, "macAddress", f"the MAC address '{asked.mac}' is in use by another virtual machine")
    return asked if answer == "kept" else _new(vm, _automatic(vm))


def backing(vm: VirtualMachine, sent: Any, index: int) -> tuple[Any, DvPortgroup | None]:
    """Return a backing that leads somewhere, and the distributed portgroup if it is one."""
    if isinstance(sent, _CARD.DistributedVirtualPortBackingInfo):
        return sent, _portgroup(vm, sent.port, index)
    if isinstance(sent, _CARD.NetworkBackingInfo):
        network = vm.host.networks.get(sent.deviceName)
        if network is None:
            why = f"no network '{sent.deviceName}' on the host{near(sent.deviceName or '', vm.host.networks)}"
            raise bad_device(index, "backing", why)
        return changed(sent, network=network.ref, useAutoDetect=False), None
    raise bad_device(index, "backing", "this kind of backing is not supported by the lab")


def _portgroup(vm: VirtualMachine, connection: Any, index: int) -> DvPortgroup:
    for switch in vm.host.switches:
        group = switch.portgroups.get(connection.portgroupKey or "")
        if switch.uuid == connection.switchUuid and group is not None:
            if group.is_uplink:
                raise bad_device(index, "backing", f"'{group.name}' is an uplink portgroup")
            return t.cast(DvPortgroup, group)
    raise vmodl.fault.InvalidArgument(
        invalidProperty="spec.deviceChange.device.backing.port",
        msg=f"The portgroup '{connection.portgroupKey}' is not on the switch '{connection.switchUuid}' of this host.",
    )
