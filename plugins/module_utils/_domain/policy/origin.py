# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Where each flag of a port's effective policy comes from: what the port says, else its portgroup, else the switch."""

from __future__ import annotations

import dataclasses
import enum
import functools

from ..model import FLAGS, Security, Setting


class Level(enum.Enum):
    """Who may say something about a port; the port itself goes first."""

    PORT = "port"
    PORTGROUP = "portgroup"
    SWITCH = "switch"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One level's policy: what is in force there, and which part of it the level says itself."""

    effective: Security
    override: Security
    legacy: bool = False
    """Whether the deprecated securityPolicy of distributed switches has the say in any flag."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The level that decides each flag of one port; None for a flag whose value the server doesn't tell."""

    promiscuous_mode: Level | None
    forged_transmits: Level | None
    mac_changes: Level | None
    legacy: bool = False


# Thousands of ports have a handful of origins: they share them.
@functools.cache
def origin(portgroup: Layer, port: Layer | None = None) -> Origin:
    """Returns who decides the flags of a port; a standard switch knows no policy of single ports."""
    return Origin(**{name: _level(name, portgroup, port) for name in FLAGS}, legacy=(port or portgroup).legacy)


def _level(name: str, portgroup: Layer, port: Layer | None) -> Level | None:
    if getattr((port or portgroup).effective, name) is Setting.INHERIT:
        return None
    if port and getattr(port.override, name) is not Setting.INHERIT:
        return Level.PORT
    return Level.SWITCH if getattr(portgroup.override, name) is Setting.INHERIT else Level.PORTGROUP
