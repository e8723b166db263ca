# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Whether the hosts of a cluster agree: a VM that moves to one with another policy may lose its network there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from ..model import Security
from .holder import Host


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The flags in force for one name on one host; None where they couldn't be read."""

    name: str
    host: str
    flags: Security | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Camp:
    """Hosts that agree."""

    effective: Security
    hosts: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """One portgroup or vSwitch name over the hosts of one cluster, those outside of the task included."""

    name: str
    cluster: str
    consistent: bool
    policies: tuple[Camp, ...]
    missing_on: tuple[str, ...]
    unknown_on: tuple[str, ...]


def consistency(found: Sequence[InForce], hosts: Sequence[Host]) -> tuple[Consistency, ...]:
    """Returns one per name and cluster; standalone hosts have nobody to agree with."""
    names = dict.fromkeys(each.name for each in found)
    clusters = dict.fromkeys(host.cluster for host in hosts if host.cluster)
    return tuple(
        _of(name, cluster, [each for each in found if each.name == name], hosts)
        for name in names
        for cluster in clusters
    )


def warnings(report: Sequence[Consistency]) -> Iterator[str]:
    for each in report:
        if len(each.policies) > 1:
            camps = "; ".join(f"{', '.join(camp.hosts)}: {_words(camp.effective)}" for camp in each.policies)
            yield (
                f"{each.name} differs within cluster {each.cluster}, so what works for a VM on one host may fail after "
                f"vMotion to another. {camps}."
            )
        if each.missing_on:
            yield f"{each.name} is missing in cluster {each.cluster} on {', '.join(each.missing_on)}."


def _of(name: str, cluster: str, found: Sequence[InForce], hosts: Sequence[Host]) -> Consistency:
    flags = {each.host: each.flags for each in found}
    members = [host for host in hosts if host.cluster == cluster]
    camps: dict[Security, list[str]] = {}
    for host in members:
        said = flags.get(host.name)
        if said is not None:
            camps.setdefault(said, []).append(host.name)
    missing = tuple(host.name for host in members if host.name not in flags and not host.unreachable)
    unreadable = {host.name for host in members if host.unreachable or flags.get(host.name, Security()) is None}
    return Consistency(
        name=name,
        cluster=cluster,
        consistent=len(camps) <= 1 and not missing,
        policies=tuple(Camp(effective=flags, hosts=tuple(names)) for flags, names in camps.items()),
        missing_on=missing,
        unknown_on=tuple(host.name for host in members if host.name in unreadable and host.name not in missing),
    )


def _words(flags: Security) -> str:
    return (
        f"promiscuous mode {flags.promiscuous_mode.value}, forged transmits {flags.forged_transmits.value}, "
        f"MAC changes {flags.mac_changes.value}"
    )
