# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The only writer of portgroups and switches: reads right before, writes side by side, never over another's change."""

from __future__ import annotations

import concurrent.futures
import itertools
import time
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..._domain.errors import Conflict, MacguardError
from ..._domain.plan import Change
from ..._domain.policy.holder import Kind
from ..._domain.policy.inheritance import PolicyState
from .. import faults, tasks
from ..sdk import vim
from . import distributed_switches, standard_switches
from .distributed_switches import Fabric
from .reader import NetworkReader

PAUSES = (0.2, 1.0, 3.0)
"""Seconds before each further attempt on an object that somebody else is changing."""

PolicyChange = Change[PolicyState]
Errors = dict[str, MacguardError]


class NetworkGateway(NetworkReader):
    """Reads for the planner of policies, and carries its changes out."""

    def write(self, changes: Sequence[PolicyChange]) -> Mapping[str, MacguardError]:
        """Does the writes side by side; returns the error of each that failed."""
        standard = [change for change in changes if change.write.holder.kind.is_standard]
        distributed = [change for change in changes if not change.write.holder.kind.is_standard]
        return {**_none_raised(standard, self._write_standard), **_none_raised(distributed, self._write_distributed)}

    def read_back(self, changes: Sequence[PolicyChange]) -> Mapping[str, PolicyState]:
        """Reads the objects of these changes anew, in bulk."""
        live = self.live([change.write for change in changes])
        return {change.subject: state for change in changes if (state := live.state(change.write)) is not None}

    def _write_standard(self, changes: Sequence[PolicyChange]) -> Errors:
        """Hosts side by side, the objects of one host one after the other.

        Standard switches have no version to check a write against, so they are read right before it.
        """
        with faults.before_writing():
            live = self.live([change.write for change in changes])

        def on_host(of_host: list[PolicyChange]) -> Errors:
            return _merged(_tried(change, write_one) for change in of_host)

        def write_one(change: PolicyChange) -> None:
            holder = change.write.holder
            if _still_to_do(change, live.reading(change.write).state):
                standard_switches.write(live.network_of(holder), holder, change.after.override)

        ordered = sorted(changes, key=_host)
        groups = [list(of_host) for _moid, of_host in itertools.groupby(ordered, key=_host)]
        return _merged(_side_by_side(on_host, groups))

    def _write_distributed(self, changes: Sequence[PolicyChange]) -> Errors:
        """Tries again on what somebody else was changing: with what is there then, if the plan still fits it."""
        errors: Errors = {}
        pending = list(changes)
        for pause in (0.0, *PAUSES):
            if not pending:
                break
            time.sleep(pause)
            failed = self._attempt(pending)
            errors = {**{s: e for s, e in errors.items() if s not in {c.subject for c in pending}}, **failed}
            pending = [change for change in pending if _raced(failed.get(change.subject))]
        return errors

    def _attempt(self, changes: Sequence[PolicyChange]) -> Errors:
        with faults.before_writing():
            live = self.live([change.write for change in changes])
        started: dict[str, t.Any] = {}

        def start(change: PolicyChange) -> None:
            if _still_to_do(change, live.reading(change.write).state):
                started[change.subject] = self._start(change, live.fabric)

        errors = _merged(_side_by_side(lambda change: _tried(change, start), changes))
        return {**errors, **tasks.wait(self.session, started, "set the security policy of")}

    def _start(self, change: PolicyChange, fabric: Fabric) -> t.Any:
        holder, legacy = change.write.holder, change.write.legacy
        config = fabric.config_of(holder)
        spec = distributed_switches.spec(holder, config, change.after.override, legacy=legacy)
        stub = self.session.stub
        with faults.doing(f"set the security policy of {change.subject}", writes=True):
            if holder.kind is Kind.DVSWITCH:
                return vim.dvs.VmwareDistributedVirtualSwitch(holder.moid, stub).ReconfigureDvs_Task(spec)
            return vim.dvs.DistributedVirtualPortgroup(holder.moid, stub).ReconfigureDVPortgroup_Task(spec)


def _still_to_do(change: PolicyChange, now: PolicyState) -> bool:
    """Returns whether the write is needed yet; raises if the plan no longer fits what is there."""
    if now == change.after:
        return False
    if now != change.before:
        raise Conflict(
            f"{change.subject}: somebody else changed its policy since it was read. Nothing was overwritten; run again."
        )
    return True


def _raced(error: MacguardError | None) -> bool:
    return isinstance(error, Conflict) and error.details().get("fault") == "ConcurrentAccess"


def _host(change: PolicyChange) -> str:
    return str(change.write.holder.moid)


def _none_raised(changes: Sequence[PolicyChange], work: Callable[[Sequence[PolicyChange]], Errors]) -> Errors:
    """Makes one failure that all share, such as a lost connection, the error of each: earlier waves must be told of."""
    try:
        return work(changes) if changes else {}
    except MacguardError as exc:
        return {change.subject: exc for change in changes}


def _tried(change: PolicyChange, work: Callable[[PolicyChange], None]) -> Errors:
    try:
        work(change)
    except MacguardError as exc:
        return {change.subject: exc}
    return {}


Item = t.TypeVar("Item")


def _side_by_side(work: Callable[[Item], Errors], items: Sequence[Item]) -> list[Errors]:
    """The waves bound how many there are; pyVmomi's stub keeps a pool of connections and may be shared by threads."""
    if not items:
        return []
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(items)) as pool:
        return list(pool.map(work, items))


def _merged(parts: Iterable[Errors]) -> Errors:
    return {subject: error for part in parts for subject, error in part.items()}
