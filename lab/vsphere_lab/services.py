# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every server has: ServiceInstance and the managers that its content names."""

from __future__ import annotations

import typing as t

from .authorization import ADMIN, READ_ONLY, AuthorizationManager
from .core import Call, Lab, ManagedObject, make
from .events import EventManager
from .options import ESXI, VCENTER, OptionManager
from .property_collector import PropertyCollector
from .sdk import vim
from .search import SearchIndex
from .sessions import SessionManager
from .task_history import TaskManager
from .views import ViewManager

Any = t.Any
PASSWORD = "VMware1!"
ADMINISTRATOR, AUDITOR = "administrator@vsphere.local", "auditor@vsphere.local"
_IDS = {  # (vCenter, ESXi)
    "propertyCollector": ("propertyCollector", "ha-property-collector"),
    "viewManager": ("ViewManager", "ViewManager"),
    "sessionManager": ("SessionManager", "ha-sessionmgr"),
    "authorizationManager": ("AuthorizationManager", "ha-authmgr"),
    "eventManager": ("EventManager", "ha-eventmgr"),
    "taskManager": ("TaskManager", "ha-taskmgr"),
    "searchIndex": ("SearchIndex", "ha-searchindex"),
    "setting": ("VpxSettings", "HostAgentSettings"),
}


class ServiceInstance(ManagedObject):
    """The one object whose id every client knows."""

    wsdl = vim.ServiceInstance

    def get_content(self) -> Any:
        """Return the managers of this server."""
        return self.lab.content

    def get_serverClock(self) -> Any:
        """Return the server's time."""
        return self.lab.clock.now()

    def get_capability(self) -> Any:
        """Return what this server can do."""
        return make(vim.Capability, provisioningSupported=True, multiHostSupported=self.lab.product == "vcenter")

    def RetrieveServiceContent(self, call: Call) -> Any:
        """Return the managers of this server."""
        return self.lab.content

    def CurrentTime(self, call: Call) -> Any:
        """Return the server's time."""
        return self.lab.clock.now()


def about(lab: Lab) -> Any:
    """Return who the server says it is."""
    vcenter = lab.product == "vcenter"
    name = "VMware vCenter Server" if vcenter else "VMware ESXi"
    return make(
        vim.AboutInfo,
        name=name,
        fullName=f"{name} {lab.version} build-{lab.build} (simulated)",
        vendor="VMware, Inc.",
        version=lab.version,
        patchLevel="00000",
        build=lab.build,
        localeVersion="INTL",
        localeBuild="000",
        osType="linux-x64" if vcenter else "vmnix-x86",
        productLineId="vpx" if vcenter else "embeddedEsx",
        apiType="VirtualCenter" if vcenter else "HostAgent",
        apiVersion=lab.api_version,
        instanceUuid=lab.uuid() if vcenter else None,
        licenseProductName="VMware VirtualCenter Server" if vcenter else "VMware ESX Server",
        licenseProductVersion=lab.version.rpartition(".")[0],
    )


def install(lab: Lab) -> None:
    """Put the managers and the two standard users on an empty server; the inventory adds the rest."""
    esxi = lab.product == "esxi"
    ids = {name: pair[esxi] for name, pair in _IDS.items()}
    root = vim.Folder("ha-folder-root" if esxi else "group-d1")  # who builds the inventory publishes it
    lab.content = vim.ServiceInstanceContent(
        rootFolder=root,
        propertyCollector=PropertyCollector.wsdl(ids["propertyCollector"]),
        about=about(lab),
    )
    lab.add(ServiceInstance(lab, "ServiceInstance"))
    lab.publish("propertyCollector", PropertyCollector(lab, ids["propertyCollector"]))
    lab.publish("viewManager", ViewManager(lab, ids["viewManager"]))
    lab.publish("sessionManager", SessionManager(lab, ids["sessionManager"]))
    lab.publish("authorizationManager", AuthorizationManager(lab, ids["authorizationManager"]))
    lab.publish("eventManager", EventManager(lab, ids["eventManager"]))
    lab.publish("taskManager", TaskManager(lab, ids["taskManager"]))
    lab.publish("searchIndex", SearchIndex(lab, ids["searchIndex"]))
    lab.publish("setting", OptionManager(lab, ids["setting"], ESXI if esxi else VCENTER))
    _add_users(lab, root)


def _add_users(lab: Lab, root: Any) -> None:
    users, authorization = lab.service("sessionManager"), lab.service("authorizationManager")
    admins = (ADMINISTRATOR, "root") if lab.product == "esxi" else (ADMINISTRATOR,)
    for name in admins:
        authorization.grant(users.add_user(name, PASSWORD, "Administrator"), root, ADMIN)
    authorization.grant(users.add_user(AUDITOR, PASSWORD, "Auditor"), root, READ_ONLY)
