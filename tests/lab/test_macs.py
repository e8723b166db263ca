# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets which MAC: by type, by range, by what an edit leaves out, and by who has it already."""

from __future__ import annotations

import random
import re
import typing as t

import pytest
from vsphere_lab import macs
from vsphere_lab.behaviour import resolve
from vsphere_lab.sdk import vim

from .vcenter import Card, Vcenter, done

Any = t.Any


def small(**nic: Any) -> dict[str, Any]:
    """Return a scenario with one more VM, off, on dv-staging."""
    vm = {"name": "new", "host": "esx01.lab", "power": "poweredOff", "nics": [{"portgroup": "dv-staging", **nic}]}
    return {"extends": "drift", "datacenters": [{"name": "DC1", "vms": [vm]}]}


def test_an_assigned_mac_is_in_the_range_of_the_vcenters_id() -> None:
    registry = macs.Registry(instance_id=6, rng=random.Random(1))
    assert re.fullmatch("00:50:56:86:..:..", registry.assigned())
    assert registry.in_assigned_range("00:50:56:86:00:00")
    assert not registry.in_assigned_range("00:50:56:87:00:00")


def test_the_allocator_gives_no_mac_twice() -> None:
    registry = macs.Registry(instance_id=0, rng=random.Random(1))
    given = [registry.assigned() for _unused in range(3)]
    again = macs.Registry(instance_id=0, rng=random.Random(1))
    for mac in given:
        again.claim(mac.upper(), ("vm-1", 4000))
    assert again.assigned() not in given


def test_owners_of_a_mac_are_known_without_regard_to_case() -> None:
    registry = macs.Registry(instance_id=0, rng=random.Random(1))
    registry.claim("00:50:56:11:22:AB", ("vm-1", 4000))
    registry.claim("00:50:56:11:22:ab", ("vm-2", 4001))
    assert registry.others("00:50:56:11:22:aB", ("vm-1", 4000)) == [("vm-2", 4001)]
    registry.release("00:50:56:11:22:AB", ("vm-2", 4001))
    assert registry.others("00:50:56:11:22:ab", ("vm-1", 4000)) == []


@pytest.mark.parametrize(
    ("mac", "refused"),
    [
        ("00:50:56:00:00:00", False),
        ("00:50:56:3f:ff:ff", False),
        ("00:50:56:40:00:00", True),
        ("00:50:56:7f:ff:ff", True),
        ("00:50:56:80:00:00", False),
        ("00:50:56:bf:ff:ff", False),
        ("00:50:56:c0:00:00", True),
        ("00:0c:29:00:00:00", True),
        ("02:00:00:00:00:01", False),
        ("01:00:5e:00:00:01", True),
        ("00:00:00:00:00:00", True),
        ("ff:ff:ff:ff:ff:ff", True),
    ],
)
def test_which_manual_macs_power_on(mac: str, refused: bool) -> None:
    assert (macs.power_on_refusal(mac, resolve()) is not None) is refused


@pytest.mark.parametrize(
    ("switch", "mac"),
    [
        ("manual_mac_in_vcenter_range", "00:50:56:86:00:01"),
        ("manual_mac_above_vcenter_range", "00:50:56:c6:00:01"),
    ],
)
@pytest.mark.parametrize("answer", ["powers_on", "refused"])
def test_the_ranges_nobody_knows_are_switches(switch: str, mac: str, answer: str) -> None:
    refusal = macs.power_on_refusal(mac, resolve({switch: answer}))
    assert (refusal is not None) == (answer == "refused")


# in edits


def test_an_edit_that_omits_the_mac_gets_a_new_one_and_the_guest_keeps_the_old() -> None:
    vcenter = Vcenter()
    done(vcenter.edit("web-01", vim.vm.device.VirtualVmxnet3(key=4000, backing=vcenter.backing("dv-production"))))
    state = vcenter.state("web-01")
    assert state["configured_mac"] != "00:50:56:86:01:01"
    assert state["configured_mac"].startswith("00:50:56:86:")
    assert state["runtime_mac"] == "00:50:56:86:01:01"
    assert state["portgroup"] == "dv-production"
    (event,) = vcenter.events("VmMacChangedEvent")
    assert (event["oldMac"], event["newMac"]) == ("00:50:56:86:01:01", state["configured_mac"])
    assert event["adapter"] == "Network adapter 1"


def test_an_edit_with_the_whole_device_keeps_the_mac() -> None:
    vcenter = Vcenter()
    done(vcenter.move("web-01", "dv-production"))
    assert vcenter.state("web-01")["configured_mac"] == "00:50:56:86:01:01"
    assert vcenter.events("VmMacChangedEvent") == []


