# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs: what an edit needs and refuses, when ports are checked, what moves, snapshots and clones do to MACs."""

from __future__ import annotations

import typing as t

import pytest
from vsphere_lab.sdk import vim, vmodl

from .vcenter import Card, Vcenter, done

Any = t.Any


def with_vm(name: str, **vm: Any) -> dict[str, Any]:
    told = {"name": name, "host": "esx01.lab", **vm}
    return {"extends": "drift", "datacenters": [{"name": "DC1", "vms": [told]}]}


# reconfiguring


def test_a_move_takes_a_port_of_the_new_portgroup_and_gives_the_old_one_back() -> None:
    vcenter = Vcenter()
    old = vcenter.nic("web-01").backing.port.portKey
    done(vcenter.move("web-01", "dv-production"))
    port = vcenter.nic("web-01").backing.port
    assert port.portgroupKey == vcenter.group("dv-production").key
    assert vcenter.port("web-01").key == port.portKey
    (before,) = vcenter.dvs().FetchDVPorts(vim.dvs.PortCriteria(portKey=[old]))
    assert before.connectee is None
    assert [network.name for network in vcenter.vm("web-01").network] == ["dv-production"]
    assert "web-01" in {vm.name for vm in vcenter.group("dv-production").vm}
    assert "web-01" not in {vm.name for vm in vcenter.group("dv-staging").vm}


def test_a_move_between_standard_and_distributed_portgroups() -> None:
    vcenter = Vcenter()
    done(vcenter.move("web-01", "Staging"))
    backing = vcenter.nic("web-01").backing
    assert (backing.deviceName, backing.network.name) == ("Staging", "Staging")
    done(vcenter.move("web-01", "dv-staging"))
    assert vcenter.port("web-01").state.runtimeInfo.macAddress == "00:50:56:86:01:01"


def test_another_version_than_the_present_one_is_refused() -> None:
    vcenter = Vcenter()
    version = vcenter.vm("web-01").config.changeVersion
    done(vcenter.edit("web-01", annotation="by another admin", changeVersion=version))
    with pytest.raises(vim.fault.ConcurrentAccess):
        done(vcenter.edit("web-01", annotation="mine", changeVersion=version))
    assert vcenter.vm("web-01").config.annotation == "by another admin"


def test_one_bad_device_spoils_the_whole_edit() -> None:
    vcenter = Vcenter()
    good, bad = vcenter.nic("web-02"), vcenter.nic("web-02", 4001)
    good.backing, bad.backing = vcenter.backing("dv-production"), Card.NetworkBackingInfo(deviceName="Nowhere")
    changes = [vim.vm.device.VirtualDeviceSpec(operation="edit", device=device) for device in (good, bad)]
    with pytest.raises(vim.fault.InvalidDeviceSpec, match="no network 'Nowhere'") as caught:
        done(vcenter.edit("web-02", deviceChange=changes))
    assert caught.value.deviceIndex == 1
    assert vcenter.state("web-02")["portgroup"] == "dv-staging"


@pytest.mark.parametrize(
    ("vm", "fault"),
    [
        pytest.param("tmpl-linux", vmodl.fault.NotSupported, id="template"),
        pytest.param("old-01", vim.fault.InvalidPowerState, id="suspended"),
        pytest.param("sriov-01", vim.fault.InvalidPowerState, id="SR-IOV, running"),
    ],
)
def test_vms_that_take_no_device_edit(vm: str, fault: Any) -> None:
    vcenter = Vcenter()
    with pytest.raises(fault):
        done(vcenter.edit_nic(vm, addressType="manual"))


def test_a_disabled_method_is_refused_at_once() -> None:
    vcenter = Vcenter()
    assert "ReconfigVM_Task" in vcenter.vm("backup-01").disabledMethod
    with pytest.raises(vim.fault.MethodDisabled):
        vcenter.edit_nic("backup-01", addressType="manual")


def test_a_second_task_is_refused_while_one_runs() -> None:
    vcenter = Vcenter()
    vcenter.lab.tasks_async, vcenter.lab.task_delay = True, 0.3
    running = vcenter.edit("web-01", annotation="one")
    with pytest.raises(vim.fault.TaskInProgress) as caught:
        vcenter.edit("web-01", annotation="two")
    assert caught.value.task._moId == running._moId


