# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""From a request to move to the plan: find the target, read what the rules need, decide on every vNIC."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping, Sequence

from ..allocation import Allocation
from ..drift.finding import Finding
from ..model import Network, NetworkKind, VnicId
from ..plan import Plan
from .decision import Decision
from .edit import CardEdit, VmState, VnicState
from .move import Rules, decide, within_free_ports
from .survey import Card, Survey, VnicReader, VnicRequest, planned, survey
from .target import Portgroup, Target, at_host, matching

Targets = Mapping[VnicId, "Portgroup | str"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request(VnicRequest):
    """What the user asked of vnic_portgroup: one target for all, or each vNIC's former network."""

    target: Target | None = None
    restored: Mapping[VnicId, Network] | None = None
    require_pinned: bool = True
    assume_pinned: bool = False
    allow_unknown: bool = False


class Reader(VnicReader, t.Protocol):
    """What the planner may read."""

    def allocation(self) -> Allocation | None:
        """How the server hands out MACs; None where it assigns none, as on a standalone host."""

    def portgroups(self, names: Sequence[str]) -> tuple[Portgroup, ...]:
        """Every portgroup with one of these names, of any kind and in any datacenter."""

    def portgroup_names(self) -> tuple[str, ...]:
        """All names there are, for the message about one that isn't."""


def plan(request: Request, reader: Reader) -> Plan[VmState]:
    """Returns what is to be written to move the chosen vNICs; raises Refused if one of them must not be."""
    if request.scope is None:
        return Plan(changes=(), report={"vnics": ()})
    scope = reader.resolve(request.scope)
    found = survey(request, reader, reader.vms(scope), scope, request.restored)
    targets = _targets(request, reader, found.findings)
    decisions = within_free_ports(_decisions(request, reader, found.findings, targets), targets)
    return planned(request, found, decisions, _card(request, targets))


def _card(request: Request, targets: Targets) -> Card:
    def card(found: Survey, each: Decision, before: VnicState) -> tuple[CardEdit, VnicState]:
        target = t.cast(Portgroup, targets[each.moid, each.key])
        edit = CardEdit(
            key=each.key,
            attachment=target.attachment,
            seen=found.running(each.moid, each.key),
            only_if_pinned=request.assume_pinned,
        )
        return edit, dataclasses.replace(before, network=target.network)

    return card


def _targets(request: Request, reader: Reader, findings: Sequence[Finding]) -> Targets:
    if request.restored is None:
        wanted = dict.fromkeys(((f.vm.moid, f.vnic.key) for f in findings), t.cast(Target, request.target))
    else:
        wanted = {key: _former(network) for key, network in request.restored.items()}
    names = sorted({target.name for target in wanted.values()} | ({request.target.name} if request.target else set()))
    candidates = reader.portgroups(names)
    hits = {
        target: matching(target, candidates, _known(target, candidates, reader))
        for target in {*wanted.values(), *([request.target] if request.target else [])}
    }
    return {
        (f.vm.moid, f.vnic.key): at_host(hits[wanted[f.vm.moid, f.vnic.key]], f.vm.host_moid, f.vm.host)
        for f in findings
    }


def _known(target: Target, candidates: Sequence[Portgroup], reader: Reader) -> Sequence[str]:
    """The list of all names is read only for the message that needs it."""
    named = any(candidate.network.name == target.name for candidate in candidates)
    return [target.name] if named else reader.portgroup_names()


def _former(network: Network) -> Target:
    kind = network.kind if network.kind in (NetworkKind.STANDARD, NetworkKind.DISTRIBUTED) else None
    return Target(name=network.name, switch=network.switch, kind=kind, key=network.key)


def _decisions(request: Request, reader: Reader, findings: Sequence[Finding], targets: Targets) -> tuple[Decision, ...]:
    restoring = request.restored is not None
    rules = Rules(
        require_pinned=request.require_pinned and not restoring,
        assume_pinned=request.assume_pinned,
        allow_unknown=request.allow_unknown,
        restoring=restoring,
    )
    owners = reader.owners_of(sorted({f.vnic.mac for f in findings if f.vnic.mac}))
    allocation = None if rules.require_pinned else reader.allocation()
    return tuple(
        decide(rules, f, targets[f.vm.moid, f.vnic.key], owners=owners, allocation=allocation) for f in findings
    )
