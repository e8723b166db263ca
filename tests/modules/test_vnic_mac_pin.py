# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vnic_mac_pin against the lab, under every answer to what no document says."""

from __future__ import annotations

import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim

from .admin import Admin, hide_config
from .conftest import Run, outcomes

Result = dict[str, t.Any]
pytestmark = pytest.mark.usefixtures("no_pauses")
MAC = "00:50:56:86:01:01"
RESERVED = "00:50:56:58:59:60"
UNCHECKED: Result = {"vms": ["off-01"], "mac": RESERVED, "allow_reserved_range": True, "check_mac_address": False}


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("drift")


def test_a_running_vm_is_pinned_once(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    first = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert first["changed"]
    assert outcomes(first) == {"web-01 1": "pinned"}
    assert admin.one("web-01") == before["web-01"][0]._replace(type="manual")
    assert {name: seen for name, seen in admin.estate().items() if name != "web-01"} == {
        name: seen for name, seen in before.items() if name != "web-01"
    }
    second = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert not second["changed"]
    assert outcomes(second) == {"web-01 1": "already"}


def test_check_mode_shows_the_same_and_writes_nothing(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    foretold = run(lab, "vnic_mac_pin", vms=["web-01", "off-01"], check=True)
    assert admin.estate() == before
    assert admin.calls("ReconfigVM_Task") == 0
    done = run(lab, "vnic_mac_pin", vms=["web-01", "off-01"])
    for key in ("changed", "diff", "vnics", "summary", "restore"):
        assert foretold[key] == done[key], key
    assert foretold["diff"]["before"]["VM web-01"][0]["address_type"] == "assigned"
    assert foretold["diff"]["after"]["VM web-01"][0]["address_type"] == "manual"


def test_all_vnics_of_a_vm_go_in_one_spec(lab: vsphere_lab.Lab, run: Run) -> None:
    result = run(lab, "vnic_mac_pin", vms=["web-02"])
    assert outcomes(result) == {"web-02 1": "pinned", "web-02 2": "pinned"}
    assert Admin(lab).calls("ReconfigVM_Task") == 1


@pytest.mark.parametrize(
    ("vnics", "pinned"),
    [
        (["all"], {"web-02 1", "web-02 2"}),
        (["network adapter 2"], {"web-02 2"}),
        (["1"], {"web-02 1"}),
        (["4001"], {"web-02 2"}),
        (["0050.5686.0103"], {"web-02 2"}),
    ],
)
def test_vnics_are_chosen_by_label_position_key_or_mac(
    lab: vsphere_lab.Lab, run: Run, vnics: list[str], pinned: set[str]
) -> None:
    assert set(outcomes(run(lab, "vnic_mac_pin", vms=["web-02"], vnics=vnics))) == pinned


def test_special_vms_of_a_scope_are_skipped_with_a_reason(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    result = run(lab, "vnic_mac_pin", datacenter="DC1")
    told = outcomes(result)
    skipped = {"tmpl-linux", "old-01", "managed-01", "backup-01", "sriov-01", "fresh-01"}
    assert {name[:-2] for name, outcome in told.items() if outcome == "skipped"} == skipped
    assert all(each["reason"] for each in result["vnics"] if each["outcome"] == "skipped")
    for name, seen in admin.estate().items():
        for old, new in zip(before[name], seen, strict=True):
            expected = old if name in skipped or name.startswith("dup") else old._replace(type="manual")
            assert new == expected


def test_a_mac_that_a_template_has_is_refused_before_anything_is_written(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    template = before["tmpl-linux"][0].mac
    result = run(lab, "vnic_mac_pin", vms=["off-01"], mac=template, allow_reserved_range=True)
    assert result["failed"]
    assert "tmpl-linux" in result["msg"]
    assert outcomes(result) == {"off-01 1": "refused"}
    assert admin.estate() == before


@pytest.mark.parametrize("keep", ["configured", "runtime"])
def test_a_drifted_vnic_needs_a_word_on_which_mac_is_right(lab: vsphere_lab.Lab, run: Run, keep: str) -> None:
    admin = Admin(lab)
    used = admin.forget_mac("web-01")
    before = admin.one("web-01")
    assert before.mac != used == before.runtime
    refused = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert refused["failed"]
    assert not refused["changed"]
    assert used in refused["msg"]
    assert outcomes(refused) == {"web-01 1": "refused"}
    assert admin.one("web-01") == before
    told = run(lab, "vnic_mac_pin", vms=["web-01"], keep=keep)
    if keep == "configured":
        assert admin.one("web-01") == before._replace(type="manual")
    else:
        assert f"mac: {used}" in told["msg"]
        assert admin.one("web-01") == before


def test_the_mac_in_use_is_pinned_while_the_vm_is_off(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    used = admin.forget_mac("web-01")
    pending = run(lab, "vnic_mac_pin", vms=["web-01"], keep="runtime", powered_on="pending")
    assert outcomes(pending) == {"web-01 1": "pending_power_off"}
    assert not pending["changed"]
    admin.power("web-01", on=False)
    done = run(lab, "vnic_mac_pin", vms=["web-01"], mac=used, allow_reserved_range=True)
    assert outcomes(done) == {"web-01 1": "pinned"}
    admin.power("web-01", on=True)
    assert admin.one("web-01").runtime == used


def test_a_static_mac_is_given_to_a_vm_that_is_off(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    result = run(lab, "vnic_mac_pin", vms=["off-01"], mac="0050.5612.3456")
    assert outcomes(result) == {"off-01 1": "pinned"}
    assert admin.one("off-01")[:2] == ("00:50:56:12:34:56", "manual")
    admin.power("off-01", on=True)
    assert not run(lab, "vnic_mac_pin", vms=["off-01"], mac="00-50-56-12-34-56")["changed"]


@pytest.mark.parametrize(("answer", "outcome"), [("taken", "pinned"), ("refused", "failed")])
def test_whether_a_running_vm_takes_a_pin_is_told_as_it_is(run: Run, answer: str, outcome: str) -> None:
    lab = vsphere_lab.load("drift", switches={"type_only_pin_on_running_vm": answer})
    admin = Admin(lab)
    before = admin.one("web-01")
    result = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert outcomes(result) == {"web-01 1": outcome}
    assert result["changed"] is (answer == "taken")
    assert bool(result.get("failed")) is (answer == "refused")
    if answer == "refused":
        assert "InvalidPowerState" in result["msg"]
        assert result["restore"] == []
        assert admin.one("web-01") == before


def test_unpin_and_restore_give_the_type_back(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.estate()
    pinned = run(lab, "vnic_mac_pin", vms=["web-01", "web-02", "off-01"])
    restored = run(lab, "vnic_mac_pin", restore=pinned["restore"])
    assert set(outcomes(restored).values()) == {"restored"}
    assert admin.estate() == before
    assert not run(lab, "vnic_mac_pin", restore=pinned["restore"])["changed"]
    run(lab, "vnic_mac_pin", vms=["web-01"])
    assert outcomes(run(lab, "vnic_mac_pin", vms=["web-01"], state="unpinned")) == {"web-01 1": "unpinned"}
    assert admin.estate() == before


def test_a_static_mac_is_not_given_to_vcenter(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.one("pinned-01")
    result = run(lab, "vnic_mac_pin", vms=["pinned-01"], state="unpinned")
    assert result["failed"]
    assert "might be replaced" in result["msg"]
    assert admin.one("pinned-01") == before


def test_an_empty_list_of_vms_means_none(lab: vsphere_lab.Lab, run: Run) -> None:
    assert not run(lab, "vnic_mac_pin", vms=[])["changed"]
    assert not run(lab, "vnic_mac_pin", restore=[])["changed"]


def test_an_empty_list_of_vnics_means_none(lab: vsphere_lab.Lab, run: Run) -> None:
    result = run(lab, "vnic_mac_pin", vms=["web-01"], vnics=[])
    assert (result["changed"], result["vnics"]) == (False, [])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the following is required"),
        ({"vms": None}, "Say which VMs"),
        ({"restore": None}, "Say which VMs"),
        ({"cluster": ""}, "cluster is empty"),
        ({"datacenter": "DC1", "folder": ""}, "folder is empty"),
        ({"vms": ["web-01"], "mac": "00:50:56:zz"}, "is not a MAC address"),
        ({"vms": ["web-01"], "mac": "00:50:56:12:34:56", "keep": "runtime"}, "leaves nothing"),
        ({"vms": ["web-01"], "state": "unpinned", "keep": "configured"}, "state: unpinned"),
        ({"vms": ["web-01", "web-02"], "mac": "00:50:56:12:34:56"}, "would go to 3 vNICs"),
        ({"vms": ["off-01"], "mac": RESERVED, "check_mac_address": False}, "allow_reserved_range: true"),
        (UNCHECKED | {"mac": "keep", "state": "unpinned"}, "state: unpinned"),
        ({"vms": ["web-1"]}, "Near names: web-01"),
        ({"vms": ["web-01"], "vnics": ["Network adaptor 1"]}, "Network adapter 1"),
        ({"vms": ["web-01"], "restore": []}, "mutually exclusive"),
    ],
)
def test_bad_options_change_nothing(lab: vsphere_lab.Lab, run: Run, options: dict[str, t.Any], says: str) -> None:
    admin = Admin(lab)
    before = admin.estate()
    result = run(lab, "vnic_mac_pin", **options)
    assert result["failed"]
    assert says in result["msg"]
    assert admin.estate() == before


def test_a_refused_one_may_be_left_out(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    admin.forget_mac("web-01")
    result = run(lab, "vnic_mac_pin", vms=["web-01", "web-02"], on_refused="skip")
    assert outcomes(result) == {"web-01 1": "refused", "web-02 1": "pinned", "web-02 2": "pinned"}
    assert admin.one("web-01").type == "assigned"


def advanced(lab: vsphere_lab.Lab, name: str) -> dict[str, str]:
    return {option.key: option.value for option in Admin(lab).inside(name).config.extraConfig}


def test_a_reserved_mac_powers_on_only_without_the_hosts_check(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    checked = run(lab, "vnic_mac_pin", **(UNCHECKED | {"check_mac_address": True}))
    assert outcomes(checked) == {"off-01 1": "pinned"}
    assert checked["vnics"][0]["check_mac_address"] is None
    with pytest.raises(vim.fault.GenericVmConfigFault, match="conflicts with VMware reserved MACs"):
        admin.power("off-01", on=True)
    edits = admin.calls("ReconfigVM_Task")
    done = run(lab, "vnic_mac_pin", **UNCHECKED)
    assert outcomes(done) == {"off-01 1": "pinned"}
    assert done["vnics"][0]["check_mac_address"] is False
    assert admin.calls("ReconfigVM_Task") == edits + 1
    admin.power("off-01", on=True)
    assert admin.one("off-01").runtime == RESERVED


def test_the_setting_goes_in_the_same_spec_once_and_is_taken_back(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before, settings = admin.one("off-01"), advanced(lab, "off-01")
    foretold = run(lab, "vnic_mac_pin", **UNCHECKED, check=True)
    assert (admin.one("off-01"), advanced(lab, "off-01")) == (before, settings)
    done = run(lab, "vnic_mac_pin", **UNCHECKED)
    assert admin.calls("ReconfigVM_Task") == 1
    for key in ("changed", "diff", "vnics", "restore"):
        assert foretold[key] == done[key], key
    assert advanced(lab, "off-01") == settings | {"ethernet0.checkMACAddress": "FALSE"}
    again = run(lab, "vnic_mac_pin", **UNCHECKED)
    assert (again["changed"], outcomes(again)) == (False, {"off-01 1": "already"})
    assert outcomes(run(lab, "vnic_mac_pin", restore=done["restore"])) == {"off-01 1": "restored"}
    assert (admin.one("off-01"), advanced(lab, "off-01")) == (before, settings)
    assert not run(lab, "vnic_mac_pin", restore=done["restore"])["changed"]


def test_a_setting_that_vcenter_drops_is_no_success(run: Run) -> None:
    lab = vsphere_lab.load("drift", switches={"check_mac_address_by_edit": "dropped"})
    result = run(lab, "vnic_mac_pin", **UNCHECKED)
    assert result["failed"]
    assert result["failed_changes"][0]["found"][0]["check_mac_address"] is True
    assert outcomes(result) == {"off-01 1": "failed"}


def test_each_vnic_has_its_own_setting(lab: vsphere_lab.Lab, run: Run) -> None:
    run(lab, "vnic_mac_pin", vms=["web-02"], vnics=["2"], allow_reserved_range=True, check_mac_address=False)
    assert advanced(lab, "web-02") == {"ethernet1.checkMACAddress": "FALSE"}


def test_an_sriov_vnic_has_no_such_setting(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    admin.power("sriov-01", on=False)
    before = admin.one("sriov-01")
    result = run(lab, "vnic_mac_pin", **(UNCHECKED | {"vms": ["sriov-01"]}))
    assert result["failed"]
    assert "SR-IOV" in result["msg"]
    assert admin.one("sriov-01") == before


def test_a_snapshot_may_be_a_reason_to_refuse(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    before = admin.one("lic-01")
    result = run(lab, "vnic_mac_pin", vms=["lic-01", "web-01"], on_snapshots="fail", on_refused="skip")
    assert outcomes(result) == {"lic-01 1": "refused", "web-01 1": "pinned"}
    assert "before licence renewal" in result["vnics"][0]["reason"]
    assert admin.one("lic-01") == before
    run(lab, "vnic_mac_pin", vms=["lic-01"])
    again = run(lab, "vnic_mac_pin", vms=["lic-01"], on_snapshots="fail")
    assert outcomes(again) == {"lic-01 1": "already"}, "what needs no write has nothing to lose"


def test_a_read_only_account_gets_one_clear_message(lab: vsphere_lab.Lab, run: Run) -> None:
    result = run(lab, "vnic_mac_pin", vms=["web-01"], username="auditor@vsphere.local")
    assert result["failed"]
    assert "VirtualMachine.Config.EditDevice" in result["msg"]
    assert not result["changed"]


def test_a_vm_without_config_is_no_success(lab: vsphere_lab.Lab, run: Run) -> None:
    hide_config(lab, "web-01")
    result = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert result["failed"]
    assert "doesn't show the vNICs of web-01" in result["msg"]
    result = run(lab, "vnic_mac_pin", vms=["web-01"], on_refused="skip")
    assert not result["changed"]


NEW = {"name": "new-01", "power": "poweredOff", "nics": [{"portgroup": "Staging", "type": "generated"}]}


def test_what_had_no_mac_is_left_out_of_an_undo_that_brings_back_the_others(run: Run) -> None:
    lab = vsphere_lab.load({"extends": "drift", "datacenters": [{"name": "DC1", "vms": [NEW]}]})
    pinned = run(lab, "vnic_mac_pin", vms=["new-01"], mac="00:50:56:12:34:56")
    both = [*pinned["restore"], *run(lab, "vnic_mac_pin", vms=["off-01"])["restore"]]
    undone = run(lab, "vnic_mac_pin", restore=both)
    assert outcomes(undone) == {"new-01 1": "skipped", "off-01 1": "restored"}
    assert "had no MAC before" in next(vnic["reason"] for vnic in undone["vnics"] if vnic["vm"] == "new-01")
    assert Admin(lab).one("off-01").type == "assigned"