@pytest.mark.parametrize(
    ("user", "privilege"),
    [("auditor@vsphere.local", "VirtualMachine.Config.EditDevice"), ("operator@vsphere.local", "Network.Assign")],
)
def test_privileges_for_a_move(user: str, privilege: str) -> None:
    vcenter = Vcenter()
    backing, device = vcenter.backing("dv-staging"), vcenter.nic("app-01")
    vm = vcenter.vm("app-01")
    device.backing = backing
    spec = vim.vm.ConfigSpec(deviceChange=[vim.vm.device.VirtualDeviceSpec(operation="edit", device=device)])
    theirs = vim.VirtualMachine(vm._moId, vcenter.as_user(user)._stub)
    with pytest.raises(vim.fault.NoPermission) as caught:
        done(theirs.ReconfigVM_Task(spec))
    assert caught.value.privilegeId == privilege


def test_a_full_portgroup_takes_no_more() -> None:
    vcenter = Vcenter()
    done(vcenter.move("web-01", "dv-narrow"))
    with pytest.raises(vim.fault.ResourceNotAvailable):
        done(vcenter.move("web-02", "dv-narrow"))
    assert vcenter.state("web-02")["portgroup"] == "dv-staging"


def test_a_portgroup_with_one_port_left_takes_not_even_the_first_of_two_vnics() -> None:
    told = with_vm("twin", nics=[{"portgroup": "dv-staging"}, {"portgroup": "dv-staging"}])
    vcenter = Vcenter(told)
    moved = [vcenter.nic("twin", key) for key in (4000, 4001)]
    for device in moved:
        device.backing = vcenter.backing("dv-narrow")
    edit = vim.vm.device.VirtualDeviceSpec
    before = vcenter.vm("twin").config.changeVersion
    with pytest.raises(vim.fault.ResourceNotAvailable):
        done(
            vcenter.vm("twin").ReconfigVM_Task(
                vim.vm.ConfigSpec(deviceChange=[edit(operation="edit", device=device) for device in moved])
            )
        )
    assert [vcenter.state("twin", index)["portgroup"] for index in (0, 1)] == ["dv-staging", "dv-staging"]
    assert vcenter.vm("twin").config.changeVersion == before


def test_an_ephemeral_port_lives_as_long_as_the_vm_runs() -> None:
    group = {"name": "dv-eph", "binding": "ephemeral"}
    place = {"name": "DC1", "distributed_switches": [{"name": "dvs-lab", "portgroups": [group]}]}
    vcenter = Vcenter({"extends": "drift", "datacenters": [place]})
    done(vcenter.move("web-01", "dv-eph"))
    key = vcenter.port("web-01").key
    done(vcenter.vm("web-01").PowerOffVM_Task())
    assert key not in vcenter.dvs().FetchDVPortKeys()
    done(vcenter.vm("web-01").PowerOnVM_Task())
    assert vcenter.port("web-01").portgroupKey == vcenter.group("dv-eph").key


def test_a_port_of_an_uplink_portgroup_is_refused() -> None:
    vcenter = Vcenter()
    with pytest.raises(vim.fault.InvalidDeviceSpec, match="uplink portgroup"):
        done(vcenter.move("web-01", "dvs-lab-DVUplinks"))


def test_nested_virtualisation_needs_the_vm_off() -> None:
    vcenter = Vcenter()
    with pytest.raises(vim.fault.InvalidPowerState):
        done(vcenter.edit("web-01", nestedHVEnabled=True))
    done(vcenter.edit("off-01", nestedHVEnabled=True))
    assert vcenter.vm("off-01").config.nestedHVEnabled


def test_extra_config_is_merged_and_an_empty_value_removes() -> None:
    vcenter = Vcenter()

    def options(**values: str) -> None:
        done(vcenter.edit("off-01", extraConfig=[vim.option.OptionValue(key=k, value=v) for k, v in values.items()]))

    options(a="1", b="2")
    options(a="", c="3")
    assert {option.key: option.value for option in vcenter.vm("off-01").config.extraConfig} == {"b": "2", "c": "3"}


