# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two audits tell together."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.macguard.vsphere.plugins.filter.drift_since import FilterModule, drift_since

OLD, NEW = "00:50:56:86:00:01", "00:50:56:86:00:02"


def entry(
    vm: str, *, verdict: str = "match", at_risk: str = "none", mac: str = OLD, risks: tuple[str, ...] = ()
) -> t.Any:
    return {
        "vm": vm,
        "moid": f"vm-{vm}",
        "vnic": "Network adapter 1",
        "key": 4000,
        "finding": verdict != "match" or bool(risks),
        "verdict": verdict,
        "at_risk": at_risk,
        "blocked": False,
        "configured_mac": mac,
        "runtime_mac": OLD,
        "address_type": "assigned",
        "portgroup": "dv-staging",
        "risks": [{"risk": risk} for risk in risks],
    }


def facts(*vnics: t.Any, time: str = "2026-02-01T00:00:00Z", **more: t.Any) -> dict[str, t.Any]:
    server = {"name": "vc", "instance_uuid": "u", "time": time}
    return {"server": server, "scope": {"vms": []}, "vnics": list(vnics), **more}


def compared(now: t.Any, earlier: t.Any) -> dict[str, t.Any]:
    return drift_since(facts(*now), facts(*earlier, time="2026-01-01T00:00:00Z"))


DRIFT = entry("web-01", verdict="drift", at_risk="next_port_connect", mac=NEW)
BLOCKED = entry("web-01", verdict="drift_blocked", at_risk="blocked_now", mac=NEW)


def test_the_same_facts_have_nothing_new() -> None:
    same = compared([DRIFT], [DRIFT])
    assert (same["new"], same["gone"], same["changed"], same["readdressed"]) == ([], [], [], [])
    assert (same["from"], same["to"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")


def test_a_finding_is_new_whether_the_vnic_was_listed_or_not() -> None:
    for earlier in ([], [entry("web-01")]):
        assert [found["vm"] for found in compared([DRIFT], earlier)["new"]] == ["web-01"]


def test_a_finding_is_gone_whether_the_vnic_still_is_or_not() -> None:
    for now in ([], [entry("web-01")]):
        assert [found["verdict"] for found in compared(now, [DRIFT])["gone"]] == ["drift"]


def test_a_finding_that_got_worse_tells_what_it_was() -> None:
    (changed,) = compared([BLOCKED], [DRIFT])["changed"]
    assert changed["verdict"] == "drift_blocked"
    assert changed["before"] == {"verdict": "drift", "at_risk": "next_port_connect"}


def test_another_risk_is_a_change() -> None:
    now, earlier = entry("a", risks=("duplicate", "on_revert")), entry("a", risks=("duplicate",))
    assert compared([now], [earlier])["changed"][0]["before"] == {"risks": ["duplicate"]}


def test_a_mac_that_was_given_out_anew_is_told_even_if_it_is_in_use_by_now() -> None:
    same_verdict = compared([entry("off-01", mac=NEW)], [entry("off-01", mac=OLD)])
    assert same_verdict["readdressed"] == [
        {"vm": "off-01", "moid": "vm-off-01", "vnic": "Network adapter 1", "key": 4000, "before": OLD, "after": NEW}
    ]


def test_lists_are_in_the_order_of_names() -> None:
    findings = [entry(name, verdict="drift") for name in ("c", "a", "b")]
    assert [found["vm"] for found in compared(findings, [])["new"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        pytest.param(
            {"server": {"name": "vc", "instance_uuid": "other", "time": ""}}, "different vCenters", id="vCenter"
        ),
        pytest.param({"scope": {"vms": ["web-01"]}}, "different scopes", id="scope"),
        pytest.param(
            {"server": {"name": "vc", "instance_uuid": "u", "time": "2027"}}, "change the two over", id="order"
        ),
    ],
)
def test_facts_that_cannot_be_compared_are_refused(earlier: dict[str, t.Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        drift_since(facts(), {**facts(), **earlier})


@pytest.mark.parametrize(
    "wrong", [{}, [], "text", {"mac_drift": {}}, facts() | {"server": None}, facts() | {"vnics": [{"moid": "vm-1"}]}]
)
def test_what_are_no_facts_is_refused(wrong: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="aren't facts"):
        drift_since(facts(), wrong)


def test_the_filter_has_its_name() -> None:
    assert FilterModule().filters() == {"drift_since": drift_since}
