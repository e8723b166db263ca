# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""A portgroup or switch as it was read, with what decides whether its policy may be changed."""

from __future__ import annotations

import dataclasses

from .holder import Holder
from .inheritance import Policy, PolicyState


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShieldedPort:
    """A port with a policy of its own: what its portgroup says has no effect there."""

    key: str
    connected_to: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What else decides about a change, or is looked at by hardening guides."""

    uplink: bool = False
    nsx: bool = False
    trunk: str = ""
    """The VLANs that reach the guests with their tags; empty if none do."""
    resets_ports: bool = True
    port_overrides: tuple[str, ...] = ()
    """What single ports may override, blocking excepted, in vSphere's words."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`parent` is what the switch of a portgroup says."""

    holder: Holder
    state: PolicyState
    parent: Policy | None = None
    unfit: str = ""
    """Why its policy is not to be touched."""
    unable: str = ""
    """Why a change would have no effect."""
    unlearning: str = ""
    """Why it can't learn MACs."""
    legacy: Policy | None = None
    """What the deprecated policy says, where that is something else."""
    shielded: tuple[ShieldedPort, ...] = ()
    traits: Traits = Traits()