# when a drifted vNIC is blocked


def drift(vcenter: Vcenter, vm: str, portgroup: str) -> None:
    vcenter.lab.door("unsafe_portgroup_change", vm=vm, portgroup=portgroup)


@pytest.mark.parametrize("answer", ["next_connect", "at_once"])
def test_a_move_with_a_new_mac(answer: str) -> None:
    vcenter = Vcenter(backing_change_on_running_vm=answer)
    drift(vcenter, "web-01", "dv-production")
    assert vcenter.state("web-01")["blocked"] == (answer == "at_once")


def test_vmotion_blocks_a_drifted_vnic_and_says_so() -> None:
    vcenter = Vcenter()
    drift(vcenter, "web-01", "dv-production")
    done(vcenter.vm("web-01").MigrateVM_Task(host=vcenter.host("esx02.lab"), priority="defaultPriority"))
    runtime = vcenter.port("web-01").state.runtimeInfo
    assert runtime.blocked
    assert runtime.statusDetail == "blocked - L2 security violation"
    (event,) = vcenter.events("DvsPortBlockedEvent")
    assert event["portKey"] == vcenter.port("web-01").key
    assert [event["type"] for event in vcenter.events("VmMigratedEvent", "DrsVmMigratedEvent")] == ["VmMigratedEvent"]


def test_the_status_detail_may_be_unset() -> None:
    vcenter = Vcenter("drifted", blocked_status_detail="unset")
    runtime = vcenter.port("drift-blocked").state.runtimeInfo
    assert (runtime.blocked, runtime.statusDetail) == (True, None)


def test_vmotion_leaves_a_vnic_alone_whose_macs_agree() -> None:
    vcenter = Vcenter()
    vcenter.lab.door("vmotion", vm="web-01")
    assert not vcenter.state("web-01")["blocked"]
    assert vcenter.events("DvsPortBlockedEvent") == []


def test_a_standard_port_is_blocked_without_an_event() -> None:
    vcenter = Vcenter()
    drift(vcenter, "db-01", "Production")
    vcenter.lab.door("vmotion", vm="db-01")
    assert vcenter.state("db-01")["blocked"]
    assert vcenter.events("DvsPortBlockedEvent") == []


def test_where_mac_changes_are_accepted_nothing_is_blocked() -> None:
    vcenter = Vcenter("drifted")
    vcenter.lab.door("vmotion", vm="drift-open")
    assert vcenter.state("drift-open")["drifted"]
    assert not vcenter.state("drift-open")["blocked"]


@pytest.mark.parametrize("answer", ["checked", "next_connect"])
def test_a_policy_that_becomes_reject(answer: str) -> None:
    vcenter = Vcenter("drifted", policy_change_on_open_port=answer)
    done(vcenter.set_policy("dv-open", macChanges=False))
    assert vcenter.state("drift-open")["blocked"] == (answer == "checked")


def test_a_policy_that_becomes_accept_opens_the_port() -> None:
    vcenter = Vcenter("drifted")
    assert vcenter.state("drift-blocked")["blocked"]
    done(vcenter.set_policy("dv-production", macChanges=True))
    assert not vcenter.state("drift-blocked")["blocked"]
    assert len(vcenter.events("DvsPortUnblockedEvent")) == 1


def test_a_guest_that_takes_its_configured_mac_again_is_unblocked() -> None:
    vcenter = Vcenter()
    vcenter.lab.door("guest_set_mac", vm="web-01", mac="02:00:00:00:00:01")
    assert vcenter.state("web-01")["blocked"]
    vcenter.lab.door("guest_set_mac", vm="web-01", mac="00:50:56:86:01:01")
    assert not vcenter.state("web-01")["blocked"]


