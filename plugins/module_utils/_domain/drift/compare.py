# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What is new and what went away between two audits: vCenter forgets its events, so a history has to be kept."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ..errors import InvalidOption
from ..model import VnicId

Facts = Mapping[str, t.Any]
"""What an audit reported, as it was read from JSON."""
Entry = Mapping[str, t.Any]

_WATCHED = ("verdict", "at_risk", "blocked", "configured_mac", "runtime_mac", "address_type", "portgroup")
_NAMES = ("vm", "moid", "vnic", "key")


def since(now: Facts, earlier: Facts) -> dict[str, t.Any]:
    """Returns the findings that are new, gone or changed, and the MACs that were given out anew, findings or not."""
    _check(now, earlier)
    present, past = _by_vnic(now), _by_vnic(earlier)
    findings, former = _findings(present), _findings(past)
    both = sorted(findings.keys() & former.keys(), key=lambda vnic: _place(findings[vnic]))
    return {
        "from": earlier["server"]["time"],
        "to": now["server"]["time"],
        "new": _sorted(findings[vnic] for vnic in findings.keys() - former.keys()),
        "gone": _sorted(former[vnic] for vnic in former.keys() - findings.keys()),
        "changed": [_change(former[vnic], findings[vnic]) for vnic in both if _differs(former[vnic], findings[vnic])],
        "readdressed": _readdressed(present, past),
    }


def _check(now: Facts, earlier: Facts) -> None:
    for facts in (now, earlier):
        if not _are_facts(facts):
            raise InvalidOption("These aren't facts of mac_drift_facts: give the value of ansible_facts.mac_drift.")
    here, there = (facts["server"]["instance_uuid"] for facts in (now, earlier))
    if here != there:
        raise InvalidOption(f"The facts are of different vCenters: {there} and {here}.")
    if now["scope"] != earlier["scope"]:
        raise InvalidOption(
            "The facts are of different scopes, so what is missing means nothing: "
            f"{earlier['scope']} and {now['scope']}."
        )
    if now["server"]["time"] < earlier["server"]["time"]:
        raise InvalidOption("The earlier facts are the newer ones: change the two over.")


def _are_facts(given: object) -> bool:
    """A playbook can pass anything."""
    return isinstance(given, Mapping) and {"server", "scope", "vnics"} <= given.keys()


def _by_vnic(facts: Facts) -> dict[VnicId, Entry]:
    return {(entry["moid"], entry["key"]): entry for entry in facts["vnics"]}


def _findings(entries: Mapping[VnicId, Entry]) -> dict[VnicId, Entry]:
    return {vnic: entry for vnic, entry in entries.items() if entry["finding"]}


def _differs(before: Entry, after: Entry) -> bool:
    return any(before[name] != after[name] for name in _WATCHED) or _risks(before) != _risks(after)


def _risks(entry: Entry) -> list[str]:
    return sorted(risk["risk"] for risk in entry["risks"])


def _change(before: Entry, after: Entry) -> dict[str, t.Any]:
    differ = [name for name in _WATCHED if before[name] != after[name]]
    risks = {"risks": _risks(before)} if _risks(before) != _risks(after) else {}
    return {**after, "before": {**{name: before[name] for name in differ}, **risks}}


def _readdressed(present: Mapping[VnicId, Entry], past: Mapping[VnicId, Entry]) -> list[dict[str, t.Any]]:
    """Returns every vNIC with another configured MAC than then, as far as both facts list it (report: all)."""
    pairs = ((past[vnic], present[vnic]) for vnic in present.keys() & past.keys())
    other = [(before, after) for before, after in pairs if before["configured_mac"] != after["configured_mac"]]
    return [
        {**{name: after[name] for name in _NAMES}, "before": before["configured_mac"], "after": after["configured_mac"]}
        for before, after in sorted(other, key=lambda pair: _place(pair[1]))
    ]


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=_place)


def _place(entry: Entry) -> tuple[str, str, int]:
    return (entry["vm"], entry["moid"], entry["key"])
