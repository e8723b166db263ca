# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts in, page out: what a vNIC is told to be, and what a name can't do."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.macguard.vsphere.plugins.filter.drift_report import FilterModule, drift_report
from ansible_collections.macguard.vsphere.plugins.plugin_utils.drift_report.content import (
    State,
    commands,
    policies,
    policy,
    state,
)
from ansible_collections.macguard.vsphere.plugins.plugin_utils.drift_report.names import visible

OWN, OTHER = "00:50:56:86:00:01", "00:50:56:86:00:02"
REJECT = {"promiscuous_mode": "reject", "forged_transmits": "reject", "mac_changes": "reject"}
FROM = {"promiscuous_mode": "switch", "forged_transmits": "portgroup", "mac_changes": "port", "legacy": False}


def entry(vm: str = "web-01", **more: t.Any) -> dict[str, t.Any]:
    return {
        "vm": vm,
        "moid": "vm-1",
        "vnic": "Network adapter 1",
        "key": 4000,
        "finding": True,
        "host": "esx01",
        "cluster": "Compute",
        "portgroup": "dv-staging",
        "switch": "dvs",
        "vswitch": "",
        "address_type": "assigned",
        "configured_mac": OWN,
        "runtime_mac": OTHER,
        "candidates": [],
        "verdict": "drift",
        "certainty": "certain",
        "source": "dvport",
        "policy": REJECT,
        "policy_from": FROM,
        "rejected_on": [],
        "at_risk": "next_port_connect",
        "explanation": "It drifted.",
        "remedy": "Pin it.",
        "risks": [],
        "events": [],
        **more,
    }


def facts(*vnics: dict[str, t.Any], report: str = "all", **more: t.Any) -> dict[str, t.Any]:
    server = {"name": "vc", "version": "8", "time": "2026-02-01T00:00:00Z"}
    counts = {"vnics": len(vnics) + 5, "findings": len(vnics)}
    return {
        "server": server,
        "scope": {"vms": []},
        "vms": 1,
        "mac_allocation": None,
        "unreadable": [],
        "counts": counts,
        "report": report,
        "events": None,
        "vnics": list(vnics),
        **more,
    }


def data(page: str) -> dict[str, t.Any]:
    text = page.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
    return t.cast("dict[str, t.Any]", json.loads(text))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"at_risk": "blocked_now"}, State.BLOCKED),
        ({"at_risk": "next_port_connect"}, State.CONNECT),
        ({"at_risk": "next_power_cycle"}, State.CYCLE),
        ({"at_risk": None, "verdict": "unknown"}, State.UNKNOWN),
        ({"at_risk": None, "verdict": "unknown", "risks": [{"risk": "duplicate"}]}, State.UNKNOWN),
        ({"at_risk": "none", "verdict": "match", "risks": [{"risk": "duplicate"}]}, State.LATENT),
        ({"at_risk": "none", "verdict": "unknown", "finding": True}, State.UNKNOWN),
        ({"at_risk": "none", "verdict": "unknown", "finding": False}, State.IDLE),
        ({"at_risk": "none", "verdict": "match", "finding": False}, State.ORDER),
    ],
)
def test_each_state(changed: dict[str, t.Any], expected: State) -> None:
    assert state(entry(**changed)) is expected


def test_commands_name_ids_and_the_mac() -> None:
    keep, go_over = (command for _when, command in commands(entry()))
    assert keep.endswith(f"'vms=vm-1 vnics=4000 mac={OTHER} allow_reserved_range=true'")
    assert go_over.endswith("'vms=vm-1 vnics=4000 keep=configured'")


@pytest.mark.parametrize("runtime", [None, "00:0c:29:00:00:01", "00:50:56:58:59:60"])
def test_no_command_makes_static_what_is_not_known_or_would_not_power_on(runtime: str | None) -> None:
    ((_when, command),) = commands(entry(runtime_mac=runtime))
    assert command.endswith("keep=configured'")


def test_an_id_that_a_shell_would_read_gives_no_command() -> None:
    assert commands(entry(moid="vm-1'; reboot #")) == []


def test_where_each_flag_comes_from() -> None:
    sources = [source for _flag, _value, source in policy(entry())]
    assert sources == ["switch dvs", "portgroup dv-staging", "the port itself"]
    assert policy(entry(policy_from={**FROM, "legacy": True}))[0][2] == "switch dvs (legacy policy)"
    assert policy(entry(policy=None, policy_from=None)) == []


def test_policies_are_counted() -> None:
    found = policies([entry(), entry("web-02"), entry("web-03", policy=None, policy_from=None)])
    assert [(row["portgroup"], row["vnics"]) for row in found] == [("dv-staging", 1), ("dv-staging", 2)]


def test_the_same_facts_give_the_same_page_in_any_order() -> None:
    one, other = entry("a"), entry("b", at_risk="blocked_now")
    page = drift_report(facts(one, other))
    assert page == drift_report(facts(other, one))
    assert page.index("<bdi>b</bdi>") < page.index("<bdi>a</bdi>")


def test_a_name_can_leave_neither_the_data_nor_the_markup() -> None:
    name = "</script><!--<script>&\u2028"
    page = drift_report(facts(entry(name)))
    assert "</script><!--<script>&[U+2028]" in data(page)["words"]
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31m", "[U+001B][31m"),
        ("a\u202eb", "a[U+202E]b"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("Zürich 東京 🙂", "Zürich 東京 🙂"),
        ({"a": ["\n", 1, None, True]}, {"a": ["[U+000A]", 1, None, True]}),
    ],
)
def test_what_hides_is_spelled_out(given: t.Any, shown: t.Any) -> None:
    assert visible(given) == shown


def test_vms_that_cannot_be_read_are_told_of() -> None:
    page = drift_report(facts(unreadable=[{"vm": "secret-01", "moid": "vm-9"}]))
    assert "secret-01" in page
    assert "Nothing needs attention." in page


def test_facts_of_findings_only_count_the_rest() -> None:
    page = drift_report(facts(entry(), report="findings"))
    assert "<b>5</b> <span>In order or not running</span>" in page
    assert data(page)["complete"] is False


@pytest.mark.parametrize("given", [{}, {"server": {}}, [], "text"])
def test_what_are_no_facts_is_refused(given: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="These aren't facts of this version's mac_drift_facts"):
        FilterModule().filters()["drift_report"](given)
