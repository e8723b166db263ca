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

from .choice import Catalogue, Otherwise, Target, choose
from .errors import InvalidOption, Refused, Unsupported
from .holder import Holder, Kind
from .plan import Change, Plan
from .policy import Policy, PolicyState, Wish, wanted
from .policy_report import Fate, Row


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where to look; each field narrows, and with none given it is everything that the server manages."""

    hosts: tuple[str, ...] = ()
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
class Reading:
    """A portgroup or switch as it was read, with what decides whether its policy may be changed.

    `parent` is what the switch says. `unfit` says why its policy is not to be touched, `unable` why a change would have
    no effect, `unlearning` why MAC learning wouldn't.
    """

    holder: Holder
    state: PolicyState
    parent: Policy | None = None
    unfit: str = ""
    unable: str = ""
    unlearning: str = ""
    legacy: Policy | None = None
    """Flags of the deprecated policy, where they say otherwise."""
    shielded: tuple[str, ...] = ()
    """Ports with a policy of their own: what the portgroup says has no effect there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Where a change is written; what is written is its promise."""

    holder: Holder
    legacy: bool = False


class Reader(t.Protocol):
    """What planning may do with vSphere."""

    def catalogue(self, kind: Kind, area: Area) -> Catalogue:
        """Returns the hosts of the area and what is on them, or what distributed ones there are."""
        ...

    def readings(self, holders: Sequence[Holder], *, legacy: bool) -> Sequence[Reading]:
        """Reads these, in their order, all together."""
        ...


def plan_policies(request: Request, reader: Reader) -> Plan[PolicyState]:
    """Returns one change per portgroup or switch and host, in the order asked."""
    catalogue = reader.catalogue(request.kind, request.area)
    _refuse_everywhere(request, catalogue)
    choice = choose(
        request.kind,
        request.targets,
        catalogue,
        on_missing=request.on_missing,
        on_unreachable=request.on_unreachable,
    )
    readings = reader.readings([pick.holder for pick in choice.picks], legacy=request.legacy)
    pairs = [(reading, pick.wish) for reading, pick in zip(readings, choice.picks, strict=True)]
    for reading, wish in pairs:
        _guard(reading, wish)
    changes = tuple(_change(reading, wish, request) for reading, wish in pairs)
    rows = tuple(_row(change, reading) for change, reading in zip(changes, readings, strict=True))
    return Plan(
        changes=changes,
        report={"objects": rows, "skipped": choice.skipped},
        warnings=tuple(_warnings(changes, readings)),
    )


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


def _warnings(changes: Sequence[Change[PolicyState]], readings: Sequence[Reading]) -> Iterator[str]:
    for change, reading in zip(changes, readings, strict=True):
        if reading.legacy is not None:
            yield (
                f"{change.subject}: the deprecated securityPolicy says otherwise than macManagementPolicy "
                "(see legacy_policy). Tools that read the old one see other flags than those in force."
            )
        if reading.shielded and change.needed:
            ports = ", ".join(reading.shielded)
            yield f"{change.subject}: not effective for ports {ports}: they have a policy of their own."
        after = change.after.effective
        if after.mac_learning and after.mac_learning.enabled and after.promiscuous_mode.value == "accept":
            yield (
                f"{change.subject}: MAC learning and promiscuous mode are both on. MAC learning replaces promiscuous "
                "mode; with both, every vNIC there still sees all frames."
            )
