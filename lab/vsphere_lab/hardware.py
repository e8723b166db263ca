# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VM is made of: the devices and settings that all VMs have alike are built once and shared."""

from __future__ import annotations

import functools
import typing as t

from . import guests
from .core import changed, make
from .scenario import Vm
from .sdk import vim
from .wire import share

Any = t.Any
_DEVICE = vim.vm.device
FIRST_NIC = 4000
NIC_KINDS: dict[str, Any] = {
    "vmxnet3": _DEVICE.VirtualVmxnet3,
    "vmxnet2": _DEVICE.VirtualVmxnet2,
    "e1000": _DEVICE.VirtualE1000,
    "e1000e": _DEVICE.VirtualE1000e,
    "pcnet32": _DEVICE.VirtualPCNet32,
    "sriov": _DEVICE.VirtualSriovEthernetCard,
}


def _described(kind: Any, key: int, label: str, **values: Any) -> Any:
    return make(kind, key=key, deviceInfo=vim.Description(label=label, summary=label), **values)


@functools.cache
def _common_devices() -> tuple[Any, ...]:
    made = (
        _described(_DEVICE.VirtualIDEController, 200, "IDE 0", busNumber=0),
        _described(_DEVICE.VirtualIDEController, 201, "IDE 1", busNumber=1),
        _described(_DEVICE.VirtualPS2Controller, 300, "PS2 controller 0", busNumber=0, device=[600, 700]),
        _described(_DEVICE.VirtualPCIController, 100, "PCI controller 0", busNumber=0, device=[500, 12000, 1000]),
        _described(_DEVICE.VirtualSIOController, 400, "SIO controller 0", busNumber=0),
        _described(_DEVICE.VirtualKeyboard, 600, "Keyboard", controllerKey=300, unitNumber=0),
        _described(_DEVICE.VirtualPointingDevice, 700, "Pointing device", controllerKey=300, unitNumber=1),
        _described(
            _DEVICE.VirtualVideoCard, 500, "Video card ", controllerKey=100, unitNumber=0, videoRamSizeInKB=8192
        ),
        _described(_DEVICE.VirtualVMCIDevice, 12000, "VMCI device", controllerKey=100, unitNumber=17, id=-1),
        _described(
            _DEVICE.ParaVirtualSCSIController,
            1000,
            "SCSI controller 0",
            controllerKey=100,
            unitNumber=3,
            busNumber=0,
            device=[2000],
            sharedBus="noSharing",
            scsiCtlrUnitNumber=7,
        ),
    )
    return tuple(share(device) for device in made)


@functools.cache
def _disk() -> Any:
    backing = make(_DEVICE.VirtualDisk.FlatVer2BackingInfo, diskMode="persistent", thinProvisioned=True, fileName="")
    return _described(
        _DEVICE.VirtualDisk,
        2000,
        "Hard disk 1",
        controllerKey=1000,
        unitNumber=0,
        capacityInKB=40 << 20,
        capacityInBytes=40 << 30,
        backing=backing,
    )


def devices(name: str, datastore: str) -> list[Any]:
    """Return a VM's devices without its vNICs."""
    disk = _disk()
    backing = changed(disk.backing, fileName=f"[{datastore}] {name}/{name}.vmdk")
    return [*_common_devices(), changed(disk, backing=backing)]


@functools.cache
def _connectable(connected: bool, running: bool) -> Any:
    return _DEVICE.VirtualDevice.ConnectInfo(
        migrateConnect="unset",
        startConnected=connected,
        allowGuestControl=True,
        connected=connected and running,
        status="ok" if running else "untried",
    )


