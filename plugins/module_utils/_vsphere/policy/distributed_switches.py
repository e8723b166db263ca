# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Distributed switches and portgroups: read in bulk, written with a sparse spec that holds one policy and a version."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ..._domain.errors import NotFound
from ..._domain.policy.holder import Holder, Kind
from ..._domain.policy.inheritance import Policy, PolicyState
from ..._domain.policy.reading import Reading, ShieldedPort, Traits
from .. import collect
from ..sdk import vim
from ..session import Session
from . import codec as policy_codec
from . import traits
from .abilities import unable, unfit, unlearning

_SWITCH_PATHS = ("name", "config", "capability")
_PORTGROUP_PATHS = ("name", "config")
_HOST_PATHS = ("name", "config.product.version")


@dataclasses.dataclass(frozen=True, slots=True)
class Fabric:
    """The vim objects as read just now: configs by managed object id, and what each switch can do."""

    portgroups: Mapping[str, t.Any]
    switches: Mapping[str, t.Any]
    capabilities: Mapping[str, t.Any]
    versions: Mapping[str, tuple[str, str]]
    """Name and version of the member hosts by managed object id."""

    def config_of(self, holder: Holder) -> t.Any:
        known = self.switches if holder.kind.is_switch else self.portgroups
        if holder.moid not in known:
            raise NotFound(f"{holder.subject} was removed since it was looked up; run again.")
        return known[holder.moid]

    def switch_of(self, holder: Holder) -> str:
        """Returns the managed object id of the holder's switch."""
        moid = holder.moid if holder.kind.is_switch else str(self.config_of(holder).distributedVirtualSwitch._moId)
        if moid not in self.switches:
            raise NotFound(
                f"{holder.subject}: its distributed switch can't be read, so what it inherits isn't known. "
                "Grant this account System.Read on the switch."
            )
        return moid

    def members(self, switch: str) -> dict[str, str]:
        """Returns the version of each member host whose version is known, by name."""
        known = (self.versions.get(host._moId, ("", "")) for host in _members(self.switches[switch]))
        return {name: version for name, version in known if version}


def read(session: Session, holders: Sequence[Holder]) -> Fabric:
    """Reads the holders and the switches that they are on: two calls, whatever their number."""
    stub = session.stub
    portgroups = {
        str(found.ref._moId): found.properties["config"]
        for found in collect.of(
            session,
            [vim.dvs.DistributedVirtualPortgroup(h.moid, stub) for h in holders if not h.kind.is_switch],
            _PORTGROUP_PATHS,
        )
        if "config" in found.properties
    }
    moids = [config.distributedVirtualSwitch._moId for config in portgroups.values()]
    moids += [holder.moid for holder in holders if holder.kind.is_switch]
    refs = [vim.dvs.VmwareDistributedVirtualSwitch(moid, stub) for moid in dict.fromkeys(moids)]
    switches = {str(found.ref._moId): found.properties for found in collect.of(session, refs, _SWITCH_PATHS)}
    configs = {moid: switch["config"] for moid, switch in switches.items() if "config" in switch}
    return Fabric(
        portgroups=portgroups,
        switches=configs,
        capabilities={moid: switch.get("capability") for moid, switch in switches.items()},
        versions=_versions(session, configs.values()),
    )


def _versions(session: Session, switches: Iterable[t.Any]) -> dict[str, tuple[str, str]]:
    members = {host._moId: host for switch in switches for host in _members(switch)}
    found = collect.of(session, list(members.values()), _HOST_PATHS)
    name, version = _HOST_PATHS
    return {str(host.ref._moId): (host.properties.get(name, ""), host.properties.get(version, "")) for host in found}


def _members(switch: t.Any) -> list[t.Any]:
    return [member.config.host for member in switch.host or () if member.config.host is not None]


def reading(
    session: Session, holder: Holder, fabric: Fabric, *, legacy: bool, shielded: tuple[ShieldedPort, ...] = ()
) -> Reading:
    config = fabric.config_of(holder)
    switch = fabric.switch_of(holder)
    seen = Traits() if holder.kind is Kind.DVSWITCH else traits.of_distributed(config, fabric.switches[switch])
    setting, above = config.defaultPortConfig, fabric.switches[switch].defaultPortConfig
    return Reading(
        holder=holder,
        state=state(holder, config, above, legacy=legacy),
        parent=None if holder.kind is Kind.DVSWITCH else _effective(above, legacy=legacy),
        unfit=unfit(seen),
        unable="" if legacy else unable(session, setting, fabric.switches[switch]),
        unlearning=unlearning(fabric.switches[switch], fabric.capabilities[switch], fabric.members(switch)),
        legacy=_disagreeing(setting),
        shielded=shielded,
        traits=seen,
    )


def state(holder: Holder, config: t.Any, above: t.Any, *, legacy: bool) -> PolicyState:
    setting = config.defaultPortConfig
    effective = _effective(setting, legacy=legacy)
    if holder.kind is Kind.DVSWITCH:
        return PolicyState.top(effective)
    override = Policy.of(policy_codec.overrides_of_legacy(setting)) if legacy else policy_codec.override_of(setting)
    under = PolicyState.under(_effective(above, legacy=legacy), holder.switch, override)
    # What vCenter says is in force is the truth; what we compute is only for what isn't there yet.
    return dataclasses.replace(under, effective=effective.over(under.effective))


def spec(holder: Holder, config: t.Any, override: Policy, *, legacy: bool) -> t.Any:
    """Returns the sparse spec: what it leaves out stays.

    An echo of the whole defaultPortConfig is refused by vCenter (yavijava#148), and a fresh policy object would clear
    flags that nobody named.
    """
    switch: t.Any = vim.dvs.VmwareDistributedVirtualSwitch
    if legacy:
        setting = switch.VmwarePortConfigPolicy(securityPolicy=policy_codec.to_legacy(override.flags))
    else:
        modern = policy_codec.to_mac_management(override, config.defaultPortConfig)
        setting = switch.VmwarePortConfigPolicy(macManagementPolicy=modern)
    kind = switch if holder.kind is Kind.DVSWITCH else vim.dvs.DistributedVirtualPortgroup
    return kind.ConfigSpec(configVersion=config.configVersion, defaultPortConfig=setting)


def _effective(setting: t.Any, *, legacy: bool) -> Policy:
    if legacy:
        return Policy.of(policy_codec.of_legacy(setting))
    return Policy.of(policy_codec.of_dv_setting(setting), policy_codec.mac_learning_of(setting))


def _disagreeing(setting: t.Any) -> Policy | None:
    """Returns the deprecated policy's flags if both policies are there and their flags in force differ."""
    old = Policy.of(policy_codec.of_legacy(setting))
    if old.inherits_all or policy_codec.mac_management_of(setting) is None:
        return None
    return (
        None
        if old.over(Policy.of(policy_codec.of_dv_setting(setting))).flags == policy_codec.of_dv_setting(setting)
        else old
    )
