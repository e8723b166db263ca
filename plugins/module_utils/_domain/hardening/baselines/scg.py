# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""VMware's own guide: the vSphere Security Configuration & Hardening Guide.

Ids from github.com/vmware/vcf-security-and-compliance-guidelines (bd0d7d6, the guides for 7.0, 8.0, 9.0 and 9.1).
esx-9.network-vgt is in 9.0 and no longer in 9.1.
"""

from __future__ import annotations

from ...policy.holder import Kind
from ..control import DISTRIBUTED, STANDARD, Baseline, Control, Rule

_REPOSITORY = "github.com/vmware/vcf-security-and-compliance-guidelines"


def _flags(standard: str, distributed: str) -> tuple[Control, ...]:
    """The three flags; {} stands for the flag's own part of the id."""
    words = {
        "forged-transmit": Rule.FORGED_TRANSMITS,
        "mac-changes": Rule.MAC_CHANGES,
        "promiscuous-mode": Rule.PROMISCUOUS_MODE,
    }
    return (
        *(Control(id=standard.format(word), rule=rule, on=STANDARD) for word, rule in words.items()),
        *(Control(id=distributed.format(word), rule=rule, on=DISTRIBUTED) for word, rule in words.items()),
    )


def _portgroups(vcenter: str) -> tuple[Control, ...]:
    """What the guide demands of distributed portgroups besides, from 8 on."""
    words = {
        "network-mac-learning": Rule.MAC_LEARNING,
        "network-reset-port": Rule.RESET_AT_DISCONNECT,
        "network-restrict-port-level-overrides": Rule.PORT_OVERRIDES,
        "network-vgt": Rule.NO_TRUNK,
    }
    return tuple(Control(id=f"{vcenter}.{word}", rule=rule, on=(Kind.DVPORTGROUP,)) for word, rule in words.items())


def _vgt(host: str) -> Control:
    return Control(id=f"{host}.network-vgt", rule=Rule.NO_TRUNK, on=(Kind.PORTGROUP,))


BASELINES = (
    Baseline(
        name="scg_7",
        title="vSphere Security Configuration Guide 7",
        source=_REPOSITORY,
        controls=(
            *_flags("esxi-7.network-reject-{}-standardswitch", "vcenter-7.network-reject-{}-dvportgroup"),
            _vgt("esxi-7"),
        ),
    ),
    Baseline(
        name="scg_8",
        title="vSphere Security Configuration & Hardening Guide 8",
        source=_REPOSITORY,
        controls=(
            *_flags("esxi-8.network-reject-{}-standardswitch", "vcenter-8.network-reject-{}-dvportgroup"),
            *_portgroups("vcenter-8"),
            _vgt("esxi-8"),
        ),
    ),
    Baseline(
        name="scg_9",
        title="VMware Cloud Foundation Security Configuration & Hardening Guide 9",
        source=_REPOSITORY,
        controls=(
            *_flags("esx-9.network-standard-reject-{}", "vcenter-9.network-reject-{}-dvportgroup"),
            *_portgroups("vcenter-9"),
            _vgt("esx-9"),
        ),
    ),
)
