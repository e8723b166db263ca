# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The only writer of VMs: all vNICs of a VM in one spec, the VMs of a wave side by side, each read back afterwards."""

from __future__ import annotations

import dataclasses
import functools
import time
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ..._domain.allocation import Allocation
from ..._domain.drift.observed import Observed
from ..._domain.errors import Conflict, MacguardError, NotFound
from ..._domain.model import AddressType, Vm, VnicId
from ..._domain.plan import Change
from ..._domain.scope import Scope
from ..._domain.vnic.edit import Edit, VmState, states
from ..._domain.vnic.select import untouchable
from ..._domain.vnic.target import Portgroup
from .. import collect, faults, tasks
from ..audit_reader import AuditReader
from ..sdk import vim
from ..session import Session
from . import mac_check, portgroups
from .aftermath import Aftermath
from .codec import VM_PATHS, of_vm
from .edit import config_spec

PAUSES = (0.5, 2.0, 5.0)
"""Seconds before each further attempt on a VM that somebody else is changing."""

Live = tuple[Vm, Sequence[t.Any]]
"""A VM as it is now, and its devices as the server sent them."""

_BUSY = frozenset({"ConcurrentAccess", "TaskInProgress"})


class _EditReader(AuditReader):
    """Reads also what forbids an edit, which an audit doesn't ask for."""

    paths = VM_PATHS


class VmGateway:
    """Reads for the planners of vNIC edits, and carries their changes out."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._vnics = _EditReader(session)
        self._aftermath = Aftermath(session)

    def resolve(self, scope: Scope) -> Scope:
        return self._vnics.resolve(scope)

    def vms(self, scope: Scope) -> tuple[Vm, ...]:
        return self._vnics.vms(scope)

    def observe(self, vms: Sequence[Vm]) -> Mapping[VnicId, Observed]:
        return self._vnics.observe(vms)

    def owners_of(self, macs: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        return self._vnics.owners_of(macs)

    @functools.cached_property
    def _portgroups(self) -> portgroups.PortgroupReader:
        return portgroups.PortgroupReader(self._session, self._vnics.places)

    def portgroups(self, names: Sequence[str]) -> tuple[Portgroup, ...]:
        return self._portgroups.named(names)

    def portgroup_names(self) -> tuple[str, ...]:
        return self._portgroups.names()

    def allocation(self) -> Allocation | None:
        return self._vnics.allocation()

    def with_mac_checks(self, vms: Sequence[Vm]) -> tuple[Vm, ...]:
        """Returns the VMs with what their advanced settings say of each vNIC; only some tasks need that read."""
        found = collect.of(self._session, [self._ref(vm.moid) for vm in vms], [mac_check.PATH])
        settings = {str(each.ref._moId): each.properties.get(mac_check.PATH) for each in found}
        return tuple(mac_check.read(vm, settings.get(vm.moid)) for vm in vms)

    def write(self, changes: Sequence[Change[VmState]]) -> Mapping[str, MacguardError]:
        """Edits the VMs side by side; a VM that is busy gets further attempts as long as the plan still holds."""
        try:
            with faults.before_writing():
                self._aftermath.begin()
        except MacguardError as exc:
            return {change.subject: exc for change in changes}
        errors = dict(self._attempt(changes))
        for pause in PAUSES:
            busy = [change for change in changes if _is_busy(errors.get(change.subject))]
            if not busy:
                break
            time.sleep(pause)
            errors = {subject: error for subject, error in errors.items() if not _is_busy(error)}
            errors.update(self._attempt(busy))
        return errors

    def read_back(self, changes: Sequence[Change[VmState]]) -> Mapping[str, VmState]:
        """Returns each VM's vNICs as they are now, with what has happened to them besides."""
        vms = {vm.moid: vm for vm, _devices in self._live(changes)}
        harms = self._aftermath.harms(changes, vms)
        return {
            change.subject: _with_harm(states(vms[change.write.moid], _keys(change.write)), harms, change.write.moid)
            for change in changes
            if change.write.moid in vms
        }

    def _attempt(self, changes: Sequence[Change[VmState]]) -> Mapping[str, MacguardError]:
        started: dict[str, t.Any] = {}
        errors: dict[str, MacguardError] = {}
        try:
            with faults.before_writing():
                live = {vm.moid: (vm, devices) for vm, devices in self._live(changes)}
            for change in changes:
                self._start(change, live, started, errors)
            errors.update(tasks.wait(self._session, started, "edit"))
        except MacguardError as exc:
            # What was started may have been done all the same; the read-back tells.
            errors = {**{change.subject: exc for change in changes}, **errors}
        return errors

    def _start(
        self,
        change: Change[VmState],
        live: Mapping[str, Live],
        started: dict[str, t.Any],
        errors: dict[str, MacguardError],
    ) -> None:
        try:
            vm, devices = _still(change, live)
            with faults.doing(f"edit {change.subject}", writes=True):
                spec = config_spec(change.write, devices, vm.change_version, self._session.stub)
                started[change.subject] = self._ref(vm.moid).ReconfigVM_Task(spec)
        except MacguardError as exc:
            errors[change.subject] = exc

    def _live(self, changes: Sequence[Change[VmState]]) -> Iterator[Live]:
        refs = [self._ref(change.write.moid) for change in changes]
        checks = any(state.check_mac_address is not None for change in changes for state in change.before)
        for found in collect.of(self._session, refs, (*VM_PATHS, mac_check.PATH) if checks else VM_PATHS):
            vm = of_vm(str(found.ref._moId), found.properties, self._vnics.places)
            vm = mac_check.read(vm, found.properties.get(mac_check.PATH))
            yield vm, found.properties.get("config.hardware.device") or ()

    def _ref(self, moid: str) -> t.Any:
        return vim.VirtualMachine(moid, self._session.stub)


def _still(change: Change[VmState], live: Mapping[str, Live]) -> Live:
    """Returns the VM as it is now, if the plan that was made for it still holds."""
    edit: Edit = change.write
    if edit.moid not in live:
        raise NotFound(f"{change.subject} was removed since it was looked up; nothing was written there.")
    vm, devices = live[edit.moid]
    cards = [(vnic, card) for vnic in vm.vnics for card in edit.cards if vnic.key == card.key]
    reasons = {
        "its power state has changed": vm.power is not edit.power,
        "its vNICs have changed": states(vm, _keys(edit)) != change.before,
        "a MAC that was taken for pinned isn't": any(
            card.only_if_pinned and vnic.address_type is not AddressType.MANUAL for vnic, card in cards
        ),
        **{reason: True for vnic, _card in cards if (reason := untouchable(vm, vnic))},
    }
    for reason, applies in reasons.items():
        if applies:
            raise Conflict(
                f"{change.subject} isn't as it was planned for: {reason}. Nothing was written there; run again."
            )
    return vm, devices


def _is_busy(error: MacguardError | None) -> bool:
    return error is not None and not error.goes_on and error.details().get("fault") in _BUSY


def _keys(edit: Edit) -> tuple[int, ...]:
    return tuple(card.key for card in edit.cards)


def _with_harm(found: VmState, harms: Mapping[VnicId, tuple[str, ...]], moid: str) -> VmState:
    return tuple(dataclasses.replace(state, harm=harms.get((moid, state.key), ())) for state in found)
