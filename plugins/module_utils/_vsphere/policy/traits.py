# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What decides about a policy change, or is looked at by hardening guides, beside the policy itself."""

from __future__ import annotations

import typing as t

from ..._domain.policy.reading import Traits
from ..sdk import vim

_UPLINK_TAG = "SYSTEM/DVS.UPLINKPG"
_EVERY_VLAN = 4095
"""On a standard portgroup: all VLANs, tags and all (API reference, HostPortGroupSpec.vlanId)."""
_HARMLESS = ("blockOverrideAllowed", "portConfigResetAtDisconnect")


def of_standard(spec: t.Any) -> Traits:
    return Traits(trunk="0-4094" if spec.vlanId == _EVERY_VLAN else "")


def of_distributed(portgroup: t.Any, switch: t.Any) -> Traits:
    """Returns the traits of a portgroup from its config and its switch's."""
    # Required by the API reference, but vcsim drops it with every edit.
    policy = portgroup.policy or vim.dvs.DistributedVirtualPortgroup.PortgroupPolicy()
    return Traits(
        uplink=_is_uplink(portgroup, switch),
        nsx=is_nsx(portgroup),
        trunk=_trunk(getattr(portgroup.defaultPortConfig, "vlan", None)),
        resets_ports=bool(policy.portConfigResetAtDisconnect),
        port_overrides=tuple(sorted(info.name for info in policy._GetPropertyList() if _allows(policy, info.name))),
    )


def _is_uplink(portgroup: t.Any, switch: t.Any) -> bool:
    """Servers before API 6.5 tell it by the switch's list or by a tag only."""
    uplinks = {ref._moId for ref in switch.uplinkPortgroup or ()}
    tags = {tag.key for tag in getattr(portgroup, "tag", None) or ()}
    return bool(getattr(portgroup, "uplink", None)) or portgroup.key in uplinks or _UPLINK_TAG in tags


def is_nsx(portgroup: t.Any) -> bool:
    """Returns whether a distributed portgroup, by its configuration, is a segment of NSX."""
    ids = ("logicalSwitchUuid", "segmentId", "subnetId")
    return getattr(portgroup, "backingType", None) == "nsx" or any(getattr(portgroup, name, None) for name in ids)


def _trunk(vlan: t.Any) -> str:
    if not isinstance(vlan, vim.dvs.VmwareDistributedVirtualSwitch.TrunkVlanSpec):
        return ""
    return ", ".join(f"{span.start}-{span.end}" if span.start != span.end else str(span.start) for span in vlan.vlanId)


def _allows(policy: t.Any, name: str) -> bool:
    return name not in _HARMLESS and getattr(policy, name) is True
