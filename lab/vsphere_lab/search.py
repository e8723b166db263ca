# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SearchIndex: objects by path, name, UUID, DNS name and address."""

from __future__ import annotations

import typing as t
import urllib.parse

from .core import Call, ManagedObject
from .sdk import vim

Any = t.Any
_FOLDERS = ("vmFolder", "hostFolder", "datastoreFolder", "networkFolder")


class SearchIndex(ManagedObject):
    """Finds objects; what the caller may not see is not found."""

    wsdl = vim.SearchIndex

    def FindByInventoryPath(self, call: Call, path: str) -> Any:
        """Return the object at DC1/vm/folder/name; a slash inside a name is written %2f."""
        current = self.lab.service("rootFolder")
        for name in [part for part in path.split("/") if part]:
            current = self._child(current, urllib.parse.unquote(name))
            if current is None:
                return None
        return self._visible(call, [current])

    def FindChild(self, call: Call, entity: Any, name: str) -> Any:
        """Return the child of this name."""
        child = self._child(self.lab.get(entity), urllib.parse.unquote(name))
        return self._visible(call, [child] if child else [])

    def FindByUuid(self, call: Call, dc: Any, uuid: str, vms: bool, instance: bool | None = None) -> Any:
        """Return the VM (or host) with this BIOS or instance UUID."""
        return self._visible(call, self._by_uuid(dc, uuid, vms, instance))

    def FindAllByUuid(self, call: Call, dc: Any, uuid: str, vms: bool, instance: bool | None = None) -> list[Any]:
        """Return all VMs (or hosts) with this UUID: copies may share one."""
        return self._all_visible(call, self._by_uuid(dc, uuid, vms, instance))

    def FindByDnsName(self, call: Call, dc: Any, name: str, vms: bool) -> Any:
        """Return the VM whose Tools report this host name, or the host of this name."""
        return self._visible(call, self._by_dns_name(dc, name, vms))

    def FindAllByDnsName(self, call: Call, dc: Any, name: str, vms: bool) -> list[Any]:
        """Return all of them."""
        return self._all_visible(call, self._by_dns_name(dc, name, vms))

    def FindByIp(self, call: Call, dc: Any, address: str, vms: bool) -> Any:
        """Return the VM whose Tools report this address, or the host that has it."""
        return self._visible(call, self._by_ip(dc, address, vms))

    def FindAllByIp(self, call: Call, dc: Any, address: str, vms: bool) -> list[Any]:
        """Return all of them."""
        return self._all_visible(call, self._by_ip(dc, address, vms))

    # what the calls share

    def _of_kind(self, kind: type, dc: Any) -> list[ManagedObject]:
        found = [
            obj for cls, held in self.lab.kinds.items() if issubclass(cls.wsdl, kind)  # type: ignore[attr-defined]
            for obj in held.values()
        ]  # fmt: skip
        unique = list({obj.moid: obj for obj in found}.values())
        return unique if dc is None else [obj for obj in unique if self._inside(obj, dc._moId)]

    def _inside(self, obj: ManagedObject | None, moid: str) -> bool:
        while obj is not None and obj.moid != moid:
            parent = obj.properties.get("parent")
            obj = self.lab.objects.get(parent._moId) if parent is not None else None
        return obj is not None

    def _by_uuid(self, dc: Any, uuid: str, vms: bool, instance: bool | None) -> list[ManagedObject]:
        path = "config.instanceUuid" if instance else "config.uuid"
        if not vms:
            path = "hardware.systemInfo.uuid"
        kind = vim.VirtualMachine if vms else vim.HostSystem
        return [obj for obj in self._of_kind(kind, dc) if (obj.get(path) or "").lower() == uuid.lower()]

    def _by_dns_name(self, dc: Any, name: str, vms: bool) -> list[ManagedObject]:
        kind, path = (vim.VirtualMachine, "guest.hostName") if vms else (vim.HostSystem, "name")
        return [obj for obj in self._of_kind(kind, dc) if (obj.get(path) or "").lower() == name.lower()]

    def _by_ip(self, dc: Any, address: str, vms: bool) -> list[ManagedObject]:
        if vms:
            return [obj for obj in self._of_kind(vim.VirtualMachine, dc) if address in _guest_addresses(obj)]
        return [obj for obj in self._of_kind(vim.HostSystem, dc) if address in _host_addresses(obj)]

    def _child(self, obj: ManagedObject, name: str) -> ManagedObject | None:
        return next((child for child in self._children(obj) if child.get("name") == name), None)

    def _children(self, obj: ManagedObject) -> list[ManagedObject]:
        refs: list[Any] = []
        if issubclass(obj.wsdl, vim.Datacenter):
            refs = [obj.get(name) for name in _FOLDERS]
        elif issubclass(obj.wsdl, vim.Folder):
            refs = obj.get("childEntity")
        elif issubclass(obj.wsdl, vim.ComputeResource):
            refs = [*obj.get("host"), obj.get("resourcePool")]
        elif issubclass(obj.wsdl, vim.ResourcePool):
            refs = [*obj.get("resourcePool"), *obj.get("vm")]
        return [self.lab.get(ref) for ref in refs if ref is not None and ref._moId in self.lab.objects]

    def _all_visible(self, call: Call, found: list[ManagedObject]) -> list[Any]:
        allows = self.lab.service("authorizationManager").allows
        return [obj.ref for obj in found if allows(call.user, obj, "System.View")]

    def _visible(self, call: Call, found: list[ManagedObject]) -> Any:
        refs = self._all_visible(call, found)
        return refs[0] if refs else None


def _guest_addresses(vm: ManagedObject) -> list[str]:
    nics = vm.get("guest.net") or []
    return [vm.get("guest.ipAddress"), *(address for nic in nics for address in nic.ipAddress)]


def _host_addresses(host: ManagedObject) -> list[str]:
    vnics = host.get("config.network.vnic") or []
    return [vnic.spec.ip.ipAddress for vnic in vnics if vnic.spec.ip]
