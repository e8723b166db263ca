# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The verdict on one vNIC from what the sources saw: best source first, and doubt said as doubt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..model import Power, Security, Sighting, Source, Vm, Vnic
from .finding import Certainty, Finding, Freshness, Reason, Verdict
from .prediction import predict

_BEST_FIRST = (Source.DVPORT, Source.STANDARD_PORT, Source.GUEST)


def judge(
    vm: Vm, vnic: Vnic, sightings: Sequence[Sighting], policy: Security | None, rejected_on: tuple[str, ...] = ()
) -> Finding:
    """Returns the finding on one vNIC; `policy` is the effective one of its port, None if it can't be read."""
    reason = _without_runtime(vm, vnic)
    if reason is not None:
        finding = Finding(
            vm=vm, vnic=vnic, verdict=Verdict.UNKNOWN, reason=reason, policy=policy, rejected_on=rejected_on
        )
    else:
        finding = _from_sources(vm, vnic, sightings, policy, rejected_on)
    return dataclasses.replace(finding, at_risk=predict(finding))


def _without_runtime(vm: Vm, vnic: Vnic) -> Reason | None:
    """Returns why this vNIC has no runtime MAC that anyone could have seen."""
    if vm.template:
        return Reason.TEMPLATE
    if not vm.reachable:
        return Reason.UNREACHABLE
    if vm.power is Power.SUSPENDED:
        return Reason.SUSPENDED
    if vm.power is Power.OFF:
        return Reason.POWERED_OFF
    if vnic.mac is None:
        return Reason.NO_MAC
    return Reason.PASSTHROUGH if vnic.is_passthrough else None


def _from_sources(
    vm: Vm, vnic: Vnic, sightings: Sequence[Sighting], policy: Security | None, rejected_on: tuple[str, ...]
) -> Finding:
    said = sorted(sightings, key=lambda sighting: _BEST_FIRST.index(sighting.source))
    seen = [sighting for sighting in said if sighting.mac is not None or sighting.candidates]
    blocked = next((sighting.blocked for sighting in said if sighting.blocked is not None), None)
    best, certainty = _weigh(seen, vnic.mac)
    verdict = _verdict(best, certainty, vnic.mac, blocked=blocked)
    return Finding(
        vm=vm,
        vnic=vnic,
        verdict=verdict,
        certainty=certainty,
        source=best.source if best else None,
        freshness=_freshness(best) if best else None,
        runtime_mac=best.mac if best else None,
        candidates=best.candidates if best else (),
        reason=None if best else _unseen(vnic),
        note="; ".join(sighting.note for sighting in said if sighting.note),
        blocked=blocked,
        policy=policy,
        rejected_on=rejected_on,
    )


def _weigh(seen: Sequence[Sighting], configured: str | None) -> tuple[Sighting | None, Certainty]:
    """Returns the sighting that decides and how sure it is.

    A dvPort names its vNIC, so it decides alone. The others are indirect: one of them that sees drift outweighs one
    that doesn't, since a host's port list and Tools can each lag behind or mean another interface.
    """
    if not seen:
        return None, Certainty.NONE
    if seen[0].source is Source.DVPORT:
        return seen[0], Certainty.CERTAIN if seen[0].certain else Certainty.LIKELY
    drifted = [sighting for sighting in seen if sighting.mac != configured]
    if not drifted:
        return seen[0], _certainty(any(sighting.certain for sighting in seen))
    agreed = len(drifted) > 1 and len({sighting.mac for sighting in drifted}) == 1
    return drifted[0], _certainty(agreed or (len(seen) == len(drifted) and drifted[0].certain))


def _certainty(certain: bool) -> Certainty:
    return Certainty.CERTAIN if certain else Certainty.LIKELY


def _verdict(best: Sighting | None, certainty: Certainty, configured: str | None, *, blocked: bool | None) -> Verdict:
    if best is None:
        return Verdict.UNKNOWN
    if best.mac == configured:
        return Verdict.MATCH
    if blocked:
        return Verdict.DRIFT_BLOCKED
    return Verdict.DRIFT if certainty is Certainty.CERTAIN else Verdict.PROBABLE


def _freshness(sighting: Sighting) -> Freshness:
    if sighting.source is Source.GUEST:
        return Freshness.POLLED
    return Freshness.LIVE if sighting.live else Freshness.CACHED


def _unseen(vnic: Vnic) -> Reason:
    return Reason.NO_SOURCE if vnic.connected else Reason.DISCONNECTED
