# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vnic_portgroup against the lab: what is moved keeps its MAC, and what mustn't be moved stays."""

from __future__ import annotations

import typing as t

import pytest
import vsphere_lab

from .admin import Admin, hide_config
from .conftest import Run, outcomes

Result = dict[str, t.Any]
pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("drift")


@pytest.mark.parametrize(
    ("vm", "vnics", "index", "target"),
    [
        pytest.param("web-01", ["all"], 0, "dv-production", id="distributed to distributed"),
        pytest.param("web-01", ["all"], 0, "Production", id="distributed to standard"),
        pytest.param("web-02", ["2"], 1, "Production", id="standard to standard"),
        pytest.param("web-02", ["2"], 1, "dv-production", id="standard to distributed"),
        pytest.param("off-01", ["all"], 0, "Production", id="a VM that is off, to standard"),
        pytest.param("off-01", ["all"], 0, "dv-production", id="a VM that is off, to distributed"),
    ],
)
@pytest.mark.parametrize("answer", ["next_connect", "at_once"])
def test_a_pinned_vnic_is_moved_once_and_only_its_portgroup_changes(
    run: Run, vm: str, vnics: list[str], index: int, target: str, answer: str
) -> None:
    lab = vsphere_lab.load("drift", switches={"backing_change_on_running_vm": answer})
    admin = Admin(lab)
    run(lab, "vnic_mac_pin", vms=[vm])
    before = admin.estate()
    foretold = run(lab, "vnic_portgroup", vms=[vm], vnics=vnics, target=target, check=True)
    assert admin.estate() == before
    moved = run(lab, "vnic_portgroup", vms=[vm], vnics=vnics, target=target)
    assert set(outcomes(moved).values()) == {"moved"}
    expected = dict(before)
    expected[vm] = list(before[vm])
    expected[vm][index] = before[vm][index]._replace(portgroup=target)
    assert admin.estate() == expected
    for key in ("changed", "diff", "vnics", "summary", "restore"):
        assert foretold[key] == moved[key], key
    assert not run(lab, "vnic_portgroup", vms=[vm], vnics=vnics, target=target)["changed"]
    assert admin.events("VmMacChangedEvent") == 0


def test_what_leaves_a_segment_of_nsx_is_told_so(run: Run) -> None:
    lab = vsphere_lab.load("nested")
    (pinned,) = run(lab, "vnic_mac_pin", vms=["app-05"])["vnics"]
    assert "nsx-segment is a segment of NSX, whose profiles" in pinned["note"]
    (moved,) = run(lab, "vnic_portgroup", vms=["app-05"], target="dv-production")["vnics"]
    assert moved["outcome"] == "moved"
    assert "nsx-segment is a segment of NSX: what NSX applies to its port" in moved["note"]
    (other,) = run(lab, "vnic_mac_pin", vms=["app-03"])["vnics"]
    assert "NSX" not in other["note"]


