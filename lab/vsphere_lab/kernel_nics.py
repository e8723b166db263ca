# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host uses its VMkernel adapters for; clients ask for it when they list adapters."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject, make
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .hosts import HostSystem

Any = t.Any
SERVICES = ("management", "vmotion", "vSphereProvisioning", "vSphereReplication", "faultToleranceLogging", "vsan")
LINK = vim.host.VirtualNicManager.NetConfig._GetPropertyInfo("selectedVnic").type.Item
ON_VMK0 = ("management", "vmotion")  # how the lab's hosts are set up


class VirtualNicManager(ManagedObject):
    """Services per VMkernel adapter."""

    wsdl = vim.host.VirtualNicManager
    prefix = "virtualNicManager"

    def __init__(self, lab: Lab, moid: str, host: HostSystem) -> None:
        super().__init__(lab, moid)
        self.host = host

    def entity(self) -> ManagedObject:
        return self.host

    def get_info(self) -> Any:
        return vim.host.VirtualNicManagerInfo(netConfig=[self._config(service) for service in SERVICES])

    def QueryNetConfig(self, call: Call, nicType: str) -> Any:
        if nicType not in SERVICES:
            raise vmodl.fault.InvalidArgument(
                invalidProperty="nicType", msg="A specified parameter was not correct: nicType"
            )
        return self._config(nicType)

    def _config(self, service: str) -> Any:
        vnics = list(self.host.network_system.vnics)
        selected = [vnic.key for vnic in vnics if vnic.device == "vmk0" and service in ON_VMK0]
        return make(
            vim.host.VirtualNicManager.NetConfig,
            nicType=service,
            multiSelectAllowed=True,
            candidateVnic=vnics,
            selectedVnic=[LINK(key) for key in selected],
        )
