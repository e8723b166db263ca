# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ReconfigVM_Task: everything is checked before the first change (rule reconfigure_is_atomic)."""

from __future__ import annotations

import dataclasses
import typing as t

from . import links, vnic_edits
from .core import Call, changed, make
from .dvports import DvPort
from .guard import wrong_power_state
from .portgroups import DvPortgroup
from .sdk import vim, vmodl
from .versioned import stale

if t.TYPE_CHECKING:
    from .vms import VirtualMachine

Any = t.Any
_CARD = vim.vm.device.VirtualEthernetCard
_DV = _CARD.DistributedVirtualPortBackingInfo
_OFF_ONLY = {  # ConfigSpec field: path in ConfigInfo
    "guestId": "guestId",
    "nestedHVEnabled": "nestedHVEnabled",
    "vPMCEnabled": "vPMCEnabled",
    "firmware": "firmware",
    "version": "version",
}
_ANY_TIME = ("annotation", "managedBy", "scheduledHardwareUpgradeInfo", "flags", "changeTrackingEnabled")


@dataclasses.dataclass(frozen=True)
class NicChange:
    """One vNIC as it was and as it shall be; None: not there."""

    before: Any
    after: Any
    moves_to: DvPortgroup | None = None
    moved: bool = False


def reconfigure(vm: VirtualMachine, call: Call, spec: Any) -> None:
    """Change a VM's configuration as a client asks."""
    _check_state(vm, spec)
    _check_privileges(vm, call, spec)
    changes = [_plan(vm, call, device_spec, index) for index, device_spec in enumerate(_nic_specs(spec))]
    _check_ports(changes)
    settings = _settings(vm, spec)
    old_name = vm.name
    vm.set_config(changed(vm.config, **settings))
    for change in changes:
        _apply(vm, change)
    if spec.name and spec.name != old_name:
        vm.rename(spec.name)
    vm.seen_changed()
    vm.post(vim.event.VmReconfiguredEvent, configSpec=spec)


def _check_state(vm: VirtualMachine, spec: Any) -> None:
    if spec.changeVersion and spec.changeVersion != vm.config.changeVersion:
        raise stale()  # rule change_version_enforced
    if vm.is_template and spec.deviceChange:
        raise vmodl.fault.NotSupported(msg="The operation is not supported on the object: it is a template.")
    if vm.power == "suspended" and spec.deviceChange:
        raise wrong_power_state(vm, "poweredOff")
    if vm.config.ftInfo and vm.config.ftInfo.role != 1:
        raise vim.fault.InvalidOperationOnSecondaryVm(
            instanceUuid=vm.config.instanceUuid, msg="The operation is not supported on a secondary virtual machine."
        )
    for name in _OFF_ONLY:
        value = getattr(spec, name)
        if value is not None and value != getattr(vm.config, name) and vm.power != "poweredOff":
            raise wrong_power_state(vm, "poweredOff")


def _check_privileges(vm: VirtualMachine, call: Call, spec: Any) -> None:
    needed = {
        "VirtualMachine.Config.EditDevice": any(change.operation == "edit" for change in spec.deviceChange),
        "VirtualMachine.Config.AddRemoveDevice": any(change.operation != "edit" for change in spec.deviceChange),
        "VirtualMachine.Config.AdvancedConfig": bool(spec.extraConfig),
        "VirtualMachine.Config.Rename": bool(spec.name),
        "VirtualMachine.Config.Annotation": spec.annotation is not None,
        "VirtualMachine.Config.CPUCount": spec.numCPUs is not None,
        "VirtualMachine.Config.Memory": spec.memoryMB is not None,
        "VirtualMachine.Config.Settings": any(getattr(spec, name) is not None for name in _OFF_ONLY),
    }
    for privilege, asked in needed.items():
        if asked:
            call.require(privilege, vm)


def _nic_specs(spec: Any) -> list[Any]:
    for index, change in enumerate(spec.deviceChange):
        if not isinstance(change.device, _CARD):
            raise vnic_edits.bad_device(index, "key", "the lab changes no other devices than vNICs")
    return list(spec.deviceChange)


