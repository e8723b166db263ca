# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security policies as vSphere spells them and as we do."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import MacLearning, Security, Setting
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import Policy
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.policy import codec
from pyVmomi import vim

A, R, INHERIT = Setting.ACCEPT, Setting.REJECT, Setting.INHERIT
DVS = vim.dvs.VmwareDistributedVirtualSwitch


def security(promiscuous: Setting = INHERIT, forged: Setting = INHERIT, mac_changes: Setting = INHERIT) -> Security:
    return Security(promiscuous_mode=promiscuous, forged_transmits=forged, mac_changes=mac_changes)


def flag(value: bool | None, inherited: bool = False) -> t.Any:
    return vim.BoolPolicy(inherited=inherited, value=value)


def legacy(*values: bool, inherited: bool = False, flags_inherited: bool = False) -> t.Any:
    names = ("allowPromiscuous", "forgedTransmits", "macChanges")
    return DVS.SecurityPolicy(
        inherited=inherited, **{name: flag(value, flags_inherited) for name, value in zip(names, values, strict=True)}
    )


def modern(*values: bool | None, inherited: bool = False, learning: t.Any = None) -> t.Any:
    names = ("allowPromiscuous", "forgedTransmits", "macChanges")
    return DVS.MacManagementPolicy(
        inherited=inherited, macLearningPolicy=learning, **dict(zip(names, values, strict=True))
    )


def setting(**fields: t.Any) -> t.Any:
    return DVS.VmwarePortConfigPolicy(**fields)


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(None, id="no policy"),
        pytest.param(vim.host.NetworkPolicy(), id="policy without security"),
        pytest.param(vim.host.NetworkPolicy(security=vim.host.NetworkPolicy.SecurityPolicy()), id="empty security"),
        pytest.param(vim.host.NetworkPolicy.SecurityPolicy(), id="empty security alone"),
    ],
)
def test_unset_and_empty_host_policies_inherit_everything(policy: t.Any) -> None:
    assert codec.of_host_policy(policy) == Security()


@pytest.mark.parametrize(
    ("given", "old"),
    [
        pytest.param(setting(macManagementPolicy=modern(False, False, False)), False, id="the new policy alone"),
        pytest.param(setting(securityPolicy=legacy(False, False, False)), True, id="the legacy policy alone"),
        pytest.param(
            setting(macManagementPolicy=modern(False, None, False), securityPolicy=legacy(True, True, True)),
            True,
            id="the legacy policy stands in for one flag",
        ),
        pytest.param(
            setting(macManagementPolicy=modern(False, False, False), securityPolicy=legacy(True, True, True)),
            False,
            id="the legacy policy disagrees, and has no say",
        ),
        pytest.param(None, False, id="nothing is told"),
    ],
)
def test_whether_the_legacy_policy_has_a_say(given: t.Any, old: bool) -> None:
    assert codec.layer_of_dv_setting(given).legacy is old


@pytest.mark.parametrize("values", list(itertools.product([None, True, False], repeat=3)))
def test_host_flags_are_read_one_by_one(values: tuple[bool | None, ...]) -> None:
    flags = vim.host.NetworkPolicy.SecurityPolicy(
        allowPromiscuous=values[0], forgedTransmits=values[1], macChanges=values[2]
    )
    assert codec.of_host_policy(vim.host.NetworkPolicy(security=flags)) == security(
        *({None: INHERIT, True: A, False: R}[v] for v in values)
    )


def test_effective_distributed_flags_come_from_the_new_policy_first() -> None:
    read = setting(macManagementPolicy=modern(True, False, True), securityPolicy=legacy(False, True, False))
    assert codec.of_dv_setting(read) == security(A, R, A)


def test_effective_distributed_flags_are_read_when_inherited_too() -> None:
    assert codec.of_dv_setting(setting(macManagementPolicy=modern(True, False, True, inherited=True))) == security(
        A, R, A
    )


