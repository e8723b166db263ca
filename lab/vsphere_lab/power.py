# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, stopping and moving VMs: when MACs are checked, when ports are opened anew, and when drift ends."""

from __future__ import annotations

import typing as t

from . import links, macs
from .core import changed
from .guard import wrong_power_state
from .reconfigure import leave_port, take_port, tell_conflicts
from .sdk import vim, vmodl
from .vnic_edits import bad_config

if t.TYPE_CHECKING:
    from .hosts import HostSystem
    from .vms import VirtualMachine

Any = t.Any


def power_on(vm: VirtualMachine, host: HostSystem | None = None) -> None:
    """Start a VM: every vNIC begins with its configured MAC (rule runtime_mac_until_power_cycle)."""
    if vm.on:
        raise wrong_power_state(vm, "poweredOff")
    if vm.is_template:
        raise vmodl.fault.NotSupported(msg="The operation is not supported on the object: it is a template.")
    if host is not None and host is not vm.host:
        _change_host(vm, host)
    if vm.power == "suspended":
        _resume(vm)
        return
    vm.post(vim.event.VmStartingEvent)
    _prepare_macs(vm)
    vm.set_runtime(powerState="poweredOn", bootTime=vm.lab.clock.now(), cleanPowerOff=None)
    start_nics(vm)
    vm.post(vim.event.VmPoweredOnEvent)


def _prepare_macs(vm: VirtualMachine) -> None:
    """Let the host and vCenter look at each MAC before the start; nothing changes if one is refused."""
    for nic in vm.nics:
        number = nic.key - 4000
        if nic.addressType == macs.MANUAL and not _unchecked(vm, nic, number):
            refusal = macs.power_on_refusal(nic.macAddress or "", vm.lab.switches)
            if refusal:
                raise bad_config(
                    f"{refusal} Invalid MAC address specified. Could not set up 'macAddress' for 'ethernet{number}'."
                )
    for nic in vm.nics:
        fresh = _corrected(vm, nic)
        if fresh is not None:
            change_mac(vm, nic, fresh)
        elif nic.addressType == macs.MANUAL and vm.lab.product == "vcenter":
            tell_conflicts(vm, nic)


def _unchecked(vm: VirtualMachine, nic: Any, number: int) -> bool:
    # rule check_mac_address_option
    if isinstance(nic, vim.vm.device.VirtualSriovEthernetCard):
        return False
    options = {option.key.lower(): str(option.value).upper() for option in vm.config.extraConfig}
    return options.get(f"ethernet{number}.checkmacaddress") == "FALSE"


def _corrected(vm: VirtualMachine, nic: Any) -> str | None:
    """Return the MAC that an automatic vNIC gets at power-on, if it cannot keep the one it has."""
    registry = vm.lab.world.macs
    if nic.addressType == macs.GENERATED and not macs.is_host_generated(nic.macAddress or ""):
        return str(registry.generated())  # rule generated_range
    if nic.addressType == macs.ASSIGNED and (not nic.macAddress or registry.others(nic.macAddress, (vm.moid, nic.key))):
        return str(registry.assigned())  # rule duplicate_automatic_mac
    return None


def change_mac(vm: VirtualMachine, nic: Any, mac: str) -> None:
    """Give a vNIC another configured MAC and say so."""
    old = nic.macAddress
    vm.set_nic(changed(nic, macAddress=mac))
    if vm.lab.product != "vcenter":
        return
    label = nic.deviceInfo.label
    if old:
        vm.post(vim.event.VmMacChangedEvent, adapter=label, oldMac=old, newMac=mac)
    else:
        vm.post(vim.event.VmMacAssignedEvent, adapter=label, mac=mac)


def start_nics(vm: VirtualMachine) -> None:
    """Bring all vNICs up, on ephemeral ports made for them where that is the binding."""
    for nic in vm.nics:
        connectable = changed(nic.connectable, connected=nic.connectable.startConnected, status="ok")
        vm.set_nic(changed(nic, connectable=connectable))
        group = _group_of(vm, nic)
        if group is not None and nic.key not in vm.dvports:
            take_port(vm, vm.nic(nic.key), group)
        links.start(vm, vm.nic(nic.key), vm.guest_macs.get(nic.key))
    vm.networks_changed()
    vm.seen_changed()


