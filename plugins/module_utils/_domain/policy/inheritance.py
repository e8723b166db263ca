# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Security policy and its inheritance: what a level says itself, what is in force, and what a wish makes of it."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ..errors import InvalidOption
from ..model import FLAGS, MacLearning, Security, Setting
from .holder import Kind


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The flags and MAC learning of one level. MAC learning is None where the level says nothing of it."""

    promiscuous_mode: Setting = Setting.INHERIT
    forged_transmits: Setting = Setting.INHERIT
    mac_changes: Setting = Setting.INHERIT
    mac_learning: MacLearning | None = None

    @classmethod
    def of(cls, flags: Security, mac_learning: MacLearning | None = None) -> Policy:
        return cls(**{name: getattr(flags, name) for name in FLAGS}, mac_learning=mac_learning)

    @property
    def flags(self) -> Security:
        return Security(**{name: getattr(self, name) for name in FLAGS})

    @property
    def inherits_all(self) -> bool:
        return self == Policy()

    def over(self, parent: Policy) -> Policy:
        """Returns what is in force when the level above says `parent`."""
        learning = parent.mac_learning if self.mac_learning is None else self.mac_learning
        return Policy.of(self.flags.over(parent.flags), learning)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """What a portgroup or switch says itself, what is in force there, and the switch that has the say in the rest."""

    override: Policy
    effective: Policy
    inherited_from: str | None = None

    @classmethod
    def under(cls, parent: Policy, switch: str, override: Policy) -> PolicyState:
        """Returns the state of a portgroup that says `override` on a switch that says `parent`."""
        inherits = Setting.INHERIT in (getattr(override, name) for name in FLAGS)
        return cls(
            override=override,
            effective=override.over(parent),
            inherited_from=switch if inherits else None,
        )

    @classmethod
    def top(cls, policy: Policy) -> PolicyState:
        """Returns the state of a switch: nothing is above it."""
        return cls(override=policy, effective=policy)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LearningWish:
    """What was asked of MAC learning; None = not named, so it stays."""

    enabled: bool | None = None
    allow_unicast_flooding: bool | None = None
    limit: int | None = None
    limit_policy: str | None = None

    def over(self, present: MacLearning | None) -> MacLearning:
        return dataclasses.replace(present or MacLearning(), **named(self))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked of one portgroup or switch; None = not named, so it stays."""

    promiscuous_mode: Setting | None = None
    forged_transmits: Setting | None = None
    mac_changes: Setting | None = None
    mac_learning: LearningWish | None = None

    @classmethod
    def of(cls, options: Mapping[str, t.Any]) -> Wish:
        """Reads the options, or one entry of the option `restore`: they have the same names."""
        learning = LearningWish(**(options.get("mac_learning") or {}))
        return cls(
            **{name: Setting(options[name]) for name in FLAGS if options.get(name) is not None},
            mac_learning=learning if named(learning) else None,
        )

    @property
    def flags(self) -> dict[str, Setting]:
        return {name: value for name in FLAGS if (value := getattr(self, name)) is not None}

    @property
    def inherits_all(self) -> bool:
        return [*self.flags.values()] == [Setting.INHERIT] * len(FLAGS)

    def check(self, kind: Kind, *, flag_by_flag: bool) -> None:
        """Raises InvalidOption if no object of this kind could ever be so."""
        inherits = [name for name, value in self.flags.items() if value is Setting.INHERIT]
        if inherits and kind.is_switch:
            raise InvalidOption(
                f"{inherits[0]}: inherit makes no sense for type {kind.value}: nothing is above a switch."
            )
        if self.mac_learning is not None and flag_by_flag:
            raise InvalidOption(_no_learning(kind))
        if inherits and not flag_by_flag and (not self.inherits_all or self.mac_learning is not None):
            raise InvalidOption(
                "A distributed portgroup inherits its policy as a whole, MAC learning included: give inherit for "
                "promiscuous_mode, forged_transmits and mac_changes together and leave mac_learning out, or name "
                "accept or reject only."
            )


def wanted(state: PolicyState, wish: Wish, *, flag_by_flag: bool) -> Policy:
    """Returns what the level shall say itself.

    A distributed policy is inherited all or nothing (API reference, InheritablePolicy), so a first own value makes all
    of it explicit; the values in force are copied, and what wasn't named stays in force.
    """
    if flag_by_flag:
        return Policy.of(dataclasses.replace(state.override.flags, **wish.flags))
    # Who names nothing doesn't make it explicit either.
    if wish == Wish():
        return state.override
    if wish.inherits_all:
        return Policy()
    base = state.effective if state.override.inherits_all else state.override
    learning = base.mac_learning if wish.mac_learning is None else wish.mac_learning.over(state.effective.mac_learning)
    own = Policy.of(dataclasses.replace(base.flags, **wish.flags), learning)
    return own if own == state.override else dataclasses.replace(own, mac_learning=_whole(learning))


def _whole(learning: MacLearning | None) -> MacLearning | None:
    """Returns it with nothing left open: no source says what vCenter makes of a value that isn't sent.

    4096 and flooding are what the vSphere client fills in; drop is the safer of the two limit policies.
    """
    if learning is None:
        return None
    return MacLearning(
        enabled=learning.enabled,
        allow_unicast_flooding=True if learning.allow_unicast_flooding is None else learning.allow_unicast_flooding,
        limit=4096 if learning.limit is None else learning.limit,
        limit_policy=learning.limit_policy or "drop",
    )


def named(value: t.Any) -> dict[str, t.Any]:
    """Returns the fields that are given."""
    given = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {name: value for name, value in given.items() if value is not None}


def _no_learning(kind: Kind) -> str:
    if kind.is_standard:
        return (
            "mac_learning: a standard switch can't learn MACs (vSphere's API has it for distributed switches only). "
            "Use promiscuous_mode, or a distributed portgroup."
        )
    return "mac_learning is not part of the legacy policy; leave legacy_policy out."
