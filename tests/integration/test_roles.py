# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles through their playbooks: what they promise beside the plain way, which molecule's scenarios go."""

from __future__ import annotations

import json
import pathlib
import ssl
import typing as t
import urllib.request

import yaml

from .conftest import ADMIN, HERE, ROOT, Lab, Play, Played, StartLab

CHANGE = ROOT / "playbooks/change_portgroup.yml"
PREPARE = ROOT / "playbooks/prepare_nested_esxi.yml"
RESTORE = ROOT / "playbooks/restore.yml"
VMS = ["web-01", "web-02", "lic-01", "off-01"]


def door(lab: Lab, action: str, **body: t.Any) -> t.Any:
    """What the lab itself says."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    url = f"https://127.0.0.1:{lab.port}/lab/{action}"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, context=context) as answer:
        return json.load(answer)


def nics(lab: Lab, *vms: str) -> list[tuple[str, str, str, str]]:
    """VM, MAC, type and portgroup of every vNIC."""
    states = [door(lab, "state", vm=vm) for vm in vms]
    names = ("configured_mac", "address_type", "portgroup")
    return [(state["vm"], *(nic[name] for name in names)) for state in states for nic in state["nics"]]


def pin(folder: pathlib.Path, **options: t.Any) -> tuple[str, str]:
    """Options of the role pin_static_macs, with its files in a folder of the test."""
    given = {"state_dir": str(folder / "state"), **options}
    return "-e", json.dumps({f"pin_static_macs_{name}": value for name, value in given.items()})


def prepare(folder: pathlib.Path, **options: t.Any) -> tuple[str, str]:
    given = {"state_dir": str(folder / "state"), **options}
    return "-e", json.dumps({f"prepare_nested_esxi_host_{name}": value for name, value in given.items()})


def said(played: Played) -> str:
    """All that was told or failed, in one text."""
    return "\n".join(str(task.result.get("msg", "")) for task in played.tasks)


def test_batches_keep_their_order_and_a_file_brings_all_back(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("drift")
    before = nics(lab, *VMS)
    options = pin(tmp_path, vms=VMS, target="dv-production", canary=["lic-01"], batch=2)

    play(lab, CHANGE, "--check", *options, warns=True)
    assert nics(lab, *VMS) == before
    assert not (tmp_path / "state").exists()

    done = play(lab, CHANGE, *options, warns=True)
    moves = [task.result["applied"] for task in done.tasks if "move | Connect" in task.name]
    assert moves == [["VM lic-01"], ["VM web-01", "VM web-02"], ["VM off-01"]]
    assert nics(lab, *VMS) == [(vm, mac, "manual", "dv-production") for vm, mac, *_rest in before]

    (file,) = (tmp_path / "state").iterdir()
    assert str(file) in said(done)
    play(lab, RESTORE, "-e", f"restore_file={file}", warns=True)
    assert nics(lab, *VMS) == before


def test_a_lost_connection_does_not_lead_on_to_promiscuous_mode(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("nested")
    before = door(lab, "policies")
    # The first login is that of the preview of MAC learning.
    door(lab, "fault", method="Login", cut="before")
    failed = play(lab, PREPARE, *prepare(tmp_path, portgroup="dv-nested"), fails=True)
    assert any("choose | See what is possible" in task.name for task in failed.tasks if task.status == "failed")
    assert "doesn't answer" in failed.output or "can't be reached" in failed.output or "broke" in failed.output
    assert door(lab, "policies") == before


def test_harm_stops_the_role_and_puts_its_batch_back(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    """The harm: while the second batch is under way, another admin connects one of its VMs elsewhere."""
    lab = start_lab("drift")
    before = nics(lab, "lic-01", "off-01")
    harm = {
        "name": "Connect lic-01 elsewhere",
        "ansible.builtin.uri": {
            "url": f"https://127.0.0.1:{lab.port}/lab/edit",
            "method": "POST",
            "body_format": "json",
            "body": {"vm": "lic-01", "label": "Network adapter 1", "portgroup": "dv-narrow"},
            "ca_path": lab.ca_file,
        },
        "when": f"'{door(lab, 'state', vm='lic-01')['moid']}' in pin_static_macs_current",
    }
    own = tmp_path / "own.yml"
    own.write_text(yaml.safe_dump([harm]))
    options = pin(tmp_path, vms=["web-01", "lic-01", "off-01"], target="dv-production", batch=1, own_tasks=str(own))
    text = said(play(lab, CHANGE, *options, fails=True, warns=True))
    assert "lic-01, Network adapter 1: it is on dv-narrow instead of dv-production." in text
    assert "Moved and put back: VM lic-01." in text
    assert "Done and verified before: vm-1." in text
    assert "Not begun: vm-8." in text
    assert nics(lab, "web-01")[0][3] == "dv-production"
    assert nics(lab, "lic-01", "off-01") == [(*before[0][:2], "manual", "dv-staging"), before[1]]


def test_what_would_be_refused_is_refused_before_the_first_write(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("drift")
    before = nics(lab, *VMS)
    refusals: dict[str, dict[str, t.Any]] = {
        "Near names: dv-production": {"vms": VMS, "target": "dv-prduction"},
        "Say which VMs": {"target": "dv-production"},
        "The change window is closed": {"vms": VMS, "window_end": "2026-01-01T00:00:00Z"},
        "is not a time in UTC": {"vms": VMS, "window_begin": "tomorrow"},
        "can only be pinned while off": {"vms": VMS, "target": "dv-production", "powered_on": "pending"},
        "are both dv-staging": {"portgroup": "dv-staging", "target": "dv-staging"},
    }
    for words, options in refusals.items():
        played = play(lab, CHANGE, *pin(tmp_path, **options), fails=True, warns=True)
        assert words in said(played)
        assert nics(lab, *VMS) == before


def test_steps_can_be_taken_one_by_one(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    """As the workflow in AWX does, with an approval between them."""
    lab = start_lab("drift")
    options = pin(tmp_path, vms="web-01, lic-01", target="dv-production")
    staged = [("web-01", "00:50:56:86:01:01"), ("lic-01", "00:50:56:86:03:01")]

    early = play(lab, CHANGE, "--tags", "verify", *options, fails=True, warns=True)
    assert "Not pinned or not moved yet: lic-01, web-01" in said(early)
    play(lab, CHANGE, "--tags", "pin", *options, warns=True)
    assert nics(lab, "web-01", "lic-01") == [(vm, mac, "manual", "dv-staging") for vm, mac in staged]
    play(lab, CHANGE, "--tags", "move", *options, warns=True)
    assert nics(lab, "web-01", "lic-01") == [(vm, mac, "manual", "dv-production") for vm, mac in staged]
    assert play(lab, CHANGE, "--tags", "verify", *options, warns=True).changed == []


def test_roles_serve_foreign_playbooks_and_leave_nothing_behind(start_lab: StartLab, play: Play) -> None:
    lab = start_lab("drift")
    played = play(lab, HERE / "foreign.yml", "-i", "app-server,", warns=True, VMWARE_USER="", VMWARE_PASSWORD="")
    assert nics(lab, "web-01")[0][2] == "manual"
    (learning,) = (each for each in door(lab, "policies") if each["portgroup"] == "dv-staging")
    assert (learning["learning"], learning["forged_transmits"], learning["promiscuous"]) == (True, True, False)
    assert len(played.changed) == 2


def test_what_was_opened_is_closed_again_as_it_was(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("nested")
    before = door(lab, "policies")
    options = prepare(tmp_path, vms=["nested-esxi-01"])

    play(lab, PREPARE, *options)
    opened = [each for each in door(lab, "policies") if each["promiscuous"]]
    assert {(each["portgroup"], each["host"]) for each in opened} == {("Nested", "esx01.lab"), ("Nested", "esx02.lab")}
    assert play(lab, PREPARE, *options).changed == []

    play(lab, PREPARE, "--check", *prepare(tmp_path, vms=["nested-esxi-01"], state="absent"))
    assert door(lab, "policies") != before
    play(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-01"], state="absent"))
    assert door(lab, "policies") == before
    assert list((tmp_path / "state").iterdir()) == []
    again = play(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-01"], state="absent"))
    assert again.changed == []


def scenario(folder: pathlib.Path, name: str, **changes: t.Any) -> str:
    """A file with a scenario that differs from `nested` in its only datacenter."""
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump({"extends": "nested", "title": name, "datacenters": [{"name": "DC1", **changes}]}))
    return str(file)


def test_an_old_distributed_switch_gets_what_it_can(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    old = {"name": "dvs-lab", "version": "6.5.0", "mac_learning_supported": False}
    # The hosts of such a switch know the legacy policy only.
    file = scenario(tmp_path, "old", distributed_switches=[old])
    lab = start_lab(file, "--set", "distributed_policy_precedence=legacy")
    play(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-02"]), warns=True)
    ping = door(lab, "reach", source="nested-vm-3", target="gateway")
    assert (ping["outbound"]["ok"], ping["inbound"]["ok"]) == (True, True)
    (policy,) = (each for each in door(lab, "policies") if each["portgroup"] == "dv-nested")
    assert (policy["promiscuous"], policy["learning"]) == (True, False)


def test_a_name_that_means_two_portgroups_is_not_guessed(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    twins = [{"name": "twin", "vlan": 100}]
    file = scenario(
        tmp_path,
        "twins",
        standard_switches=[{"name": "vSwitch0", "portgroups": twins}],
        distributed_switches=[{"name": "dvs-lab", "portgroups": twins}],
    )
    lab = start_lab(file)
    options = {"portgroup": "twin", "cluster": "Compute"}
    played = play(lab, PREPARE, *prepare(tmp_path, **options), fails=True)
    assert "twin is a standard portgroup as well as a distributed one" in said(played)
    assert not any(each["forged_transmits"] for each in door(lab, "policies"))
    play(lab, PREPARE, *prepare(tmp_path, **options, method="portgroup"))
    opened = {(each["portgroup"], each["host"] is None) for each in door(lab, "policies") if each["forged_transmits"]}
    assert opened == {("twin", False)}


def test_the_whole_vswitch_is_opened_on_request_only(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("nested")
    options = {"method": "vswitch", "switch": "vSwitch0", "cluster": "Compute"}
    played = play(lab, PREPARE, *prepare(tmp_path, **options))
    opened = {each["portgroup"] for each in door(lab, "policies") if each["promiscuous"]}
    assert {"Nested", "Production", "VM Network"} <= opened
    assert "app-01" in said(played)


def test_many_vcenters_don_t_wait_for_the_broken_ones(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    labs = {f"vc-{number}": start_lab("drift") for number in range(1, 4)}
    login = {"username": ADMIN["VMWARE_USER"], "password": ADMIN["VMWARE_PASSWORD"]}
    hosts = {
        name: {"vcenter": {"hostname": "127.0.0.1", "port": lab.port, "ca_path": lab.ca_file, **login}}
        for name, lab in labs.items()
    }
    # One vCenter is down, and one lets the account only read.
    hosts["vc-4"] = {"vcenter": {**hosts["vc-1"]["vcenter"], "port": 1}}
    hosts["vc-5"] = {"vcenter": {**hosts["vc-3"]["vcenter"], "username": "auditor@vsphere.local"}}
    del hosts["vc-3"]
    inventory = tmp_path / "vcenters.yml"
    inventory.write_text(yaml.safe_dump({"all": {"children": {"vcenters": {"hosts": hosts}}}}))

    options = pin(tmp_path, vms=["web-01"], target="dv-production")
    local = ("-e", "ansible_connection=local")
    played = play(
        labs["vc-1"], CHANGE, "-i", str(inventory), "--limit", "!lab", "--forks", "5", *local, *options, fails=True
    )
    (summary,) = (task.result["msg"] for task in played.tasks if task.name == "List the vCenters")
    lines = dict(line.split(": ", 1) for line in summary.splitlines())
    assert lines["vc-1"] == lines["vc-2"] == "done"
    assert "can't be reached" in lines["vc-4"]
    assert "VirtualMachine.Config.EditDevice" in lines["vc-5"]
    moved = {name: nics(lab, "web-01")[0][3] for name, lab in labs.items()}
    assert moved == {"vc-1": "dv-production", "vc-2": "dv-production", "vc-3": "dv-staging"}