def _group_of(vm: VirtualMachine, nic: Any) -> Any:
    key = getattr(getattr(nic.backing, "port", None), "portgroupKey", None)
    return next((switch.portgroups[key] for switch in vm.host.switches if key in switch.portgroups), None)


def power_off(vm: VirtualMachine) -> None:
    """Stop a VM: what its vNICs used at run time is gone."""
    if vm.power == "poweredOff":
        raise wrong_power_state(vm, "poweredOn")
    vm.links.clear()
    vm.set_runtime(powerState="poweredOff", bootTime=None, cleanPowerOff=True)
    for nic in vm.nics:
        vm.set_nic(changed(nic, connectable=changed(nic.connectable, connected=False, status="untried")))
        port = vm.dvports.get(nic.key)
        if port is not None and port.group.binding == "ephemeral":
            leave_port(vm, nic.key)
    vm.last_net = []
    vm.seen_changed()
    vm.post(vim.event.VmPoweredOffEvent)


def reset(vm: VirtualMachine) -> None:
    """Press the reset button: the VM's process goes on, so its vNICs keep their MACs."""
    if not vm.on:
        raise wrong_power_state(vm, "poweredOn")
    vm.post(vim.event.VmResettingEvent)


def suspend(vm: VirtualMachine) -> None:
    """Freeze a VM: its memory, and with it the MACs in use, is kept; its ports are closed."""
    if not vm.on:
        raise wrong_power_state(vm, "poweredOn")
    vm.set_runtime(powerState="suspended", suspendTime=vm.lab.clock.now())
    for key, link in vm.links.items():
        vm.links[key] = links.replace(link, up=False, blocked=False)
    vm.seen_changed()
    vm.post(vim.event.VmSuspendedEvent)


def _resume(vm: VirtualMachine) -> None:
    vm.set_runtime(powerState="poweredOn", suspendTime=None)
    for nic in vm.nics:
        if nic.key in vm.links:
            links.set_up(vm, nic, bool(nic.connectable.startConnected))
    vm.seen_changed()
    vm.post(vim.event.VmResumingEvent)


def _need_tools(vm: VirtualMachine) -> None:
    if not vm.on:
        raise wrong_power_state(vm, "poweredOn")
    if not vm.tools_running:
        raise vim.fault.ToolsUnavailable(msg="Cannot complete operation because VMware Tools is not running.")


def shutdown_guest(vm: VirtualMachine) -> None:
    """Ask the guest to shut down; it does so at once."""
    _need_tools(vm)
    vm.post(vim.event.VmGuestShutdownEvent)
    power_off(vm)


def reboot_guest(vm: VirtualMachine) -> None:
    """Ask the guest to reboot: no power cycle, so nothing changes for its vNICs."""
    _need_tools(vm)
    vm.post(vim.event.VmGuestRebootEvent)


# moving


def migrate(vm: VirtualMachine, host: HostSystem, state: str | None = None, by_drs: bool = False) -> None:
    """Move a VM to another host: each port is connected anew there (rule vmotion_connects_anew)."""
    if vm.is_template:
        raise vmodl.fault.NotSupported(msg="The operation is not supported on the object: it is a template.")
    if state is not None and state != vm.power:
        raise wrong_power_state(vm, state)
    _check_host(vm, host)
    source = vm.host
    if host is source:
        return
    vm.post(vim.event.VmBeingHotMigratedEvent if vm.on else vim.event.VmBeingMigratedEvent, **_destination(vm, host))
    _change_host(vm, host)
    if vm.on:
        for nic in vm.nics:
            if vm.links[nic.key].up:
                links.connect(vm, nic)
    vm.seen_changed()
    kind = vim.event.DrsVmMigratedEvent if by_drs else vim.event.VmMigratedEvent
    vm.post(kind, sourceHost=vim.event.HostEventArgument(name=source.name, host=source.ref))


