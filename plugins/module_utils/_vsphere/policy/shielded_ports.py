# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Ports of distributed portgroups with a policy of their own."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ..._domain.policy.reading import ShieldedPort
from .. import collect, faults
from ..places import plain
from ..sdk import vim
from ..session import Session
from . import codec as policy_codec


def shielded_ports(
    session: Session, portgroups: Mapping[str, str], *, legacy: bool
) -> dict[str, tuple[ShieldedPort, ...]]:
    """Returns them by the portgroup's managed object id, which `portgroups` maps to its switch's; a call per switch."""
    ports = [
        port
        for switch in dict.fromkeys(portgroups.values())
        for port in _fetch(session, switch, [moid for moid, on in portgroups.items() if on == switch])
        if not _follows(port.config.setting, legacy=legacy)
    ]
    entities = [port.connectee.connectedEntity for port in ports if port.connectee and port.connectee.connectedEntity]
    names = _names(session, entities)
    found: dict[str, tuple[ShieldedPort, ...]] = {}
    for port in ports:
        entity = port.connectee.connectedEntity if port.connectee else None
        own = ShieldedPort(key=port.key, connected_to=names.get(entity._moId, "") if entity else "")
        found[port.portgroupKey] = (*found.get(port.portgroupKey, ()), own)
    return found


def _fetch(session: Session, switch: str, portgroups: Sequence[str]) -> t.Any:
    # Without `inside`, the server ignores portgroupKey (API reference, DistributedVirtualSwitchPortCriteria).
    criteria = vim.dvs.PortCriteria(portgroupKey=list(portgroups), inside=True, connected=True)
    with faults.doing(f"read the ports of the distributed switch {switch}"):
        return vim.dvs.VmwareDistributedVirtualSwitch(switch, session.stub).FetchDVPorts(criteria)


def _follows(setting: t.Any, *, legacy: bool) -> bool:
    if legacy or policy_codec.mac_management_of(setting) is None:
        return policy_codec.overrides_of_legacy(setting).inherits_all
    return bool(policy_codec.mac_management_of(setting).inherited)


def _names(session: Session, entities: Sequence[t.Any]) -> dict[str, str]:
    vms = [entity for entity in entities if isinstance(entity, vim.VirtualMachine)]
    found = collect.of(session, vms, ["name"])
    return {str(vm.ref._moId): plain(vm.properties.get("name", vm.ref._moId)) for vm in found}
