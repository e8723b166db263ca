# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""govc, written by others in another language, understands what the lab says and is understood by it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ..integration.conftest import Lab, StartLab
from .conftest import Govc

PORTGROUP = "Nested"


@pytest.fixture
def lab(start_lab: StartLab) -> Lab:
    return start_lab("nested")


def vnic(govc: Govc, lab: Lab, vm: str) -> dict[str, t.Any]:
    (device,) = govc(lab, "device.info", "-vm", vm, "ethernet-*")["devices"]
    return dict(device)


def portgroup(govc: Govc, lab: Lab, host: str, name: str) -> dict[str, t.Any]:
    found = govc(lab, "host.portgroup.info", "-host", host)["portgroup"]
    return next(item for item in found if item["spec"]["name"] == name)


def test_it_validates_the_certificate(govc: Govc, lab: Lab, tmp_path: pathlib.Path) -> None:
    assert govc(lab, "about")["about"]["apiVersion"] == "8.0.3.0"
    other = tmp_path / "other.pem"
    other.write_text("")
    stranger = Lab(port=lab.port, ca_file=str(other))
    assert "certificate" in govc(stranger, "about", fails=True)


def test_it_lists_the_inventory(govc: Govc, lab: Lab) -> None:
    paths = [element["Path"] for element in govc(lab, "ls", "/DC1")["elements"]]
    assert sorted(paths) == ["/DC1/datastore", "/DC1/host", "/DC1/network", "/DC1/vm"]
    assert govc(lab, "find", "/", "-type", "h") == [
        "/DC1/host/Compute/esx01.lab",
        "/DC1/host/Compute/esx02.lab",
    ]
    assert govc(lab, "find", "/", "-type", "m", "-name", "app-0[12]") == ["/DC1/vm/app-01", "/DC1/vm/app-02"]
    networks = govc(lab, "find", "/", "-type", "n")
    assert {"/DC1/network/Nested", "/DC1/network/dv-nested"} <= set(networks)


def test_it_reads_a_vm_and_its_devices(govc: Govc, lab: Lab) -> None:
    (vm,) = govc(lab, "vm.info", "nested-esxi-01")["virtualMachines"]
    assert vm["runtime"]["powerState"] == "poweredOn"
    assert vm["config"]["nestedHVEnabled"] is True
    assert "00:50:56:6a:10:01" in [nic["macAddress"] for nic in vm["guest"]["net"]]  # the nested ESXi's own vmk0
    card = vnic(govc, lab, "nested-esxi-01")
    assert (card["macAddress"], card["addressType"]) == ("00:50:56:86:10:01", "assigned")
    assert card["backing"]["deviceName"] == PORTGROUP


def test_it_reads_portgroups_of_both_kinds(govc: Govc, lab: Lab) -> None:
    found = portgroup(govc, lab, "esx01.lab", PORTGROUP)
    assert found["spec"]["vlanId"] == 100
    assert found["computedPolicy"]["security"] == {
        "allowPromiscuous": False,
        "macChanges": False,
        "forgedTransmits": False,
    }
    (port,) = govc(lab, "dvs.portgroup.info", "-pg", "dv-nested", "-connected", "-active", "dvs-lab")["port"]
    assert port["state"]["runtimeInfo"]["macAddress"] == "00:50:56:86:10:02"
    assert port["config"]["setting"]["vlan"]["vlanId"] == 100


def test_it_changes_a_portgroup_which_loses_what_was_not_named(govc: Govc, lab: Lab) -> None:
    assert portgroup(govc, lab, "esx01.lab", PORTGROUP)["spec"]["policy"]["nicTeaming"]["policy"] == "failover_explicit"
    govc(lab, "host.portgroup.change", "-host", "esx01.lab", "-forged-transmits=true", PORTGROUP)
    changed = portgroup(govc, lab, "esx01.lab", PORTGROUP)
    assert changed["spec"]["vlanId"] == 100
    assert changed["spec"]["policy"]["security"] == {"forgedTransmits": True}
    assert changed["computedPolicy"]["security"]["forgedTransmits"] is True
    # govc sends the security policy alone; UpdatePortGroup takes the spec as a whole.
    assert "policy" not in changed["spec"]["policy"].get("nicTeaming", {})
    untouched = portgroup(govc, lab, "esx02.lab", PORTGROUP)
    assert untouched["computedPolicy"]["security"]["forgedTransmits"] is False


def test_it_moves_a_vnic_and_keeps_its_mac(govc: Govc, lab: Lab) -> None:
    before = vnic(govc, lab, "app-01")
    govc(lab, "vm.network.change", "-vm", "app-01", "-net", "dv-production", before["name"])
    after = vnic(govc, lab, "app-01")
    assert after["backing"]["port"]["portgroupKey"].startswith("dvportgroup-")
    assert (after["macAddress"], after["addressType"]) == (before["macAddress"], before["addressType"])


def test_it_migrates_a_vm_and_sees_the_event(govc: Govc, lab: Lab) -> None:
    govc(lab, "vm.migrate", "-host", "esx02.lab", "app-01")
    (vm,) = govc(lab, "vm.info", "app-01")["virtualMachines"]
    assert f"HostSystem:{vm['runtime']['host']['value']}" in govc(lab, "find", "-i", "/", "-name", "esx02.lab")
    events = govc(lab, "events", "-type", "VmMigratedEvent", "/DC1/vm/app-01")
    assert "app-01" in str(events)
    assert "esx02.lab" in str(events)


def test_a_fault_arrives_as_what_it_is(govc: Govc, lab: Lab) -> None:
    said = govc(lab, "vm.network.change", "-vm", "app-01", "-net", "nowhere", "ethernet-0", fails=True)
    assert "nowhere" in said
