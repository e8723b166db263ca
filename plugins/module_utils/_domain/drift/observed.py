# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What the sources say about one vNIC, before anybody judges it."""

from __future__ import annotations

import dataclasses

from ..model import Security, Sighting
from ..policy.origin import Origin


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the sources say about one vNIC now, and the policy of its port (None: not readable)."""

    sightings: tuple[Sighting, ...] = ()
    policy: Security | None = None
    policy_from: Origin | None = None
    rejected_on: tuple[str, ...] = ()
    """Other hosts of the cluster where the standard portgroup of this name rejects MAC changes."""
    vswitch: str = ""
    """The standard switch that the portgroup is on ('' for a distributed one, and where that isn't known)."""
    on_nsx: bool = False
    """Whether the distributed portgroup is a segment of NSX."""
