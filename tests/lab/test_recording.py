# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording is read as it was, and from then on lives by the lab's rules."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim, vmodl
from vsphere_lab import recording
from vsphere_lab.schema import ScenarioError

from ..modules.conftest import Run, run
from .recorded import save, tiny
from .test_main import run as command

__all__ = ["run"]
Any = t.Any
PC = vmodl.query.PropertyCollector
NIC = vim.vm.device.VirtualEthernetCard


@pytest.fixture
def lab(tmp_path: pathlib.Path) -> vsphere_lab.Lab:
    return vsphere_lab.load(tiny(tmp_path / "tiny"))


def find(si: Any, path: str) -> Any:
    return si.content.searchIndex.FindByInventoryPath(path)


def everything(lab: vsphere_lab.Lab) -> dict[str, dict[str, str]]:
    """Return all properties of all inventory objects, as a client reads them."""
    si = lab.connect()
    view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [], True)
    walk = PC.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[walk])],
        propSet=[PC.PropertySpec(type=vim.ManagedEntity, all=True)],
    )
    found = si.content.propertyCollector.RetrievePropertiesEx([spec], PC.RetrieveOptions()).objects
    return {content.obj._moId: {item.name: repr(item.val) for item in content.propSet} for content in found}


@pytest.mark.parametrize("scenario", ["drifted", "nested", "esxi"])
def test_a_recorded_lab_reads_like_the_lab(scenario: str, tmp_path: pathlib.Path) -> None:
    original = vsphere_lab.load(scenario)
    replayed = vsphere_lab.load(save(original, tmp_path / "saved"))
    assert replayed.notes == []
    assert everything(replayed) == everything(original)


def test_ports_read_as_they_were(tmp_path: pathlib.Path) -> None:
    original = vsphere_lab.load("drifted")
    labs = [original, vsphere_lab.load(save(original, tmp_path / "saved"))]
    before, after = ([repr(port) for port in lab.get("dvs-1").FetchDVPorts(None)] for lab in labs)
    assert sorted(after) == sorted(before)
    assert any("blocked = true" in port for port in after)


def test_the_modules_say_the_same_of_both(tmp_path: pathlib.Path, run: Run) -> None:
    original = vsphere_lab.load("drifted")
    replayed = vsphere_lab.load(save(original, tmp_path / "saved"))
    facts = [run(lab, "mac_drift_facts", report="all")["ansible_facts"]["mac_drift"] for lab in (original, replayed)]
    # govc records neither events nor snapshots' configurations, so what follows from those is not there.
    lost = {"events", "risks", "finding"}
    before, after = ([{key: vnic[key] for key in vnic if key not in lost} for vnic in told["vnics"]] for told in facts)
    assert before == after
    assert len({vnic["verdict"] for vnic in after}) > 4
    options = {"type": "dvportgroup", "names": ["dv-production"], "forged_transmits": "accept"}
    plans = [run(lab, "portgroup_security", check=True, **options) for lab in (original, replayed)]
    assert plans[0] == plans[1]
    assert plans[0]["changed"]


def test_a_recorded_server_says_what_it_was(lab: vsphere_lab.Lab) -> None:
    about = lab.connect().content.about
    assert (about.fullName, about.apiVersion) == ("VMware vCenter Server 7.0.3 build-1", "7.0.3.0")
    assert lab.api_version == "7.0.3.0"


def test_a_vm_is_read_as_recorded_and_drifts_on(lab: vsphere_lab.Lab) -> None:
    vm = find(lab.connect(), "Berlin/vm/till-42")
    assert vm.config.changeVersion == "2024-05-01T10:00:00.1Z"
    assert vm.guest.hostName == "till-42.example.com"
    nic = lab.door("state", vm="till-42")["nics"][0]
    assert (nic["configured_mac"], nic["runtime_mac"]) == ("00:50:56:83:12:34", "00:50:56:83:99:99")


