# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""VMs and their vNICs, from vSphere's objects to the model. Only reads; edits are made from the live device."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Iterator, Mapping

from ..._domain import mac
from ..._domain.model import AddressType, GuestNic, Network, NetworkKind, Power, Snapshot, Vm, Vnic
from ..places import Places, plain
from ..sdk import vim
from ..sieve import Keep

AUDIT_PATHS = (
    "name",
    "config.template",
    "config.hardware.device",
    "config.guestId",
    "config.scheduledHardwareUpgradeInfo",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.host",
    "guest.net",
    "guest.toolsRunningStatus",
    "snapshot",
)
"""The fewest properties that tell how a VM's vNICs are."""

VM_PATHS = (*AUDIT_PATHS, "config.changeVersion", "config.managedBy", "config.ftInfo", "disabledMethod")
"""With those that tell whether it may be edited."""


def kept() -> Keep:
    """Returns what of_vm and of_device need of these properties."""
    device = vim.vm.device
    wanted = {
        device.VirtualDevice: None,
        device.VirtualEthernetCard: frozenset(
            {"key", "deviceInfo", "backing", "connectable", "macAddress", "addressType"}
        ),
        device.VirtualDevice.ConnectInfo: frozenset({"connected"}),
        vim.Description: frozenset({"label"}),
        vim.vm.GuestInfo.NicInfo: frozenset({"macAddress", "deviceConfigId"}),
        vim.vm.ScheduledHardwareUpgradeInfo: frozenset({"upgradePolicy", "scheduledHardwareUpgradeStatus"}),
        vim.vm.SnapshotTree: frozenset({"snapshot", "name", "childSnapshotList"}),
    }
    return Keep(wanted, cut=("resourceAllocation", "ipConfig"))


_UPGRADES_BY_ITSELF = ("onSoftPowerOff", "always")
_ADDRESS_TYPES = {kind.value: kind for kind in AddressType}


def of_vm(moid: str, found: Mapping[str, t.Any], places: Places) -> Vm:
    """Returns the VM with all its vNICs; what can't be read of it is left at its default."""
    host = found.get("runtime.host")
    host_moid = host._moId if host else ""
    managed = found.get("config.managedBy")
    devices = found.get("config.hardware.device")
    return Vm(
        moid=moid,
        name=plain(found.get("name", moid)),
        power=Power(found.get("runtime.powerState", "poweredOn")),
        vnics=tuple(of_device(device, places) for device in devices or () if is_vnic(device)),
        host=places.name(host_moid) if host_moid else "",
        host_moid=host_moid,
        cluster=places.cluster_of(host_moid),
        template=bool(found.get("config.template")),
        reachable=found.get("runtime.connectionState") == "connected" and devices is not None,
        has_config=devices is not None,
        managed_by=(managed.extensionKey if managed else "") or "",
        fault_tolerant=found.get("config.ftInfo") is not None,
        snapshots=tuple(_snapshots(found.get("snapshot"))),
        tools_running=found.get("guest.toolsRunningStatus") == "guestToolsRunning",
        reconfigure_disabled="ReconfigVM_Task" in (found.get("disabledMethod") or ()),
        change_version=found.get("config.changeVersion") or "",
        guest_nics=tuple(_guest_nic(nic) for nic in found.get("guest.net") or ()),
        guest_id=found.get("config.guestId") or "",
        upgrade_scheduled=_upgrade_scheduled(found.get("config.scheduledHardwareUpgradeInfo")),
    )


def is_vnic(device: t.Any) -> bool:
    return isinstance(device, vim.vm.device.VirtualEthernetCard)


def of_device(device: t.Any, places: Places) -> Vnic:
    """Returns a network card as configured."""
    info, connectable = device.deviceInfo, device.connectable
    port = getattr(device.backing, "port", None)
    return Vnic(
        key=device.key,
        label=(info.label if info else None) or f"device {device.key}",
        mac=mac.read(device.macAddress),
        address_type=_address_type(device.addressType),
        network=of_backing(device.backing, places),
        connected=bool(connectable.connected) if connectable else False,
        port_key=(port.portKey if port else None) or "",
        device=type(device).__name__.rsplit(".", 1)[-1],
    )


def _address_type(text: str | None) -> AddressType:
    """Returns ASSIGNED for what is unset (until the first power-on, on some paths) or a word nobody knows.

    Both mean that somebody else than the admin decides, so nothing promises that the MAC stays.
    """
    return _ADDRESS_TYPES.get((text or "").lower(), AddressType.ASSIGNED)


def of_backing(backing: t.Any, places: Places) -> Network:
    """Returns what a card is connected to, by name."""
    distributed, standard, opaque = _backings()
    if isinstance(backing, distributed):
        key = backing.port.portgroupKey or ""
        switch = places.switches.get(backing.port.switchUuid)
        return Network(
            kind=NetworkKind.DISTRIBUTED,
            # The portgroup key is the portgroup's managed object id (API reference, DVPortgroupConfigInfo.key).
            name=places.name(key),
            key=key,
            switch=switch.name if switch else "",
        )
    if isinstance(backing, standard):
        moid = backing.network._moId if backing.network else ""
        return Network(kind=NetworkKind.STANDARD, name=plain(backing.deviceName), key=moid)
    if isinstance(backing, opaque):
        return Network(kind=NetworkKind.OPAQUE, name=backing.opaqueNetworkId, key=backing.opaqueNetworkId)
    return Network(kind=NetworkKind.NONE, name="")


@functools.cache
def _backings() -> tuple[t.Any, t.Any, t.Any]:
    """Returns the kinds of backing that name a network; pyVmomi looks up a type anew each time that it is named."""
    card = vim.vm.device.VirtualEthernetCard
    return card.DistributedVirtualPortBackingInfo, card.NetworkBackingInfo, card.OpaqueNetworkBackingInfo


def _guest_nic(nic: t.Any) -> GuestNic:
    return GuestNic(mac=mac.read(nic.macAddress), device_key=nic.deviceConfigId)


def _snapshots(tree: t.Any) -> Iterator[Snapshot]:
    pending = list(tree.rootSnapshotList) if tree else []
    while pending:
        node = pending.pop(0)
        yield Snapshot(moid=str(node.snapshot._moId), name=plain(node.name))
        pending.extend(node.childSnapshotList or ())


def _upgrade_scheduled(info: t.Any) -> bool:
    return (
        info is not None
        and info.upgradePolicy in _UPGRADES_BY_ITSELF
        and info.scheduledHardwareUpgradeStatus != "success"
    )