def _plan(vm: VirtualMachine, call: Call, spec: Any, index: int) -> NicChange:
    current = vm.nic(spec.device.key)
    if spec.operation == "add":
        return _plan_add(vm, call, spec.device, index)
    if current is None:
        raise vnic_edits.bad_device(index, "key", f"there is no device with the key {spec.device.key}")
    if spec.operation == "remove":
        return NicChange(before=current, after=None)
    return _plan_edit(vm, call, current, spec.device, index)


def _plan_edit(vm: VirtualMachine, call: Call, current: Any, sent: Any, index: int) -> NicChange:
    if type(sent) is not type(current):
        raise vnic_edits.bad_device(index, "key", f"the device {current.key} is a {type(current).__name__}")
    if isinstance(sent, vim.vm.device.VirtualSriovEthernetCard) and vm.on:
        raise wrong_power_state(vm, "poweredOff")
    wanted, group = vnic_edits.backing(vm, sent.backing or current.backing, index)
    who = vnic_edits.identity(vm, current, sent, index)
    moved = _place(wanted) != _place(current.backing)
    if moved:
        call.require("Network.Assign", group or vm.host.networks[wanted.deviceName])
    connectable = sent.connectable or current.connectable
    if connectable.connected != current.connectable.connected:
        call.require("VirtualMachine.Interact.DeviceConnection", vm)
    kept = {name: getattr(current, name) for name in ("deviceInfo", "controllerKey", "unitNumber", "slotInfo")}
    after = changed(
        sent,
        **kept,
        backing=wanted if moved else current.backing,
        connectable=connectable,
        addressType=who.type,
        macAddress=who.mac,
    )
    return NicChange(before=current, after=after, moves_to=group if moved else None, moved=moved)


def _plan_add(vm: VirtualMachine, call: Call, sent: Any, index: int) -> NicChange:
    wanted, group = vnic_edits.backing(vm, sent.backing, index)
    call.require("Network.Assign", group or vm.host.networks[wanted.deviceName])
    who = vnic_edits.identity(vm, None, sent, index)
    used = {nic.key for nic in vm.nics}
    key = next(number for number in range(4000, 4010) if number not in used)
    connectable = sent.connectable or vim.vm.device.VirtualDevice.ConnectInfo(
        startConnected=True, allowGuestControl=True, connected=vm.on
    )
    label = vim.Description(label=f"Network adapter {key - 3999}", summary=getattr(wanted, "deviceName", "DVSwitch"))
    after = changed(
        sent,
        key=key,
        controllerKey=100,
        unitNumber=key - 3993,
        deviceInfo=label,
        backing=wanted,
        connectable=connectable,
        addressType=who.type,
        macAddress=who.mac,
    )
    return NicChange(before=None, after=after, moves_to=group, moved=True)


def _place(backing: Any) -> tuple[str, ...]:
    if isinstance(backing, _DV):
        return ("distributed", backing.port.switchUuid, backing.port.portgroupKey)
    return ("standard", str(getattr(backing, "deviceName", "")))


def _check_ports(changes: t.Sequence[NicChange]) -> None:
    """Refuse before anything has changed what a portgroup has no ports for (rule reconfigure_is_atomic)."""
    groups = [change.moves_to for change in changes if change.moves_to is not None]
    for moid, group in {group.moid: group for group in groups}.items():
        group.check_room(sum(other.moid == moid for other in groups))


def _settings(vm: VirtualMachine, spec: Any) -> dict[str, Any]:
    values = {name: getattr(spec, name) for name in (*_OFF_ONLY, *_ANY_TIME) if getattr(spec, name) is not None}
    if spec.extraConfig:
        values["extraConfig"] = _extra_config(vm.config.extraConfig, _taken(vm, spec.extraConfig))
    if spec.numCPUs or spec.memoryMB:
        hardware = vm.config.hardware
        values["hardware"] = changed(
            hardware, numCPU=spec.numCPUs or hardware.numCPU, memoryMB=spec.memoryMB or hardware.memoryMB
        )
    return values


