# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The options of modules that edit vNICs: which vNICs, what to do about refused ones, and undoing."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._domain import mac
from .._domain.errors import InvalidOption
from .._domain.model import NetworkKind
from .._domain.scope import Scope
from .._domain.vnic import restore
from .._domain.vnic.target import Target
from .argspec import SCOPE, ArgumentSpec, check_said

_KINDS = {None: None, "portgroup": NetworkKind.STANDARD, "dvportgroup": NetworkKind.DISTRIBUTED}


def restored(**former: dict[str, t.Any]) -> ArgumentSpec:
    """Returns what to edit, when to refuse, and `restore`, whose vNICs carry these fields besides their key."""
    vnic = {"key": {"type": "int", "required": True, "no_log": False}, "label": {"type": "str"}, **former}
    entry = {
        "vm": {"type": "str", "required": True},
        "name": {"type": "str"},
        "vnics": {"type": "list", "elements": "dict", "required": True, "options": vnic},
    }
    return ArgumentSpec(
        options={
            "vnics": {"type": "list", "elements": "str", "default": ["all"]},
            "on_refused": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
            "on_snapshots": {"type": "str", "choices": ["warn", "fail"], "default": "warn"},
            "restore": {"type": "list", "elements": "dict", "options": entry},
        },
        mutually_exclusive=tuple(("restore", name) for name in SCOPE.options),
        # Without a scope it would be the whole inventory, which nobody changes by leaving something out.
        required_one_of=((*SCOPE.options, "restore"),),
    )


def scope_or_restore(params: Mapping[str, t.Any]) -> Scope | None:
    """Returns the VMs that the options mean; None for none at all, which an empty list says."""
    if params["restore"] is not None:
        return restore.scope(params["restore"])
    check_said(params, SCOPE.options)
    if [] in (params["vms"], params["vnics"]):
        return None
    scope = Scope.of(params)
    # required_one_of takes a null for given.
    if scope.is_everything:
        raise InvalidOption(f"Say which VMs are meant, with one of {', '.join(SCOPE.options)}.")
    return scope


def target_or_restore(params: Mapping[str, t.Any]) -> Target | None:
    """Returns the portgroup that the options mean; None where each vNIC goes back to its former one."""
    name, kind = params["target"], params["target_type"]
    check_said(params, ("target", "target_switch"))
    # required_one_of takes a null for given.
    if name is None and params["restore"] is None:
        raise InvalidOption("Say with target where to move them.")
    return Target(name=name, switch=params["target_switch"] or "", kind=_KINDS[kind]) if name else None


def address_to_pin(text: str) -> str | None:
    """Returns the MAC that the option `mac` means; None for the one that each vNIC has."""
    try:
        return None if text.lower() == "keep" else mac.normalise(text)
    except InvalidOption as exc:
        raise InvalidOption(f"mac: {exc.message}", option="mac") from exc
