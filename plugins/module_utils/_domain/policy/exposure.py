# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The blast radius: who will see or send what they couldn't, because of a policy change, and who no longer will."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..model import FLAGS, Setting
from ..plan import Change
from .holder import Holder
from .inheritance import Policy, PolicyState
from .reading import Reading


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A vNIC on a portgroup. `nested` marks VMs that look like hypervisors: those that such a change is often for."""

    vm: str
    vnic: str
    host: str = ""
    port_key: str = ""
    nested: bool = False
    powered_on: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A vNIC that a change reaches. `gains` and `losses` are what is accepted from now on, and what no longer is."""

    vm: str
    vnic: str
    portgroup: str
    host: str
    nested: bool
    powered_on: bool
    gains: tuple[str, ...]
    losses: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """What one change reaches; `portgroups` are those that inherit it."""

    subject: str
    gains: tuple[str, ...]
    losses: tuple[str, ...]
    portgroups: tuple[str, ...]
    vnics: tuple[Exposed, ...]


class Neighbourhood(t.Protocol):
    """What is asked of vSphere about those whom a change reaches."""

    def portgroups_of(self, switches: Sequence[Holder], *, legacy: bool) -> Mapping[Holder, Sequence[Reading]]:
        """Reads the portgroups of these switches."""

    def guests(self, portgroups: Sequence[Holder]) -> Mapping[Holder, Sequence[Guest]]:
        """Reads the vNICs that are connected to these portgroups; on standard ones, those of that host."""


class Reached(t.NamedTuple):
    """A portgroup, and how its effective policy changes."""

    reading: Reading
    after: Policy

    @property
    def gains(self) -> tuple[str, ...]:
        return accepted_anew(self.reading.state.effective, self.after)

    @property
    def losses(self) -> tuple[str, ...]:
        return accepted_anew(self.after, self.reading.state.effective)


def blast_radius(
    pairs: Sequence[tuple[Change[PolicyState], Reading]], neighbourhood: Neighbourhood
) -> tuple[BlastRadius, ...]:
    """Returns one per change that is to be written; reads only what these reach."""
    needed = [(change, reading) for change, reading in pairs if change.needed]
    switches = [pair[1].holder for pair in needed if pair[1].holder.kind.is_switch]
    legacy = any(pair[0].write.legacy for pair in needed)
    below = neighbourhood.portgroups_of(switches, legacy=legacy) if switches else {}
    reached = [list(_reached(change, reading, below)) for change, reading in needed]
    holders = [each.reading.holder for group in reached for each in group]
    guests = neighbourhood.guests(holders) if holders else {}
    return tuple(_radius(pair[0], group, guests) for pair, group in zip(needed, reached, strict=True))


def accepted_anew(before: Policy, after: Policy) -> tuple[str, ...]:
    """Returns what `after` accepts and `before` doesn't."""
    names = [
        name for name in FLAGS if getattr(after, name) is Setting.ACCEPT and getattr(before, name) is not Setting.ACCEPT
    ]
    return (*names, *(["mac_learning"] if _learns(after) and not _learns(before) else []))


def _learns(policy: Policy) -> bool:
    return policy.mac_learning is not None and policy.mac_learning.enabled


def _reached(
    change: Change[PolicyState], reading: Reading, below: Mapping[Holder, Sequence[Reading]]
) -> Iterator[Reached]:
    if not reading.holder.kind.is_switch:
        yield Reached(reading, change.after.effective)
        return
    for portgroup in below.get(reading.holder, ()):
        after = portgroup.state.override.over(change.after.effective)
        if after != portgroup.state.effective and not portgroup.unfit:
            yield Reached(portgroup, after)


def _radius(
    change: Change[PolicyState], reached: Sequence[Reached], guests: Mapping[Holder, Sequence[Guest]]
) -> BlastRadius:
    is_switch = change.write.holder.kind.is_switch
    return BlastRadius(
        subject=change.subject,
        gains=accepted_anew(change.before.effective, change.after.effective),
        losses=accepted_anew(change.after.effective, change.before.effective),
        portgroups=tuple(each.reading.holder.name for each in reached) if is_switch else (),
        vnics=tuple(exposed for each in reached for exposed in _exposed(each, guests.get(each.reading.holder, ()))),
    )


def _exposed(reached: Reached, guests: Iterable[Guest]) -> Iterator[Exposed]:
    holder = reached.reading.holder
    shielded = {port.key for port in reached.reading.shielded}
    if not reached.gains and not reached.losses:
        return
    for guest in guests:
        if guest.port_key not in shielded:
            yield Exposed(
                vm=guest.vm,
                vnic=guest.vnic,
                portgroup=holder.name,
                host=guest.host,
                nested=guest.nested,
                powered_on=guest.powered_on,
                gains=reached.gains,
                losses=reached.losses,
            )