def _taken(vm: VirtualMachine, sent: t.Sequence[Any]) -> list[Any]:
    dropped = vm.lab.switches["check_mac_address_by_edit"] == "dropped"
    return [option for option in sent if not (dropped and option.key.lower().endswith(".checkmacaddress"))]


def _extra_config(old: t.Sequence[Any], sent: t.Sequence[Any]) -> list[Any]:
    values = {option.key: option for option in old} | {option.key: option for option in sent}
    return [option for option in values.values() if option.value != ""]  # an empty value removes the key


def _apply(vm: VirtualMachine, change: NicChange) -> None:
    key = (change.after or change.before).key
    if change.moved or change.after is None:
        leave_port(vm, key)
    _replace_device(vm, change)
    if change.after is None:
        vm.links.pop(key, None)
        return
    if change.moves_to is not None:
        take_port(vm, vm.nic(key), change.moves_to)
    vm.networks_changed()
    if vm.on:
        _feel(vm, change)
    _tell(vm, change)


def _replace_device(vm: VirtualMachine, change: NicChange) -> None:
    if change.before is not None and change.after is not None:
        vm.set_nic(change.after)
        return
    hardware = vm.config.hardware
    devices = [device for device in hardware.device if change.before is None or device.key != change.before.key]
    devices += [change.after] if change.after is not None else []
    vm.set_config(changed(vm.config, hardware=changed(hardware, device=devices)))


def leave_port(vm: VirtualMachine, key: int) -> None:
    """Give back a distributed port."""
    port = vm.dvports.pop(key, None)
    if port is not None:
        port.group.drop_port(port)


def take_port(vm: VirtualMachine, nic: Any, group: DvPortgroup, port: DvPort | None = None) -> None:
    """Connect a vNIC to a port of a distributed portgroup and write that into its backing."""
    if group.binding == "ephemeral" and not vm.on:
        return
    vm.set_nic(changed(nic, backing=plug(vm, nic.key, port or group.free_port())))


def plug(vm: VirtualMachine, key: int, port: DvPort) -> Any:
    """Connect a vNIC to a port and return the backing that says so."""
    port.attach(vm, key)
    vm.dvports[key] = port
    connection = make(
        vim.dvs.PortConnection,
        switchUuid=port.group.switch.uuid,
        portgroupKey=port.group.moid,
        portKey=port.key,
        connectionCookie=port.cookie,
    )
    return make(_DV, port=connection)


def _feel(vm: VirtualMachine, change: NicChange) -> None:
    """Let the running vNIC feel the edit; a new MAC is not for it (switch mac_edit_on_running_vm)."""
    nic = vm.nic(change.after.key)
    if nic.key not in vm.links:
        links.start(vm, nic)
        return
    up, before = bool(nic.connectable.connected), vm.links[nic.key].up
    if change.moved and up and before:
        links.move(vm, nic)
    else:
        links.set_up(vm, nic, up)


def _tell(vm: VirtualMachine, change: NicChange) -> None:
    if vm.lab.product != "vcenter":
        return
    label, nic = change.after.deviceInfo.label, change.after
    old = change.before.macAddress if change.before is not None else None
    if old and nic.macAddress and old.lower() != nic.macAddress.lower():
        vm.post(vim.event.VmMacChangedEvent, adapter=label, oldMac=old, newMac=nic.macAddress)
    elif nic.macAddress and not old:
        vm.post(vim.event.VmMacAssignedEvent, adapter=label, mac=nic.macAddress)
    same = change.before is not None and (old or "").lower() == (nic.macAddress or "").lower()
    if not (same and change.before.addressType == nic.addressType):
        tell_conflicts(vm, nic)


def tell_conflicts(vm: VirtualMachine, nic: Any) -> None:
    """Post an event for each other VM that has the MAC."""
    static = nic.addressType == "manual"
    kind = vim.event.VmStaticMacConflictEvent if static else vim.event.VmMacConflictEvent
    for moid, _key in vm.lab.world.macs.others(nic.macAddress or "", (vm.moid, nic.key)):
        other = vm.lab.get(moid)
        conflicted = vim.event.VmEventArgument(name=other.name, vm=other.ref)
        vm.post(kind, conflictedVm=conflicted, mac=nic.macAddress)
