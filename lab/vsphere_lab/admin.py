# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another admin at work: an edit that comes between somebody's reading and writing."""

from __future__ import annotations

import typing as t

from . import dv_settings, reconfigure, seek
from .core import Lab, changed
from .scenario import MacManagement
from .schema import build
from .sdk import vim

Any = t.Any
ADMIN = "VSPHERE.LOCAL\\another-admin"


def edit(
    lab: Lab,
    vm: str | None = None,
    dvportgroup: str | None = None,
    host: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Change a VM, a distributed portgroup, or a standard portgroup of a host, in another admin's name."""
    if vm is not None:
        return _edit_vm(lab, vm, **changes)
    if dvportgroup is not None:
        return _edit_dvportgroup(lab, dvportgroup, **changes)
    if host is not None:
        return _edit_portgroup(lab, host, **changes)
    raise ValueError("say what to edit: vm, dvportgroup, or host and portgroup")


def _edit_vm(
    lab: Lab,
    name: str,
    annotation: str | None = None,
    label: str | None = None,
    mac: str | None = None,
    type: str | None = None,
    portgroup: str | None = None,
    connected: bool | None = None,
) -> dict[str, Any]:
    vm = seek.find_vm(lab, name)
    spec = vim.vm.ConfigSpec(annotation=annotation)
    if annotation is None:
        nic = seek.find_nic(vm, label)
        device = changed(nic, macAddress=mac or nic.macAddress, addressType=type or nic.addressType)
        if portgroup is not None:
            device = changed(device, backing=seek.backing(vm, portgroup))
        if connected is not None:
            device = changed(device, connectable=changed(nic.connectable, connected=connected))
        spec.deviceChange = [vim.vm.device.VirtualDeviceSpec(operation="edit", device=device)]
    with seek.in_name_of(lab, ADMIN) as call:
        reconfigure.reconfigure(vm, call, spec)
    return {"vm": vm.name, "change_version": vm.config.changeVersion}


def _edit_dvportgroup(
    lab: Lab, name: str, mac_management: dict[str, Any] | None = None, description: str = "edited"
) -> dict[str, Any]:
    group = seek.find_group(lab, name)
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(description=description)
    if mac_management is not None:
        told = build(MacManagement, mac_management, "mac_management")
        modern, legacy = dv_settings.mac_management(told), dv_settings.legacy(told)
        kind = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy
        spec.defaultPortConfig = kind(macManagementPolicy=modern, securityPolicy=legacy)
    with seek.in_name_of(lab, ADMIN) as call:
        group.apply(call, spec)
    return {"dvportgroup": group.name, "config_version": str(group.version)}


def _edit_portgroup(
    lab: Lab,
    host: str,
    portgroup: str,
    vlan: int | None = None,
    promiscuous_mode: str | None = None,
    forged_transmits: str | None = None,
    mac_changes: str | None = None,
) -> dict[str, Any]:
    network = seek.find_host(lab, host).network_system
    spec = network.portgroups[portgroup]
    flags = {"allowPromiscuous": promiscuous_mode, "forgedTransmits": forged_transmits, "macChanges": mac_changes}
    given = {name: _flag(value) for name, value in flags.items() if value is not None}
    security = changed(spec.policy.security or vim.host.NetworkPolicy.SecurityPolicy(), **given)
    new = changed(spec, vlanId=spec.vlanId if vlan is None else vlan, policy=changed(spec.policy, security=security))
    with seek.in_name_of(lab, ADMIN) as call:
        network.UpdatePortGroup(call, portgroup, new)
    return {"host": host, "portgroup": portgroup}


def _flag(value: str) -> bool | None:
    words = {"accept": True, "reject": False, "inherit": None}
    if value not in words:
        raise ValueError(f"a flag is accept, reject or inherit, not {value!r}")
    return words[value]
