# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VMware Tools say of a guest: whether they run, and the guest's NICs (guest.net)."""

from __future__ import annotations

import typing as t
import zlib

from . import links
from .core import make
from .sdk import vim

if t.TYPE_CHECKING:
    from .vms import VirtualMachine

Any = t.Any
_NIC = vim.vm.GuestInfo.NicInfo
_FULL_NAMES = {
    "ubuntu64Guest": "Ubuntu Linux (64-bit)",
    "rhel9_64Guest": "Red Hat Enterprise Linux 9 (64-bit)",
    "windows2019srv_64Guest": "Microsoft Windows Server 2019 (64-bit)",
    "vmkernel7Guest": "VMware ESXi 7.0 or later",
    "vmkernel8Guest": "VMware ESXi 8.0 or later",
    "vmkernel9Guest": "VMware ESX 9.0 or later",
}


def full_name(guest_id: str) -> str:
    return _FULL_NAMES.get(guest_id, guest_id)


def _family(guest_id: str) -> str:
    return "windowsGuest" if guest_id.startswith("win") else "linuxGuest"


def _address(vm: VirtualMachine, key: int) -> str:
    number = zlib.crc32(f"{vm.moid}/{key}".encode())
    return f"10.{number >> 16 & 127}.{number >> 8 & 255}.{number % 253 + 1}"


def net(vm: VirtualMachine) -> list[Any]:
    """Return the guest's NICs as open-vm-tools report them."""
    nics = [_vnic(vm, nic) for nic in vm.nics if nic.key in vm.links]
    if vm.about.bonded and nics:
        first = nics[0]
        for nic in nics[1:]:  # slaves of a Linux bond carry the bond's MAC
            nic.macAddress, nic.deviceConfigId, nic.network = first.macAddress, first.deviceConfigId, first.network
    own = [
        _NIC(macAddress=told.mac.lower(), network=None, ipAddress=list(told.ip), connected=True, deviceConfigId=-1)
        for told in vm.about.guest_nics
    ]
    return nics + own


def _vnic(vm: VirtualMachine, nic: Any) -> Any:
    link = vm.links[nic.key]
    known = link.runtime.lower() == nic.macAddress.lower()
    named = known or vm.lab.switches["drifted_nic_device_config_id"] == "key"
    address = _address(vm, nic.key)
    config = vim.net.IpConfigInfo(
        ipAddress=[vim.net.IpConfigInfo.IpAddress(ipAddress=address, prefixLength=24, state="preferred")]
    )
    return _NIC(
        network=links.portgroup_name(vm, nic) if named else None,
        ipAddress=[address],
        macAddress=link.runtime.lower(),
        connected=link.up,
        deviceConfigId=nic.key if named else -1,
        ipConfig=config,
    )


def info(vm: VirtualMachine) -> Any:
    """Return GuestInfo; without running Tools it keeps what they said last (rule guest_net_needs_tools)."""
    running = vm.tools_running
    installed = vm.tools != "not_installed"
    on = vm.power == "poweredOn"
    if running:
        vm.last_net = net(vm)
    nics = vm.last_net if installed and on else []
    guest_id = vm.config.guestId
    known = {"guestId": guest_id, "guestFamily": _family(guest_id), "guestFullName": full_name(guest_id)}
    return make(
        vim.vm.GuestInfo,
        hostName=vm.name if installed and on else None,
        ipAddress=nics[0].ipAddress[0] if nics and nics[0].ipAddress else None,
        net=nics,
        ipStack=[],
        disk=[],
        guestState="running" if running else "notRunning",
        guestOperationsReady=running,
        interactiveGuestOperationsReady=False,
        guestStateChangeSupported=running,
        appHeartbeatStatus="appStatusGray",
        **_tools(installed, running),
        **(known if installed and on else {}),
    )


def _tools(installed: bool, running: bool) -> dict[str, str]:
    version = "guestToolsUnmanaged" if installed else "guestToolsNotInstalled"
    return {
        "toolsStatus": "toolsOk" if running else ("toolsNotRunning" if installed else "toolsNotInstalled"),
        "toolsVersionStatus": version,
        "toolsVersionStatus2": version,
        "toolsRunningStatus": "guestToolsRunning" if running else "guestToolsNotRunning",
        "toolsVersion": "12389" if installed else "0",
    }
