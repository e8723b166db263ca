# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What open-vm-tools report of each shape of guest, and what may be concluded from it: above all, no false drift."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.guest import in_guest, may_be_a_vnic
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    AddressType,
    GuestNic,
    Network,
    NetworkKind,
    Power,
    Vm,
    Vnic,
)

A, B, C = "00:50:56:86:00:0a", "00:50:56:86:00:0b", "00:50:56:86:00:0c"
OLD, OLDER = "00:50:56:86:7f:01", "00:50:56:86:7f:02"
DOCKER, VETH = "02:42:ac:11:00:02", "fe:54:00:12:34:56"
Nic: t.TypeAlias = "tuple[str | None, int]"


def vm(configured: list[str], reported: list[Nic], *, guest_id: str = "rhel9_64Guest", **more: t.Any) -> Vm:
    network = Network(kind=NetworkKind.STANDARD, name="Staging")
    vnics = tuple(
        Vnic(
            key=4000 + n, label=f"Network adapter {n + 1}", mac=mac, address_type=AddressType.ASSIGNED, network=network
        )
        for n, mac in enumerate(configured)
    )
    nics = tuple(GuestNic(mac=mac, device_key=key) for mac, key in reported)
    plain = Vm(
        moid="vm-1", name="guest", power=Power.ON, tools_running=True, guest_id=guest_id, vnics=vnics, guest_nics=nics
    )
    return dataclasses.replace(plain, **more)


SHAPES = [
    pytest.param([A], [(A, 4000)], {4000: A}, id="plain guest"),
    pytest.param([A], [(OLD, -1)], {4000: OLD}, id="drifted: Tools don't recognise the interface any more"),
    pytest.param([A], [(OLD, 4000)], {4000: OLD}, id="drifted, and Tools still know the device"),
    pytest.param([A, B], [(A, 4000), (OLD, -1)], {4000: A, 4001: OLD}, id="one of two drifted"),
    pytest.param([A, B], [(OLD, 4000), (OLDER, 4001)], {4000: OLD, 4001: OLDER}, id="both drifted, told by device id"),
    pytest.param([A, B], [(OLD, -1), (OLDER, -1)], {4000: None, 4001: None}, id="both drifted: which is which is open"),
    pytest.param([A], [(A, 4000), (DOCKER, -1), (VETH, -1)], {4000: A}, id="containers beside it"),
    pytest.param([A], [(DOCKER, -1), (VETH, -1)], {4000: None}, id="containers only: the vNIC is down"),
    pytest.param([A], [(A, -1), (A, 4000)], {4000: A}, id="bridge with the MAC of its port"),
    pytest.param(
        [A, B], [(A, 4000), (A, -1), (A, -1)], {4000: A, 4001: None}, id="bond: both members have the first's MAC"
    ),
    pytest.param([A], [(A, 4000), (A, -1), (A, -1)], {4000: A}, id="VLAN interfaces have the MAC of theirs"),
    pytest.param(
        [A], [("02:00:00:00:00:01", -1)], {4000: None}, id="macvlan or a MAC that the guest made up: not told"
    ),
    pytest.param([A, B], [(A, 4000)], {4000: A, 4001: None}, id="one interface down: Tools leave it out"),
    pytest.param(
        [A, B], [(A, 4000), ("52:54:00:aa:bb:cc", -1)], {4000: A, 4001: None}, id="libvirt bridge, one vNIC down"
    ),
    pytest.param(
        [A, B], [(A, 4000), ("00:15:5d:01:02:03", -1)], {4000: A, 4001: None}, id="Hyper-V switch, one vNIC down"
    ),
    pytest.param([A, B], [(A, 4000), ("00:50:56:c0:00:08", -1)], {4000: A, 4001: None}, id="Workstation's vmnet8"),
    pytest.param([A, B], [(A, 4000), ("00:ff:aa:bb:cc:dd", -1)], {4000: A, 4001: None}, id="VPN adapter of Windows"),
    pytest.param(
        [A, A], [(A, 4000), (OLD, -1)], {4000: None, 4001: None}, id="the same MAC configured twice: nobody is cleared"
    ),
    pytest.param([A], [(None, -1), (A, 4000)], {4000: A}, id="tunnels have no Ethernet address"),
    pytest.param(
        [A, B], [(OLD, 4000), (OLDER, 4000), (C, -1)], {4000: None, 4001: None}, id="a shared device id proves nothing"
    ),
]


@pytest.mark.parametrize(("configured", "reported", "expected"), SHAPES)
def test_each_shape_of_guest(configured: list[str], reported: list[Nic], expected: dict[int, str | None]) -> None:
    seen = in_guest(vm(configured, reported))
    assert {key: sighting.mac for key, sighting in seen.items()} == expected


@pytest.mark.parametrize(("configured", "reported", "expected"), SHAPES)
def test_only_a_configured_mac_is_certain_and_silence_is_explained(
    configured: list[str], reported: list[Nic], expected: dict[int, str | None]
) -> None:
    for sighting in in_guest(vm(configured, reported)).values():
        assert sighting.certain is (sighting.mac in configured)
        assert sighting.mac in configured or sighting.note


def test_a_nested_hypervisor_reports_vmkernel_adapters_not_vnics() -> None:
    nested = vm([A, B], [(A, -1), ("00:50:56:6a:00:01", -1), (OLD, -1)], guest_id="vmkernel8Guest")
    seen = in_guest(nested)
    assert (seen[4000].mac, seen[4001].mac) == (A, None)
    assert "hypervisor" in seen[4001].note


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"tools_running": False}, id="Tools stopped: their last word stays and proves nothing"),
        pytest.param({"power": Power.OFF}, id="powered off"),
        pytest.param({"power": Power.SUSPENDED}, id="suspended"),
    ],
)
def test_a_guest_that_cannot_speak_says_nothing(more: dict[str, t.Any]) -> None:
    assert in_guest(vm([A], [(OLD, -1)], **more)) == {}


def test_a_vnic_without_a_mac_is_not_matched_with_an_interface_without_one() -> None:
    fresh = vm([], [(None, -1)])
    assert in_guest(fresh) == {}


@pytest.mark.parametrize(
    ("mac", "may_be"),
    [
        pytest.param("00:50:56:86:00:01", True, id="vCenter's"),
        pytest.param("00:0c:29:86:00:01", True, id="a host's"),
        pytest.param("00:50:56:00:00:01", True, id="set by hand"),
        pytest.param("3c:ec:ef:00:00:01", True, id="of a converted physical machine"),
        pytest.param("00:50:56:66:00:01", False, id="VMkernel's"),
        pytest.param("02:42:ac:11:00:02", False, id="locally administered"),
        pytest.param("01:00:5e:00:00:01", False, id="multicast"),
    ],
)
def test_which_macs_a_vnic_may_have(mac: str, may_be: bool) -> None:
    assert may_be_a_vnic(mac) is may_be
