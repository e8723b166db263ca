# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which VMs a task is about: a list of them, or a part of the inventory, or both together (then their intersection)."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from .model import Vnic


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Each field narrows; with none given it is the whole inventory. No entry in `vms` means no VM.

    An entry of `vms` is a name, an inventory path (DC1/vm/Linux/web-01), a managed object id (vm-42), a BIOS UUID or an
    instance UUID; an entry that hits no VM or several is an error.
    """

    vms: tuple[str, ...] | None = None
    datacenter: str = ""
    cluster: str = ""
    host: str = ""
    folder: str = ""
    portgroup: str = ""
    """Only VMs with a vNIC on this portgroup (standard or distributed), and of these only such vNICs."""

    @classmethod
    def of(cls, params: Mapping[str, t.Any]) -> Scope:
        """Picks the scope out of a module's parameters."""
        names = (field.name for field in dataclasses.fields(cls) if field.name != "vms")
        # "web-01, web-02" is a list to Ansible, which keeps the blank after the comma.
        vms = None if params["vms"] is None else tuple(entry.strip() for entry in params["vms"])
        return cls(vms=vms, **{name: params[name] or "" for name in names})

    @property
    def is_everything(self) -> bool:
        return self == Scope()

    def covers(self, vnic: Vnic) -> bool:
        """True for a vNIC of a VM in the scope, unless it is connected to another portgroup than the one given.

        A path has to be resolved to the portgroup's id before: other portgroups end in the same name.
        """
        wanted, network = self.portgroup, vnic.network
        return not wanted or wanted in (network.key, network.name)
