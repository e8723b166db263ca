# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network policy is in force: inheritance on standard and distributed switches, and what a write makes of it."""

from __future__ import annotations

import dataclasses
import typing as t

from .core import changed
from .sdk import VmomiSupport, vim

Any = t.Any
_FLAGS = ("allowPromiscuous", "macChanges", "forgedTransmits")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Effective:
    """What a port lets through."""

    promiscuous: bool
    forged_transmits: bool
    mac_changes: bool
    learning: bool = False
    learning_limit: int = 4096
    drops_beyond_limit: bool = True


def overlay(under: Any, over: Any) -> Any:
    """Lay a portgroup's policy over its vSwitch's, value by value (rule standard_policy_inheritance)."""
    if over is None or over == []:
        return under
    whole = isinstance(over, vim.host.NetworkPolicy.NicOrderPolicy)  # active and standby belong together
    if under is None or whole or not isinstance(over, VmomiSupport.DataObject):
        return over
    names = [info.name for info in over._GetPropertyList()]
    return changed(under, **{name: overlay(getattr(under, name), getattr(over, name)) for name in names})


def of_standard(computed: Any) -> Effective:
    """Read the computed policy of a standard portgroup."""
    security = computed.security
    return Effective(
        promiscuous=bool(security.allowPromiscuous),
        forged_transmits=bool(security.forgedTransmits),
        mac_changes=bool(security.macChanges),
    )


def _inheritable(value: Any) -> bool:
    return isinstance(value, vim.InheritablePolicy)


def inherited(parent: Any) -> Any:
    """Show a parent's policy as a child sees it: the same values, marked as inherited throughout."""
    if not _inheritable(parent):
        return parent
    names = (info.name for info in parent._GetPropertyList() if info.name != "inherited")
    return changed(parent, inherited=True, **{name: inherited(getattr(parent, name)) for name in names})


def effective(parent: Any, own: Any) -> Any:
    """Show a distributed object's setting as it is read: own values, or the parent's marked as inherited."""
    if own is None:
        return inherited_setting(parent)
    if _inheritable(own) and own.inherited:
        return inherited(parent) if parent is not None else own
    same = type(parent) is type(own)
    values = {}
    for info in own._GetPropertyList():
        mine = getattr(own, info.name)
        above = getattr(parent, info.name) if same else None
        if _inheritable(mine) or (mine is None and _inheritable(above)):
            values[info.name] = inherited(above) if mine is None else effective(above, mine)
    return changed(own, **values)


def inherited_setting(parent: Any) -> Any:
    """Show a whole port setting as inherited."""
    if parent is None:
        return None
    return changed(parent, **{info.name: inherited(getattr(parent, info.name)) for info in parent._GetPropertyList()})


def merge(own: Any, sent: Any, in_force: Any, switches: t.Mapping[str, str]) -> Any:
    """Lay a sparse setting over a distributed object's own (rule dvportgroup_spec_merges)."""
    values = {}
    for info in sent._GetPropertyList():
        new = getattr(sent, info.name)
        if new is not None:
            values[info.name] = _merge_policy(getattr(own, info.name), new, getattr(in_force, info.name), switches)
    return _link(changed(own, **values), sent, switches)


def _merge_policy(own: Any, sent: Any, in_force: Any, switches: t.Mapping[str, str]) -> Any:
    if not _inheritable(sent):
        return sent
    if sent.inherited:
        return type(sent)(inherited=True)  # rule inherited_true_reverts
    if isinstance(sent, vim.dvs.VmwareDistributedVirtualSwitch.MacManagementPolicy):
        return _merge_mac_management(sent, in_force, switches)
    keeps = own is not None and type(own) is type(sent) and not own.inherited
    base = own if keeps else (in_force if type(in_force) is type(sent) else type(sent)())
    values: dict[str, Any] = {"inherited": False}
    for info in sent._GetPropertyList():
        new = getattr(sent, info.name)
        if info.name != "inherited" and new is not None and new != []:
            old = getattr(base, info.name)
            values[info.name] = _merge_policy(old, new, old, switches) if _inheritable(new) else new
    return changed(base, **values)


def _merge_mac_management(sent: Any, in_force: Any, switches: t.Mapping[str, str]) -> Any:
    """Complete an explicit policy: it is all or nothing, so what was left out gets a value as well."""
    keep = switches["absent_mac_management_flags"] == "kept" and in_force is not None
    values = {name: getattr(sent, name) for name in _FLAGS}
    for name in _FLAGS:
        if values[name] is None:
            values[name] = getattr(in_force, name) if keep else False
    learning = sent.macLearningPolicy
    kind = vim.dvs.VmwareDistributedVirtualSwitch.MacLearningPolicy
    old = in_force.macLearningPolicy if keep else None
    if learning is None:
        learning = changed(old, inherited=False) if old else kind(inherited=False, enabled=False)
    return changed(sent, inherited=False, macLearningPolicy=_complete_learning(learning, old), **values)


def _complete_learning(learning: Any, old: Any) -> Any:
    defaults = {"allowUnicastFlooding": True, "limit": 4096, "limitPolicy": "drop"}
    missing = [name for name in defaults if getattr(learning, name) is None]
    return changed(
        learning, **{n: getattr(old, n, None) if getattr(old, n, None) is not None else defaults[n] for n in missing}
    )


def _link(merged: Any, sent: Any, switches: t.Mapping[str, str]) -> Any:
    """Copy the flags of the policy that was written to the other one, if vSphere does so."""
    if switches["distributed_policies_linked"] == "separate":
        return merged
    if sent.macManagementPolicy is not None:
        return changed(merged, securityPolicy=_as_legacy(merged.macManagementPolicy))
    if sent.securityPolicy is not None and merged.macManagementPolicy is not None:
        return changed(merged, macManagementPolicy=_as_mac_management(merged))
    return merged


def _as_legacy(policy: Any) -> Any:
    kind = vim.dvs.VmwareDistributedVirtualSwitch.SecurityPolicy
    if policy.inherited:
        return kind(inherited=True)
    flags = {name: vim.BoolPolicy(inherited=False, value=getattr(policy, name)) for name in _FLAGS}
    return kind(inherited=False, **flags)


def _as_mac_management(merged: Any) -> Any:
    legacy = merged.securityPolicy
    if legacy.inherited:
        return type(merged.macManagementPolicy)(inherited=True)
    flags = {name: getattr(legacy, name).value for name in _FLAGS if getattr(legacy, name) is not None}
    return changed(merged.macManagementPolicy, inherited=False, **flags)


def of_distributed(setting: Any, switches: t.Mapping[str, str]) -> Effective:
    """Read the setting in force at a port, by the policy that wins (switch distributed_policy_precedence)."""
    modern, legacy = setting.macManagementPolicy, setting.securityPolicy
    if modern is not None and switches["distributed_policy_precedence"] == "mac_management":
        flags = {name: bool(getattr(modern, name)) for name in _FLAGS}
    else:
        flags = {name: bool(getattr(legacy, name).value) for name in _FLAGS}
    learning = modern.macLearningPolicy if modern is not None else None
    return Effective(
        promiscuous=flags["allowPromiscuous"],
        forged_transmits=flags["forgedTransmits"],
        mac_changes=flags["macChanges"],
        learning=bool(learning and learning.enabled),
        learning_limit=learning.limit if learning else 0,
        drops_beyond_limit=bool(learning and (learning.limitPolicy or "drop").lower() == "drop"),
    )
