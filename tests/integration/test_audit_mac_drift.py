# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audit_mac_drift: what it keeps, what it says is new, and what it fails on."""

from __future__ import annotations

import csv
import json
import pathlib

from .conftest import ROOT, Hosts, Play, StartLab

AUDIT = ROOT / "playbooks/audit_mac_drift.yml"


def test_a_history_tells_what_is_new(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab, history = start_lab("drift"), tmp_path / "history"
    keep = ("-e", f"audit_mac_drift_history={history}")
    first = play(lab, AUDIT, *keep, "-e", "audit_mac_drift_fail_on=next_port_connect,blocked_now")
    assert "Since" not in first.output

    lab.door("unsafe_portgroup_change", vm="web-01", portgroup="dv-production")
    lab.door("advance", days=1)
    second = play(lab, AUDIT, *keep, "-e", "audit_mac_drift_fail_on=new,blocked_now", fails=True)
    assert "1 new, 0 gone, 0 changed, 1 with another configured MAC" in second.output
    assert "new: web-01, Network adapter 1: drift" in second.output
    assert "has 1 new." in second.output

    lab.door("power_cycle", vm="web-01")
    lab.door("advance", days=1)
    third = play(lab, AUDIT, *keep)
    assert "0 new, 1 gone, 0 changed" in third.output

    kept = sorted(path.name for path in (history / "lab").iterdir())
    assert [name.rpartition(".")[2] for name in kept] == ["csv", "json"] * 3


def test_what_is_kept_told_and_refused(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    drifted = start_lab("drifted")
    hosts: Hosts = {
        "kept": (drifted, {"audit_mac_drift_history": str(tmp_path)}),
        "plain": (drifted, {}),
        "wrong": (drifted, {"audit_mac_drift_fail_on": "blocked"}),
    }
    played = play(hosts, AUDIT, fails=True)
    assert "blocked can't be found. There is blocked_now, drift, drift_blocked, duplicate," in played.on("wrong").said

    # Without options nothing is written and nothing fails.
    plain = played.on("plain")
    assert (plain.changed, plain.failed) == ([], [])
    assert "drift-blocked, Network adapter 1 on dv-production: drift_blocked, blocked now" in plain.said

    # JSON and CSV say the same.
    (table,) = (tmp_path / "kept").glob("*.csv")
    facts = json.loads(table.with_suffix(".json").read_text())
    rows = list(csv.DictReader(table.open(newline="")))
    assert len(rows) == len(facts["vnics"]) == facts["counts"]["vnics"]
    for row, entry in zip(rows, facts["vnics"], strict=True):
        assert None not in row
        for name in set(row) - {"risks"}:
            assert row[name] == ("" if entry[name] is None else str(entry[name]))
        assert row["risks"].split() == [risk["risk"] for risk in entry["risks"]]

    # Audits of different scopes are not compared.
    narrow = ("--limit", "kept", "-e", "audit_mac_drift_portgroup=dv-open")
    assert "Since" not in play(hosts, AUDIT, *narrow).output
