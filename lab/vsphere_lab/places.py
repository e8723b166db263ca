# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are: folders, datacenters, clusters, resource pools, datastores and plain networks."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject, make
from .methods import privilege
from .sdk import vim, vmodl
from .tasks import task

Any = t.Any
_COMMON: dict[str, Any] = {
    "value": [],
    "availableField": [],
    "customValue": [],
    "overallStatus": "green",
    "configStatus": "green",
    "configIssue": [],
    "effectiveRole": [-1],
    "permission": [],
    "disabledMethod": [],
    "recentTask": [],
    "declaredAlarmState": [],
    "triggeredAlarmState": [],
    "alarmActionsEnabled": True,
    "tag": [],
}


class Entity(ManagedObject):
    """An inventory object: it has a name and a parent, and what all of them have alike is stored once."""

    def lab_value(self, name: str) -> Any:
        found = super().lab_value(name)
        return _COMMON.get(name) if found is None and name not in self.properties else found

    @property
    def name(self) -> str:
        return str(self.properties["name"])

    def rename(self, name: str) -> None:
        """Change the name, unless a sibling has it."""
        folder = self.lab.get(self.properties["parent"])
        if isinstance(folder, Folder) and any(kid.name == name for kid in folder.children() if kid is not self):
            raise vim.fault.DuplicateName(name=name, object=self.ref, msg=f"The name '{name}' already exists.")
        self.set(name=name)

    @task("ManagedEntity.rename")
    @privilege("VirtualMachine.Config.Rename")
    def Rename_Task(self, call: Call, newName: str) -> None:
        self.rename(newName)


