# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, permissions and who may do what: a user's own permission nearest to the object decides."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject, make
from .sdk import vim, vmodl

Any = t.Any
ADMIN, READ_ONLY, VIEW, ANONYMOUS, NO_ACCESS = -1, -2, -3, -4, -5
_READ = ("System.Anonymous", "System.Read", "System.View")
SYSTEM_ROLES = {
    NO_ACCESS: ("NoAccess", "No access", ()),
    ANONYMOUS: ("Anonymous", "Anonymous", ("System.Anonymous",)),
    VIEW: ("View", "View", ("System.Anonymous", "System.View")),
    READ_ONLY: ("ReadOnly", "Read-only", _READ),
}
PRIVILEGES = (
    *_READ,
    "Authorization.ModifyPermissions", "Authorization.ModifyRoles",
    "DVPortgroup.Create", "DVPortgroup.Delete", "DVPortgroup.Modify", "DVPortgroup.PolicyOp", "DVPortgroup.ScopeOp",
    "DVSwitch.Create", "DVSwitch.Delete", "DVSwitch.HostOp", "DVSwitch.Modify", "DVSwitch.PolicyOp",
    "DVSwitch.PortConfig", "DVSwitch.PortSetting", "DVSwitch.Vspan",
    "Datastore.AllocateSpace", "Datastore.Browse", "Datastore.FileManagement",
    "Folder.Create", "Folder.Delete", "Folder.Move", "Folder.Rename",
    "Global.CancelTask", "Global.Diagnostics", "Global.LogEvent", "Global.ManageCustomFields", "Global.Settings",
    "Host.Config.AdvancedConfig", "Host.Config.Connection", "Host.Config.Maintenance", "Host.Config.Network",
    "Host.Config.Settings",
    "Network.Assign", "Network.Config", "Network.Delete", "Network.Move",
    "Resource.AssignVMToPool", "Resource.ColdMigrate", "Resource.HotMigrate", "Resource.QueryVMotion",
    "Sessions.GlobalMessage", "Sessions.TerminateSession", "Sessions.ValidateSession",
    "Task.Create", "Task.Update",
    "VirtualMachine.Config.AddNewDisk", "VirtualMachine.Config.AddRemoveDevice",
    "VirtualMachine.Config.AdvancedConfig", "VirtualMachine.Config.Annotation", "VirtualMachine.Config.CPUCount",
    "VirtualMachine.Config.EditDevice", "VirtualMachine.Config.Memory", "VirtualMachine.Config.Rename",
    "VirtualMachine.Config.Settings", "VirtualMachine.Config.UpgradeVirtualHardware",
    "VirtualMachine.Interact.DeviceConnection", "VirtualMachine.Interact.PowerOff",
    "VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.Reset", "VirtualMachine.Interact.Suspend",
    "VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.CreateFromExisting",
    "VirtualMachine.Inventory.Delete", "VirtualMachine.Inventory.Move", "VirtualMachine.Inventory.Unregister",
    "VirtualMachine.Provisioning.Clone", "VirtualMachine.Provisioning.CloneTemplate",
    "VirtualMachine.Provisioning.DeployTemplate", "VirtualMachine.Provisioning.MarkAsTemplate",
    "VirtualMachine.Provisioning.MarkAsVM",
    "VirtualMachine.State.CreateSnapshot", "VirtualMachine.State.RemoveSnapshot",
    "VirtualMachine.State.RevertToSnapshot",
)  # fmt: skip


