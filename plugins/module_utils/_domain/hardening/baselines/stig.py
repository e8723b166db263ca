# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The STIGs of the Defense Information Systems Agency, and the readiness guide that precedes one for VCF 9.

Ids from github.com/vmware/dod-compliance-and-automation (698bae09). From 8.0 on, their check of standard portgroups
says that it is a finding, too, if "the security policy inherited from the virtual switch is overridden".
"""

from __future__ import annotations

from ...policy.holder import Kind
from ..control import DISTRIBUTED, STANDARD, Baseline, Control, Rule

_REPOSITORY = "github.com/vmware/dod-compliance-and-automation"


def _control(ids: str, rule: Rule, *on: Kind, severity: str = "medium") -> Control:
    """An id, and after a blank its alias."""
    name, *aliases = ids.split(" ")
    return Control(id=name, alias="".join(aliases), rule=rule, on=on, severity=severity)


BASELINES = (
    Baseline(
        name="stig_7",
        title="VMware vSphere 7.0 STIG",
        source=f"{_REPOSITORY}, vsphere/7.0/v1r4-stig",
        controls=(
            _control("ESXI-70-000059 V-256420", Rule.FORGED_TRANSMITS, *STANDARD),
            _control("ESXI-70-000060 V-256421", Rule.MAC_CHANGES, *STANDARD, severity="high"),
            _control("ESXI-70-000061 V-256422", Rule.PROMISCUOUS_MODE, *STANDARD),
            _control("ESXI-70-000064 V-256425", Rule.NO_TRUNK, Kind.PORTGROUP),
            _control("VCSA-70-000268 V-256348", Rule.FORGED_TRANSMITS, *DISTRIBUTED),
            _control("VCSA-70-000269 V-256349", Rule.MAC_CHANGES, *DISTRIBUTED),
            _control("VCSA-70-000270 V-256350", Rule.PROMISCUOUS_MODE, *DISTRIBUTED),
            _control("VCSA-70-000273 V-256353", Rule.NO_TRUNK, Kind.DVPORTGROUP),
        ),
    ),
    Baseline(
        name="stig_8",
        title="VMware vSphere 8.0 STIG",
        source=f"{_REPOSITORY}, vsphere/8.0/v2r3-stig",
        override_is_finding=True,
        controls=(
            _control("ESXI-80-000216 V-258771", Rule.FORGED_TRANSMITS, *STANDARD),
            _control("ESXI-80-000217 V-258772", Rule.MAC_CHANGES, *STANDARD, severity="high"),
            _control("ESXI-80-000218 V-258773", Rule.PROMISCUOUS_MODE, *STANDARD),
            _control("ESXI-80-000220 V-258775", Rule.NO_TRUNK, Kind.PORTGROUP),
            _control("VCSA-80-000268 V-258935", Rule.FORGED_TRANSMITS, *DISTRIBUTED),
            _control("VCSA-80-000269 V-258936", Rule.MAC_CHANGES, *DISTRIBUTED),
            _control("VCSA-80-000270 V-258937", Rule.PROMISCUOUS_MODE, *DISTRIBUTED),
            _control("VCSA-80-000273 V-258940", Rule.NO_TRUNK, Kind.DVPORTGROUP),
            _control("VCSA-80-000301 V-258966", Rule.PORT_OVERRIDES, Kind.DVPORTGROUP),
            _control("VCSA-80-000302 V-258967", Rule.RESET_AT_DISCONNECT, Kind.DVPORTGROUP),
        ),
    ),
    Baseline(
        name="vcf_9",
        title="VMware Cloud Foundation 9.x STIG Readiness Guide",
        source=f"{_REPOSITORY}, vcf/9.x/Y25M06-srg",
        override_is_finding=True,
        covers_nsx=False,
        controls=(
            _control("VCFE-9X-000219", Rule.FORGED_TRANSMITS, *STANDARD),
            _control("VCFE-9X-000220", Rule.MAC_CHANGES, *STANDARD),
            _control("VCFE-9X-000221", Rule.PROMISCUOUS_MODE, *STANDARD),
            _control("VCFE-9X-000223", Rule.NO_TRUNK, Kind.PORTGROUP),
            _control("VCFA-9X-000323", Rule.FORGED_TRANSMITS, *DISTRIBUTED),
            _control("VCFA-9X-000324", Rule.MAC_CHANGES, *DISTRIBUTED),
            _control("VCFA-9X-000325", Rule.PROMISCUOUS_MODE, *DISTRIBUTED),
            _control("VCFA-9X-000327", Rule.NO_TRUNK, Kind.DVPORTGROUP),
            _control("VCFA-9X-000341", Rule.PORT_OVERRIDES, Kind.DVPORTGROUP),
            _control("VCFA-9X-000342", Rule.RESET_AT_DISCONNECT, Kind.DVPORTGROUP),
            _control("VCFA-9X-000345", Rule.MAC_LEARNING, Kind.DVPORTGROUP),
        ),
    ),
)