class Folder(Entity):
    wsdl = vim.Folder
    prefix = "group"

    def __init__(self, lab: Lab, moid: str | None = None, *, kinds: t.Sequence[str] = (), **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.kinds = list(kinds)
        self._children: dict[str, Entity] = {}
        self.touch("childEntity")

    def children(self) -> list[Entity]:
        return list(self._children.values())

    def adopt(self, child: Entity) -> None:
        """Take a child in, and out of where it was."""
        before = child.properties.get("parent")
        if before is not None and before._moId in self.lab.objects:
            old = self.lab.get(before)
            if isinstance(old, Folder):
                old.release(child)
        self._children[child.moid] = child
        child.properties["parent"] = self.ref
        child.touch("parent")
        self.touch("childEntity")

    def release(self, child: Entity) -> None:
        self._children.pop(child.moid, None)
        self.touch("childEntity")

    def get_childEntity(self) -> list[Any]:
        return [child.ref for child in self._children.values()]

    def get_childType(self) -> list[type]:
        return [getattr(vim, kind) for kind in self.kinds]

    def child(self, name: str) -> Entity | None:
        return next((child for child in self._children.values() if child.name == name), None)

    @privilege("Folder.Create")
    def CreateFolder(self, call: Call, name: str) -> Any:
        if self.child(name):
            raise vim.fault.DuplicateName(name=name, object=self.ref, msg=f"The name '{name}' already exists.")
        return subfolder(self, name).ref

    @task("Folder.moveInto")
    def MoveIntoFolder_Task(self, call: Call, list: t.Sequence[Any]) -> None:  # the API's own name
        for ref in list:
            self.adopt(self.lab.get(ref))


def subfolder(parent: Folder, name: str) -> Folder:
    """Return the folder of this name, made if need be."""
    found = parent.child(name)
    if isinstance(found, Folder):
        return found
    folder: Folder = parent.lab.add(
        Folder(parent.lab, f"group-v{parent.lab.number('group')}", kinds=parent.kinds, name=name)
    )
    parent.adopt(folder)
    return folder


class Datacenter(Entity):
    wsdl = vim.Datacenter
    prefix = "datacenter"

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.properties["configuration"] = make(vim.Datacenter.ConfigInfo)

    def folder(self, name: str) -> Folder:
        return t.cast(Folder, self.lab.get(self.properties[name]))

    def get_datastore(self) -> list[Any]:
        return [child.ref for child in self.folder("datastoreFolder").children()]

    def get_network(self) -> list[Any]:
        return [child.ref for child in self.folder("networkFolder").children() if issubclass(child.wsdl, vim.Network)]


class Users(Entity):
    """An entity that lists the VMs that use it."""

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.users: dict[str, Entity] = {}
        self.touch("vm")

    def gain(self, vm: Entity) -> None:
        self.users[vm.moid] = vm
        self.touch("vm")

    def lose(self, vm: Entity) -> None:
        if self.users.pop(vm.moid, None):
            self.touch("vm")

    def get_vm(self) -> list[Any]:
        return [vm.ref for vm in self.users.values()]


class ResourcePool(Users):
    wsdl = vim.ResourcePool
    prefix = "resgroup"

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        allocation = make(
            vim.ResourceAllocationInfo,
            reservation=0,
            expandableReservation=True,
            limit=-1,
            shares=vim.SharesInfo(shares=4000, level="normal"),
        )
        config = make(vim.ResourceConfigSpec, cpuAllocation=allocation, memoryAllocation=allocation)
        usage = make(vim.ResourcePool.ResourceUsage, maxUsage=64_000)
        runtime = make(vim.ResourcePool.RuntimeInfo, memory=usage, cpu=usage, overallStatus="green")
        summary = make(vim.ResourcePool.Summary, name=self.name, config=config, runtime=runtime)
        self.properties.update(config=config, runtime=runtime, summary=summary, resourcePool=[], childConfiguration=[])


class ComputeResource(Entity):
    """A standalone host's or a cluster's computing side."""

    wsdl = vim.ComputeResource
    prefix = "domain-s"

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.hosts: list[Any] = []

    def get_host(self) -> list[Any]:
        return [host.ref for host in self.hosts]

    def get_network(self) -> list[Any]:
        return list({ref._moId: ref for host in self.hosts for ref in host.value("network")}.values())

    def get_datastore(self) -> list[Any]:
        return list({ref._moId: ref for host in self.hosts for ref in host.value("datastore")}.values())

    def get_summary(self) -> Any:
        return make(vim.ComputeResource.Summary, **self._sums())

    def _sums(self) -> dict[str, Any]:
        running = [host for host in self.hosts if host.connected]
        return {
            "totalCpu": 48_000 * len(self.hosts),
            "totalMemory": (256 << 30) * len(self.hosts),
            "numCpuCores": 20 * len(self.hosts),
            "numCpuThreads": 40 * len(self.hosts),
            "effectiveCpu": 46_000 * len(running),
            "effectiveMemory": (250 << 10) * len(running),
            "numHosts": len(self.hosts),
            "numEffectiveHosts": len(running),
            "overallStatus": "green",
        }


class Cluster(ComputeResource):
    wsdl = vim.ClusterComputeResource
    prefix = "domain-c"

    def __init__(self, lab: Lab, moid: str | None = None, *, drs: bool, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        drs_config = make(vim.cluster.DrsConfigInfo, enabled=drs, defaultVmBehavior="fullyAutomated", vmotionRate=3)
        das_config = make(vim.cluster.DasConfigInfo, enabled=False)
        self.properties["configuration"] = make(vim.cluster.ConfigInfo, drsConfig=drs_config, dasConfig=das_config)
        self.properties["configurationEx"] = make(
            vim.cluster.ConfigInfoEx,
            drsConfig=drs_config,
            dasConfig=das_config,
            vmSwapPlacement="vmDirectory",
            vsanConfigInfo=vim.vsan.cluster.ConfigInfo(
                enabled=False, defaultConfig=vim.vsan.cluster.ConfigInfo.HostDefaultInfo(autoClaimStorage=False)
            ),
        )

    @property
    def drs(self) -> bool:
        return bool(self.properties["configuration"].drsConfig.enabled)

    @privilege("System.Read")
    def GetResourceUsage(self, call: Call) -> Any:
        sums = self._sums()
        return make(
            vim.cluster.ResourceUsageSummary,
            cpuCapacityMHz=sums["effectiveCpu"],
            memCapacityMB=sums["effectiveMemory"],
            storageCapacityMB=10 << 20,
        )

    def get_summary(self) -> Any:
        return make(vim.ClusterComputeResource.Summary, numVmotions=0, currentFailoverLevel=0, **self._sums())

    get_summaryEx = get_summary


class Datastore(Users):
    wsdl = vim.Datastore
    prefix = "datastore"

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        url = f"ds:///vmfs/volumes/{self.moid}/"
        self.properties["summary"] = make(
            vim.Datastore.Summary,
            datastore=self.ref,
            name=self.name,
            url=url,
            capacity=10 << 40,
            freeSpace=6 << 40,
            accessible=True,
            multipleHostAccess=True,
            type="VMFS",
            maintenanceMode="normal",
        )
        self.properties["info"] = make(vim.host.VmfsDatastoreInfo, name=self.name, url=url, freeSpace=6 << 40)
        self.properties["capability"] = make(vim.Datastore.Capability, perFileThinProvisioningSupported=True)


class Network(Users):
    """The standard portgroups of one name in one datacenter, on whichever hosts they are."""

    wsdl = vim.Network
    prefix = "network"

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.hosts: dict[str, Any] = {}

    def get_host(self) -> list[Any]:
        return [host.ref for host in self.hosts.values()]

    def get_summary(self) -> Any:
        return make(vim.Network.Summary, network=self.ref, name=self.name, accessible=True, ipPoolName="")


def not_supported(what: str) -> Exception:
    return t.cast(Exception, vmodl.fault.NotSupported(msg=f"The operation is not supported on the object: {what}."))
