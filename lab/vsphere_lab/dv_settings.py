# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of distributed switches, portgroups and ports as a scenario words them."""

from __future__ import annotations

import typing as t

from .scenario import DistributedSwitch, DvPortgroup, MacLearning, MacManagement, Security
from .sdk import vim

Any = t.Any
_VDS = vim.dvs.VmwareDistributedVirtualSwitch


def _is(value: str | None) -> bool:
    return value == "accept"


def _bool(value: bool, inherited: bool = False) -> Any:
    return vim.BoolPolicy(inherited=inherited, value=value)


def _learning(told: MacLearning | None) -> Any:
    told = told or MacLearning(enabled=False)
    return _VDS.MacLearningPolicy(
        inherited=False,
        enabled=told.enabled,
        allowUnicastFlooding=told.allow_unicast_flooding,
        limit=told.limit,
        limitPolicy=told.limit_policy,
    )


def mac_management(told: MacManagement | None) -> Any:
    """Return the policy, or none: inherited."""
    if told is None:
        return None
    return _VDS.MacManagementPolicy(
        inherited=False,
        allowPromiscuous=_is(told.promiscuous_mode),
        macChanges=_is(told.mac_changes),
        forgedTransmits=_is(told.forged_transmits),
        macLearningPolicy=_learning(told.mac_learning),
    )


def legacy(told: Security | None) -> Any:
    """Return the deprecated security policy, or none: inherited."""
    if told is None:
        return None
    return _VDS.SecurityPolicy(
        inherited=False,
        allowPromiscuous=_bool(_is(told.promiscuous_mode)),
        macChanges=_bool(_is(told.mac_changes)),
        forgedTransmits=_bool(_is(told.forged_transmits)),
    )


def vlan(told: int | str) -> Any:
    """Return a VLAN id, or a trunk from text such as 100-200,300."""
    if isinstance(told, int):
        return _VDS.VlanIdSpec(inherited=False, vlanId=told)
    ranges = [part.partition("-") for part in told.split(",")]
    spans = [vim.NumericRange(start=int(first), end=int(last or first)) for first, _unused, last in ranges]
    return _VDS.TrunkVlanSpec(inherited=False, vlanId=spans)


def _shaping() -> Any:
    def rate(value: int) -> Any:
        return vim.LongPolicy(inherited=False, value=value)

    return vim.dvs.DistributedVirtualPort.TrafficShapingPolicy(
        inherited=False,
        enabled=_bool(False),
        averageBandwidth=rate(100_000_000),
        peakBandwidth=rate(100_000_000),
        burstSize=rate(104_857_600),
    )


def _teaming(uplinks: t.Sequence[str]) -> Any:
    criteria = _VDS.FailureCriteria(
        inherited=False,
        checkSpeed=vim.StringPolicy(inherited=False, value="minimum"),
        speed=vim.IntPolicy(inherited=False, value=10),
        checkDuplex=_bool(False),
        fullDuplex=_bool(False),
        checkErrorPercent=_bool(False),
        percentage=vim.IntPolicy(inherited=False, value=0),
        checkBeacon=_bool(False),
    )
    return _VDS.UplinkPortTeamingPolicy(
        inherited=False,
        policy=vim.StringPolicy(inherited=False, value="loadbalance_srcid"),
        reversePolicy=_bool(True),
        notifySwitches=_bool(True),
        rollingOrder=_bool(False),
        failureCriteria=criteria,
        uplinkPortOrder=_VDS.UplinkPortOrderPolicy(
            inherited=False, activeUplinkPort=list(uplinks), standbyUplinkPort=[]
        ),
    )


def of_switch(told: DistributedSwitch) -> Any:
    """Return a switch's default port setting: at this level every value is set."""
    lacp = _VDS.UplinkLacpPolicy(
        inherited=False, enable=_bool(False), mode=vim.StringPolicy(inherited=False, value="passive")
    )
    return _VDS.VmwarePortConfigPolicy(
        blocked=_bool(False),
        vmDirectPathGen2Allowed=_bool(False),
        inShapingPolicy=_shaping(),
        outShapingPolicy=_shaping(),
        vendorSpecificConfig=vim.dvs.DistributedVirtualPort.VendorSpecificConfig(inherited=False),
        networkResourcePoolKey=vim.StringPolicy(inherited=False, value="-1"),
        filterPolicy=vim.dvs.DistributedVirtualPort.FilterPolicy(inherited=False),
        vlan=vlan(0),
        qosTag=vim.IntPolicy(inherited=False, value=-1),
        uplinkTeamingPolicy=_teaming(told.uplinks),
        securityPolicy=legacy(told.legacy_security or told.mac_management),
        ipfixEnabled=_bool(False),
        txUplink=_bool(False),
        lacpPolicy=lacp,
        macManagementPolicy=mac_management(told.mac_management),
    )


def of_portgroup(told: DvPortgroup) -> Any:
    """Return what a portgroup sets itself."""
    return _VDS.VmwarePortConfigPolicy(
        vlan=vlan(told.vlan),
        macManagementPolicy=mac_management(told.mac_management),
        securityPolicy=legacy(told.legacy_security or told.mac_management),
    )


def of_port(told: MacManagement) -> Any:
    """Return what a port sets itself."""
    return _VDS.VmwarePortConfigPolicy(macManagementPolicy=mac_management(told), securityPolicy=legacy(told))


def portgroup_policy(overrides_allowed: bool) -> Any:
    """Return which settings a portgroup's ports may override."""
    return _VDS.VMwarePortgroupPolicy(
        blockOverrideAllowed=True,
        shapingOverrideAllowed=False,
        vendorConfigOverrideAllowed=False,
        livePortMovingAllowed=False,
        portConfigResetAtDisconnect=True,
        networkResourcePoolOverrideAllowed=False,
        trafficFilterOverrideAllowed=False,
        vlanOverrideAllowed=False,
        uplinkTeamingOverrideAllowed=False,
        securityPolicyOverrideAllowed=overrides_allowed,
        ipfixOverrideAllowed=False,
        macManagementOverrideAllowed=overrides_allowed,
    )