def test_legacy_policy_stands_in_for_a_missing_new_one_or_a_missing_flag() -> None:
    old = legacy(False, True, True)
    assert codec.of_dv_setting(setting(securityPolicy=old)) == security(R, A, A)
    assert codec.of_dv_setting(setting(securityPolicy=old, macManagementPolicy=modern(True, None, None))) == security(
        A, A, A
    )


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(None, id="no setting"),
        pytest.param(setting(), id="empty setting"),
        pytest.param(vim.dvs.DistributedVirtualPort.Setting(), id="a switch that isn't VMware's"),
    ],
)
def test_a_setting_without_policies_says_nothing(read: t.Any) -> None:
    assert codec.of_dv_setting(read) == Security()
    assert codec.overrides_of_dv_setting(read) == Security()
    assert codec.mac_learning_of(read) is None


def test_new_policy_is_overridden_as_a_whole() -> None:
    assert codec.overrides_of_dv_setting(setting(macManagementPolicy=modern(True, True, False))) == security(A, A, R)
    inherited = setting(
        macManagementPolicy=modern(True, True, False, inherited=True), securityPolicy=legacy(True, True, True)
    )
    assert codec.overrides_of_dv_setting(inherited) == Security()


def test_legacy_policy_is_overridden_flag_by_flag() -> None:
    read = setting(securityPolicy=legacy(True, True, False))
    read.securityPolicy.forgedTransmits = flag(True, inherited=True)
    assert codec.overrides_of_dv_setting(read) == security(A, INHERIT, R)
    read.securityPolicy.inherited = True
    assert codec.overrides_of_dv_setting(read) == Security()


def test_mac_learning_is_read_in_one_spelling() -> None:
    learning = DVS.MacLearningPolicy(
        inherited=False, enabled=True, allowUnicastFlooding=True, limit=64, limitPolicy="DROP"
    )
    read = setting(macManagementPolicy=modern(False, True, False, learning=learning))
    assert codec.mac_learning_of(read) == MacLearning(
        enabled=True, allow_unicast_flooding=True, limit=64, limit_policy="drop"
    )


ALL_FLAGS = [security(*flags) for flags in itertools.product(Setting, repeat=3)]


@pytest.mark.parametrize("flags", ALL_FLAGS)
def test_standard_flags_survive_the_way_there_and_back(flags: Security) -> None:
    assert codec.of_host_policy(codec.to_host_security(flags)) == flags


@pytest.mark.parametrize("flags", ALL_FLAGS)
def test_legacy_flags_survive_the_way_there_and_back(flags: Security) -> None:
    assert codec.overrides_of_legacy(setting(securityPolicy=codec.to_legacy(flags))) == flags


LEARNING = MacLearning(enabled=True, allow_unicast_flooding=False, limit=64, limit_policy="allow")
EXPLICIT = [security(*flags) for flags in itertools.product([A, R], repeat=3)]


@pytest.mark.parametrize("flags", EXPLICIT)
def test_distributed_policies_survive_the_way_there_and_back(flags: Security) -> None:
    written = codec.to_mac_management(Policy.of(flags, LEARNING), setting())
    assert (written.inherited, written.macLearningPolicy.inherited) == (False, False)
    assert codec.override_of(setting(macManagementPolicy=written)) == Policy.of(flags, LEARNING)


def test_inherited_distributed_policy_says_nothing_but_that() -> None:
    written = codec.to_mac_management(Policy(), setting(macManagementPolicy=modern(True, True, True)))
    assert written.inherited is True
    assert (written.allowPromiscuous, written.forgedTransmits, written.macChanges) == (None, None, None)
    assert written.macLearningPolicy is None


def test_mac_learning_that_is_inherited_by_itself_is_echoed() -> None:
    learning = DVS.MacLearningPolicy(inherited=True, enabled=True, limit=7)
    read = setting(macManagementPolicy=modern(False, False, False, learning=learning))
    assert codec.override_of(read) == Policy.of(security(R, R, R))
    written = codec.to_mac_management(Policy.of(security(R, A, R)), read)
    assert (written.macLearningPolicy.inherited, written.macLearningPolicy.limit) == (True, 7)


def test_distributed_level_without_a_learning_policy_does_not_learn() -> None:
    assert codec.mac_learning_of(setting(macManagementPolicy=modern(True, True, True))) == MacLearning()
