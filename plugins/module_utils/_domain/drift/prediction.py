# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What a finding will lead to: whether the port is cut off, will be, or the MAC will change by itself."""

from __future__ import annotations

from ..model import Setting
from .finding import AtRisk, Finding, Verdict


def predict(finding: Finding) -> AtRisk | None:
    """Returns what happens next to this vNIC; None when its MAC is unknown although the VM runs.

    A port that connects loads the configured MAC as its initial one; with MAC changes = reject, another runtime MAC
    blocks it (vSphere Security 7.0, MAC Address Changes; KB 344495). A power cycle ends drift towards the configured
    MAC. A policy that can't be read is taken as rejecting: the default of every switch since vSphere 7.
    """
    if finding.blocked:
        return AtRisk.BLOCKED_NOW
    if finding.verdict is Verdict.UNKNOWN:
        return AtRisk.NONE if finding.reason is not None and finding.reason.is_by_nature else None
    if finding.verdict is Verdict.MATCH:
        return AtRisk.NONE
    accepts = finding.policy is not None and finding.policy.mac_changes is Setting.ACCEPT
    return AtRisk.NEXT_POWER_CYCLE if accepts and not finding.rejected_on else AtRisk.NEXT_PORT_CONNECT
