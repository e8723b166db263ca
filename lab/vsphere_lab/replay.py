# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a recording to managed objects: of the lab's own classes where they fit, else such as can only be read."""

from __future__ import annotations

import functools
import re
import types
import typing as t

from . import replay_network, replay_vms
from .core import Call, Lab, ManagedObject, changed
from .hosts import HostSystem
from .kept import Kept
from .places import Cluster, ComputeResource, Datacenter, Datastore, Entity, Folder, Network, ResourcePool
from .recording import Recording, Saved
from .scenario import Scenario
from .schema import ScenarioError
from .sdk import VmomiSupport, vim
from .switches import SwitchManager
from .world import World

Any = t.Any
_NUMBERED = re.compile(r"^([A-Za-z]+)-[a-z]?(\d+)$")
_FOLDERS = ("vmFolder", "hostFolder", "datastoreFolder", "networkFolder")
# What the lab computes anew in a recorded property once it has changed; all else in it stays as recorded.
_LIVE: dict[tuple[Any, str], tuple[str, ...]] = {
    (vim.host.NetworkSystem, "networkInfo"): ("vswitch", "portgroup"),
    (vim.HostSystem, "config"): ("network", "option"),
    (vim.HostSystem, "summary"): ("runtime",),
    (vim.VirtualMachine, "summary"): ("runtime", "config"),
    (vim.VirtualMachine, "guest"): ("net", "toolsStatus", "toolsRunningStatus", "guestState", "guestOperationsReady"),
    (vim.Network, "config"): (
        "name", "numPorts", "defaultPortConfig", "description", "policy", "configVersion", "autoExpand", "type",
    ),
    (vim.DistributedVirtualSwitch, "config"): (
        "name", "numPorts", "defaultPortConfig", "description", "configVersion", "maxMtu",
    ),
    (vim.DistributedVirtualSwitch, "summary"): ("name", "numPorts", "vm", "portgroupName"),
}  # fmt: skip


class ReadOnly(ManagedObject):
    """A recorded object of which the lab knows no more than what was recorded."""


class ReadOnlyEntity(ReadOnly, Entity):
    """The same, with a place in the inventory and its permissions."""


@functools.cache
def narrowed(base: Any, kind: Any) -> Any:
    """Return the class for objects of this type, which may be narrower than what the lab's class stands for."""
    return base if base.wsdl is kind else type(kind.__name__.rpartition(".")[2], (base,), {"wsdl": kind})


def scenario_of(recording: Recording) -> Scenario:
    """Return what a scenario would say of such a server."""
    about = recording.content.about
    options = _options(recording)
    return Scenario(
        title=f"recording {recording.title}",
        product="esxi" if about.apiType == "HostAgent" else "vcenter",
        version=about.version,
        build=about.build,
        instance_id=int(options.get("instance.id", 6)) & 63,
        options=options,
        datacenters=(),
    )


def api_version(recording: Recording) -> str:
    """Return the API version of the recorded server, or the newest that pyVmomi knows below it."""
    recorded = str(recording.content.about.apiVersion)
    wanted = _digits(recorded)
    known = [name.removeprefix("vim25/") for name in VmomiSupport.versionMap if name.startswith("vim25/")]
    fits = [name for name in known if name[0].isdigit() and _digits(name) <= wanted]
    if recorded in known or not fits:
        return recorded
    best: str = max(fits, key=_digits)
    recording.notes.append(f"pyVmomi knows no API {recorded}: the lab speaks {best}")
    return best