@functools.cache
def _nic_template(model: str) -> Any:
    cards = _DEVICE.VirtualEthernetCard
    share = vim.SharesInfo(shares=50, level="normal")
    values: dict[str, Any] = {
        "uptCompatibilityEnabled": model == "vmxnet3",
        "resourceAllocation": cards.ResourceAllocation(reservation=0, share=share, limit=-1),
    }
    if model == "sriov":
        pci = make(_DEVICE.VirtualPCIPassthrough.DeviceBackingInfo, id="0000:3b:00.0", deviceId="0", systemId="lab")
        values["sriovBacking"] = _DEVICE.VirtualSriovEthernetCard.SriovBackingInfo(physicalFunctionBacking=pci)
    return make(NIC_KINDS[model], key=FIRST_NIC, controllerKey=100, wakeOnLanEnabled=True, **values)


def nic(index: int, told: Any, running: bool, backing: Any, summary: str) -> Any:
    """Return the vNIC with this number."""
    label = make(vim.Description, label=f"Network adapter {index + 1}", summary=summary)
    return changed(
        _nic_template(told.model),
        key=FIRST_NIC + index,
        unitNumber=7 + index,
        deviceInfo=label,
        connectable=_connectable(told.connected, running),
        backing=backing,
        addressType=told.type,
        macAddress=told.mac,
    )


@functools.cache
def _config_template() -> Any:
    shares = vim.SharesInfo(shares=2000, level="normal")
    allocation = make(vim.ResourceAllocationInfo, reservation=0, expandableReservation=False, limit=-1, shares=shares)
    return make(
        vim.vm.ConfigInfo,
        alternateGuestName="",
        flags=make(vim.vm.FlagInfo, enableLogging=True, diskUuidEnabled=False, snapshotDisabled=False),
        defaultPowerOps=vim.vm.DefaultPowerOpInfo(powerOffType="soft", suspendType="hard", resetType="soft"),
        cpuAllocation=allocation,
        memoryAllocation=allocation,
        firmware="efi",
        bootOptions=make(vim.vm.BootOptions, bootDelay=0),
        changeTrackingEnabled=False,
        vPMCEnabled=False,
        memoryHotAddEnabled=False,
        cpuHotAddEnabled=False,
        maxMksConnections=40,
    )


def config(told: Vm, datastore: str, devices: list[Any], uuids: tuple[str, str], version: str, now: Any) -> Any:
    """Return a VM's configuration."""
    folder = f"[{datastore}] {told.name}/"
    return changed(
        _config_template(),
        name=told.name,
        changeVersion=version,
        modified=now,
        createDate=now,
        guestId=told.guest_id,
        guestFullName=guests.full_name(told.guest_id),
        version=told.hardware,
        uuid=uuids[0],
        instanceUuid=uuids[1],
        template=told.template,
        annotation=told.annotation or None,
        files=make(
            vim.vm.FileInfo, vmPathName=f"{folder}{told.name}.vmx", snapshotDirectory=folder, logDirectory=folder
        ),
        hardware=make(
            vim.vm.VirtualHardware, numCPU=told.cpus, numCoresPerSocket=1, memoryMB=told.memory_mb, device=devices
        ),
        extraConfig=[vim.option.OptionValue(key=key, value=value) for key, value in told.extra_config.items()],
        nestedHVEnabled=told.nested_hv,
        managedBy=_managed_by(told),
        ftInfo=_fault_tolerance(told),
        scheduledHardwareUpgradeInfo=_upgrade(told),
    )


def _managed_by(told: Vm) -> Any:
    return vim.ext.ManagedByInfo(extensionKey=told.managed_by, type="vm") if told.managed_by else None


def _fault_tolerance(told: Vm) -> Any:
    if not told.fault_tolerant:
        return None
    return make(vim.vm.FaultToleranceConfigInfo, role=1, instanceUuids=[], configPaths=[])


def _upgrade(told: Vm) -> Any:
    policy = "always" if told.scheduled_upgrade else "never"
    status = "pending" if told.scheduled_upgrade else "none"
    return vim.vm.ScheduledHardwareUpgradeInfo(
        upgradePolicy=policy, versionKey=told.scheduled_upgrade, scheduledHardwareUpgradeStatus=status
    )
