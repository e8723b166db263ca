# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Security policies between vSphere's spelling and ours. Here, and nowhere else, an unset flag becomes INHERIT."""

from __future__ import annotations

import typing as t

from ..._domain.model import MacLearning, Security, Setting
from ..._domain.policy.inheritance import Policy
from ..._domain.policy.origin import Layer
from ..sdk import vim


def of_host_policy(policy: t.Any) -> Security:
    """Returns the flags of a vim.host.NetworkPolicy or its security part; None and an empty object are the same.

    Hosts differ in how they say "nothing overridden" (govmomi's capture of an ESXi 8.0.2: empty; ansible#47052: None).
    """
    return _flags(policy.security if isinstance(policy, vim.host.NetworkPolicy) else policy)


def of_dv_setting(setting: t.Any) -> Security:
    """Returns the flags in force; on reading, vSphere fills inherited policies with the values they inherit.

    macManagementPolicy (API 6.7) is the truth; the deprecated securityPolicy stands in for what it doesn't say.
    """
    return _flags(mac_management_of(setting)).over(of_legacy(setting))


def overrides_of_dv_setting(setting: t.Any) -> Security:
    """Returns what this level says itself: macManagementPolicy is inherited as a whole, securityPolicy flag by flag."""
    modern = mac_management_of(setting)
    if modern is None:
        return overrides_of_legacy(setting)
    return Security() if modern.inherited else of_dv_setting(setting)


def layer_of_host(spec: t.Any, computed: t.Any) -> Layer:
    """Returns a standard portgroup's policy: `spec` is what it says itself, `computed` what is in force."""
    return Layer(effective=of_host_policy(computed), override=of_host_policy(spec))


def layer_of_dv_setting(setting: t.Any) -> Layer:
    """Returns the policy of a distributed port or portgroup."""
    effective, modern = of_dv_setting(setting), _flags(mac_management_of(setting))
    return Layer(
        effective=effective,
        override=overrides_of_dv_setting(setting),
        legacy=any(getattr(modern, name) is not getattr(effective, name) for name in VIM_FLAGS),
    )


def of_legacy(setting: t.Any) -> Security:
    """Returns the flags of the deprecated securityPolicy, wherever they come from."""
    policy = getattr(setting, "securityPolicy", None)
    return Security(**{name: _setting(_value(getattr(policy, key, None))) for name, key in VIM_FLAGS.items()})


def overrides_of_legacy(setting: t.Any) -> Security:
    """Returns the flags that the deprecated securityPolicy says itself; its own `inherited` covers all of them."""
    policy = getattr(setting, "securityPolicy", None)
    if policy is None or policy.inherited:
        return Security()
    said = {name: getattr(policy, key) for name, key in VIM_FLAGS.items()}
    return Security(
        **{name: _setting(None if flag is None or flag.inherited else flag.value) for name, flag in said.items()}
    )


def mac_learning_of(setting: t.Any) -> MacLearning | None:
    """Returns MAC learning as in force, or None where the switch knows none."""
    modern = mac_management_of(setting)
    if modern is None:
        return None
    policy = modern.macLearningPolicy
    if policy is None:
        return MacLearning()
    return MacLearning(
        enabled=bool(policy.enabled),
        allow_unicast_flooding=policy.allowUnicastFlooding,
        limit=policy.limit,
        # Clients write "DROP" as well (lamw's MacLearn.ps1); the API's own words are lower case.
        limit_policy=policy.limitPolicy.lower() if policy.limitPolicy else None,
    )


def override_of(setting: t.Any) -> Policy:
    """Returns what this level says itself, MAC learning included."""
    modern = mac_management_of(setting)
    if modern is None or modern.inherited:
        return Policy.of(overrides_of_dv_setting(setting))
    learning = modern.macLearningPolicy
    inherits = learning is not None and learning.inherited
    return Policy.of(overrides_of_dv_setting(setting), None if inherits else mac_learning_of(setting))


def to_host_security(flags: Security) -> t.Any:
    """Returns the object for a standard portgroup or vSwitch; an inherited flag is an unset one (pyvmomi#1034)."""
    return vim.host.NetworkPolicy.SecurityPolicy(
        **{key: _truth(getattr(flags, name)) for name, key in VIM_FLAGS.items()}
    )


def to_mac_management(override: Policy, setting: t.Any) -> t.Any:
    """Returns the object for a distributed level, given what it has now.

    `inherited` is set on both levels by hand: pyVmomi sends False where nothing was said. And MAC learning always goes
    along, because what vCenter makes of an absent one isn't documented.
    """
    kind = vim.dvs.VmwareDistributedVirtualSwitch
    if override.inherits_all:
        return kind.MacManagementPolicy(inherited=True)
    flags = {key: _truth(getattr(override, name)) for name, key in VIM_FLAGS.items()}
    learning = override.mac_learning
    if learning is None:
        present = mac_management_of(setting)
        return kind.MacManagementPolicy(inherited=False, macLearningPolicy=present.macLearningPolicy, **flags)
    own = kind.MacLearningPolicy(
        inherited=False,
        enabled=learning.enabled,
        allowUnicastFlooding=learning.allow_unicast_flooding,
        limit=learning.limit,
        limitPolicy=learning.limit_policy,
    )
    return kind.MacManagementPolicy(inherited=False, macLearningPolicy=own, **flags)


def to_legacy(flags: Security) -> t.Any:
    """Returns the deprecated policy, in which every flag is inherited by itself."""
    said = {key: getattr(flags, name) for name, key in VIM_FLAGS.items()}
    values = {
        key: vim.BoolPolicy(inherited=setting is Setting.INHERIT, value=_truth(setting))
        for key, setting in said.items()
    }
    return vim.dvs.VmwareDistributedVirtualSwitch.SecurityPolicy(inherited=flags.inherits_all, **values)


def mac_management_of(setting: t.Any) -> t.Any:
    """Returns the vim object or None; a port setting of a switch that isn't VMware's doesn't even have the field."""
    return getattr(setting, "macManagementPolicy", None)


VIM_FLAGS: t.Final[t.Mapping[str, str]] = {
    "promiscuous_mode": "allowPromiscuous",
    "forged_transmits": "forgedTransmits",
    "mac_changes": "macChanges",
}
"""Our names and vSphere's, the same in all three kinds of policy."""


def _flags(policy: t.Any) -> Security:
    return Security(**{name: _setting(getattr(policy, key, None)) for name, key in VIM_FLAGS.items()})


def _value(flag: t.Any) -> bool | None:
    return None if flag is None else flag.value


def _truth(setting: Setting) -> bool | None:
    return None if setting is Setting.INHERIT else setting is Setting.ACCEPT


def _setting(value: bool | None) -> Setting:
    if value is None:
        return Setting.INHERIT
    return Setting.ACCEPT if value else Setting.REJECT
