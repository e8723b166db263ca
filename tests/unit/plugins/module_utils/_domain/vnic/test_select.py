# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which vNICs a selector means, and which nobody may edit."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import NotFound
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    AddressType,
    Network,
    NetworkKind,
    Power,
    Vm,
    Vnic,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.scope import Scope
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.select import (
    chosen,
    only,
    subjects,
    untouchable,
)


def vnic(number: int, mac: str | None = None, portgroup: str = "A") -> Vnic:
    return Vnic(
        key=3999 + number,
        label=f"Network adapter {number}",
        mac=mac or f"00:50:56:86:00:0{number}",
        address_type=AddressType.ASSIGNED,
        network=Network(kind=NetworkKind.STANDARD, name=portgroup, key=f"network-{portgroup}"),
    )


def vm(name: str, *vnics: Vnic) -> Vm:
    return Vm(moid=f"id-{name}", name=name, power=Power.ON, vnics=vnics)


ONE = vm("one", vnic(1), vnic(2, portgroup="B"))
TWO = vm("two", vnic(1, "00:50:56:86:00:0a"))


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        pytest.param((), ["one 1", "one 2", "two 1"], id="none given means all"),
        pytest.param(("all",), ["one 1", "one 2", "two 1"], id="all"),
        pytest.param(("ALL", "Network adapter 2"), ["one 1", "one 2", "two 1"], id="all with others is all"),
        pytest.param(("Network adapter 2", " all"), ["one 1", "one 2", "two 1"], id="all after a comma and a blank"),
        pytest.param(("Network adapter 2",), ["one 2"], id="label"),
        pytest.param(("network ADAPTER 2",), ["one 2"], id="label in any case"),
        pytest.param(("2",), ["one 2"], id="position counts from one"),
        pytest.param(("4000",), ["one 1", "two 1"], id="device key"),
        pytest.param(("00-50-56-86-00-0A",), ["two 1"], id="MAC in another notation"),
        pytest.param(("00505686000a",), ["two 1"], id="MAC without colons"),
        pytest.param(("2", "00:50:56:86:00:0a"), ["one 2", "two 1"], id="several"),
    ],
)
def test_a_selector_is_a_label_a_mac_a_key_or_a_position(selectors: tuple[str, ...], expected: list[str]) -> None:
    picked = chosen((ONE, TWO), Scope(), selectors)
    assert [f"{machine.name} {each.label[-1]}" for machine, vnics in picked for each in vnics] == expected


def test_a_mac_of_digits_alone_is_no_position() -> None:
    machine = vm("digits", vnic(1, "00:50:56:12:34:56"))
    assert chosen((machine,), Scope(), ("005056123456",)) == ((machine, machine.vnics),)


def test_a_selector_that_hits_nothing_names_what_there_is() -> None:
    with pytest.raises(NotFound, match=r"'Network adaptor 1'.*Near names:.*Network adapter 1"):
        chosen((ONE, TWO), Scope(), ("Network adapter 2", "Network adaptor 1"))


def test_a_portgroup_narrows_to_its_own_vnics() -> None:
    assert chosen((ONE, TWO), Scope(portgroup="B"), ()) == ((ONE, (ONE.vnics[1],)),)


def test_a_portgroup_doesnt_move_positions() -> None:
    with pytest.raises(NotFound):
        chosen((ONE,), Scope(portgroup="B"), ("1",))
    assert chosen((ONE,), Scope(portgroup="B"), ("2",)) == ((ONE, (ONE.vnics[1],)),)


def test_restored_vnics_are_exactly_those_named() -> None:
    picked = chosen((ONE, TWO), Scope(), ())
    assert only(picked, {("id-one", 4001): "x"}) == ((ONE, (ONE.vnics[1],)), (TWO, ()))
    assert only(picked, None) == picked


def test_a_vnic_that_is_gone_cant_be_restored() -> None:
    with pytest.raises(NotFound, match="id-one device 4007"):
        only(chosen((ONE,), Scope(), ()), [("id-one", 4007)])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, "", id="an ordinary running VM"),
        pytest.param({"power": Power.OFF}, "", id="an ordinary VM that is off"),
        pytest.param({"template": True}, "template", id="template"),
        pytest.param({"reachable": False}, "disconnected", id="orphaned"),
        pytest.param({"power": Power.SUSPENDED}, "suspended", id="suspended"),
        pytest.param({"managed_by": "com.vmware.vcDr"}, "com.vmware.vcDr", id="managed by an extension"),
        pytest.param({"fault_tolerant": True}, "fault tolerant", id="FT"),
        pytest.param({"reconfigure_disabled": True}, "disabled", id="backup in progress"),
    ],
)
def test_special_vms_are_left_alone(changes: dict[str, t.Any], reason: str) -> None:
    found = untouchable(dataclasses.replace(ONE, **changes), ONE.vnics[0])
    assert reason in found
    assert bool(found) == bool(reason)


@pytest.mark.parametrize(("power", "blocked"), [(Power.ON, True), (Power.OFF, False)])
def test_sriov_only_while_off(power: Power, blocked: bool) -> None:
    card = dataclasses.replace(ONE.vnics[0], device="VirtualSriovEthernetCard")
    assert bool(untouchable(dataclasses.replace(ONE, power=power), card)) is blocked


def test_subjects_are_unique() -> None:
    twin = dataclasses.replace(TWO, name="one")
    assert subjects((ONE, TWO)) == {"id-one": "VM one", "id-two": "VM two"}
    assert subjects((ONE, twin)) == {"id-one": "VM one (id-one)", "id-two": "VM one (id-two)"}
