# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated vSphere knows beside its managed objects: MACs, networks in use, the physical network."""

from __future__ import annotations

import typing as t

from .core import Lab, ManagedObject
from .macs import Registry
from .places import Datacenter, Folder
from .scenario import External, Scenario
from .sdk import vim

Any = t.Any


class World:
    """The inventory's own memory, at lab.world."""

    def __init__(self, lab: Lab, scenario: Scenario) -> None:
        self.lab = lab
        self.scenario = scenario
        self.macs = Registry(scenario.instance_id, lab.random)
        self.loading = True
        self.answers = dict(lab.switches)  # as they were at the start, for a reset
        self.external: dict[str, External] = {told.name: told for told in scenario.external}
        self._networks: dict[str, dict[str, Any]] = {}

    # which networks a VM was last seen on, so that they can be told when it leaves

    def networks_of(self, vm: ManagedObject) -> dict[str, Any]:
        return self._networks.get(vm.moid, {})

    def remember_networks(self, vm: ManagedObject, networks: dict[str, Any]) -> None:
        self._networks[vm.moid] = networks

    # places

    def datacenter(self, obj: ManagedObject) -> Datacenter:
        """Return the datacenter an object is in."""
        while not isinstance(obj, Datacenter):
            obj = self.lab.get(obj.properties["parent"])
        return obj

    def network_folder(self, obj: ManagedObject) -> Folder:
        return self.datacenter(obj).folder("networkFolder")

    # arguments of events

    def datacenter_argument(self, obj: ManagedObject) -> Any:
        place = self.datacenter(obj)
        return vim.event.DatacenterEventArgument(name=place.name, datacenter=place.ref)

    def vm_arguments(self, vm: Any) -> dict[str, Any]:
        """Return what every event of a VM says of where it is."""
        compute = vm.host.compute
        return {
            "vm": vim.event.VmEventArgument(name=vm.name, vm=vm.ref),
            "host": vim.event.HostEventArgument(name=vm.host.name, host=vm.host.ref),
            "computeResource": vim.event.ComputeResourceEventArgument(name=compute.name, computeResource=compute.ref),
            "datacenter": self.datacenter_argument(vm.host),
        }