class AuthorizationManager(ManagedObject):
    """Knows roles and permissions, and answers every question about them."""

    wsdl = vim.AuthorizationManager

    def __init__(self, lab: Lab, moid: str) -> None:
        super().__init__(lab, moid)
        self.roles: dict[int, tuple[str, str, frozenset[str] | None]] = {
            number: (name, label, frozenset(held)) for number, (name, label, held) in SYSTEM_ROLES.items()
        }
        self.roles[ADMIN] = ("Admin", "Administrator", None)  # None: every privilege there is
        self.permissions: dict[str, dict[tuple[str, bool], Any]] = {}  # by entity, then (principal, is a group)

    # what the lab asks

    def grant(self, user: str, entity: Any, role: int | str, propagate: bool = True, group: bool = False) -> None:
        """Give a user a role (id or name) on an object (lab object or reference)."""
        number = role if isinstance(role, int) else self._role_named(role)
        permission = vim.AuthorizationManager.Permission(
            entity=getattr(entity, "ref", entity), principal=user, group=group, roleId=number, propagate=propagate
        )
        self.permissions.setdefault(permission.entity._moId, {})[(user.lower(), group)] = permission
        self.lab.tick()

    def add_role(self, name: str, privileges: t.Iterable[str]) -> int:
        """Make a role; returns its id."""
        number = max(10, *self.roles) + 1
        self.roles[number] = (name, name, frozenset(privileges) | set(_READ))
        return number

    def allows(self, user: str, entity: ManagedObject, privilege_id: str) -> bool:
        """Tell whether the user has the privilege on the object."""
        role = self._role_on(user, entity)
        if role is None:
            # The way down to what the user has permissions on (rule ancestors_visible).
            hidden = self.lab.switches.get("ancestors_visible") == "hidden"
            return not hidden and privilege_id == "System.View" and entity.moid in self._ways(user)
        held = self.roles[role][2]
        return held is None or privilege_id in held

    def sees_everything(self, user: str) -> bool:
        """Tell whether no object is closed to this user's eyes, so that reads need not ask for each."""
        root = self.lab.services.get("rootFolder")
        mine = [(moid, p) for moid, held in self.permissions.items() for p in held.values() if self._is(user, p)]
        for _where, permission in mine:
            held_privileges = self.roles[permission.roleId][2]
            if held_privileges is not None and "System.Read" not in held_privileges:
                return False
        return root is not None and any(moid == root.moid and p.propagate for moid, p in mine)

    def _role_named(self, name: str) -> int:
        wanted = name.replace("-", "").replace(" ", "").lower()
        for number, (short, label, _privileges) in self.roles.items():
            if wanted in (short.lower(), label.replace("-", "").replace(" ", "").lower()):
                return number
        raise KeyError(f"no role is named {name!r}")

    def _is(self, user: str, permission: Any) -> bool:
        if not permission.group:
            return bool(permission.principal.lower() == user.lower())
        known = self.lab.service("sessionManager").users.get(user.lower())
        return known is not None and permission.principal.lower() in [name.lower() for name in known.groups]

    def _role_on(self, user: str, entity: ManagedObject) -> int | None:
        current: ManagedObject | None = entity
        while current is not None:
            held = self.permissions.get(current.moid, {}).values()
            mine = [p for p in held if self._is(user, p) and (p.propagate or current is entity)]
            if mine:
                return int(min(mine, key=lambda p: bool(p.group)).roleId)  # the user's own before a group's
            current = self._above(current)
        return None

    def _above(self, entity: ManagedObject) -> ManagedObject | None:
        parent = entity.properties.get("parent")
        return self.lab.objects.get(parent._moId) if parent is not None else None

    def _ways(self, user: str) -> set[str]:
        found: set[str] = set()
        for moid, held in self.permissions.items():
            current = self.lab.objects.get(moid) if any(self._is(user, p) for p in held.values()) else None
            while current is not None:
                found.add(current.moid)
                current = self._above(current)
        return found

    # properties

    def get_roleList(self) -> list[Any]:
        """Return all roles with their privileges."""
        return [
            make(
                vim.AuthorizationManager.Role,
                roleId=number,
                system=number < 0,
                name=name,
                info=vim.Description(label=label, summary=label),
                privilege=sorted(PRIVILEGES if held is None else held),
            )
            for number, (name, label, held) in sorted(self.roles.items())
        ]

    def get_privilegeList(self) -> list[Any]:
        """Return all privileges that the lab knows."""
        kind = vim.AuthorizationManager.Privilege
        return [
            kind(privId=name, onParent=False, name=name.rpartition(".")[2], privGroupName=name.rpartition(".")[0])
            for name in PRIVILEGES
        ]

    def get_description(self) -> Any:
        """Return the (empty) descriptions."""
        return make(vim.AuthorizationDescription)

    # methods

    def HasPrivilegeOnEntities(self, call: Call, entities: list[Any], session_id: str, names: list[str] | None) -> Any:
        """Tell for each object which of these privileges a session has."""
        return self._availability(self._user_of(session_id), entities, names or [])

    def HasPrivilegeOnEntity(self, call: Call, entity: Any, session_id: str, names: list[str] | None) -> list[bool]:
        """Tell which of these privileges a session has on an object."""
        user, obj = self._user_of(session_id), self.lab.get(entity)
        return [self.allows(user, obj, name) for name in names or []]

    def HasUserPrivilegeOnEntities(self, call: Call, entities: list[Any], user: str, names: list[str] | None) -> Any:
        """Tell for each object which of these privileges a user has."""
        return self._availability(self._known(user), entities, names or [])

    def FetchUserPrivilegeOnEntities(self, call: Call, entities: list[Any], user: str) -> list[Any]:
        """Return all privileges of a user on each object."""
        name = self._known(user)
        return [
            vim.AuthorizationManager.UserPrivilegeResult(
                entity=ref, privileges=[p for p in PRIVILEGES if self.allows(name, self.lab.get(ref), p)]
            )
            for ref in entities
        ]

    def _availability(self, user: str, entities: list[Any], names: list[str]) -> list[Any]:
        kinds = vim.AuthorizationManager
        result = []
        for ref in entities:
            obj = self.lab.get(ref)
            granted = [kinds.PrivilegeAvailability(privId=n, isGranted=self.allows(user, obj, n)) for n in names]
            result.append(kinds.EntityPrivilege(entity=ref, privAvailability=granted))
        return result

    def _user_of(self, session_id: str) -> str:
        session = self.lab.service("sessionManager").sessions.get(session_id)
        if session is None:
            raise vmodl.fault.InvalidArgument(
                invalidProperty="sessionId", msg="A specified parameter was not correct: sessionId"
            )
        return str(session.user)

    def _known(self, name: str) -> str:
        manager = self.lab.service("sessionManager")
        user = manager.user(name)
        if user is None:
            raise vim.fault.UserNotFound(principal=name, unresolved=True, msg=f"The user '{name}' was not found.")
        return str(user.name)

    def RetrieveAllPermissions(self, call: Call) -> list[Any]:
        """Return all permissions."""
        return [permission for held in self.permissions.values() for permission in held.values()]

    def RetrieveRolePermissions(self, call: Call, role_id: int) -> list[Any]:
        """Return the permissions that give a role."""
        return [permission for permission in self.RetrieveAllPermissions(call) if permission.roleId == role_id]

    def RetrieveEntityPermissions(self, call: Call, entity: Any, inherited: bool) -> list[Any]:
        """Return the permissions set on an object, and those it inherits if asked for."""
        current = self.lab.get(entity)
        found = list(self.permissions.get(current.moid, {}).values())
        while inherited and (current := self._above(current)) is not None:
            found += [p for p in self.permissions.get(current.moid, {}).values() if p.propagate]
        return found

    def SetEntityPermissions(self, call: Call, entity: Any, permissions: list[Any] | None) -> None:
        """Add or replace permissions on an object."""
        call.require("Authorization.ModifyPermissions", self.lab.get(entity))
        for permission in permissions or []:
            if permission.roleId not in self.roles:
                raise vim.fault.NotFound(msg="The role was not found.")
            name = permission.principal if permission.group else self._known(permission.principal)
            self.grant(name, entity, permission.roleId, permission.propagate, permission.group)

    def RemoveEntityPermission(self, call: Call, entity: Any, user: str, is_group: bool) -> None:
        """Take a permission away."""
        call.require("Authorization.ModifyPermissions", self.lab.get(entity))
        name = user if is_group else self._known(user)
        if self.permissions.get(entity._moId, {}).pop((name.lower(), is_group), None) is None:
            raise vim.fault.NotFound(msg="The permission was not found.")
        self.lab.tick()

    def AddAuthorizationRole(self, call: Call, name: str, privileges: list[str] | None) -> int:
        """Make a role."""
        if any(name == held[0] for held in self.roles.values()):
            raise vim.fault.AlreadyExists(name=name, msg=f"The role '{name}' already exists.")
        return self.add_role(name, privileges or [])
