# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of vNICs with something in between: another admin, a busy VM, a broken connection. No harm; run again, done."""

from __future__ import annotations

import types
import typing as t

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import gateway as vm_gateway
from pyVmomi import vim

from .admin import Admin
from .conftest import Run, outcomes

Result = dict[str, t.Any]
EDIT = "ReconfigVM_Task"
FOR_EVER = 0


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited before further attempts; the waiting itself takes no time."""
    waited: list[float] = []
    monkeypatch.setattr(vm_gateway, "time", types.SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("drift")


def test_another_edit_that_changes_nothing_of_ours_is_no_obstacle(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    edit = {"action": "edit", "vm": "web-01", "annotation": "hello"}
    lab.door("fault", method=EDIT, object="web-01", edit=edit)
    result = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert outcomes(result) == {"web-01 1": "pinned"}
    assert admin.one("web-01").type == "manual"
    assert admin.inside("web-01").config.annotation == "hello"
    assert admin.calls(EDIT) == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"mac": "00:50:56:86:99:99"}, id="the MAC"),
        pytest.param({"portgroup": "Production"}, id="the portgroup"),
        pytest.param({"connected": False}, id="the connection"),
        pytest.param({"type": "manual", "mac": "00:50:56:01:02:03"}, id="a pin of their own"),
    ],
)
def test_another_edit_of_the_same_vnic_is_not_overwritten(
    lab: vsphere_lab.Lab, run: Run, change: dict[str, t.Any]
) -> None:
    admin = Admin(lab)
    lab.door("fault", method=EDIT, object="web-01", edit={"action": "edit", "vm": "web-01", **change})
    result = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert outcomes(result) == {"web-01 1": "failed"}
    assert "its vNICs have changed" in result["msg"]
    assert admin.one("web-01").type == change.get("type", "assigned")
    assert admin.one("web-01").mac == change.get("mac", "00:50:56:86:01:01")


def test_a_vm_that_was_powered_on_in_between_gets_no_other_mac(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)

    def power_on(call: t.Any) -> None:
        admin.power("off-01", on=True)
        admin.reconfigure("off-01", annotation="on")

    lab.door("fault", method=EDIT, object="off-01", run=power_on)
    result = run(lab, "vnic_mac_pin", vms=["off-01"], mac="00:50:56:12:34:56")
    assert outcomes(result) == {"off-01 1": "failed"}
    assert "power state" in result["msg"]
    seen = admin.one("off-01")
    assert seen.mac == seen.runtime == "00:50:56:86:06:01"


def test_a_vm_that_was_removed_in_between_stops_no_other(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)

    def remove(call: t.Any) -> None:
        admin.vm("off-01").UnregisterVM()

    reads = sum(method == "RetrievePropertiesEx" for method, _moid in lab.calls)
    run(lab, "vnic_mac_pin", vms=["off-01", "web-01"], check=True)
    reads = sum(method == "RetrievePropertiesEx" for method, _moid in lab.calls) - reads
    lab.door("fault", method="RetrievePropertiesEx", nth=reads + 2, run=remove)
    result = run(lab, "vnic_mac_pin", vms=["off-01", "web-01"])
    assert outcomes(result) == {"off-01 1": "failed", "web-01 1": "pinned"}
    assert "was removed" in result["msg"]
    assert result["applied"] == ["VM web-01"]


@pytest.mark.parametrize("fault", ["ConcurrentAccess", "TaskInProgress"])
@pytest.mark.parametrize("where", ["fault", "task_fault"])
def test_a_busy_vm_gets_further_attempts_but_not_for_ever(
    lab: vsphere_lab.Lab, run: Run, pauses: list[float], fault: str, where: str
) -> None:
    admin = Admin(lab)
    before = admin.one("web-01")
    lab.door("fault", method=EDIT, object="web-01", times=2, **{where: fault})
    assert outcomes(run(lab, "vnic_mac_pin", vms=["web-01"])) == {"web-01 1": "pinned"}
    assert pauses == list(vm_gateway.PAUSES[:2])
    lab.door("faults_clear")
    lab.door("fault", method=EDIT, object="web-01", times=FOR_EVER, **{where: fault})
    result = run(lab, "vnic_mac_pin", vms=["web-01"], state="unpinned")
    assert outcomes(result) == {"web-01 1": "failed"}
    assert fault in result["msg"]
    assert not result["changed"]
    assert admin.one("web-01") == before._replace(type="manual")


def test_one_busy_vm_doesnt_repeat_the_edits_of_the_others(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    lab.door("fault", method=EDIT, object="web-01", fault="TaskInProgress")
    result = run(lab, "vnic_mac_pin", vms=["web-01", "lic-01"])
    assert outcomes(result) == {"lic-01 1": "pinned", "web-01 1": "pinned"}
    assert [moid for method, moid in lab.calls if method == EDIT].count(admin.inside("lic-01").moid) == 1


def test_what_vcenter_tells_of_a_changed_mac_counts_even_if_it_looks_as_promised(
    lab: vsphere_lab.Lab, run: Run
) -> None:
    """Between two looks a MAC may have gone and come back; the switch, the licence and the lease have seen it."""
    admin = Admin(lab)

    def flap(call: t.Any) -> None:
        event = {"adapter": "Network adapter 1", "oldMac": "00:50:56:86:01:01", "newMac": "00:50:56:86:99:99"}
        admin.inside("web-01").post(vim.event.VmMacChangedEvent, **event)

    lab.door("fault", method=EDIT, object="web-01", run=flap)
    result = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert outcomes(result) == {"web-01 1": "failed"}
    (failure,) = result["failed_changes"]
    assert "00:50:56:86:99:99 (VmMacChangedEvent)" in failure["found"][0]["harm"][0]
    assert not run(lab, "vnic_mac_pin", vms=["web-01"])["changed"], "an event of before has another cause"


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_lost_answer_is_settled_by_the_read_back(
    lab: vsphere_lab.Lab, run: Run, cut: t.Literal["before", "after"]
) -> None:
    admin = Admin(lab)
    before = admin.one("web-01")
    lab.door("fault", method=EDIT, object="web-01", cut=cut)
    result = run(lab, "vnic_mac_pin", vms=["web-01"])
    done = cut == "after"
    assert outcomes(result) == {"web-01 1": "pinned" if done else "failed"}
    assert result["changed"] is done
    assert bool(result["restore"]) is done
    assert admin.one("web-01") == before._replace(type="manual" if done else "assigned")
    again = run(lab, "vnic_mac_pin", vms=["web-01"])
    assert again["changed"] is not done
    assert admin.one("web-01") == before._replace(type="manual")


MODULES = {
    "vnic_mac_pin": {"vms": ["lic-01", "web-01"], "parallel": 1},
    "vnic_portgroup": {
        "vms": ["lic-01", "web-01"],
        "parallel": 1,
        "target": "dv-production",
        "require_pinned": False,
    },
}


ACCIDENTS: list[dict[str, t.Any]] = [{"cut": "before"}, {"expire": True}, {"http": 503}, {"garbage": True}]


@pytest.mark.parametrize("name", MODULES)
def test_wherever_it_is_interrupted_the_next_run_gets_there(run: Run, name: str) -> None:
    """From shortly before the first write on, every third call goes wrong; tests/faults has all, in all ways."""
    options = MODULES[name]
    lab = vsphere_lab.load("drift")
    admin = Admin(lab)
    untouched, start = admin.estate(), len(lab.calls)
    run(lab, name, **options)
    methods = [method for method, _moid in lab.calls[start:]]
    calls = len(methods) - 1  # the logout doesn't count: it is made on a best effort
    wanted = admin.estate()
    for nth in range(methods.index(EDIT) - 1, calls + 1, 3):
        lab.reset()
        lab.door("fault", nth=nth, **ACCIDENTS[nth % 4])
        broken = run(lab, name, **options)
        lab.door("faults_clear")
        assert broken["changed"] or admin.estate() == untouched, f"call {nth}: done, but told as not done"
        told = broken.get("vnics", [])
        for seen, done in zip(admin.estate().items(), wanted.items(), strict=True):
            assert [each.mac for each in seen[1]] == [each.mac for each in done[1]], f"call {nth} changed a MAC"
        again = run(lab, name, **options)
        assert not again.get("failed"), (nth, again)
        assert admin.estate() == wanted, f"call {nth}: {broken['msg']} {told}"


def test_a_task_that_takes_too_long_is_reported_and_not_waited_for(lab: vsphere_lab.Lab, run: Run) -> None:
    lab.tasks_async, lab.task_delay = True, 1.5
    result = run(lab, "vnic_mac_pin", vms=["web-01"], task_timeout=1)
    assert result["failed"]
    assert "task_timeout" in result["msg"]


def test_failures_beyond_max_failures_begin_nothing_new(lab: vsphere_lab.Lab, run: Run) -> None:
    admin = Admin(lab)
    lab.door("fault", method=EDIT, object="lic-01", fault="InvalidPowerState", times=FOR_EVER)
    vms = ["lic-01", "pinned-01", "web-01", "web-02"]
    result = run(lab, "vnic_mac_pin", vms=vms, parallel=1)
    assert outcomes(result) == {
        "lic-01 1": "failed",
        "pinned-01 1": "already",
        "web-01 1": "untouched",
        "web-02 1": "untouched",
        "web-02 2": "untouched",
    }
    assert result["untouched"] == ["VM web-01", "VM web-02"]
    assert admin.one("web-01").type == "assigned"
    on = run(lab, "vnic_mac_pin", vms=vms, parallel=1, max_failures=2)
    assert outcomes(on)["web-01 1"] == "pinned"
    assert on["failed"]


def test_waves_run_side_by_side(lab: vsphere_lab.Lab, run: Run) -> None:
    """All edits of a wave are begun before any of them is waited for."""
    Admin(lab)
    run(lab, "vnic_mac_pin", vms=["lic-01", "web-01", "web-02", "db-01"], parallel=2)
    methods = [method for method, _moid in lab.calls if method in (EDIT, "WaitForUpdatesEx")]
    assert methods[:3] == [EDIT, EDIT, "WaitForUpdatesEx"]
    assert methods.count(EDIT) == 4


@pytest.mark.parametrize(
    ("name", "options"),
    [("vnic_mac_pin", {}), ("vnic_portgroup", {"target": "dv-web", "require_pinned": False})],
)
def test_each_vm_costs_one_call_and_each_wave_a_dozen(run: Run, name: str, options: dict[str, t.Any]) -> None:
    lab = vsphere_lab.load("estate", vms=40)
    result = run(lab, name, datacenter="DC1", on_refused="skip", max_failures=99, **options)
    vms, waves = len(result["applied"]), -(-len(result["applied"]) // 8)
    assert vms > 20
    methods = [method for method, _moid in lab.calls]
    assert methods.count(EDIT) == vms
    assert len(methods) - vms <= 20 + 14 * waves, methods
    assert methods.count("Login") == 1
