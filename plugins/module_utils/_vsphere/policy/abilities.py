# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Why a distributed policy can't or mustn't be written: asked before the write, as vCenter often doesn't object."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..._domain.policy.reading import Traits
from ..sdk import VmomiSupport
from ..session import Session
from . import codec as policy_codec

_API_6_7 = "vim.version.version12"
_VDS_6_6 = (6, 6, 0)


def unfit(traits: Traits) -> str:
    """Returns why the policy of this portgroup is not to be touched; '' if it may be."""
    if traits.uplink:
        return "it is an uplink portgroup: it carries the switch's physical NICs, no vNICs. Name the VMs' portgroup."
    if traits.nsx:
        return (
            "it belongs to NSX, which would put its own policy back. Give the segment a MAC Discovery profile (MAC "
            "change, MAC learning) in NSX instead."
        )
    return ""


def unable(session: Session, setting: t.Any, switch: t.Any) -> str:
    """Returns why a write of macManagementPolicy would have no effect; '' if it would.

    A client that speaks an older API than 6.7 drops the field silently: success, and nothing has happened.
    """
    legacy = "For the flags, legacy_policy: true writes the deprecated policy, which older switches use."
    versions: t.Any = VmomiSupport
    if not versions.IsChildVersion(session.stub.version, _API_6_7):
        return f"the connection speaks an API older than 6.7, which doesn't know macManagementPolicy. {legacy}"
    if _version(switch) < _VDS_6_6:
        return f"macManagementPolicy needs VDS 6.6.0, the switch is {_shown(switch)}. {legacy}"
    if policy_codec.mac_management_of(setting) is None:
        return f"vCenter shows no macManagementPolicy for it. {legacy}"
    return ""


def unlearning(switch: t.Any, capability: t.Any, members: Mapping[str, str]) -> str:
    """Returns why MAC learning can't be switched on here; '' if it can. `members` maps host names to versions."""
    features = getattr(capability, "featuresSupported", None)
    if not getattr(features, "macLearningSupported", None) or _version(switch) < _VDS_6_6:
        return f"this distributed switch ({_shown(switch)}) doesn't support MAC learning: it needs VDS 6.6.0."
    old = sorted(f"{host} ({version})" for host, version in members.items() if numbers(version) < (6, 7))
    if old:
        return f"MAC learning needs ESXi 6.7 on every host of the switch; older: {', '.join(old)}."
    return ""


def _shown(switch: t.Any) -> str:
    product = switch.productInfo
    return f"VDS {product.version}" if product and product.version else "VDS of unknown version"


def _version(switch: t.Any) -> tuple[int, ...]:
    product = switch.productInfo
    return numbers(product.version) if product and product.version else ()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