def _destination(vm: VirtualMachine, host: HostSystem) -> dict[str, Any]:
    place = vm.lab.world.datacenter_argument(host)
    datastore = vm.lab.get(vm.properties["datastore"][0])
    return {
        "destHost": vim.event.HostEventArgument(name=host.name, host=host.ref),
        "destDatacenter": place,
        "destDatastore": vim.event.DatastoreEventArgument(name=datastore.name, datastore=datastore.ref),
    }


def _check_host(vm: VirtualMachine, host: HostSystem) -> None:
    if not host.connected:
        raise vmodl.fault.HostNotConnected(msg="Unable to communicate with the remote host, since it is disconnected.")
    if host.properties["runtime"].inMaintenanceMode and vm.on:
        raise vim.fault.InvalidState(msg="The operation is not allowed in the current state of the host.")
    for nic in vm.nics:
        if vm.on and isinstance(nic, vim.vm.device.VirtualSriovEthernetCard):
            text = f"Device '{nic.deviceInfo.label}' prevents migration: SR-IOV passthrough."
            raise vim.fault.VMotionNotSupported(msg=text)
        if not _reaches(host, vm, nic):
            name = links.portgroup_name(vm, nic)
            raise vim.fault.CannotAccessNetwork(
                device=nic.deviceInfo.label,
                backing=name,
                connected=bool(nic.connectable.connected),
                msg=f"'{nic.deviceInfo.label}' uses network '{name}', not accessible on '{host.name}'.",
            )


def _reaches(host: HostSystem, vm: VirtualMachine, nic: Any) -> bool:
    port = vm.dvports.get(nic.key)
    if port is not None:
        return host in port.group.switch.hosts
    name = getattr(nic.backing, "deviceName", None)
    return name is None or name in host.networks


def _change_host(vm: VirtualMachine, host: HostSystem) -> None:
    vm.host.lose(vm)
    vm.host = host
    pool = vm.lab.get(host.compute.properties["resourcePool"])
    old = vm.properties.get("resourcePool")
    if old is not None and old._moId != pool.moid and not vm.is_template:
        vm.lab.get(old).lose(vm)
        pool.gain(vm)
        vm.set(resourcePool=pool.ref)
    vm.set_runtime(host=host.ref)
    host.gain(vm)
    vm.networks_changed()


def relocate(vm: VirtualMachine, spec: Any) -> None:
    """Move a VM to another host, datastore or folder."""
    host = vm.lab.get(spec.host) if spec.host else vm.host
    if spec.deviceChange:
        raise vmodl.fault.NotSupported(msg="The lab relocates no VM with device changes.")
    if spec.datastore and spec.datastore._moId != vm.properties["datastore"][0]._moId:
        vm.lab.get(vm.properties["datastore"][0]).lose(vm)
        vm.lab.get(spec.datastore).gain(vm)
        vm.set(datastore=[spec.datastore])
    if spec.folder:
        vm.lab.get(spec.folder).adopt(vm)
    migrate(vm, host)


def upgrade(vm: VirtualMachine, version: str | None) -> None:
    """Upgrade the virtual hardware (switch hardware_upgrade_macs)."""
    if vm.is_template:
        raise vmodl.fault.NotSupported(msg="The operation is not supported on the object: it is a template.")
    if vm.power != "poweredOff":
        raise wrong_power_state(vm, "poweredOff")
    wanted = version or "vmx-21"
    if int(wanted.removeprefix("vmx-")) <= int(vm.config.version.removeprefix("vmx-")):
        raise vim.fault.AlreadyUpgraded(msg="The virtual machine is already at the latest version.")
    vm.set_config(changed(vm.config, version=wanted))
    if vm.lab.switches["hardware_upgrade_macs"] == "replaced":
        for nic in vm.nics:
            if nic.addressType != macs.MANUAL:
                change_mac(vm, nic, vm.lab.world.macs.assigned())
    vm.post(vim.event.VmUpgradeCompleteEvent, version=wanted)
