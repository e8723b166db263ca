# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The benchmarks of the Center for Internet Security for ESXi.

They are not public. The numbers of 7.0 are from Tenable's audit of v1.3.0 (7.1; 7.2 and 7.3 as in 6.7), those of 8.0
from three public scripts that agree. Compare them with your own copy.
"""

from __future__ import annotations

from ...policy.holder import Kind
from ..control import STANDARD, Baseline, Control, Rule

_SECOND_HAND = "second hand: Tenable's audit of v1.3.0 and public scripts; compare with your own copy"


def _flags(forged: str, changes: str, promiscuous: str) -> tuple[Control, ...]:
    return (
        Control(id=forged, rule=Rule.FORGED_TRANSMITS, on=STANDARD),
        Control(id=changes, rule=Rule.MAC_CHANGES, on=STANDARD),
        Control(id=promiscuous, rule=Rule.PROMISCUOUS_MODE, on=STANDARD),
    )


BASELINES = (
    Baseline(
        name="cis_7",
        title="CIS VMware ESXi 7.0 Benchmark",
        source=_SECOND_HAND,
        controls=_flags("7.1", "7.2", "7.3"),
    ),
    Baseline(
        name="cis_8",
        title="CIS VMware ESXi 8.0 Benchmark",
        source=_SECOND_HAND,
        controls=(*_flags("5.6", "5.7", "5.8"), Control(id="5.10", rule=Rule.NO_TRUNK, on=(Kind.PORTGROUP,))),
    ),
)
