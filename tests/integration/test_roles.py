# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles through their playbooks: what they promise beside the plain way, which molecule's scenarios go.

Where one run can show several things, each is an inventory host with a vCenter and options of its own.
"""

from __future__ import annotations

import json
import pathlib
import re
import stat
import typing as t

import yaml

from .conftest import HERE, ROOT, Hosts, Lab, Play, Played, StartLab

CHANGE = ROOT / "playbooks/change_portgroup.yml"
PREPARE = ROOT / "playbooks/prepare_nested_esxi.yml"
RESTORE = ROOT / "playbooks/restore.yml"
VMS = ["web-01", "web-02", "lic-01", "off-01"]


def pin_options(folder: pathlib.Path, **options: t.Any) -> dict[str, t.Any]:
    """Options of the role pin_static_macs, with its files in a folder of the test."""
    given = {"state_dir": str(folder / "state"), **options}
    return {f"pin_static_macs_{name}": value for name, value in given.items()}


def pin(folder: pathlib.Path, **options: t.Any) -> tuple[str, str]:
    return "-e", json.dumps(pin_options(folder, **options))


def prepare_options(folder: pathlib.Path, **options: t.Any) -> dict[str, t.Any]:
    given = {"state_dir": str(folder / "state"), **options}
    return {f"prepare_nested_esxi_host_{name}": value for name, value in given.items()}


def prepare(folder: pathlib.Path, **options: t.Any) -> tuple[str, str]:
    return "-e", json.dumps(prepare_options(folder, **options))


def test_batches_keep_their_order_and_a_file_brings_all_back(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("drift")
    before = lab.nics(*VMS)
    # As -e and the surveys give it: a list as a text.
    told = pin_options(tmp_path, vms=VMS, target="dv-production", canary="lic-01", batch=2)

    play(lab, CHANGE, "--check", "-e", json.dumps(told), warns=True)
    assert lab.nics(*VMS) == before
    assert not (tmp_path / "state").exists()

    shared = tmp_path / "state"
    shared.mkdir()
    shared.chmod(0o1777)
    # Elsewhere nobody says an order; pinned-01 is only to be moved, the others are to be pinned as well.
    scope = {"portgroup": "dv-staging", "on_refused": "skip", "target": "dv-production", "batch": 2}
    hosts: Hosts = {"lab": (lab, told), "by-name": (start_lab("drift"), pin_options(tmp_path, **scope))}
    done = play(hosts, CHANGE, warns=True)
    moves = {
        host: [task.result["applied"] for task in done.on(host).tasks if "move | Connect" in task.name]
        for host in hosts
    }
    assert moves == {
        "lab": [["VM lic-01"], ["VM web-01", "VM web-02"], ["VM off-01"]],
        "by-name": [["VM lic-01", "VM off-01"], ["VM pinned-01", "VM web-01"], ["VM web-02"]],
    }
    assert lab.nics(*VMS) == [(vm, mac, "manual", "dv-production") for vm, mac, *_rest in before]

    (file,) = shared.glob("lab.*")
    assert (stat.S_IMODE(shared.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o1777, 0o600)
    assert str(file) in done.on("lab").said
    other = start_lab("drift", seed=2)
    back = ("-e", f"restore_file={file}")
    elsewhere = play(other, RESTORE, *back, fails=True)
    previewed = play(lab, RESTORE, *back, "--check", warns=True, ANSIBLE_CALLBACK_RESULT_FORMAT="json")
    assert f"{file} is about 127.0.0.1 (" in elsewhere.said
    both = play({"other": (other, {}), "one": (lab, {})}, RESTORE, *back, warns=True)
    assert lab.nics(*VMS) == before
    assert both.on("other")["Connect vNICs to their former portgroups"].status == "skipped"
    told = both.on("one")["Tell"].result["msg"]
    assert told.startswith("Done on 127.0.0.1, ")
    assert "web-01, Network adapter 1: restored, portgroup dv-staging\n" in told
    assert f"web-01, Network adapter 1: restored, MAC {before[0][1]} assigned" in told
    # In JSON a text would be one long line.
    assert previewed["Tell"].result["msg"] == told.replace("Done", "Preview").splitlines()


def test_harm_stops_the_role_and_puts_back_the_batch_that_it_hit(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    moved, refused = start_lab("drift"), start_lab("drift")
    before = moved.nics("lic-01", "off-01")
    # While the second batch is under way, another admin connects one of its VMs elsewhere.
    harm: dict[str, t.Any] = {
        "name": "Connect lic-01 elsewhere",
        "ansible.builtin.uri": {
            "url": f"https://127.0.0.1:{moved.port}/lab/edit",
            "method": "POST",
            "body_format": "json",
            "body": {"vm": "lic-01", "label": "Network adapter 1", "portgroup": "dv-narrow"},
            "ca_path": moved.ca_file,
        },
        "when": f"'{moved.door('state', vm='lic-01')['moid']}' in pin_static_macs_current",
    }
    own = tmp_path / "own.yml"
    own.write_text(yaml.safe_dump([harm]))
    # Elsewhere, the second batch can't be pinned, so nothing of it is moved; and nothing of the first one put back.
    refused.door("fault", method="ReconfigVM_Task", object="lic-01", times=0, fault="InvalidState")
    refused.door("edit", vm="lic-01", label="Network adapter 1", type="assigned")
    # And there, one VM can't go back any more, and another one's way back fails.
    crowded = start_lab("drift")
    crowded.door("edit", vm="app-01", label="Network adapter 1", portgroup="dv-narrow")
    crowded.door("fault", method="ReconfigVM_Task", object="lic-01", nth=3, fault="InvalidState")
    fill = {**harm["ansible.builtin.uri"], "url": f"https://127.0.0.1:{crowded.port}/lab/edit"}
    fill |= {"body": {**fill["body"], "vm": "db-01"}, "ca_path": crowded.ca_file}
    spoilt = tmp_path / "spoilt.yml"
    spoilt.write_text(
        yaml.safe_dump(
            [
                {"name": "Take the only port of dv-narrow", "ansible.builtin.uri": fill},
                {"name": "Spoil it", "ansible.builtin.fail": {"msg": "spoilt"}},
            ]
        )
    )
    both = {"vms": ["web-01", "lic-01", "off-01"], "target": "dv-production", "batch": 1}
    stuck = ["app-01", "lic-01", "web-01"]
    full = {"vms": stuck, "target": "Production", "parallel": 1, "own_tasks": str(spoilt)}
    hosts = {
        "moved": (moved, pin_options(tmp_path, **both, own_tasks=str(own))),
        "refused": (refused, pin_options(tmp_path, **both)),
        "crowded": (crowded, pin_options(tmp_path, **full)),
    }
    played = play(hosts, CHANGE, fails=True, warns=True)

    text = played.on("moved").said
    assert "lic-01, Network adapter 1: it is on dv-narrow instead of dv-production." in text
    assert "Moved and put back: VM lic-01." in text
    assert "Done and verified before: web-01." in text
    assert "Not begun: off-01." in text
    assert moved.nics("web-01")[0][3] == "dv-production"
    assert moved.nics("lic-01", "off-01") == [(*before[0][:2], "manual", "dv-staging"), before[1]]

    text = played.on("refused").said
    assert "Nothing of this batch was moved." in text
    assert "Done and verified before: web-01." in text
    assert [nic[3] for nic in refused.nics("web-01", "lic-01")] == ["dv-production", "dv-staging"]

    text = played.on("crowded").said
    assert "Moved and put back: VM web-01." in text
    assert "PUTTING BACK FAILED: Failed to edit VM lic-01" in text
    assert "NOT PUT BACK: app-01, Network adapter 1: dv-narrow has only 0 free ports" in text
    assert [nic[3] for nic in crowded.nics(*stuck)] == ["Production", "Production", "dv-staging"]


def test_a_misspelt_option_is_refused(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("drift")
    played = play(lab, CHANGE, *pin(tmp_path, vms=VMS, target="dv-production", window_edn="later"), fails=True)
    assert "pin_static_macs_window_edn is no option of the role pin_static_macs." in played.said
    played = play(lab, PREPARE, *prepare(tmp_path, vms="web-01", clustr="Compute"), fails=True)
    assert "prepare_nested_esxi_host_clustr is no option of the role prepare_nested_esxi_host." in played.said


def test_what_would_be_refused_is_refused_before_the_first_write(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("drift")
    before = lab.nics(*VMS)
    refusals: dict[str, dict[str, t.Any]] = {
        "Near names: dv-production": {"vms": VMS, "target": "dv-prduction"},
        "Say which VMs": {"target": "dv-production"},
        "The change window closed at 2026-01-01": {"vms": VMS, "window_end": "2026-01-01T00:00:00Z"},
        "is not a time in UTC": {"vms": VMS, "window_begin": "tomorrow"},
        "can only be pinned while off": {"vms": VMS, "target": "dv-production", "powered_on": "pending"},
        "are both dv-staging": {"portgroup": "dv-staging", "target": "dv-staging"},
        "'web-1'": {"vms": VMS, "target": "dv-production", "canary": ["web-1"]},
        "db-01 is not in the scope": {"vms": VMS, "target": "dv-production", "canary": ["db-01", "web-01"]},
    }
    hosts = {f"vc-{number}": (lab, pin_options(tmp_path, **told)) for number, told in enumerate(refusals.values())}
    played = play(hosts, CHANGE, fails=True, warns=True)
    for name, words in zip(hosts, refusals, strict=True):
        assert words in played.on(name).said
    assert lab.nics(*VMS) == before


def test_roles_serve_foreign_playbooks_and_leave_nothing_behind(start_lab: StartLab, play: Play) -> None:
    lab = start_lab("drift")
    played = play(lab, HERE / "foreign.yml", "-i", "app-server,", warns=True, VMWARE_USER="", VMWARE_PASSWORD="")
    assert lab.nics("web-01")[0][2] == "manual"
    (learning,) = (each for each in lab.door("policies") if each["portgroup"] == "dv-staging")
    assert (learning["learning"], learning["forged_transmits"], learning["promiscuous"]) == (True, True, False)
    assert len(played.changed) == 2


def test_what_was_opened_is_closed_again_as_it_was(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    """Also what a second run has opened by another method; and a second time there is nothing to close."""
    labs = {"standard": start_lab("nested"), "distributed": start_lab("nested")}
    vms = {"standard": {"vms": ["nested-esxi-01"]}, "distributed": {"vms": ["nested-esxi-02"]}}
    methods = {"standard": {"method": "vswitch", "switch": "vSwitch0"}, "distributed": {"method": "dvportgroup"}}

    def run(*arguments: str, **more: t.Any) -> Played:
        told = {name: {**vms[name], **more.get(name, {})} for name in labs}
        hosts = {name: (lab, prepare_options(tmp_path, **told[name])) for name, lab in labs.items()}
        return play(hosts, PREPARE, *arguments, warns=True)

    def policies() -> dict[str, t.Any]:
        return {name: lab.door("policies") for name, lab in labs.items()}

    before = policies()
    run()
    opened = [each for each in policies()["standard"] if each["promiscuous"]]
    assert {(each["portgroup"], each["host"]) for each in opened} == {("Nested", "esx01.lab"), ("Nested", "esx02.lab")}
    (learning,) = (each for each in policies()["distributed"] if each["portgroup"] == "dv-nested")
    assert (learning["learning"], learning["promiscuous"]) == (True, False)

    run(**methods)
    wide = policies()
    assert {"Production"} < {each["portgroup"] for each in wide["standard"] if each["promiscuous"]}
    assert [each["portgroup"] for each in wide["distributed"] if each["promiscuous"]] == ["dv-nested"]

    absent = {name: {"state": "absent"} for name in labs}
    assert run("--check", **absent).changed
    assert policies() == wide
    run(**absent)
    assert policies() == before
    assert list((tmp_path / "state").iterdir()) == []
    assert run(**absent).changed == []


def test_tags_do_a_whole_step_or_nothing(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("drift")
    own = tmp_path / "own.yml"
    own.write_text(yaml.safe_dump([{"name": "Mine", "ansible.builtin.debug": {"msg": "Mine"}}]))
    options = pin(tmp_path, vms=["pinned-01"], target="dv-production", own_tasks=str(own))
    refused = play(lab, CHANGE, "--skip-tags", "verify", *options, fails=True)
    assert "would take parts out of the other steps" in refused.said
    # The tags of somebody else's tasks: nothing is read, not even whether the options make sense.
    for playbook in (CHANGE, PREPARE):
        assert "PLAY RECAP" in play(lab, playbook, "--tags", "other", VMWARE_PORT="1").output
    moved = play(lab, CHANGE, "--tags", "move", *options)
    assert lab.nics("pinned-01")[0][3] == "dv-production"
    assert any(task.name.endswith("Mine") for task in moved.tasks)


def scenario(folder: pathlib.Path, name: str, **changes: t.Any) -> str:
    """A file with a scenario that differs from `nested` in its only datacenter."""
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump({"extends": "nested", "title": name, "datacenters": [{"name": "DC1", **changes}]}))
    return str(file)


def test_the_method_is_chosen_by_what_the_switch_is(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    old = {"name": "dvs-lab", "version": "6.5.0", "mac_learning_supported": False}
    portgroups = [{"name": "twin", "vlan": 100}]
    twins = scenario(
        tmp_path,
        "twins",
        standard_switches=[{"name": "vSwitch0", "portgroups": portgroups}],
        distributed_switches=[{"name": "dvs-lab", "portgroups": portgroups}],
    )
    labs: dict[str, tuple[Lab, dict[str, t.Any]]] = {
        "lost": (start_lab("nested"), {"portgroup": "dv-nested"}),
        # The hosts of such a switch know the legacy policy only.
        "old": (
            start_lab(scenario(tmp_path, "old", distributed_switches=[old]), distributed_policy_precedence="legacy"),
            {"vms": ["nested-esxi-02"]},
        ),
        "unclear": (start_lab(twins), {"portgroup": "twin", "cluster": "Compute"}),
        "clear": (start_lab(twins), {"portgroup": "twin", "cluster": "Compute", "method": "portgroup"}),
        "whole": (start_lab("nested"), {"method": "vswitch", "switch": "vSwitch0", "cluster": "Compute"}),
        "shielded": (start_lab("nested"), {"portgroup": "dv-restricted"}),
    }
    before = {name: lab.door("policies") for name, (lab, _options) in labs.items()}
    # The first login is to see which vCenter this is, the second one that of the preview of MAC learning.
    labs["lost"][0].door("fault", method="Login", nth=2, cut="before")
    hosts: Hosts = {name: (lab, prepare_options(tmp_path, **options)) for name, (lab, options) in labs.items()}
    played = play(hosts, PREPARE, fails=True, warns=True)
    after = {name: lab.door("policies") for name, (lab, _options) in labs.items()}

    # A lost connection does not lead on to promiscuous mode.
    lost = played.on("lost")
    assert "choose | Every answer is a yes or a sound no" in lost.failed[0]
    assert "doesn't answer" in lost.said or "can't be reached" in lost.said or "broke" in lost.said
    assert after["lost"] == before["lost"]

    # An old distributed switch gets what it can.
    assert labs["old"][0].door("reach", source="nested-vm-3", target="gateway")["ok"]
    (policy,) = (each for each in after["old"] if each["portgroup"] == "dv-nested")
    assert (policy["promiscuous"], policy["learning"]) == (True, False)

    # A name that means two portgroups is not guessed.
    assert "twin is a standard portgroup as well as a distributed one" in played.on("unclear").said
    assert not any(each["forged_transmits"] for each in after["unclear"])
    assert {(each["portgroup"], each["host"] is None) for each in after["clear"] if each["forged_transmits"]} == {
        ("twin", False)
    }

    # The whole vSwitch is opened on request only, and it is told whom that reaches.
    assert {"Nested", "Production", "VM Network"} <= {
        each["portgroup"] for each in after["whole"] if each["promiscuous"]
    }
    assert "app-01" in played.on("whole").said

    # Who doesn't get it is told by port and name.
    shielded = played.on("shielded").said
    assert re.search(r"Not in force for the ports with a policy of their own: \d+ \(app-04\)$", shielded, re.MULTILINE)


def test_many_vcenters_don_t_wait_for_the_broken_ones(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    labs = {f"vc-{number}": start_lab("drift") for number in range(1, 5)}
    options = pin_options(tmp_path, vms=["web-01"], target="dv-production")
    hosts = {name: (lab, options) for name, lab in labs.items()}
    # One lets the account only read, and one more vCenter is down.
    hosts["vc-4"] = (
        labs["vc-4"],
        {**options, "vcenter": {**labs["vc-4"].connection, "username": "auditor@vsphere.local"}},
    )
    hosts["vc-5"] = (labs["vc-1"], {**options, "vcenter": {**labs["vc-1"].connection, "port": 1}})
    played = play(hosts, CHANGE, "--forks", "5", fails=True)
    (summary,) = (task.result["msg"] for task in played.tasks if task.name == "List the vCenters")
    lines = dict(line.split(": ", 1) for line in summary.splitlines())
    assert lines["vc-1"] == lines["vc-2"] == lines["vc-3"] == "done"
    assert "VirtualMachine.Config.EditDevice" in lines["vc-4"]
    assert "can't be reached" in lines["vc-5"]
    moved = {name: lab.nics("web-01")[0][3] for name, lab in labs.items()}
    assert moved == {name: "dv-staging" if name == "vc-4" else "dv-production" for name in labs}