def test_plugging_a_drifted_vnic_in_again_blocks_it() -> None:
    vcenter = Vcenter()
    drift(vcenter, "web-01", "dv-production")
    nic = vcenter.nic("web-01")
    nic.connectable.connected = False
    done(vcenter.edit("web-01", nic))
    assert not vcenter.state("web-01")["connected"]
    nic.connectable.connected = True
    done(vcenter.edit("web-01", nic))
    assert vcenter.state("web-01")["blocked"]


# power


def test_a_power_cycle_ends_drift_towards_the_configured_mac() -> None:
    vcenter = Vcenter("drifted")
    configured = vcenter.state("drift-blocked")["configured_mac"]
    done(vcenter.vm("drift-blocked").PowerOffVM_Task())
    done(vcenter.vm("drift-blocked").PowerOnVM_Task())
    state = vcenter.state("drift-blocked")
    assert (state["runtime_mac"], state["blocked"]) == (configured, False)


def test_a_vm_that_is_off_has_neither_a_runtime_mac_nor_an_open_port() -> None:
    vcenter = Vcenter("drifted")
    done(vcenter.vm("drift-blocked").PowerOffVM_Task())
    state = vcenter.state("drift-blocked")
    assert (state["runtime_mac"], state["connected"], state["blocked"]) == (None, False, False)
    runtime = vcenter.port("drift-blocked").state.runtimeInfo
    assert (runtime.linkUp, runtime.macAddress) == (False, None)
    assert list(vcenter.vm("drift-blocked").guest.net) == []


def test_a_reset_or_a_reboot_is_no_power_cycle() -> None:
    vcenter = Vcenter("drifted")
    done(vcenter.vm("drift-dv").ResetVM_Task())
    vcenter.vm("drift-dv").RebootGuest()
    assert vcenter.state("drift-dv")["drifted"]


def test_suspend_and_resume_keep_the_runtime_mac_and_connect_anew() -> None:
    vcenter = Vcenter("drifted")
    done(vcenter.vm("drift-dv").SuspendVM_Task())
    assert vcenter.vm("drift-dv").runtime.powerState == "suspended"
    done(vcenter.vm("drift-dv").PowerOnVM_Task())
    state = vcenter.state("drift-dv")
    assert (state["drifted"], state["blocked"]) == (True, True)


def test_a_guest_may_override_its_mac_at_every_start() -> None:
    vcenter = Vcenter("drifted")
    vcenter.lab.door("guest_set_mac", vm="own-mac", mac="02:00:00:00:20:09", persistent=True)
    assert vcenter.lab.door("power_cycle", vm="own-mac")["nics"][0]["runtime_mac"] == "02:00:00:00:20:09"


def test_wrong_power_states_name_the_existing_one() -> None:
    vcenter = Vcenter()
    for task in (vcenter.vm("web-01").PowerOnVM_Task(), vcenter.vm("off-01").PowerOffVM_Task()):
        with pytest.raises(vim.fault.InvalidPowerState) as caught:
            done(task)
        assert caught.value.existingState in ("poweredOn", "poweredOff")


def test_the_guest_shuts_down_only_with_tools() -> None:
    vcenter = Vcenter()
    vcenter.vm("web-01").ShutdownGuest()
    assert vcenter.vm("web-01").runtime.powerState == "poweredOff"
    with pytest.raises(vim.fault.ToolsUnavailable):
        vcenter.vm("quiet-01").ShutdownGuest()


def test_a_template_takes_neither_power_nor_move_nor_upgrade() -> None:
    vm, host = (vcenter := Vcenter()).vm("tmpl-linux"), vcenter.host("esx02.lab")
    for task in (vm.PowerOnVM_Task(), vm.MigrateVM_Task(host=host, priority="defaultPriority"), vm.UpgradeVM_Task()):
        with pytest.raises(vmodl.fault.NotSupported):
            done(task)


# moving


def test_a_move_to_a_host_without_the_portgroup_is_refused() -> None:
    switch = {"name": "vSwitch1", "hosts": ["esx01.lab"], "portgroups": [{"name": "Local"}]}
    told = with_vm("here", nics=[{"portgroup": "Local"}])
    told["datacenters"][0]["standard_switches"] = [switch]
    vcenter = Vcenter(told)
    task = vcenter.vm("here").MigrateVM_Task(host=vcenter.host("esx02.lab"), priority="defaultPriority")
    with pytest.raises(vim.fault.CannotAccessNetwork, match="'Local'"):
        done(task)


