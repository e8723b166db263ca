# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One MAC in any notation is the same MAC, and each range has its owner."""

from __future__ import annotations

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain import mac
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import InvalidOption
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.mac import MacRange
from hypothesis import given
from hypothesis import strategies as st

SAME = "00:50:56:86:67:1a"


@pytest.mark.parametrize(
    "written", ["00:50:56:86:67:1A", "00-50-56-86-67-1a", "0050.5686.671A", "00505686671a", " 00:50:56:86:67:1a\n"]
)
def test_every_notation_is_the_same_mac(written: str) -> None:
    assert mac.normalise(written) == SAME


@pytest.mark.parametrize(
    "written",
    ["", "zz:50:56:86:67:1a", "00:50:56:86:67", "00:50-56:86:67:1a", "005.056.866.71a", "00:50:56:86:67:1a:00"],
)
def test_what_is_no_mac_is_named_in_the_error(written: str) -> None:
    with pytest.raises(InvalidOption, match="is not a MAC address") as caught:
        mac.normalise(written)
    assert f"'{written}'" in caught.value.message


@pytest.mark.parametrize("reported", [None, "", "unset", "fe80::1", "00:00:00:00:fe:80:00:00", "00:00:00:00:00:00"])
def test_what_a_guest_reports_beside_ethernet_is_none(reported: str | None) -> None:
    assert mac.read(reported) is None


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("00:50:56:00:00:01", MacRange.STATIC),
        ("00:50:56:3f:ff:ff", MacRange.STATIC),
        ("00:50:56:40:00:00", MacRange.RESERVED),
        ("00:50:56:7f:ff:ff", MacRange.RESERVED),
        ("00:50:56:80:00:00", MacRange.VCENTER),
        ("00:50:56:bf:ff:ff", MacRange.VCENTER),
        ("00:50:56:c0:00:00", MacRange.UNASSIGNED),
        ("00:50:56:ff:ff:ff", MacRange.UNASSIGNED),
        ("00:0c:29:12:34:56", MacRange.GENERATED),
        ("02:00:00:00:00:01", MacRange.FOREIGN),
        ("3c:fd:fe:00:00:01", MacRange.FOREIGN),
        ("01:00:5e:00:00:01", MacRange.UNUSABLE),
        ("ff:ff:ff:ff:ff:ff", MacRange.UNUSABLE),
        ("00:00:00:00:00:00", MacRange.UNUSABLE),
    ],
)
def test_each_range_has_its_owner(address: str, owner: MacRange) -> None:
    assert mac.classify(address) is owner


def test_hosts_power_on_with_static_and_foreign_macs_and_perhaps_with_vcenters() -> None:
    assert {owner for owner in MacRange if owner.powers_on} == {MacRange.STATIC, MacRange.FOREIGN}
    assert {owner for owner in MacRange if owner.powers_on is None} == {MacRange.VCENTER}


def test_a_vcenter_mac_names_the_vcenter_that_handed_it_out() -> None:
    assert mac.vcenter_instance(SAME) == 6
    assert mac.vcenter_instance("00:50:56:01:00:00") is None


@given(st.binary(min_size=6, max_size=6))
def test_every_six_octets_survive_every_notation(octets: bytes) -> None:
    digits = octets.hex()
    plain = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    dotted = ".".join(digits[i : i + 4] for i in range(0, 12, 4))
    assert {mac.normalise(form) for form in (digits.upper(), plain, plain.replace(":", "-"), dotted)} == {plain}
    assert mac.read(plain) == (plain if any(octets) else None)
    assert mac.classify(plain) in MacRange