@pytest.mark.parametrize("answer", ["kept", "replaced"])
def test_an_edit_that_omits_a_manual_mac(answer: str) -> None:
    vcenter = Vcenter(omitted_mac_of_manual_vnic=answer)
    done(vcenter.edit("pinned-01", vim.vm.device.VirtualVmxnet3(key=4000, backing=vcenter.backing("dv-production"))))
    state = vcenter.state("pinned-01")
    assert (state["configured_mac"] == "00:50:56:12:34:01") == (answer == "kept")
    assert (state["address_type"] == "manual") == (answer == "kept")


def test_manual_without_a_mac_is_refused() -> None:
    with pytest.raises(vim.fault.GenericVmConfigFault, match="Specify a static Ethernet address for 'ethernet0'"):
        done(Vcenter().edit_nic("web-01", addressType="manual", macAddress=None))


def test_a_mac_that_is_none_is_refused_and_nothing_changes() -> None:
    vcenter = Vcenter()
    with pytest.raises(vim.fault.InvalidDeviceSpec) as caught:
        done(vcenter.edit_nic("off-01", addressType="manual", macAddress="zz:zz"))
    assert caught.value.property == "virtualDeviceSpec.device.macAddress"
    assert vcenter.state("off-01")["configured_mac"] == "00:50:56:86:06:01"


@pytest.mark.parametrize("answer", ["taken", "refused"])
def test_a_type_only_pin_of_a_running_vm(answer: str) -> None:
    vcenter = Vcenter(type_only_pin_on_running_vm=answer)
    task = vcenter.edit_nic("web-01", addressType="manual")
    if answer == "refused":
        with pytest.raises(vim.fault.InvalidPowerState):
            done(task)
    state = vcenter.state("web-01")
    assert state["address_type"] == {"taken": "manual", "refused": "assigned"}[answer]
    assert state["configured_mac"] == "00:50:56:86:01:01"


def test_the_answer_about_running_vms_does_not_concern_one_that_is_off() -> None:
    vcenter = Vcenter(type_only_pin_on_running_vm="refused", mac_edit_on_running_vm="refused")
    done(vcenter.edit_nic("off-01", addressType="manual", macAddress="00:50:56:22:00:01"))
    assert vcenter.state("off-01")["configured_mac"] == "00:50:56:22:00:01"


@pytest.mark.parametrize("answer", ["latent", "refused"])
def test_another_mac_for_a_running_vm(answer: str) -> None:
    vcenter = Vcenter(mac_edit_on_running_vm=answer)
    task = vcenter.edit_nic("web-01", addressType="manual", macAddress="00:50:56:22:00:01")
    if answer == "refused":
        with pytest.raises(vim.fault.InvalidPowerState):
            done(task)
        assert not vcenter.state("web-01")["drifted"]
    else:
        state = vcenter.state("web-01")
        assert (state["configured_mac"], state["runtime_mac"]) == ("00:50:56:22:00:01", "00:50:56:86:01:01")
        assert vcenter.lab.door("power_cycle", vm="web-01")["nics"][0]["runtime_mac"] == "00:50:56:22:00:01"


@pytest.mark.parametrize("answer", ["kept", "replaced", "refused"])
def test_a_manual_mac_that_another_vm_has(answer: str) -> None:
    vcenter = Vcenter(duplicate_manual_mac=answer)
    task = vcenter.edit_nic("off-01", addressType="manual", macAddress="00:50:56:86:05:01")  # a template's
    state = vcenter.state("off-01")
    if answer == "refused":
        with pytest.raises(vim.fault.InvalidDeviceSpec):
            done(task)
        assert state["configured_mac"] == "00:50:56:86:06:01"
    elif answer == "kept":
        done(task)
        assert (state["address_type"], state["configured_mac"]) == ("manual", "00:50:56:86:05:01")
        assert [event["mac"] for event in vcenter.events("VmStaticMacConflictEvent")] == ["00:50:56:86:05:01"]
    else:
        done(task)
        assert state["address_type"] == "assigned"
        assert state["configured_mac"] not in ("00:50:56:86:05:01", "00:50:56:86:06:01")


def test_a_manual_vnic_that_was_a_duplicate_before_is_left_alone_by_other_edits() -> None:
    vcenter = Vcenter(duplicate_manual_mac="replaced")
    done(vcenter.move("dup-a", "dv-production"))
    assert vcenter.state("dup-a")["configured_mac"] == "00:50:56:11:22:33"


