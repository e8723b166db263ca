# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles do with modules of community.vmware and vmware.vmware: host options, VM hardware, power."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from vsphere_lab import power
from vsphere_lab.vms import VirtualMachine

from ..integration.conftest import Lab, Play, Played, StartLab
from ..integration.test_roles import CHANGE, PREPARE, pin, prepare
from .conftest import ROOT

PlayRole = t.Callable[..., Played]


@pytest.fixture
def play_role(play: Play) -> PlayRole:
    def run(lab: Lab, playbook: pathlib.Path, *arguments: str, **options: t.Any) -> Played:
        paths = f"{ROOT / '.cache/collections'}:{ROOT / '.cache/peers'}"
        # Where the certificate's CA is, the role tells these modules itself.
        connection = ("-e", yaml.safe_dump({"vcenter": {"ca_path": lab.ca_file}}, default_flow_style=True))
        return play(lab, playbook, *connection, *arguments, warns=True, ANSIBLE_COLLECTIONS_PATH=paths, **options)

    return run


def arrives_twice(lab: Lab) -> bool:
    return bool(lab.door("reach", source="nested-vm-1", target="gateway")["inbound"]["duplicates"])


def test_no_frame_arrives_twice(start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path) -> None:
    lab = start_lab("nested")
    play_role(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-01"]))
    assert arrives_twice(lab)
    # Promiscuous mode is on already, so it has to be turned off and on for the option to take effect.
    options = prepare(tmp_path, vms=["nested-esxi-01"], reverse_path_check=True)
    foretold = play_role(lab, PREPARE, "--check", *options)
    assert arrives_twice(lab)
    done = play_role(lab, PREPARE, *options)
    assert foretold.changed
    assert len(done.changed) == 5
    assert not arrives_twice(lab)
    assert play_role(lab, PREPARE, *options).changed == []
    play_role(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-01"], state="absent"))
    play_role(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-01"]))
    assert arrives_twice(lab), "the option was not put back"


def test_vlan_and_mtu_are_looked_at(start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path) -> None:
    lab = start_lab("nested")
    before = lab.door("policies")
    wrong = {"vms": ["nested-esxi-01"], "vlan": 200, "mtu": 1600}
    told = play_role(lab, PREPARE, *prepare(tmp_path, **wrong), fails=True).said
    assert "portgroup Nested on esx02.lab has VLAN 100 instead of 200." in told
    assert "vSwitch0 on esx01.lab has an MTU of 1500, which is less than 1600." in told
    wrong = {"vms": ["nested-esxi-02"], "vlan": 4095, "mtu": 1600, "datacenter": "DC1"}
    told = play_role(lab, PREPARE, *prepare(tmp_path, **wrong), fails=True).said
    assert "dv-nested has VLAN 100 instead of 4095." in told
    assert "dvs-lab has an MTU of 1500" in told
    assert lab.door("policies") == before
    right = {"vms": ["nested-esxi-02"], "vlan": 100, "mtu": 1500, "datacenter": "DC1"}
    told = play_role(lab, PREPARE, "--check", *prepare(tmp_path, **right)).said
    assert "Found on all of them, as required: VLAN 100, an MTU of at least 1500" in told


def hosts_nested(lab: Lab, vm: str) -> bool:
    """Whether the VM has nested hardware virtualisation."""
    assert lab.simulated
    (found,) = (each for each in lab.simulated.all(VirtualMachine) if each.name == vm)
    return bool(found.config.nestedHVEnabled)


def test_nested_virtualisation_waits_for_the_power_off_and_is_taken_back(
    start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("nested")
    plain = {"vms": ["app-01"], "hardware": True}
    allowed = {**plain, "power_off": "allowed"}
    assert "PENDING: app-01 needs" in play_role(lab, PREPARE, *prepare(tmp_path, **plain)).said
    foretold = play_role(lab, PREPARE, "--check", *prepare(tmp_path, **allowed))
    assert [name.rpartition("| ")[2] for name in foretold.changed] == [
        "See whether nested hardware virtualisation has to be set"
    ]
    assert not hosts_nested(lab, "app-01")
    done = play_role(lab, PREPARE, *prepare(tmp_path, **allowed))
    assert [name.rpartition("| ")[2] for name in done.changed] == [
        "Shut the guest down",
        "Set it while the VM is off",
        "Power the VM on",
    ]
    assert hosts_nested(lab, "app-01")
    assert lab.door("state", vm="app-01")["power"] == "poweredOn"
    assert play_role(lab, PREPARE, *prepare(tmp_path, **allowed)).changed == []

    # Undone as far as that is allowed; what isn't stays in the file until it is.
    waits = play_role(lab, PREPARE, *prepare(tmp_path, **plain, state="absent"))
    assert "PENDING: app-01 still has" in waits.said
    assert hosts_nested(lab, "app-01")
    play_role(lab, PREPARE, *prepare(tmp_path, **allowed, state="absent"))
    assert not hosts_nested(lab, "app-01")
    assert lab.door("state", vm="app-01")["power"] == "poweredOn"
    assert list((tmp_path / "state").iterdir()) == []


def test_vmk0_follows_its_vnic_until_that_is_taken_back(
    start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path
) -> None:
    """Inside of the nested ESXi, which is logged in to by itself."""
    lab, inside = start_lab("nested"), start_lab("esxi")
    options = {"vms": ["nested-esxi-01"], "nested_connections": [inside.connection]}
    assert len(play_role(lab, PREPARE, *prepare(tmp_path, **options)).changed) == 2
    assert play_role(lab, PREPARE, *prepare(tmp_path, **options)).changed == []
    waits = play_role(lab, PREPARE, *prepare(tmp_path, vms=["nested-esxi-01"], state="absent"))
    assert "PENDING: Net.FollowHardwareMac is still set inside of 127.0.0.1." in waits.said
    assert len(play_role(lab, PREPARE, *prepare(tmp_path, **options, state="absent")).changed) == 1
    assert list((tmp_path / "state").iterdir()) == []


def test_a_vm_that_can_t_be_pinned_running_is_pinned_off(
    start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("drift", type_only_pin_on_running_vm="refused")
    lab.door("unsafe_portgroup_change", vm="lic-01", portgroup="dv-production")
    options = {"vms": ["lic-01", "web-01"], "target": "dv-production", "power_cycle": "allowed", "keep": "runtime"}
    play_role(lab, CHANGE, "--check", *pin(tmp_path, **options))
    play_role(lab, CHANGE, *pin(tmp_path, **options))
    # lic-01 has its licence's MAC again, the one that its guest had been using.
    assert lab.nics("lic-01", "web-01") == [
        ("lic-01", "00:50:56:86:03:01", "manual", "dv-production"),
        ("web-01", "00:50:56:86:01:01", "manual", "dv-production"),
    ]
    assert {lab.door("state", vm=vm)["power"] for vm in ("lic-01", "web-01")} == {"poweredOn"}
    assert play_role(lab, CHANGE, *pin(tmp_path, **options)).changed == []


def test_a_power_cycle_that_fails_names_the_vm(
    start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = start_lab("drift", type_only_pin_on_running_vm="refused")
    before = lab.nics("lic-01", "web-01")
    options = {"vms": ["lic-01", "web-01"], "batch": 1, "power_cycle": "allowed", "shutdown_timeout": 1}
    lab.door("fault", method="PowerOnVM_Task", object="web-01", task_fault="InvalidPowerState")
    with monkeypatch.context() as guest:
        guest.setattr(power, "shutdown_guest", lambda vm: None)  # It takes its time.
        late = play_role(lab, CHANGE, *pin(tmp_path, **options), fails=True).said
    assert "lic-01, shut the guest down: Timeout limit reached" in late
    assert "Not begun: web-01." in late
    assert lab.nics("lic-01", "web-01") == before

    off = play_role(lab, CHANGE, *pin(tmp_path, **options), fails=True).said
    assert "web-01 IS OFF and can't be powered on: " in off
    assert "Done and verified before: lic-01." in off
    assert lab.nics("lic-01", "web-01") == [(vm, mac, "manual", group) for vm, mac, _type, group in before]

    nested = start_lab("nested")
    nested.door("fault", method="PowerOnVM_Task", object="app-01", task_fault="InvalidPowerState")
    options = {"vms": ["app-01"], "hardware": True, "power_off": "allowed"}
    off = play_role(nested, PREPARE, *prepare(tmp_path, **options), fails=True).said
    assert "app-01 IS OFF and can't be powered on: " in off


def test_a_hardware_upgrade_goes_through_with_its_mac(
    start_lab: StartLab, play_role: PlayRole, tmp_path: pathlib.Path
) -> None:
    """Pin first, upgrade with a task of one's own, verify."""
    lab = start_lab("drift")
    upgrade = {
        "name": "Upgrade the virtual hardware",
        "community.vmware.vmware_guest": {"name": "off-01", "datacenter": "DC1", "hardware": {"version": "21"}},
        "environment": {"SSL_CERT_FILE": lab.ca_file},
    }
    own = tmp_path / "upgrade.yml"
    own.write_text(yaml.safe_dump([upgrade]))
    done = play_role(lab, CHANGE, *pin(tmp_path, vms=["off-01"], own_tasks=str(own)))
    assert any("Upgrade the virtual hardware" in name for name in done.changed)
    assert lab.nics("off-01") == [("off-01", "00:50:56:86:06:01", "manual", "dv-staging")]
