# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The options of modules about portgroups and switches: where to look, what to set, and undoing it."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._domain.policy.policy_plan import Area
from .argspec import ArgumentSpec, check_said

TYPES = ["portgroup", "vswitch", "dvportgroup", "dvswitch"]
TYPE: dict[str, t.Any] = {"type": "str", "choices": TYPES}
OTHERWISE: dict[str, t.Any] = {"type": "str", "choices": ["fail", "skip"], "default": "fail"}

AREA = ArgumentSpec(
    options={
        "hosts": {"type": "list", "elements": "str"},
        "cluster": {"type": "str"},
        "datacenter": {"type": "str"},
    }
)

_FLAG = {"type": "str", "choices": ["accept", "reject", "inherit"]}
_LEARNING = {
    "enabled": {"type": "bool"},
    "allow_unicast_flooding": {"type": "bool"},
    "limit": {"type": "int"},
    "limit_policy": {"type": "str", "choices": ["allow", "drop"]},
}
_WISHES = ("promiscuous_mode", "forged_transmits", "mac_changes", "mac_learning")
_POLICY: dict[str, t.Any] = {
    "promiscuous_mode": _FLAG,
    "forged_transmits": _FLAG,
    "mac_changes": _FLAG,
    "mac_learning": {"type": "dict", "options": _LEARNING},
    "legacy_policy": {"type": "bool", "default": False},
}
_ENTRY = {
    "type": {**TYPE, "required": True},
    "name": {"type": "str", "required": True},
    "switch": {"type": "str"},
    "host": {"type": "str"},
    **_POLICY,
}

POLICY = ArgumentSpec(
    options={
        "type": TYPE,
        "names": {"type": "list", "elements": "str", "aliases": ["name"]},
        "switch": {"type": "str"},
        **_POLICY,
        "rollback": {"type": "bool", "default": False},
        "restore": {"type": "list", "elements": "dict", "options": _ENTRY},
    },
    # An entry of restore says all of this itself.
    mutually_exclusive=tuple(("restore", name) for name in ("type", "names", "switch", *AREA.options, *_WISHES)),
    required_together=(("type", "names"),),
    required_one_of=(("names", "restore"), (*_WISHES, "restore")),
)


def area(params: Mapping[str, t.Any]) -> Area:
    """Picks the area out of a module's parameters."""
    check_said(params, AREA.options)
    return Area(
        hosts=None if params["hosts"] is None else tuple(params["hosts"]),
        cluster=params["cluster"] or "",
        datacenter=params["datacenter"] or "",
    )