def test_sriov_prevents_vmotion() -> None:
    vcenter = Vcenter()
    with pytest.raises(vim.fault.VMotionNotSupported):
        done(vcenter.vm("sriov-01").RelocateVM_Task(vim.vm.RelocateSpec(host=vcenter.host("esx02.lab"))))


def test_a_move_shows_on_both_hosts() -> None:
    vcenter = Vcenter()
    vcenter.lab.door("vmotion", vm="db-01", host="esx02.lab")
    assert vcenter.vm("db-01").runtime.host._moId == vcenter.host("esx02.lab")._moId
    assert "db-01" in {vm.name for vm in vcenter.host("esx02.lab").vm}
    assert "db-01" not in {vm.name for vm in vcenter.host("esx01.lab").vm}
    macs = {mac for port in vcenter.portgroup("Staging", "esx02.lab").port for mac in port.mac}
    assert "00:50:56:86:02:01" in macs


def test_nothing_moves_to_a_host_in_maintenance() -> None:
    vcenter = Vcenter()
    done(vcenter.host("esx02.lab").EnterMaintenanceMode_Task(timeout=0))
    with pytest.raises(vim.fault.InvalidState):
        done(vcenter.vm("web-01").RelocateVM_Task(vim.vm.RelocateSpec(host=vcenter.host("esx02.lab"))))


# snapshots, clones, templates, upgrades


def test_a_revert_restores_mac_type_and_portgroup() -> None:
    vcenter = Vcenter()
    done(vcenter.vm("web-01").CreateSnapshot_Task(name="s", description="", memory=False, quiesce=False))
    done(vcenter.edit_nic("web-01", addressType="manual", backing=vcenter.backing("dv-production")))
    done(vcenter.vm("web-01").RevertToCurrentSnapshot_Task())
    state = vcenter.state("web-01")
    assert (state["address_type"], state["portgroup"]) == ("assigned", "dv-staging")
    assert vcenter.vm("web-01").runtime.powerState == "poweredOff"
    assert vcenter.port("web-01").portgroupKey == vcenter.group("dv-staging").key


def test_a_revert_to_memory_brings_back_the_mac_in_use() -> None:
    vcenter = Vcenter()
    done(vcenter.vm("web-01").CreateSnapshot_Task(name="s", description="", memory=True, quiesce=False))
    drift(vcenter, "web-01", "dv-production")
    vcenter.lab.door("power_cycle", vm="web-01")
    done(vcenter.vm("web-01").snapshot.currentSnapshot.RevertToSnapshot_Task())
    state = vcenter.state("web-01")
    assert (state["configured_mac"], state["runtime_mac"]) == ("00:50:56:86:01:01", "00:50:56:86:01:01")
    assert vcenter.vm("web-01").runtime.powerState == "poweredOn"


def test_snapshots_form_a_tree() -> None:
    vcenter = Vcenter()
    vm = vcenter.vm("lic-01")
    done(vm.CreateSnapshot_Task(name="second", description="", memory=False, quiesce=False))
    (root,) = vm.snapshot.rootSnapshotList
    assert [root.name, *(child.name for child in root.childSnapshotList)] == ["before licence renewal", "second"]
    done(root.snapshot.RemoveSnapshot_Task(removeChildren=False))
    assert [tree.name for tree in vm.snapshot.rootSnapshotList] == ["second"]
    done(vm.RemoveAllSnapshots_Task())
    assert vm.snapshot is None


def test_a_snapshot_shows_the_macs_of_its_time() -> None:
    vm = Vcenter("drifted").vm("latent-snapshot")
    (nic,) = [d for d in vm.snapshot.currentSnapshot.config.hardware.device if isinstance(d, Card)]
    assert nic.macAddress == "00:50:56:86:2f:10"


