# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What each rule of a hardening guide finds at a portgroup or switch, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Setting
from ..policy.holder import Kind
from ..policy.reading import Reading
from .control import Rule

_FLAGS = {
    Rule.FORGED_TRANSMITS: "forged_transmits",
    Rule.MAC_CHANGES: "mac_changes",
    Rule.PROMISCUOUS_MODE: "promiscuous_mode",
}


def found(rule: Rule, reading: Reading) -> str:
    """Returns what is there, in a few words; '' where the switch knows no such thing."""
    traits, learning = reading.traits, reading.state.effective.mac_learning
    if rule in _FLAGS:
        return _flag(_FLAGS[rule], reading)
    if rule is Rule.MAC_LEARNING:
        return "" if learning is None else "enabled" if learning.enabled else "disabled"
    if rule is Rule.RESET_AT_DISCONNECT:
        return "reset" if traits.resets_ports else "kept"
    if rule is Rule.PORT_OVERRIDES:
        return ", ".join(traits.port_overrides) or "none"
    return f"trunk of VLANs {traits.trunk}" if traits.trunk else "no trunk"


def faults(rule: Rule, reading: Reading, *, strict: bool) -> Iterator[str]:
    """Yields what is wrong. `strict` means that an override of a vSwitch's flag is wrong by itself."""
    learning = reading.state.effective.mac_learning
    if rule in _FLAGS:
        yield from _flag_faults(_FLAGS[rule], reading, strict=strict)
    elif rule is Rule.MAC_LEARNING and learning is not None and learning.enabled:
        yield "it is enabled"
    elif rule is Rule.RESET_AT_DISCONNECT and not reading.traits.resets_ports:
        yield "a port keeps its own settings for the next VM"
    elif rule is Rule.PORT_OVERRIDES and reading.traits.port_overrides:
        yield "single ports may deviate"
    elif rule is Rule.NO_TRUNK and reading.traits.trunk:
        yield "the guests choose their VLAN"


def _flag(name: str, reading: Reading) -> str:
    value: Setting = getattr(reading.state.effective, name)
    if reading.parent is None:
        return value.value
    return f"{value.value}, {'overridden' if _overrides(name, reading) else f'inherited from {reading.holder.switch}'}"


def _flag_faults(name: str, reading: Reading, *, strict: bool) -> Iterator[str]:
    """Both policies of a distributed one count: no source settles which of them a host follows."""
    value: Setting = getattr(reading.state.effective, name)
    if value is Setting.ACCEPT:
        yield "it is accepted"
    elif reading.legacy is not None and getattr(reading.legacy, name) is Setting.ACCEPT:
        yield "the deprecated securityPolicy accepts it, though macManagementPolicy doesn't"
    if value is Setting.INHERIT:
        yield "vSphere doesn't say what is in force"
    if strict and reading.holder.kind is Kind.PORTGROUP and _overrides(name, reading):
        yield "the vSwitch's policy is overridden, which is a finding by itself"


def _overrides(name: str, reading: Reading) -> bool:
    return reading.parent is not None and getattr(reading.state.override, name) is not Setting.INHERIT
