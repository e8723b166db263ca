# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which vNICs may be moved to another portgroup and why not. A move changes the network, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from ..allocation import Allocation
from ..drift.finding import Certainty, Finding, Verdict
from ..model import AddressType, NetworkKind, Setting, Vnic, VnicId
from .automatic import replaced_since
from .decision import Decision, Fate, Stop, decision
from .select import untouchable
from .target import Portgroup


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the user asked for besides the target."""

    require_pinned: bool = True
    assume_pinned: bool = False
    allow_unknown: bool = False
    restoring: bool = False


def decide(
    rules: Rules,
    finding: Finding,
    target: Portgroup | str,
    *,
    owners: Mapping[str, Sequence[str]],
    allocation: Allocation | None,
) -> Decision:
    """Returns what to do with one vNIC; `target` is a sentence where its host has no such portgroup."""
    vm, vnic = finding.vm, finding.vnic
    try:
        if isinstance(target, Portgroup) and vnic.network.key == target.network.key:
            return decision(vm, vnic, Fate.ALREADY)
        _movable(finding)
        if isinstance(target, str):
            raise Stop(Fate.REFUSED, target)
        _keeps_its_mac(rules, vnic, allocation)
        _unique(vnic, owners)
        notes = [_stays_open(rules, finding, target), _leaves_nsx(finding)]
    except Stop as stop:
        return decision(vm, vnic, stop.fate, stop.reason)
    planned = decision(vm, vnic, Fate.RESTORED if rules.restoring else Fate.MOVED, note="; ".join(filter(None, notes)))
    return dataclasses.replace(planned, portgroup=target.network.name)


def within_free_ports(decisions: Sequence[Decision], targets: Mapping[VnicId, Portgroup | str]) -> tuple[Decision, ...]:
    """Refuses what no port is left for; static binding without automatic growth has as many ports as it has."""
    left: dict[str, int] = {}
    fitting = []
    for each in decisions:
        target = targets.get((each.moid, each.key))
        if not each.writes or not isinstance(target, Portgroup) or target.free_ports is None:
            fitting.append(each)
            continue
        key = target.network.key
        left[key] = left.get(key, target.free_ports) - 1
        reason = f"{target.network.name} has only {target.free_ports} free ports and doesn't grow by itself"
        fitting.append(each if left[key] >= 0 else dataclasses.replace(each, outcome=Fate.REFUSED, reason=reason))
    return tuple(fitting)


def _movable(finding: Finding) -> None:
    reason = untouchable(finding.vm, finding.vnic)
    if reason:
        raise Stop(Fate.SKIPPED, reason)
    if finding.vnic.mac is None:
        raise Stop(Fate.SKIPPED, "it has no MAC yet, so none can be kept; power the VM on once, or pin one")
    if finding.vnic.network.kind is NetworkKind.OPAQUE:
        raise Stop(Fate.REFUSED, "it is on an NSX segment, which NSX manages")


def _keeps_its_mac(rules: Rules, vnic: Vnic, allocation: Allocation | None) -> None:
    if vnic.address_type is AddressType.MANUAL or rules.assume_pinned:
        return
    if rules.require_pinned:
        raise Stop(
            Fate.REFUSED,
            f"its MAC is {vnic.address_type.value}, not pinned; pin it with vnic_mac_pin, "
            "or move it as it is with require_pinned: false",
        )
    why = replaced_since(vnic.address_type, vnic.mac or "", allocation)
    if why:
        raise Stop(
            Fate.REFUSED,
            f"its MAC is {vnic.address_type.value}, and the edit might replace it; "
            f"pin it first with vnic_mac_pin ({why})",
        )


def _unique(vnic: Vnic, owners: Mapping[str, Sequence[str]]) -> None:
    """vCenter resolves a conflict when a vNIC is edited, by giving one of the two another MAC."""
    present = owners.get(vnic.mac or "", ())
    if len(present) > 1:
        raise Stop(Fate.REFUSED, f"{vnic.mac} is the MAC of several vNICs: {', '.join(sorted(set(present)))}")


def _stays_open(rules: Rules, finding: Finding, target: Portgroup) -> str:
    """Returns a note, or stops where the new port would compare the two MACs and block (KB 344495)."""
    doubt = _doubt(finding)
    # A policy that can't be read counts as reject: the default of every switch since vSphere 7.
    if not doubt or target.security_at(finding.vm.host_moid).mac_changes is Setting.ACCEPT:
        return f"{doubt}; {target.network.name} accepts MAC changes" if doubt else ""
    if rules.restoring and finding.blocked:
        return f"{doubt}; its port is blocked already"
    if rules.allow_unknown and not finding.has_drifted:
        return f"{doubt} (allow_unknown)"
    raise Stop(Fate.REFUSED, f"{doubt}, and {target.network.name} rejects MAC changes: its port could be blocked")


def _leaves_nsx(finding: Finding) -> str:
    if not finding.on_nsx:
        return ""
    segment = finding.vnic.network.name
    return f"{segment} is a segment of NSX: what NSX applies to its port there (profiles, firewall) doesn't go with it"


def _doubt(finding: Finding) -> str:
    """Returns why the MAC in use may be another one than the configured; '' if it surely isn't."""
    if finding.has_drifted:
        return f"it has drifted: {finding.vnic.mac} is configured, {finding.in_use} in use"
    if finding.reason is not None and finding.reason.is_by_nature:
        return ""
    # A host's port list alone is no proof: whether it follows a guest's change of MAC isn't documented.
    certain = finding.verdict is Verdict.MATCH and finding.certainty is Certainty.CERTAIN
    return "" if certain else "whether it has drifted is not known for certain"