def clone(vcenter: Vcenter, vm: str, **spec: Any) -> Any:
    location = vim.vm.RelocateSpec()
    return done(
        vcenter.vm(vm).CloneVM_Task(
            folder=vcenter.vm(vm).parent,
            name="copy",
            spec=vim.vm.CloneSpec(**{"location": location, "powerOn": False, "template": False, **spec}),
        )
    )


def test_a_clone_has_its_own_automatic_mac_and_the_originals_manual_one() -> None:
    vcenter = Vcenter()
    clone(vcenter, "web-01")
    assert vcenter.state("copy")["configured_mac"] not in (None, "00:50:56:86:01:01")
    assert vcenter.state("copy")["portgroup"] == "dv-staging"
    vcenter = Vcenter()
    clone(vcenter, "pinned-01")
    assert vcenter.state("copy")["configured_mac"] == "00:50:56:12:34:01"


def test_a_clone_of_a_template_can_be_started_and_destroyed() -> None:
    vcenter = Vcenter()
    clone(vcenter, "tmpl-linux", powerOn=True)
    assert vcenter.vm("copy").runtime.powerState == "poweredOn"
    done(vcenter.vm("copy").PowerOffVM_Task())
    done(vcenter.vm("copy").Destroy_Task())
    assert "copy" not in {vm.name for vm in vcenter.all(vim.VirtualMachine)}


def test_snapshots_go_with_their_vm() -> None:
    vcenter = Vcenter()
    snapshot = vcenter.vm("lic-01").snapshot.currentSnapshot
    done(vcenter.vm("lic-01").PowerOffVM_Task())
    done(vcenter.vm("lic-01").Destroy_Task())
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        print(snapshot.config)


def test_a_template_is_made_and_unmade() -> None:
    vcenter = Vcenter()
    vm = vcenter.vm("off-01")
    pool = vm.resourcePool
    vm.MarkAsTemplate()
    assert vm.config.template
    assert vm.resourcePool is None
    vm.MarkAsVirtualMachine(pool=pool)
    assert not vm.config.template


@pytest.mark.parametrize("answer", ["kept", "replaced"])
def test_a_hardware_upgrade(answer: str) -> None:
    vcenter = Vcenter(hardware_upgrade_macs=answer)
    done(vcenter.edit_nic("off-01", addressType="assigned"))
    done(vcenter.vm("off-01").UpgradeVM_Task("vmx-21"))
    assert vcenter.vm("off-01").config.version == "vmx-21"
    assert (vcenter.state("off-01")["configured_mac"] == "00:50:56:86:06:01") == (answer == "kept")
    with pytest.raises(vim.fault.AlreadyUpgraded):
        done(vcenter.vm("off-01").UpgradeVM_Task("vmx-21"))
    with pytest.raises(vim.fault.InvalidPowerState):
        done(vcenter.vm("web-01").UpgradeVM_Task("vmx-21"))


# what Tools say


@pytest.mark.parametrize(("answer", "key"), [("minus_one", -1), ("key", 4000)])
def test_a_drifted_guest_nic(answer: str, key: int) -> None:
    vcenter = Vcenter("drifted", drifted_nic_device_config_id=answer)
    (nic,) = vcenter.vm("drift-guest").guest.net
    assert (nic.macAddress, nic.deviceConfigId) == ("00:50:56:86:2f:08", key)


def test_tools_report_other_nics_and_bonds() -> None:
    vcenter = Vcenter("drifted")
    containers = vcenter.vm("calm-containers").guest.net
    assert [nic.deviceConfigId for nic in containers] == [4000, -1, -1]
    assert {nic.macAddress for nic in vcenter.vm("calm-bond").guest.net} == {"00:50:56:86:20:0c"}


def test_without_running_tools_the_last_word_stays() -> None:
    vcenter = Vcenter("drifted")
    vcenter.lab.door("tools", vm="web-01", status="not_running")
    vcenter.lab.door("guest_set_mac", vm="web-01", mac="02:00:00:00:00:01")
    guest = vcenter.vm("web-01").guest
    assert guest.toolsRunningStatus == "guestToolsNotRunning"
    assert [nic.macAddress for nic in guest.net] == ["00:50:56:86:01:01"]
    assert list(vcenter.vm("quiet-01").guest.net) == []
