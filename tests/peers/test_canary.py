# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary finds out what the lab has been told to be like, and leaves the VM as it was, also when it fails."""

from __future__ import annotations

import os
import pathlib

import pytest

from ..integration.conftest import Lab, Play, Played, StartLab

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANARY = ROOT / "playbooks/canary.yml"
PIN, POWER_ON, MOVE = "type_only_pin_on_running_vm", "manual_mac_in_vcenter_range", "backing_change_on_running_vm"
ANSWERS = [
    {PIN: "taken", POWER_ON: "powers_on", MOVE: "next_connect"},
    {PIN: "taken", POWER_ON: "refused", MOVE: "at_once"},
    {PIN: "refused", POWER_ON: "powers_on", MOVE: "at_once"},
    {PIN: "refused", POWER_ON: "refused", MOVE: "next_connect"},
]


def canary(play: Play, lab: Lab, *arguments: str, fails: bool = False) -> Played:
    given = {"vm": "web-01", "datacenter": "DC1", "target": "dv-production", "host": "esx02.lab", "disposable": "true"}
    options = [word for name, value in given.items() for word in ("-e", f"canary_{name}={value}")]
    collections = f"{os.environ['ANSIBLE_COLLECTIONS_PATH']}:{ROOT / '.cache/peers'}"
    env = {"ANSIBLE_COLLECTIONS_PATH": collections, "SSL_CERT_FILE": lab.ca_file}
    return play(lab, CANARY, *options, *arguments, fails=fails, warns=True, **env)


def verdicts(played: Played) -> dict[str, str]:
    """The table's rows, by their question."""
    rows = [line.split(" ..") for line in played["Tell"].result["msg"].splitlines() if " .." in line]
    return {question.strip(): answer.strip(" .") for question, answer in rows}


@pytest.mark.parametrize("answers", ANSWERS, ids=lambda answers: " ".join(answers.values()))
def test_the_verdict_is_what_vsphere_is_like(start_lab: StartLab, play: Play, answers: dict[str, str]) -> None:
    lab = start_lab("drift", **answers)
    before = lab.door("state", vm="web-01")
    found = verdicts(canary(play, lab))
    assert found == {
        "a running VM takes a pin": "yes" if answers[PIN] == "taken" else "no",
        "a move keeps the MAC and the port": "yes",
        "vMotion after the move": "did no harm",
        "vCenter's own range powers on": "yes" if answers[POWER_ON] == "powers_on" else "NO",
        "the VM is as it was before": "yes",
    }
    after = lab.door("state", vm="web-01")
    for card in (*before["nics"], *after["nics"]):
        card.pop("port_key")
    assert after == before


def test_it_cleans_up_when_it_fails(start_lab: StartLab, play: Play) -> None:
    lab = start_lab("drift")
    before = lab.door("state", vm="web-01")
    lab.door("fault", method="PowerOffVM_Task", fault="InvalidPowerState")
    canary(play, lab, fails=True)
    after = lab.door("state", vm="web-01")
    for card in (*before["nics"], *after["nics"]):
        card.pop("port_key")
    assert after == before


@pytest.mark.parametrize("argument", ["canary_disposable=false", "canary_vm=pinned-01", "canary_target=dv-staging"])
def test_what_is_no_canary_is_not_touched(start_lab: StartLab, play: Play, argument: str) -> None:
    lab = start_lab("drift")
    canary(play, lab, "-e", argument, fails=True)
    assert lab.door("calls")["methods"].get("ReconfigVM_Task", 0) == 0
