# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All networking of a lab as flat text: what a test compares when it says that nothing else was changed."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import vsphere_lab
from pyVmomi import VmomiSupport
from vsphere_lab.hosts import HostSystem
from vsphere_lab.portgroups import DvPortgroup
from vsphere_lab.switches import DistributedSwitch

Flat = dict[str, str]
WRITES = (
    "UpdatePortGroup",
    "UpdateVirtualSwitch",
    "AddPortGroup",
    "RemovePortGroup",
    "ReconfigureDVPortgroup_Task",
    "ReconfigureDvs_Task",
)


def flat(value: t.Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yields every leaf of a vim object by its path."""
    if isinstance(value, VmomiSupport.DataObject):
        for info in value._GetPropertyList():
            yield from flat(getattr(value, info.name), f"{path}.{info.name}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from flat(item, f"{path}[{index}]")
    else:
        yield path, str(value)


def managed(lab: vsphere_lab.Lab, kind: type) -> dict[str, t.Any]:
    content = lab.connect("administrator@vsphere.local", "VMware1!").RetrieveContent()
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    return {found.name: found for found in view.view}


def estate(lab: vsphere_lab.Lab) -> Flat:
    """Returns every host's networking and every distributed switch and portgroup, whole, from the lab's own state."""
    found: Flat = {}
    for host in lab.all(HostSystem):
        network = host.network_system.get_networkInfo()
        for portgroup in network.portgroup:
            found |= flat(portgroup, f"{host.name}/{portgroup.spec.name}")
        for vswitch in network.vswitch:
            found |= flat(vswitch, f"{host.name}/{vswitch.name}")
    for each in (*lab.all(DvPortgroup), *lab.all(DistributedSwitch)):
        found |= flat(each.get_config(), each.name)
    return found


def differences(before: Flat, after: Flat) -> dict[str, tuple[str | None, str | None]]:
    return {
        path: (before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }


def writes(lab: vsphere_lab.Lab) -> list[str]:
    return [method for method, _moid in lab.calls if method in WRITES]


def spec_sent(lab: vsphere_lab.Lab, method: str) -> list[t.Any]:
    """Returns a list that fills with what is sent to a method from now on."""
    sent: list[t.Any] = []
    lab.script.add(method=method, times=0, run=lambda call: sent.append(call.arguments))
    return sent