def test_a_vm_can_be_changed(lab: vsphere_lab.Lab) -> None:
    vm = find(lab.connect(), "Berlin/vm/till-42")
    nic = next(device for device in vm.config.hardware.device if isinstance(device, NIC))
    nic.addressType = "manual"
    change = vim.vm.device.VirtualDeviceSpec(operation="edit", device=nic)
    done = vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeVersion=vm.config.changeVersion, deviceChange=[change]))
    assert done.info.state == "success"
    assert lab.door("state", vm="till-42")["nics"][0]["address_type"] == "manual"
    assert vm.config.changeVersion != "2024-05-01T10:00:00.1Z"
    assert vm.guest.hostName == "till-42.example.com"  # what the lab does not know stays as recorded
    assert vm.PowerOffVM_Task().info.state == "success"
    assert vm.summary.runtime.powerState == "poweredOff"


def test_a_portgroup_can_be_changed(lab: vsphere_lab.Lab) -> None:
    network = find(lab.connect(), "Berlin/host/esx-17.example.com/esx-17.example.com").configManager.networkSystem
    group = network.networkInfo.portgroup[0]
    group.spec.policy.security = vim.host.NetworkPolicy.SecurityPolicy(forgedTransmits=True)
    network.UpdatePortGroup("Kasse 4", group.spec)
    changed = network.networkInfo
    assert changed.portgroup[0].computedPolicy.security.forgedTransmits
    assert changed.vswitch[0].mtu == 9000
    assert changed.atBootIpV6Enabled  # which the lab itself would deny


def test_a_reset_brings_the_recording_back(lab: vsphere_lab.Lab) -> None:
    lab.door("power_cycle", vm="till-42")
    assert lab.door("state", vm="till-42")["nics"][0]["runtime_mac"] == "00:50:56:83:12:34"
    lab.door("reset")
    assert lab.door("state", vm="till-42")["nics"][0]["runtime_mac"] == "00:50:56:83:99:99"


STRANGE = (
    '<propSet><name>parent</name><val type="Folder" xsi:type="ManagedObjectReference">group-v3</val></propSet>'
    '<propSet><name>name</name><val xsi:type="xsd:string">odd</val></propSet>'
    '<propSet><name>notThere</name><val xsi:type="xsd:string">x</val></propSet>'
    '<propSet><name>runtime</name><val xsi:type="VirtualMachineRuntimeInfo">'
    "<connectionState>connected</connectionState><powerState></powerState><invented>1</invented></val></propSet>"
    '<propSet><name>config</name><val xsi:type="VirtualMachineConfigInfo2099"/></propSet>'
    '<propSet><name>alarmActionsEnabled</name><val xsi:type="xsd:boolean">maybe</val></propSet>'
)


def test_what_cannot_be_read_is_told_and_left_out(tmp_path: pathlib.Path) -> None:
    odd = ("VirtualMachine", "vm-77", STRANGE)
    newer = ("QuantumSwitch", "quantum-1", "")
    lab = vsphere_lab.load(tiny(tmp_path / "odd", odd, newer))
    (tmp_path / "odd" / "9999-Folder-group-x.xml").write_text("<ObjectContent><obj")
    notes = "\n".join(vsphere_lab.load(tmp_path / "odd").notes)
    for sentence in (
        "VirtualMachine.notThere was left out: pyVmomi does not know it",
        "VirtualMachineRuntimeInfo.powerState was left out: it is empty",
        "VirtualMachineRuntimeInfo.invented was left out: pyVmomi does not know it",
        "pyVmomi knows no type VirtualMachineConfigInfo2099",
        "VirtualMachine.alarmActionsEnabled was left out: 'maybe' is no bool",
        "QuantumSwitch-quantum-1.xml was left out: pyVmomi knows no type QuantumSwitch",
    ):
        assert sentence in "\n".join(lab.notes)
    assert "9999-Folder-group-x.xml was left out: it is not XML" in notes
    vm = vim.VirtualMachine("vm-77", lab.connect()._stub)
    assert vm.name == "odd"
    with pytest.raises(vmodl.fault.MethodNotFound):
        vm.PowerOffVM_Task()


def test_what_is_no_recording_is_refused_in_a_sentence(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ScenarioError, match="no recording: a directory with the XML files"):
        recording.read(tmp_path)
    part = tiny(tmp_path / "part")
    (part / "0001-Folder-group-d1.xml").unlink()
    with pytest.raises(ScenarioError, match="the root folder is not in it: record the whole server"):
        vsphere_lab.load(part)
    ended = command("--recording", str(tmp_path / "absent"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("vsphere_lab: no directory ")
