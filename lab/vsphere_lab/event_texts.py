# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kinds of events there are: category and wording of each."""

from __future__ import annotations

import string
import typing as t

from .core import make
from .methods import NAMESPACE
from .sdk import VmomiSupport, vim

Any = t.Any
# name: (category, label, message); fields in braces are the event's own
_TEXTS: dict[str, tuple[str, str, str]] = {
    "VmMacAssignedEvent": (
        "info", "VM MAC assigned",
        "New MAC address ({mac}) assigned to adapter {adapter} for {vm.name}",
    ),
    "VmMacChangedEvent": (
        "warning", "VM MAC changed",
        "Changed MAC address from {oldMac} to {newMac} for adapter {adapter} for {vm.name}",
    ),
    "VmMacConflictEvent": (
        "error", "VM MAC conflict",
        "The MAC address ({mac}) of {vm.name} conflicts with MAC assigned to {conflictedVm.name}",
    ),
    "VmStaticMacConflictEvent": (
        "error", "VM static MAC conflict",
        "The static MAC address ({mac}) of {vm.name} conflicts with MAC assigned to {conflictedVm.name}",
    ),
    "DvsPortBlockedEvent": (
        "info", "dvPort is blocked",
        "The dvPort {portKey} was blocked in the vSphere Distributed Switch {dvs.name}. {statusDetail}",
    ),
    "DvsPortUnblockedEvent": (
        "info", "dvPort is unblocked",
        "The dvPort {portKey} was unblocked in the vSphere Distributed Switch {dvs.name}.",
    ),
    "DvsPortConnectedEvent": (
        "info", "dvPort connected",
        "The dvPort {portKey} was connected in the vSphere Distributed Switch {dvs.name}",
    ),
    "DvsPortDisconnectedEvent": (
        "info", "dvPort disconnected",
        "The dvPort {portKey} was disconnected in the vSphere Distributed Switch {dvs.name}.",
    ),
    "DvsPortReconfiguredEvent": (
        "info", "dvPort reconfigured",
        "The dvPort was reconfigured in the vSphere Distributed Switch {dvs.name}.",
    ),
    "DVPortgroupReconfiguredEvent": (
        "info", "dvPort group reconfigured",
        "The dvPort group {net.name} was reconfigured in {dvs.name}",
    ),
    "DvsReconfiguredEvent": (
        "info", "vSphere Distributed Switch reconfigured",
        "The vSphere Distributed Switch {dvs.name} was reconfigured.",
    ),
    "VmBeingMigratedEvent": ("info", "VM migrating", "Relocating {vm.name} from {host.name} to {destHost.name}"),
    "VmMigratedEvent": (
        "info", "VM migrated",
        "Virtual machine {vm.name} was migrated from host {sourceHost.name} to host {host.name}",
    ),
    "DrsVmMigratedEvent": ("info", "DRS VM migrated", "DRS migrated {vm.name} from {sourceHost.name} to {host.name}"),
    "VmRelocatedEvent": ("info", "VM relocated", "Completed the relocation of the virtual machine {vm.name}"),
    "VmReconfiguredEvent": ("info", "VM reconfigured", "Reconfigured {vm.name} on {host.name}"),
    "VmRenamedEvent": ("info", "VM renamed", "Renamed {oldName} to {newName}"),
    "VmPoweredOnEvent": ("info", "VM powered on", "{vm.name} on {host.name} is powered on"),
    "VmPoweredOffEvent": ("info", "VM powered off", "{vm.name} on {host.name} is powered off"),
    "VmSuspendedEvent": ("info", "VM suspended", "{vm.name} on {host.name} is suspended"),
    "VmResettingEvent": ("info", "VM resetting", "{vm.name} on {host.name} is reset"),
    "VmStartingEvent": ("info", "VM starting", "{vm.name} on {host.name} is starting"),
    "VmStoppingEvent": ("info", "VM stopping", "{vm.name} on {host.name} is stopping"),
    "VmFailedToPowerOnEvent": (
        "warning", "Cannot power on VM",
        "Cannot power on {vm.name} on {host.name}: {reason.msg}",
    ),
    "VmCreatedEvent": ("info", "VM created", "Created virtual machine {vm.name} on {host.name}"),
    "VmClonedEvent": ("info", "VM cloned", "{sourceVm.name} cloned to {vm.name}"),
    "VmRemovedEvent": ("info", "VM removed", "Removed {vm.name} on {host.name}"),
    "VmUpgradeCompleteEvent": ("info", "Upgraded VM", "Upgraded virtual machine compatibility to {version}"),
    "TaskEvent": ("info", "Task event", "Task: {info.descriptionId}"),
    "UserLoginSessionEvent": ("info", "User login", "User {userName}@{ipAddress} logged in as {userAgent}"),
    "UserLogoutSessionEvent": ("info", "User logout", "User {userName}@{ipAddress} logged out"),
    "BadUsernameSessionEvent": ("error", "Invalid user name", "Cannot login {userName}@{ipAddress}"),
    "GeneralUserEvent": ("user", "General user event", "User logged event: {message}"),
    "GeneralEvent": ("info", "General event", "General event: {message}"),
    "EventEx": ("info", "Event", "{message}"),
}  # fmt: skip


def type_ids(event: Any) -> set[str]:
    """Return what filters may call the event: its own id for an EventEx, else "the type of the Event itself".

    govc, Terraform's provider and many scripts say VmMigratedEvent; alarms say vim.event.VmMigratedEvent.
    """
    own = getattr(event, "eventTypeId", None)
    return {str(own)} if own else {event._wsdlName, f"vim.event.{event._wsdlName}"}


def category(event: Any) -> str:
    """Return info, warning, error or user."""
    own = getattr(event, "severity", None)
    return str(own) if own else _TEXTS.get(event._wsdlName, ("info", "", ""))[0]


class _Fields(string.Formatter):
    """Fields that are unset leave nothing behind."""

    def get_field(self, field_name: str, args: t.Sequence[Any], kwargs: t.Mapping[str, Any]) -> tuple[Any, str]:
        value: Any = kwargs["event"]
        for name in field_name.split("."):
            value = getattr(value, name, None)
        return ("" if value is None else value), field_name


def message(event: Any) -> str:
    """Return the event in words."""
    text = _TEXTS.get(event._wsdlName, ("info", "", event._wsdlName))[2]
    return _Fields().vformat(text, (), {"event": event}).strip()


def description() -> Any:
    """Return the catalogue of events."""
    details = [
        make(
            vim.event.EventDescription.EventDetail,
            key=VmomiSupport.GetWsdlType(NAMESPACE, name),
            description=label,
            category=kind,
            formatOnDatacenter=text,
            formatOnComputeResource=text,
            formatOnHost=text,
            formatOnVm=text,
            fullFormat=text,
        )
        for name, (kind, label, text) in _TEXTS.items()
    ]
    categories = [
        vim.ElementDescription(key=key, label=key.capitalize(), summary=key)
        for key in ("info", "warning", "error", "user")
    ]
    return vim.event.EventDescription(category=categories, eventInfo=details, enumeratedTypes=[])
