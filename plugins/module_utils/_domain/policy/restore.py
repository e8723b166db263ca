# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The option `restore` of policy changes: what a run returns so that another run can undo it, and nothing else.

An entry holds only what was changed, so what somebody else has set since stays.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ..errors import InvalidOption
from ..model import FLAGS, MacLearning
from ..plan import Change
from .choice import Target
from .holder import Kind
from .inheritance import Policy, PolicyState, Wish, named
from .policy_plan import Area, Request

Entry = Mapping[str, t.Any]


def entries(changes: Sequence[Change[PolicyState]]) -> list[Entry]:
    """Returns the option value that takes these changes back."""
    return [_entry(change) for change in changes]


def request(restore: Sequence[Entry]) -> Request:
    """Returns what the entries ask for; all of them must come from runs of one type. None ask for nothing."""
    if not restore:
        return Request(kind=Kind.PORTGROUP, targets=())
    kinds = {(Kind(entry["type"]), bool(entry.get("legacy_policy"))) for entry in restore}
    if len(kinds) != 1:
        raise InvalidOption("restore: the entries must all have the same type and legacy_policy.")
    ((kind, legacy),) = kinds
    targets = tuple(
        Target(
            name=entry["name"],
            wish=Wish.of(entry),
            switch=entry.get("switch") or "",
            host=entry.get("host") or "",
        )
        for entry in restore
    )
    hosts = tuple(dict.fromkeys(target.host for target in targets if target.host))
    for target in targets:
        target.wish.check(kind, flag_by_flag=kind.is_standard or legacy)
    return Request(kind=kind, targets=targets, area=Area(hosts=hosts or None), legacy=legacy)


def _entry(change: Change[PolicyState]) -> Entry:
    holder, legacy = change.write.holder, change.write.legacy
    place = {"type": holder.kind.value, "name": holder.name, "switch": holder.switch, "host": holder.host}
    former = change.before.override, change.after.override
    as_a_whole = not holder.kind.is_standard and not legacy and any(policy.inherits_all for policy in former)
    wish = _all(change.before) if as_a_whole else _changed(change.before, change.after)
    # Ansible takes null for no option that has choices.
    return {
        name: value for name, value in {**place, "legacy_policy": legacy, **wish}.items() if value not in (None, "")
    }


def _all(before: PolicyState) -> Entry:
    return {**_flags(before.override, FLAGS), "mac_learning": _learning(before.override.mac_learning)}


def _changed(before: PolicyState, after: PolicyState) -> Entry:
    names = [name for name in FLAGS if getattr(before.override, name) is not getattr(after.override, name)]
    if before.override.mac_learning == after.override.mac_learning:
        return _flags(before.override, names)
    return {**_flags(before.override, names), "mac_learning": _learning(before.effective.mac_learning)}


def _flags(policy: Policy, names: Sequence[str]) -> dict[str, str]:
    return {name: getattr(policy, name).value for name in names}


def _learning(learning: MacLearning | None) -> dict[str, t.Any] | None:
    return None if learning is None else named(learning)
