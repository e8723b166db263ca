# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Domain values as what a module returns: JSON-safe dictionaries, nothing else."""

from __future__ import annotations

import dataclasses
import enum
import typing as t
from collections.abc import Mapping


def as_result(value: t.Any) -> t.Any:
    """Returns dataclasses as dicts, enums as their value, tuples and sets as lists, all the way down."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_result(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(as_result(key)): as_result(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(as_result(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [as_result(item) for item in value]
    return value