@pytest.mark.parametrize("answer", ["replaced", "refused"])
def test_an_assigned_mac_outside_the_range(answer: str) -> None:
    vcenter = Vcenter(automatic_mac_out_of_range=answer)
    task = vcenter.edit_nic("off-01", macAddress="00:50:56:9a:00:01")
    if answer == "refused":
        with pytest.raises(vim.fault.GenericVmConfigFault, match="not a valid VPX-assigned Ethernet address"):
            done(task)
    else:
        done(task)
        assert vcenter.state("off-01")["configured_mac"].startswith("00:50:56:86:")


def test_an_assigned_duplicate_is_replaced() -> None:
    vcenter = Vcenter()
    done(vcenter.edit_nic("off-01", macAddress="00:50:56:86:05:01"))
    assert vcenter.state("off-01")["configured_mac"] != "00:50:56:86:05:01"


def test_a_new_vnic_is_announced_with_its_mac() -> None:
    vcenter = Vcenter()
    device = vim.vm.device.VirtualVmxnet3(key=-1, backing=Card.NetworkBackingInfo(deviceName="Staging"))
    done(vcenter.edit("off-01", device, operation="add"))
    (event,) = vcenter.events("VmMacAssignedEvent")
    assert (event["adapter"], event["mac"]) == ("Network adapter 2", vcenter.state("off-01", 1)["configured_mac"])


# at power-on


def power_on(vcenter: Vcenter, vm: str = "new") -> Any:
    return vcenter.vm(vm).PowerOnVM_Task()


def test_a_reserved_manual_mac_is_taken_by_the_edit_and_refused_at_power_on() -> None:
    vcenter = Vcenter()
    done(vcenter.edit_nic("off-01", addressType="manual", macAddress="00:50:56:58:59:60"))
    with pytest.raises(vim.fault.GenericVmConfigFault, match="conflicts with VMware reserved MACs") as caught:
        done(power_on(vcenter, "off-01"))
    assert "Could not set up 'macAddress' for 'ethernet0'" in caught.value.reason
    assert vcenter.state("off-01")["runtime_mac"] is None


@pytest.mark.parametrize("answer", ["powers_on", "refused"])
def test_a_pinned_mac_of_vcenters_own_range_at_power_on(answer: str) -> None:
    vcenter = Vcenter(manual_mac_in_vcenter_range=answer)
    done(vcenter.edit_nic("off-01", addressType="manual"))
    task = power_on(vcenter, "off-01")
    assert (task.info.error is not None) == (answer == "refused")


def test_the_check_can_be_switched_off_for_a_vnic() -> None:
    vcenter = Vcenter(small(type="manual", mac="00:0c:29:00:00:01"))
    assert power_on(vcenter).info.error is not None
    option = vim.option.OptionValue(key="ethernet0.checkMACAddress", value="FALSE")
    done(vcenter.edit("new", extraConfig=[option]))
    done(power_on(vcenter))
    assert vcenter.state("new")["runtime_mac"] == "00:0c:29:00:00:01"


def test_a_generated_mac_is_made_at_the_first_power_on() -> None:
    vcenter = Vcenter()
    assert vcenter.nic("fresh-01").macAddress is None
    done(power_on(vcenter, "fresh-01"))
    assert vcenter.nic("fresh-01").macAddress.startswith("00:0c:29:")


def test_a_generated_type_with_another_mac_is_a_time_bomb() -> None:
    vcenter = Vcenter()
    done(vcenter.edit_nic("off-01", addressType="generated"))
    assert vcenter.state("off-01")["configured_mac"] == "00:50:56:86:06:01"
    done(power_on(vcenter, "off-01"))
    assert vcenter.state("off-01")["configured_mac"].startswith("00:0c:29:")


def test_an_assigned_mac_that_is_in_use_is_replaced_at_power_on() -> None:
    vcenter = Vcenter(small(mac="00:50:56:86:01:01"))  # web-01 has it
    done(power_on(vcenter))
    assert vcenter.state("new")["configured_mac"] != "00:50:56:86:01:01"
    assert [event["oldMac"] for event in vcenter.events("VmMacChangedEvent")] == ["00:50:56:86:01:01"]


def test_a_duplicate_manual_mac_is_announced_at_power_on() -> None:
    vcenter = Vcenter()
    vcenter.lab.door("power_cycle", vm="dup-a")
    (event,) = vcenter.events("VmStaticMacConflictEvent")
    assert event["mac"] == "00:50:56:11:22:33"
    assert "dup-b" in event["message"]