def test_everything_from_one_portgroup_to_another_and_back(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    run(lab, "vnic_mac_pin", portgroup="dv-staging", on_refused="skip")
    before = admin.estate()
    moved = run(lab, "vnic_portgroup", portgroup="dv-staging", target="dv-production", on_refused="skip")
    gone = {name for name, outcome in outcomes(moved).items() if outcome == "moved"}
    assert {"web-01 1", "web-02 1", "lic-01 1", "off-01 1", "pinned-01 1"} == gone
    assert "web-02 2" not in outcomes(moved), "it is on another portgroup"
    for name, seen in admin.estate().items():
        for number, (old, new) in enumerate(zip(before[name], seen, strict=True), 1):
            target = "dv-production" if f"{name} {number}" in gone else old.portgroup
            assert new == old._replace(portgroup=target)
    back = run(lab, "vnic_portgroup", restore=moved["restore"])
    assert {name for name, outcome in outcomes(back).items() if outcome == "restored"} == gone
    assert admin.estate() == before
    assert not run(lab, "vnic_portgroup", restore=moved["restore"])["changed"]


def test_what_isnt_pinned_is_refused_unless_that_is_wanted(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.one("web-01")
    refused = run(lab, "vnic_portgroup", vms=["web-01"], target="dv-production")
    assert refused["failed"]
    assert "vnic_mac_pin" in refused["msg"]
    assert admin.one("web-01") == before
    run(lab, "vnic_portgroup", vms=["web-01"], target="dv-production", require_pinned=False)
    assert admin.one("web-01") == before._replace(portgroup="dv-production")


def test_a_drifted_vnic_stays_where_its_port_is_open(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    admin.forget_mac("web-01")
    run(lab, "vnic_mac_pin", vms=["web-01"], keep="configured")
    before = admin.one("web-01")
    refused = run(lab, "vnic_portgroup", vms=["web-01"], target="dv-production")
    assert refused["failed"]
    assert "has drifted" in refused["msg"]
    assert admin.one("web-01") == before


def test_what_is_not_known_is_not_taken_for_no_drift(run: Run) -> None:
    """A guest without Tools on a standard switch, whose port list may hold what is configured."""
    lab = vsphere_lab.load("drift", switches={"standard_port_mac": "configured"})
    admin = Admin(lab)
    used = admin.forget_mac("quiet-01")
    run(lab, "vnic_mac_pin", vms=["quiet-01"], keep="configured")
    before = admin.one("quiet-01")
    assert before.runtime == used != before.mac
    result = run(lab, "vnic_portgroup", vms=["quiet-01"], target="dv-production")
    assert admin.one("quiet-01").blocked is False
    assert "not known for certain" in result["msg"]
    assert admin.one("quiet-01") == before
    accepted = run(lab, "vnic_portgroup", vms=["quiet-01"], target="dv-production", allow_unknown=True)
    assert accepted["failed"], "its new port knows the MAC in use, so the harm is seen"
    assert used in accepted["failed_changes"][0]["found"][0]["harm"][0]


def test_a_pin_that_is_only_assumed_is_looked_for_before_the_write(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.one("web-01")
    options = {"vms": ["web-01"], "target": "dv-production", "assume_pinned": True}
    assert outcomes(run(lab, "vnic_portgroup", **options, check=True)) == {"web-01 1": "moved"}
    assert outcomes(run(lab, "vnic_portgroup", **options)) == {"web-01 1": "failed"}
    assert admin.one("web-01") == before
    run(lab, "vnic_mac_pin", vms=["web-01"])
    assert outcomes(run(lab, "vnic_portgroup", **options)) == {"web-01 1": "moved"}


def test_a_move_that_blocks_the_port_all_the_same_is_a_failure(run: Run) -> None:
    """Between the plan and the edit the guest takes another MAC; nothing that was read could tell."""
    lab = vsphere_lab.load("drift", switches={"backing_change_on_running_vm": "at_once"})
    admin = Admin(lab)
    run(lab, "vnic_mac_pin", vms=["web-01", "web-02", "lic-01", "pinned-01"])

    def guest_takes_another(call: t.Any) -> None:
        vm = admin.inside("lic-01")
        (key,) = vm.links
        vm.links[key] = vsphere_lab.links.replace(vm.links[key], runtime="02:00:00:00:00:99")

    lab.door("fault", method="ReconfigVM_Task", object="lic-01", run=guest_takes_another)
    vms = ["lic-01", "pinned-01", "web-01", "web-02"]
    result = run(lab, "vnic_portgroup", vms=vms, vnics=["1"], target="dv-production", parallel=2)
    assert result["failed"]
    assert list(outcomes(result).values()) == ["failed", "moved", "untouched", "untouched"]
    (failure,) = result["failed_changes"]
    assert any("blocked" in harm for harm in failure["found"][0]["harm"])
    back = run(lab, "vnic_portgroup", restore=result["restore"])
    assert outcomes(back) == {"lic-01 1": "restored", "pinned-01 1": "restored"}
    assert {admin.seen(name)[0].portgroup for name in vms} == {"dv-staging"}


def test_ports_that_are_left_are_counted(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    run(lab, "vnic_mac_pin", vms=["web-01", "lic-01"])
    before = admin.estate()
    result = run(lab, "vnic_portgroup", vms=["web-01", "lic-01"], target="dv-narrow")
    assert result["failed"]
    assert "only 1 free ports" in result["msg"]
    assert admin.estate() == before
    result = run(lab, "vnic_portgroup", vms=["web-01", "lic-01"], target="dv-narrow", on_refused="skip")
    assert sorted(outcomes(result).values()) == ["moved", "refused"]
    again = run(lab, "vnic_portgroup", vms=["web-01", "lic-01"], target="dv-narrow", on_refused="skip")
    assert sorted(outcomes(again).values()) == ["already", "refused"]


def test_a_duplicate_is_not_touched(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    result = run(lab, "vnic_portgroup", vms=["dup-a"], target="dv-production")
    assert result["failed"]
    assert "dup-b" in result["msg"]
    assert admin.estate() == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"vms": ["pinned-01"]}, "one of the following is required: target, restore"),
        ({"target": "dv-production"}, "one of the following is required"),
        ({"target": "dv-production", "vms": None}, "Say which VMs"),
        ({"vms": ["pinned-01"], "target": None}, "where to move"),
        ({"vms": ["pinned-01"], "target": ""}, "target is empty"),
        ({"vms": ["pinned-01"], "target": "dv-prodution"}, "Near names: dv-production"),
        ({"vms": ["pinned-01"], "target": "dvs-lab-DVUplinks"}, "uplink portgroup"),
        ({"vms": ["pinned-01"], "target": "dv-production", "target_switch": "vSwitch0"}, "on vSwitch0"),
        ({"vms": ["pinned-01"], "target": "dv-production", "target_type": "portgroup"}, "no standard portgroup"),
        ({"vms": ["pinned-01"], "target": "dv-production", "restore": []}, "mutually exclusive"),
    ],
)
def test_bad_options_change_nothing(lab: vsphere_lab.Lab, run: Run, options: dict[str, t.Any], says: str) -> None:
    admin = Admin(lab)
    before = admin.estate()
    result = run(lab, "vnic_portgroup", **options)
    assert result["failed"]
    assert says in result["msg"]
    assert admin.estate() == before


def test_special_vms_are_left_alone(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    special = ["tmpl-linux", "old-01", "managed-01", "backup-01", "sriov-01", "fresh-01"]
    before = admin.estate()
    result = run(lab, "vnic_portgroup", vms=special, target="dv-production", require_pinned=False)
    assert set(outcomes(result).values()) == {"skipped"}
    assert admin.estate() == before


def test_a_snapshot_is_worth_a_warning(lab: vsphere_lab.Lab, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("ansible.module_utils.basic.AnsibleModule.warn", lambda module, text: told.append(text))
    run(lab, "vnic_mac_pin", vms=["lic-01", "web-01"])
    assert any("VMs with snapshots: lic-01" in text for text in told)


def test_a_snapshot_may_be_a_reason_to_refuse(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    moving = {"vms": ["lic-01", "web-01"], "target": "dv-production", "require_pinned": False, "on_snapshots": "fail"}
    refused = run(lab, "vnic_portgroup", **moving)
    assert refused["failed"]
    assert "before licence renewal" in refused["msg"]
    assert admin.estate() == before
    skipped = run(lab, "vnic_portgroup", **moving, on_refused="skip")
    assert outcomes(skipped) == {"lic-01 1": "refused", "web-01 1": "moved"}
    assert admin.one("lic-01") == before["lic-01"][0]


def test_a_vm_without_config_is_no_success(lab: vsphere_lab.Lab, run: Run) -> None:
    hide_config(lab, "web-01")
    result = run(lab, "vnic_portgroup", vms=["web-01"], target="dv-production")
    assert result["failed"]
    assert "doesn't show the vNICs of web-01" in result["msg"]
    result = run(lab, "vnic_portgroup", vms=["web-01"], on_refused="skip", target="dv-production")
    assert not result["changed"]


NAMESAKES = {
    "extends": "drift",
    "title": "Portgroups of one name",
    "datacenters": [
        {
            "name": "DC1",
            "distributed_switches": [
                {"name": "dvs-lab", "portgroups": [{"name": "Production"}]},
                {"name": "dvs-two", "portgroups": [{"name": "Production"}, {"name": "dv-narrow"}]},
            ],
        }
    ],
}


@pytest.mark.parametrize(
    ("options", "switch"),
    [
        pytest.param({"target": "Production"}, None, id="two kinds, three switches"),
        pytest.param({"target": "Production", "target_type": "dvportgroup"}, None, id="two distributed switches"),
        pytest.param({"target": "dv-narrow"}, None, id="two distributed switches, one kind"),
        pytest.param({"target": "Production", "target_type": "portgroup"}, "vSwitch0", id="the standard one"),
        pytest.param({"target": "Production", "target_switch": "dvs-two"}, "dvs-two", id="by switch"),
        pytest.param({"target": "dv-narrow", "target_switch": "dvs-lab"}, "dvs-lab", id="by switch, one kind"),
    ],
)
def test_portgroups_of_one_name_are_never_guessed(run: Run, options: dict[str, t.Any], switch: str | None) -> None:
    lab = vsphere_lab.load(NAMESAKES)
    admin = Admin(lab)
    before = admin.one("pinned-01")
    result = run(lab, "vnic_portgroup", vms=["pinned-01"], **options)
    vm = admin.inside("pinned-01")
    port = vm.dvports.get(vm.nics[0].key)
    if switch is None:
        assert result["failed"]
        assert "target_switch" in result["msg"]
        assert admin.one("pinned-01") == before
    else:
        assert (port.group.switch.name if port else "vSwitch0") == switch
        assert admin.one("pinned-01") == before._replace(portgroup=options["target"])


def test_a_host_without_a_vcenter_is_served_too(run: Run) -> None:
    lab = vsphere_lab.load("esxi")
    account = {"username": "root", "vms": ["web-01", "off-01"]}
    refused = run(lab, "vnic_mac_pin", **account)
    assert "00:0c:29" in refused["msg"], "a host refuses its own range as static at power-on"
    moved = run(lab, "vnic_portgroup", **account, target="Nested", require_pinned=False)
    assert outcomes(moved) == {"off-01 1": "moved", "web-01 1": "moved"}
    assert not run(lab, "vnic_portgroup", **account, target="Nested", require_pinned=False)["changed"]
    back = run(lab, "vnic_portgroup", username="root", restore=moved["restore"])
    assert set(outcomes(back).values()) == {"restored"}
