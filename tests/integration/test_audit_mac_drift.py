# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audit_mac_drift: what it keeps, what it says is new, and what it fails on."""

from __future__ import annotations

import csv
import json
import pathlib
import typing as t

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
    assert [name.rpartition(".")[2] for name in kept] == ["csv", "html", "json"] * 3


def test_what_is_kept_told_and_refused(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    drifted = start_lab("drifted")
    hosts: Hosts = {
        "kept": (drifted, {"audit_mac_drift_history": str(tmp_path)}),
        "plain": (drifted, {}),
        "wrong": (drifted, {"audit_mac_drift_fail_on": "blocked"}),
        "misspelt": (drifted, {"audit_mac_drift_fail_in": "drift"}),
        "forgetful": (drifted, {"audit_mac_drift_fail_on": ["new"]}),
        "down": (drifted, {"vcenter": {**drifted.connection, "port": 1}}),
    }
    played = play(hosts, AUDIT, fails=True)
    (summary,) = (task.result["msg"] for task in played.tasks if task.name == "List the vCenters")
    lines = dict(line.split(": ", 1) for line in summary.splitlines())
    assert lines["kept"] == lines["plain"] == "done"
    assert "blocked is none of blocked_now," in lines["wrong"]
    assert "can't be reached" in lines["down"]
    assert "audit_mac_drift_fail_in is no option." in lines["misspelt"]
    assert "only an earlier audit can tell" in lines["forgetful"]
    # Before anything is read.
    assert "Compare the configured MACs with those in use" not in [task.name for task in played.on("wrong").tasks]

    # Without options nothing is written and nothing fails.
    plain = played.on("plain")
    assert (plain.changed, plain.failed) == ([], [])
    assert "drift-blocked, Network adapter 1 on dv-production: drift_blocked, blocked now" in plain.said

    # JSON and CSV say the same.
    (table,) = (tmp_path / "kept").glob("*.csv")
    facts = json.loads(table.with_suffix(".json").read_text())
    words = {word for kind in ("verdicts", "risks", "at_risk") for word in facts["counts"][kind]} - {"match", "none"}
    assert set(lines["wrong"].rpartition("none of ")[2].rstrip(".").split(", ")) == words | {"new"}
    rows = list(csv.DictReader(table.open(newline="")))
    assert len(rows) == len(facts["vnics"]) == facts["counts"]["vnics"]
    for row, entry in zip(rows, facts["vnics"], strict=True):
        assert None not in row
        for name in set(row) - {"risks"}:
            assert row[name] == ("" if entry[name] is None else str(entry[name]))
        assert row["risks"].split() == [risk["risk"] for risk in entry["risks"]]

    # Audits of different scopes are not compared, but kept in the same place, whatever the scope's options are called.
    narrow = ("--limit", "kept", "-e", "audit_mac_drift_folder=DC1/vm", "-e", "audit_mac_drift_portgroup=dv-open")
    assert "Since" not in play(hosts, AUDIT, *narrow).output
    assert len(list((tmp_path / "kept").glob("*.json"))) == 2


def embedded(report: pathlib.Path) -> dict[str, t.Any]:
    """The data that the page's script reads."""
    _before, _tag, rest = report.read_text().partition('<script type="application/json" id="data">')
    data: dict[str, t.Any] = json.loads(rest.partition("</script>")[0])
    return data


def test_the_report_is_one_file_with_every_vnic(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab, report = start_lab("drifted"), tmp_path / "report.html"
    options = ("-e", f"audit_mac_drift_report={report}")
    played = play(lab, AUDIT, *options)
    assert f"The report is {report}." in played.output
    assert len(embedded(report)["rows"]) == 37
    first = report.read_bytes()
    assert play(lab, AUDIT, *options).changed == []
    assert report.read_bytes() == first


def test_a_name_full_of_markup_reaches_the_report_as_it_is(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    name = """{{ lookup('env', 'HOME') }} </script><b>"'"""
    card = {"portgroup": "dv-production", "mac": "00:50:56:86:20:20", "runtime_mac": "00:50:56:86:2f:20"}
    vm = {"name": name, "host": "esx01.lab", "nics": [card]}
    scenario, report = tmp_path / "hostile.yml", tmp_path / "report.html"
    scenario.write_text(json.dumps({"extends": "drift", "title": "A", "datacenters": [{"name": "DC1", "vms": [vm]}]}))
    lab = start_lab(str(scenario))
    play(lab, AUDIT, "-e", f"audit_mac_drift_report={report}")
    assert name in embedded(report)["words"]
    assert "</script><b>" not in report.read_text()


def test_vcenters_don_t_overwrite_each_other_s_report(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("drift")
    hosts: Hosts = {"vc-1": (lab, {}), "vc-2": (lab, {})}
    refused = play(hosts, AUDIT, "-e", f"audit_mac_drift_report={tmp_path}/report.html", fails=True)
    assert "2 vCenters would write to the same file. Put {{ inventory_hostname }} into its name." in refused.said
    assert not any(task.name.startswith("Compare") for task in refused.tasks), "it was read before it was refused"
    play(hosts, AUDIT, "-e", f"audit_mac_drift_report={tmp_path}/{{{{ inventory_hostname }}}}.html")
    assert {file.name for file in tmp_path.glob("*.html")} == {"vc-1.html", "vc-2.html"}
