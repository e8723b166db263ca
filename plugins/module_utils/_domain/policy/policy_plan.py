# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The plan of a policy change: everything is found, judged and compared before anything is written."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterator, Sequence

from ..errors import InvalidOption, Refused, Unsupported
from ..model import Setting
from ..plan import Change, Plan
from . import consistency
from .choice import Catalogue, Choice, Otherwise, Target, choose
from .consistency import InForce
from .exposure import Neighbourhood, blast_radius
from .holder import Holder, Kind
from .inheritance import PolicyState, Wish, wanted
from .reading import Reading
from .report import Fate, Report, Row


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where to look; each field narrows, and with none given it is everything that the server manages.

    No entry in `hosts` means no host.
    """

    hosts: tuple[str, ...] | None = None
    cluster: str = ""
    datacenter: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for. `legacy` means: the deprecated policy of distributed switches, and only that."""

    kind: Kind
    targets: tuple[Target, ...]
    area: Area = Area()
    on_missing: Otherwise = Otherwise.FAIL
    on_unreachable: Otherwise = Otherwise.FAIL
    legacy: bool = False

    @property
    def flag_by_flag(self) -> bool:
        """Whether each flag is inherited by itself; macManagementPolicy is inherited as a whole."""
        return self.kind.is_standard or self.legacy


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Where a change is written; what is written is its promise."""

    holder: Holder
    legacy: bool = False


class Reader(Neighbourhood, t.Protocol):
    """What planning may do with vSphere."""

    def catalogue(self, kind: Kind, area: Area) -> Catalogue:
        """Returns the hosts of the area and what is on them, or what distributed ones there are."""

    def readings(self, holders: Sequence[Holder], *, legacy: bool) -> Sequence[Reading]:
        """Reads these, in their order, all together."""


def plan_policies(request: Request, reader: Reader) -> Plan[PolicyState]:
    """Returns one change per portgroup or switch and host, in the order asked."""
    if not request.targets:
        return Plan(changes=(), report={"told": Report()})
    catalogue = reader.catalogue(request.kind, request.area)
    _refuse_everywhere(request, catalogue)
    choice = choose(
        request.kind,
        request.targets,
        catalogue,
        on_missing=request.on_missing,
        on_unreachable=request.on_unreachable,
    )
    pairs = _compared(request, choice, reader)
    told = Report(
        objects=tuple(_row(change, reading) for change, reading in pairs),
        skipped=choice.skipped,
        blast_radius=blast_radius(pairs, reader),
        hosts=(*catalogue.hosts, *catalogue.hosts_beyond),
        beyond=tuple(_beyond(request, choice, catalogue, reader)),
    )
    warnings = (*_warnings(pairs), *consistency.warnings(told.consistency))
    return Plan(changes=tuple(change for change, reading in pairs), report={"told": told}, warnings=warnings)


def _compared(request: Request, choice: Choice, reader: Reader) -> list[tuple[Change[PolicyState], Reading]]:
    """Returns each one's change beside its reading; raises for the first that mustn't or can't be changed so."""
    readings = reader.readings([pick.holder for pick in choice.picks], legacy=request.legacy)
    wishes = [pick.wish for pick in choice.picks]
    for reading, wish in zip(readings, wishes, strict=True):
        _guard(reading, wish)
    return [(_change(reading, wish, request), reading) for reading, wish in zip(readings, wishes, strict=True)]


def _beyond(request: Request, choice: Choice, catalogue: Catalogue, reader: Reader) -> Iterator[InForce]:
    """Yields what is in force under the same names on hosts that the task leaves alone."""
    names = {pick.holder.name for pick in choice.picks}
    picked = {pick.holder for pick in choice.picks}
    known = (*catalogue.holders, *catalogue.holders_beyond)
    others = [holder for holder in known if holder.name in names and holder not in picked]
    if request.kind.is_standard and others:
        for reading in reader.readings(others, legacy=False):
            yield InForce(name=reading.holder.name, host=reading.holder.host, flags=reading.state.effective.flags)


def _refuse_everywhere(request: Request, catalogue: Catalogue) -> None:
    """Nobody opens a portgroup on every host of a vCenter by leaving an option out."""
    if request.kind.is_standard and request.area == Area() and len(catalogue.hosts) > 1:
        raise InvalidOption(
            f"There are {len(catalogue.hosts)} hosts. Say which are meant: hosts, cluster or datacenter."
        )


def _guard(reading: Reading, wish: Wish) -> None:
    subject = reading.holder.subject
    if reading.unfit:
        raise Refused(f"{subject}: {reading.unfit} Nothing was written.", subject=subject)
    if reading.unable:
        raise Unsupported(f"{subject}: {reading.unable} Nothing was written.", subject=subject)
    asks_learning = wish.mac_learning is not None and wish.mac_learning.enabled is not False
    if asks_learning and reading.unlearning:
        raise Unsupported(f"{subject}: {reading.unlearning} Nothing was written.", subject=subject)


def _change(reading: Reading, wish: Wish, request: Request) -> Change[PolicyState]:
    before = reading.state
    override = wanted(before, wish, flag_by_flag=request.flag_by_flag)
    if override == before.override:
        return Change(subject=reading.holder.subject, before=before, after=before)
    if reading.parent is None:
        after = PolicyState.top(override)
    else:
        after = PolicyState.under(reading.parent, reading.holder.switch, override)
    return Change(
        subject=reading.holder.subject,
        before=before,
        after=after,
        write=Write(holder=reading.holder, legacy=request.legacy),
    )


def _row(change: Change[PolicyState], reading: Reading) -> Row:
    return Row(
        subject=change.subject,
        type=reading.holder.kind,
        name=reading.holder.name,
        switch=reading.holder.switch or None,
        host=reading.holder.host or None,
        outcome=Fate.CHANGED if change.needed else Fate.UNCHANGED,
        before=change.before,
        after=change.after,
        legacy_policy=reading.legacy.flags if reading.legacy else None,
        shielded_ports=reading.shielded,
    )


def _warnings(pairs: Sequence[tuple[Change[PolicyState], Reading]]) -> Iterator[str]:
    for change, reading in pairs:
        if reading.shielded and change.needed:
            ports = ", ".join(f"{port.key} ({port.connected_to})" for port in reading.shielded)
            yield f"{change.subject}: not effective for ports {ports}: they have a policy of their own."
        after = change.after.effective
        if after.mac_learning and after.mac_learning.enabled and after.promiscuous_mode is Setting.ACCEPT:
            yield (
                f"{change.subject}: MAC learning and promiscuous mode are both on. MAC learning replaces promiscuous "
                "mode; with both, every vNIC there still sees all frames."
            )
