# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles, where vSphere turns out to be otherwise than the lab assumes: done right, or failed loudly; never harm."""

from __future__ import annotations

import json
import pathlib
import typing as t

from vsphere_lab import behaviour

from .conftest import Hosts, Lab, Play, Played, StartLab
from .test_roles import CHANGE, PREPARE, pin_options, prepare_options

VMS = ["web-01", "lic-01", "off-01"]


def others(**instead: str) -> dict[str, str]:
    """The other answer to every question that no source settles."""
    answers = {
        name: next(choice for choice in switch.choices if choice != switch.default)
        for name, switch in behaviour.SWITCHES.items()
    }
    return {**answers, **instead}


ANSWERS = {
    "a running VM takes no pin": {"type_only_pin_on_running_vm": "refused"},
    "a move checks the port at once": {"backing_change_on_running_vm": "at_once"},
    "all others, but a running VM takes a pin": others(type_only_pin_on_running_vm="taken"),
    "all others": others(),
}


def nics(lab: Lab) -> list[dict[str, t.Any]]:
    return [nic for vm in VMS for nic in lab.door("state", vm=vm)["nics"]]


def succeeded(played: Played) -> bool:
    """Whether it was done on this host; a failure has to say what it is about."""
    outcomes = [task for task in played.tasks if task.name == "Fail where it failed"]
    if outcomes[0].status == "failed":
        assert len(str(outcomes[0].result["msg"])) > 40
    return outcomes[0].status != "failed"


def test_no_mac_changes_and_no_port_is_blocked(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    options = pin_options(tmp_path, vms=VMS, target="dv-production")
    hosts: Hosts = {name: (start_lab("drift", **answers), options) for name, answers in ANSWERS.items()}
    before = {name: nics(lab) for name, (lab, _options) in hosts.items()}
    played = play(hosts, CHANGE, warns=True, fails=None)
    for name, (lab, _options) in hosts.items():
        after = nics(lab)
        kept = ("configured_mac", "runtime_mac", "connected", "blocked")
        assert [[nic[key] for key in kept] for nic in after] == [[nic[key] for key in kept] for nic in before[name]]
        if succeeded(played.on(name)):
            assert {(nic["address_type"], nic["portgroup"]) for nic in after} == {("manual", "dv-production")}
        else:
            assert [nic["portgroup"] for nic in after] == [nic["portgroup"] for nic in before[name]]


def test_the_nested_vm_is_reached_or_nothing_is_opened(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    hosts: Hosts = {
        portgroup: (
            start_lab("nested", **others()),
            prepare_options(tmp_path, portgroup=portgroup, cluster="Compute"),
        )
        for portgroup in ("Nested", "dv-nested")
    }
    before = {name: lab.door("policies") for name, (lab, _options) in hosts.items()}
    played = play(hosts, PREPARE, warns=True, fails=None)
    done = {name: succeeded(played.on(name)) for name in hosts}
    for name, (lab, _options) in hosts.items():
        opened = [row for row in lab.door("policies") if row not in before[name]]
        assert bool(opened) is done[name], json.dumps(opened)
    if done["Nested"]:
        reach = hosts["Nested"][0].door("reach", source="nested-vm-1", target="gateway")
        assert (reach["outbound"]["ok"], reach["inbound"]["ok"]) == (True, True)
