# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which portgroups and switches a task means: settled for all hosts before the first is written, never by creating."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Sequence

from ..errors import NotFound, Refused, ambiguous, not_found
from .holder import Holder, Host, Kind
from .inheritance import Wish


class Otherwise(enum.Enum):
    """What to do about a host without the portgroup, or one that can't be reached."""

    FAIL = "fail"
    SKIP = "skip"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A name that was asked for, and what was asked of it. Empty `switch` and `host` mean any in the scope."""

    name: str
    wish: Wish
    switch: str = ""
    host: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What there is in the scope. `of_other_type` maps names that only another type has to that type.

    `*_beyond` are the rest of the scope's clusters: not to be changed, but VMs may come from there or go there.
    """

    hosts: tuple[Host, ...] = ()
    holders: tuple[Holder, ...] = ()
    hosts_beyond: tuple[Host, ...] = ()
    holders_beyond: tuple[Holder, ...] = ()
    of_other_type: tuple[tuple[str, Kind], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    holder: Holder
    wish: Wish


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A host that is left out, and why; `name` is empty when all of the host is."""

    host: str
    name: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    picks: tuple[Pick, ...]
    skipped: tuple[Skipped, ...] = ()


def choose(
    kind: Kind, targets: Sequence[Target], catalogue: Catalogue, *, on_missing: Otherwise, on_unreachable: Otherwise
) -> Choice:
    """Returns what is meant. Raises for an unknown name, whatever on_missing says, if no host at all has it."""
    if not kind.is_standard:
        return Choice(picks=tuple(_only(kind, target, catalogue) for target in targets))
    away = tuple(_unreachable(targets, catalogue.hosts, on_unreachable))
    picks: list[Pick] = []
    missing: list[Skipped] = []
    for target in targets:
        found = {holder.host: holder for holder in catalogue.holders if _is(target, holder)}
        hosts = [host for host in catalogue.hosts if not host.unreachable and target.host in ("", host.name)]
        lacking = [host.name for host in hosts if host.name not in found]
        if lacking and (not found or on_missing is Otherwise.FAIL):
            raise _missing(kind, target, lacking, catalogue)
        missing += (Skipped(host=host, name=target.name, reason=f"no such {kind.word}") for host in lacking)
        picks += (Pick(holder=found[host.name], wish=target.wish) for host in hosts if host.name in found)
    return Choice(picks=tuple(picks), skipped=(*away, *missing))


def _unreachable(targets: Sequence[Target], hosts: Sequence[Host], otherwise: Otherwise) -> Iterator[Skipped]:
    named = {target.host for target in targets}
    meant = [host for host in hosts if "" in named or host.name in named]
    away = [host for host in meant if host.unreachable]
    if not meant:
        raise NotFound("There is no host in the scope, or this account can't see any.")
    if away and (otherwise is Otherwise.FAIL or len(away) == len(meant)):
        listed = ", ".join(f"{host.name} ({host.unreachable})" for host in away)
        hint = "" if len(away) == len(meant) else " Mend that, or leave such hosts out with on_unreachable: skip."
        raise Refused(f"Not reachable: {listed}. Nothing was written.{hint}", hosts=[host.name for host in away])
    return (Skipped(host=host.name, name="", reason=host.unreachable) for host in away)


def _is(target: Target, holder: Holder) -> bool:
    return (
        target.name == holder.name
        and target.switch in ("", holder.switch, holder.name if holder.kind.is_switch else "")
        and target.host in ("", holder.host)
    )


def _only(kind: Kind, target: Target, catalogue: Catalogue) -> Pick:
    """Returns the one distributed portgroup or switch that is meant."""
    hits = [holder for holder in catalogue.holders if _is(target, holder)]
    if not hits:
        raise _unknown(kind, target, catalogue, catalogue.holders)
    if len(hits) > 1:
        raise ambiguous(
            kind.word,
            target.name,
            (f"{hit.subject} ({hit.moid})" for hit in hits),
            use="Say which with switch or datacenter.",
        )
    return Pick(holder=hits[0], wish=target.wish)


def _missing(kind: Kind, target: Target, hosts: Sequence[str], catalogue: Catalogue) -> NotFound:
    here = [holder for holder in catalogue.holders if holder.host == hosts[0]]
    error = _unknown(kind, target, catalogue, here, where=f"on {hosts[0]}")
    more = f" It is missing on {', '.join(hosts[1:])} as well." if len(hosts) > 1 else ""
    elsewhere = any(_is(target, holder) for holder in catalogue.holders)
    hint = " Leave such hosts out with on_missing: skip." if elsewhere else ""
    return NotFound(f"{error.message}{more} Nothing was written.{hint}", **error.details(), missing_on=list(hosts))


def _unknown(kind: Kind, target: Target, catalogue: Catalogue, known: Iterable[Holder], *, where: str = "") -> NotFound:
    known = list(known)
    others = [holder.switch for holder in known if holder.name == target.name]
    if others and kind.is_switch:
        return NotFound(f"{kind.word} '{target.name}' isn't named {target.switch}: leave switch out.")
    if others:
        what = " ".join(filter(None, (f"{kind.word} '{target.name}'", where)))
        return NotFound(f"{what} is not on {target.switch}, but on {', '.join(others)}.")
    error = not_found(kind.word, target.name, (holder.name for holder in known), where=where)
    also = sorted({other.value for name, other in catalogue.of_other_type if name == target.name})
    hint = f" But it is the name of a {also[0]}: say type: {also[0]}." if also else ""
    return NotFound(error.message + hint, **error.details())