def _digits(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _options(recording: Recording) -> dict[str, Any]:
    setting = recording.content.setting
    saved = recording.objects.get(setting._moId) if setting else None
    return {option.key: option.value for option in (saved.get("setting") or [] if saved else [])}


def build(lab: Lab, recording: Recording, scenario: Scenario) -> None:
    """Fill an empty server with what was recorded."""
    lab.world = World(lab, scenario)
    _Replay(lab, recording).build()
    lab.world.loading = False


class _Replay:
    def __init__(self, lab: Lab, recording: Recording) -> None:
        self.lab, self.recording = lab, recording

    def build(self) -> None:
        self._count()
        self._services()
        self._each(vim.Folder, self._folder)
        self._each(vim.Datacenter, self._datacenter)
        self._each(vim.ComputeResource, self._compute)
        for kind, base in ((vim.ResourcePool, ResourcePool), (vim.Datastore, Datastore)):
            self._each(kind, functools.partial(self._plain, base))
        self._each(vim.HostSystem, self._host)
        replay_network.switches(self.lab, self.recording)
        self._each(vim.Network, functools.partial(self._plain, Network))
        replay_network.hosts(self.lab, self.recording)
        replay_vms.build(self.lab, self.recording)
        self._rest()
        self._relations()
        for saved in self.recording.objects.values():
            self._keep(saved)
        replay_network.keep_ports(self.lab)

    def _each(self, kind: Any, make: t.Callable[[Saved], Any]) -> None:
        for saved in self.recording.of(kind):
            if saved.moid not in self.lab.objects and saved.properties.get("name") is not None:
                obj = make(saved)
                if obj is not None:
                    self.lab.add(obj)

    def _count(self) -> None:
        """Let new ids begin after the recorded ones."""
        for moid in self.recording.objects:
            match = _NUMBERED.match(moid)
            if match:
                self.lab._numbers[match[1]] = max(self.lab._numbers[match[1]], int(match[2]))

    def _services(self) -> None:
        """Keep the lab's own managers under their ids; others that were recorded can be read."""
        lab, recorded = self.lab, self.recording.content
        own = {name: service.ref for name, service in lab.services.items()}
        lab.content = changed(recorded, **own)
        root = self.recording.objects[recorded.rootFolder._moId]
        lab.publish("rootFolder", self._folder(root))
        if recorded.dvSwitchManager:
            lab.publish("dvSwitchManager", SwitchManager(lab, recorded.dvSwitchManager._moId))
        settings = lab.service("setting")
        settings.options.update(lab.world.scenario.options)

    # places

    def _plain(self, base: Any, saved: Saved) -> Any:
        return narrowed(base, saved.kind)(self.lab, saved.moid, **_early(saved))

    def _folder(self, saved: Saved) -> Any:
        kinds = [kind._wsdlName for kind in saved.get("childType") or []]
        return narrowed(Folder, saved.kind)(self.lab, saved.moid, kinds=kinds, **_early(saved))

    def _datacenter(self, saved: Saved) -> Any:
        for name in _FOLDERS:
            folder = saved.get(name)
            if folder is None or folder._moId not in self.lab.objects:
                raise ScenarioError(f"datacenter {saved.name}: its {name} was not recorded: record as an administrator")
        places = {name: saved.properties[name] for name in _FOLDERS}
        return Datacenter(self.lab, saved.moid, **_early(saved), **places)

    def _compute(self, saved: Saved) -> Any:
        if not issubclass(saved.kind, vim.ClusterComputeResource):
            return self._plain(ComputeResource, saved)
        drs = bool(saved.get("configurationEx.drsConfig.enabled"))
        return narrowed(Cluster, saved.kind)(self.lab, saved.moid, drs=drs, **_early(saved))

    def _host(self, saved: Saved) -> Any:
        parent, product = saved.get("parent"), saved.get("summary.config.product")
        compute = self.lab.objects.get(parent._moId) if parent else None
        if not isinstance(compute, ComputeResource) or product is None or saved.get("runtime") is None:
            return None
        host = narrowed(HostSystem, saved.kind)(self.lab, saved.moid, compute, about=product, **_early(saved))
        compute.hosts.append(host)
        host.datastores = [self.lab.get(ref) for ref in saved.get("datastore") or [] if ref._moId in self.lab.objects]
        replay_network.rename_managers(host, saved.get("configManager"))
        host.options.load({option.key: option.value for option in saved.get("config.option") or []})
        return host

    # everything else

    def _rest(self) -> None:
        for saved in self.recording.objects.values():
            if saved.moid not in self.lab.objects:
                base = ReadOnlyEntity if issubclass(saved.kind, vim.ManagedEntity) else ReadOnly
                self.lab.add(narrowed(base, saved.kind)(self.lab, saved.moid, **saved.properties))

    def _relations(self) -> None:
        for saved in self.recording.objects.values():
            parent = saved.get("parent") if issubclass(saved.kind, vim.ManagedEntity) else None
            folder = self.lab.objects.get(parent._moId) if parent else None
            if isinstance(folder, Folder):
                folder.adopt(self.lab.get(saved.moid))

    def _keep(self, saved: Saved) -> None:
        obj = self.lab.get(saved.moid)
        if saved.kind is not obj.wsdl or obj.moid == "ServiceInstance" or obj in self.lab.services.values():
            return
        obj.recorded = {info.name: kept for info in _all_properties(obj) if (kept := _kept(obj, info, saved))}
        for method, answer in saved.answers.items():
            if getattr(obj, method, None) is None:
                setattr(obj, method, types.MethodType(_answering(answer), obj))


def _early(saved: Saved) -> dict[str, Any]:
    """Return what an object needs from its beginning."""
    return {name: saved.properties[name] for name in ("name", "parent", "owner") if name in saved.properties}


def _all_properties(obj: ManagedObject) -> t.Iterator[Any]:
    for kind in obj.wsdl.__mro__:
        yield from getattr(kind, "_propInfo", {}).values() if issubclass(kind, VmomiSupport.ManagedObject) else ()


def _kept(obj: ManagedObject, info: Any, saved: Saved) -> Kept | None:
    """Return the property as recorded; a stored one becomes the object's own."""
    name = info.name
    value = saved.properties.get(name)
    if value is None and (issubclass(info.type, list) or name == "parent"):
        return None  # an empty list is as good as none, and the lab walks through lists
    if value is not None and not hasattr(obj, f"get_{name}"):
        obj.properties[name] = value
        return None
    live = next((live for (kind, of), live in _LIVE.items() if of == name and issubclass(obj.wsdl, kind)), ())
    return Kept(obj.stamp(name), value, live)


def _answering(answer: Any) -> t.Callable[[ManagedObject, Call], Any]:
    def recorded(self: ManagedObject, call: Call) -> Any:
        return answer

    return recorded
