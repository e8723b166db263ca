# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that somebody chose to do harm: they are data everywhere, and nothing else."""

from __future__ import annotations

import csv
import json
import pathlib
import typing as t

import pytest
import vsphere_lab
import yaml
from vsphere_lab.vms import VirtualMachine

from .conftest import Play, Run, StartLab

NAMES = [
    "a\nTASK [all is well]\n",
    "b\x9b2J\x9b31mred",
    "c%1b[2J%1b[31mred%0aTASK",
    "{{ lookup('pipe', 'touch HARM') }}",
    "{% for x in range(10 ** 9) %}x{% endfor %}",
    "ü" * 40,
    "é" * 79 + "\u202e",
    "slash/ed 100%",
    "'; touch HARM; '\"$(touch HARM)`touch HARM`",
    '"quoted","fields"',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "<script>alert(1)</script>",
    "&amp; ]]> <!--",
    "!unsafe x",
    "../../../etc/passwd",
    "all",
    "00:50:56:86:01:01",
]


def estate() -> dict[str, t.Any]:
    """One VM of each name, with one vNIC, all on a portgroup with such a name."""
    vms = [
        {"name": name, "host": "esx01.lab", "power": "poweredOff", "nics": [{"portgroup": "dv {{ 7 * 7 }} =1"}]}
        for name in NAMES
    ]
    switches = [{"name": "dvs-lab", "portgroups": [{"name": "dv {{ 7 * 7 }} =1", "vlan": 7}]}]
    return {"extends": "base", "datacenters": [{"name": "DC1", "distributed_switches": switches, "vms": vms}]}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_each_is_found_by_its_name_and_pinned(run: Run, name: str) -> None:
    lab = vsphere_lab.load(estate())
    (vm,) = (vm for vm in lab.all(VirtualMachine) if vm.name == name)
    named = name if name == name.strip() else vm.moid  # blanks around an entry are not part of it
    result = run(lab, "vnic_mac_pin", vms=[named])
    assert not result.get("failed"), result["msg"]
    assert [vnic["moid"] for vnic in result["vnics"]] == [vm.moid]
    assert vm.nics[0].addressType == "manual"


def test_a_name_that_is_another_ones_id_is_refused_and_not_guessed(run: Run) -> None:
    lab = vsphere_lab.load(
        {"extends": "base", "datacenters": [{"name": "DC1", "vms": [{"name": "a"}, {"name": "vm-1"}]}]}
    )
    first = next(vm for vm in lab.all(VirtualMachine) if vm.name != "vm-1")
    impostor = next(vm for vm in lab.all(VirtualMachine) if vm.name == "vm-1")
    impostor.set(name=first.moid)
    result = run(lab, "vnic_mac_pin", vms=[first.moid])
    assert result["failed"]
    assert result["error"] == "ambiguous"


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_message_moves_the_cursor_or_forges_a_line(run: Run, name: str) -> None:
    lab = vsphere_lab.load(estate())
    for options in ({"vms": [f"no {name}"]}, {"folder": name}, {"vms": ["vm-1"], "vnics": [f"no {name}"]}):
        result = run(lab, "vnic_mac_pin", **options)
        assert result["failed"]
        assert result["msg"].isprintable()


def test_an_audit_writes_them_as_data(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    scenario, history = tmp_path / "estate.yml", tmp_path / "history"
    scenario.write_text(yaml.safe_dump(estate()))
    lab = start_lab(str(scenario))
    options = ("-e", json.dumps({"audit_mac_drift_history": str(history)}), "-i", "localhost,", "-vvv")
    play(lab, "playbooks/audit_mac_drift.yml", *options, warns=True)
    # The second reads what the first wrote.
    played = play(lab, "playbooks/audit_mac_drift.yml", *options, warns=True)
    assert not {"\x1b", "\x9b"} & set(played.output)
    assert "\nTASK [all is well]" not in played.output
    assert list(tmp_path.rglob("HARM*")) == []
    assert not pathlib.Path("HARM").exists()
    last = sorted(history.rglob("*.json"))[-1]
    assert {vnic["vm"] for vnic in json.loads(last.read_text())["vnics"]} >= set(NAMES)
    page = last.with_suffix(".html").read_text()
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page
    assert not {"\x1b", "\x9b", "\u202e"} & set(page)
    with last.with_suffix(".csv").open(newline="") as file:
        table = list(csv.reader(file))
    assert {len(row) for row in table} == {len(table[0])}
    fields = [field for row in table for field in row]
    assert [field for field in fields if field[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    assert {row[1].removeprefix("'") for row in table} >= {name for name in NAMES if name[0] != "'"}


def test_the_change_of_a_portgroup_takes_them(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    scenario = tmp_path / "estate.yml"
    scenario.write_text(yaml.safe_dump(estate()))
    options = {
        "pin_static_macs_folder": "vm",
        "pin_static_macs_target": "dv-production",
        "pin_static_macs_state_dir": str(tmp_path / "state"),
    }
    played = play(
        start_lab(str(scenario)), "playbooks/change_portgroup.yml", "-e", json.dumps(options), fails=None, warns=True
    )
    assert played.code == 0, played.output[-3000:]
    assert not {"\x1b", "\x9b"} & set(played.output)
    assert list(tmp_path.rglob("HARM*")) == []
    assert not pathlib.Path("HARM").exists()
