# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What both planners of vNIC edits do first and last: read what is known, and put each VM's edits together."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Collection, Mapping, Sequence

from ..drift.finding import Finding
from ..drift.observed import Observed
from ..drift.verdict import judge
from ..model import Power, Vm, Vnic, VnicId
from ..plan import Change, Plan
from ..scope import Scope
from .decision import Decision, Fate, refuse_if_any, warnings
from .edit import CardEdit, Edit, VmState, VnicState, states
from .select import Picked, chosen, hidden, only, subjects


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VnicRequest:
    """Which vNICs the user means, and what is to stop the task before its first write."""

    scope: Scope | None
    """None: no VM at all, as an empty list of VMs or an empty `restore` says."""
    vnics: tuple[str, ...] = ()
    go_on_if_refused: bool = False
    refuse_snapshots: bool = False

    @property
    def names_vms(self) -> bool:
        return self.scope is not None and bool(self.scope.vms)


class VnicReader(t.Protocol):
    """What there is to read about vNICs, each in bulk."""

    def resolve(self, scope: Scope) -> Scope: ...

    def vms(self, scope: Scope) -> tuple[Vm, ...]: ...

    def observe(self, vms: Sequence[Vm]) -> Mapping[VnicId, Observed]: ...

    def owners_of(self, macs: Sequence[str]) -> Mapping[str, tuple[str, ...]]: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The findings on the chosen vNICs, and their VMs by managed object id."""

    findings: tuple[Finding, ...]
    vms: Mapping[str, Vm]
    by_vnic: Mapping[VnicId, Finding]
    unseen: tuple[str, ...] = ()
    """A warning, if vSphere doesn't show the vNICs of some VMs."""

    def running(self, moid: str, key: int) -> Finding | None:
        """Returns the finding on a vNIC that is in use, so that it can be compared with the one after the edit."""
        if self.vms[moid].power is not Power.ON:
            return None
        return self.by_vnic.get((moid, key))

    def with_snapshots(self, decisions: Sequence[Decision]) -> tuple[str, ...]:
        """Returns the names of the VMs that are to be edited and have snapshots."""
        edited = {each.moid for each in decisions if each.writes}
        return tuple(vm.name for vm in self.vms.values() if vm.moid in edited and vm.snapshots)

    def refuse_with_snapshots(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        """Refuses what a revert to a snapshot would undo without a word: it restores MAC, type and portgroup."""
        return tuple(
            dataclasses.replace(
                each,
                outcome=Fate.REFUSED,
                reason=f"a revert to the VM's snapshot {snapshots[0].name} would undo it (on_snapshots: fail)",
            )
            if each.writes and (snapshots := self.vms[each.moid].snapshots)
            else each
            for each in decisions
        )


def survey(
    request: VnicRequest, reader: VnicReader, vms: Sequence[Vm], scope: Scope, keys: Collection[VnicId] | None
) -> Survey:
    """Judges the chosen vNICs of these VMs (`scope` is resolved); `keys`, if there are any, choose among them."""
    unseen = hidden(vms, refuse=request.names_vms and not request.go_on_if_refused)
    found = _judged(reader, only(chosen(vms, scope, request.vnics), keys))
    return dataclasses.replace(found, unseen=unseen)


def _judged(reader: VnicReader, picked: Picked) -> Survey:
    """Reads the runtime side of the running VMs among the picked ones, and judges every picked vNIC."""
    running = [vm for vm, vnics in picked if vnics and vm.power is Power.ON]
    observed = reader.observe(running) if running else {}
    findings = (_finding(vm, vnic, observed.get((vm.moid, vnic.key))) for vm, vnics in picked for vnic in vnics)
    by_vnic = {(finding.vm.moid, finding.vnic.key): finding for finding in findings}
    return Survey(findings=tuple(by_vnic.values()), vms={vm.moid: vm for vm, vnics in picked if vnics}, by_vnic=by_vnic)


def _finding(vm: Vm, vnic: Vnic, seen: Observed | None) -> Finding:
    if seen is None:
        return judge(vm, vnic, (), None)
    return dataclasses.replace(judge(vm, vnic, seen.sightings, seen.policy), on_nsx=seen.on_nsx)


Card = Callable[[Survey, Decision, VnicState], tuple[CardEdit, VnicState]]


def planned(request: VnicRequest, found: Survey, decisions: Sequence[Decision], card: Card) -> Plan[VmState]:
    """Returns the plan that the decisions make; raises Refused if one of them is to stop the task.

    `card` turns a decision into its edit and its promise.
    """
    if request.refuse_snapshots:
        decisions = found.refuse_with_snapshots(decisions)
    if not request.go_on_if_refused:
        refuse_if_any(decisions)
    told = warnings(decisions, named=request.names_vms, with_snapshots=found.with_snapshots(decisions))
    return Plan(
        changes=_changes(found, decisions, card), report={"vnics": tuple(decisions)}, warnings=(*found.unseen, *told)
    )


def _changes(found: Survey, decisions: Sequence[Decision], card: Card) -> tuple[Change[VmState], ...]:
    """Returns one change per VM with something to write."""
    names = subjects(list(found.vms.values()))
    by_vm: dict[str, list[Decision]] = {}
    for each in decisions:
        if each.writes:
            by_vm.setdefault(each.moid, []).append(each)
    return tuple(_change(found, found.vms[moid], names[moid], todo, card) for moid, todo in by_vm.items())


def _change(found: Survey, vm: Vm, subject: str, todo: Sequence[Decision], card: Card) -> Change[VmState]:
    before = states(vm, (each.key for each in todo))
    pairs = [card(found, next(each for each in todo if each.key == state.key), state) for state in before]
    edit = Edit(
        moid=vm.moid, change_version=vm.change_version, power=vm.power, cards=tuple(edit for edit, after in pairs)
    )
    return Change(subject=subject, before=before, after=tuple(after for edit, after in pairs), write=edit)
