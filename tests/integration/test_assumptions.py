# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles, where vSphere turns out to be otherwise than the lab assumes: done right, or failed loudly; never harm."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from vsphere_lab import behaviour

from .conftest import Lab, Play, StartLab
from .test_roles import CHANGE, PREPARE, door, pin, prepare

VMS = ["web-01", "lic-01", "off-01"]


def others(**instead: str) -> dict[str, str]:
    """The other answer to every question that no source settles."""
    answers = {
        name: next(choice for choice in switch.choices if choice != switch.default)
        for name, switch in behaviour.SWITCHES.items()
    }
    return {**answers, **instead}


ANSWERS = [
    pytest.param({"type_only_pin_on_running_vm": "refused"}, id="a running VM takes no pin"),
    pytest.param({"backing_change_on_running_vm": "at_once"}, id="a move checks the port at once"),
    pytest.param(others(type_only_pin_on_running_vm="taken"), id="all others, but a running VM takes a pin"),
    pytest.param(others(), id="all others"),
]


def start(start_lab: StartLab, scenario: str, answers: dict[str, str]) -> Lab:
    return start_lab(scenario, *(word for name, answer in answers.items() for word in ("--set", f"{name}={answer}")))


def nics(lab: Lab) -> list[dict[str, t.Any]]:
    return [nic for vm in VMS for nic in door(lab, "state", vm=vm)["nics"]]


def tried(play: Play, lab: Lab, playbook: pathlib.Path, options: tuple[str, str]) -> bool:
    """Whether it succeeded; a failure has to say what it is about."""
    played = play(lab, playbook, *options, warns=True, fails=None)
    if played.code:
        assert any(len(str(task.result.get("msg", ""))) > 40 for task in played.tasks if task.status == "failed")
    return played.code == 0


@pytest.mark.parametrize("answers", ANSWERS)
def test_no_mac_changes_and_no_port_is_blocked(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path, answers: dict[str, str]
) -> None:
    lab = start(start_lab, "drift", answers)
    before = nics(lab)
    done = tried(play, lab, CHANGE, pin(tmp_path, vms=VMS, target="dv-production"))
    after = nics(lab)
    kept = ("configured_mac", "runtime_mac", "connected", "blocked")
    assert [[nic[name] for name in kept] for nic in after] == [[nic[name] for name in kept] for nic in before]
    if done:
        assert {(nic["address_type"], nic["portgroup"]) for nic in after} == {("manual", "dv-production")}
    else:
        assert [nic["portgroup"] for nic in after] == [nic["portgroup"] for nic in before]


@pytest.mark.parametrize(("portgroup", "vm"), [("Nested", "nested-vm-1"), ("dv-nested", None)])
def test_the_nested_vm_is_reached_or_nothing_is_opened(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path, portgroup: str, vm: str | None
) -> None:
    lab = start(start_lab, "nested", others())
    before = door(lab, "policies")
    done = tried(play, lab, PREPARE, prepare(tmp_path, portgroup=portgroup, cluster="Compute"))
    opened = [row for row in door(lab, "policies") if row not in before]
    assert bool(opened) is done, json.dumps(opened)
    if done and vm:
        reach = door(lab, "reach", source=vm, target="gateway")
        assert (reach["outbound"]["ok"], reach["inbound"]["ok"]) == (True, True)
