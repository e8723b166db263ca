# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary finds out what the lab has been told to be like, and leaves the VM as it was, also when it fails."""

from __future__ import annotations

import os
import pathlib

from ..integration.conftest import Lab, Play, Played, StartLab

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANARY = ROOT / "playbooks/canary.yml"
PIN, POWER_ON, MOVE = "type_only_pin_on_running_vm", "manual_mac_in_vcenter_range", "backing_change_on_running_vm"
ANSWERS = {
    "all-well": {PIN: "taken", POWER_ON: "powers_on", MOVE: "next_connect"},
    "won-t-start": {PIN: "taken", POWER_ON: "refused", MOVE: "at_once"},
    "won-t-pin": {PIN: "refused", POWER_ON: "powers_on", MOVE: "at_once"},
    "neither": {PIN: "refused", POWER_ON: "refused", MOVE: "next_connect"},
}
OPTIONS = {"vm": "web-01", "datacenter": "DC1", "target": "dv-production", "host": "esx02.lab", "disposable": True}


def canary(play: Play, labs: dict[str, Lab], *, fails: bool, **given: dict[str, object]) -> Played:
    """The playbook on some vCenters at once, with what is given for each of them beside OPTIONS."""
    told = {name: {**OPTIONS, **given.get(name, {})} for name in labs}
    hosts = {
        name: (lab, {f"canary_{option}": value for option, value in told[name].items()}) for name, lab in labs.items()
    }
    collections = f"{os.environ['ANSIBLE_COLLECTIONS_PATH']}:{ROOT / '.cache/peers'}"
    return play(hosts, CANARY, fails=fails, warns=True, ANSIBLE_COLLECTIONS_PATH=collections)


def verdicts(played: Played) -> dict[str, str]:
    """The table's rows, by their question."""
    rows = [line.split(" ..") for line in played["Tell"].result["msg"].splitlines() if " .." in line]
    return {question.strip(): answer.strip(" .") for question, answer in rows}


def looks(lab: Lab) -> dict[str, object]:
    """How the VM is, but for the port: it may come back to another one."""
    state: dict[str, object] = lab.door("state", vm="web-01")
    return {**state, "nics": [{**nic, "port_key": None} for nic in lab.door("state", vm="web-01")["nics"]]}


def test_the_verdict_is_what_vsphere_is_like(start_lab: StartLab, play: Play) -> None:
    labs = {name: start_lab("drift", **answers) for name, answers in ANSWERS.items()}
    before = {name: looks(lab) for name, lab in labs.items()}
    played = canary(play, labs, fails=False)
    for name, answers in ANSWERS.items():
        assert verdicts(played.on(name)) == {
            "a running VM takes a pin": "yes" if answers[PIN] == "taken" else "no",
            "a move keeps the MAC and the port": "yes",
            "vMotion after the move": "did no harm",
            "vCenter's own range powers on": "yes" if answers[POWER_ON] == "powers_on" else "NO",
            "the VM is as it was before": "yes",
        }
    assert {name: looks(lab) for name, lab in labs.items()} == before


def test_it_cleans_up_when_it_fails_and_touches_nothing_that_is_no_canary(start_lab: StartLab, play: Play) -> None:
    wrong: dict[str, dict[str, object]] = {
        "dear": {"disposable": False},
        "pinned": {"vm": "pinned-01"},
        "there": {"target": "dv-staging"},
    }
    labs = {name: start_lab("drift") for name in ("breaks", *wrong)}
    before = looks(labs["breaks"])
    labs["breaks"].door("fault", method="PowerOffVM_Task", fault="InvalidPowerState")
    played = canary(play, labs, fails=True, **wrong)
    assert all(played.on(name).failed for name in labs)
    assert looks(labs["breaks"]) == before
    assert labs["breaks"].door("calls")["methods"]["ReconfigVM_Task"] > 0
    for name in wrong:
        assert labs[name].door("calls")["methods"].get("ReconfigVM_Task", 0) == 0
