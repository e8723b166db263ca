# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, ends of paths and ids: what they hit in an inventory with folders, twins and slashes in names."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import Ambiguous, NotFound
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.scope import Scope
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.lookup import one, resolve
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.places import Place, Places
from pyVmomi import vim

DV = vim.dvs.DistributedVirtualPortgroup


def place(ref: t.Any, name: str, parent: str = "") -> Place:
    return Place(ref=ref, name=name, parent=parent)


DC = place(vim.Datacenter("dc-1"), "DC1", "group-d2")
PLACES = Places(
    [
        place(vim.Folder("group-d2"), "Europe"),
        DC,
        place(vim.Folder("group-n1"), "network", "dc-1"),
        place(vim.Folder("group-n2"), "Lab", "group-n1"),
        place(vim.Network("network-1"), "Prod", "group-n1"),
        place(DV("dvportgroup-1"), "Prod", "group-n2"),
        place(DV("dvportgroup-2"), "VLAN 10/20", "group-n1"),
    ]
)


@pytest.mark.parametrize(
    ("wanted", "moid"),
    [
        ("dvportgroup-1", "dvportgroup-1"),
        ("Lab/Prod", "dvportgroup-1"),
        ("network/Prod", "network-1"),
        ("/Europe/DC1/network/Prod/", "network-1"),
        ("VLAN 10/20", "dvportgroup-2"),
        ("network/VLAN 10/20", "dvportgroup-2"),
    ],
)
def test_a_portgroup_is_found_also_in_a_datacenter_in_a_folder(wanted: str, moid: str) -> None:
    assert one(PLACES, vim.Network, "portgroup", wanted).moid == moid
    assert one(PLACES, vim.Network, "portgroup", wanted, DC).moid == moid
    assert resolve(PLACES, Scope(datacenter="DC1", portgroup=wanted)).portgroup == moid


def test_the_end_of_a_name_is_no_name() -> None:
    with pytest.raises(NotFound):
        one(PLACES, vim.Network, "portgroup", "20")


def test_a_name_that_two_portgroups_have_is_not_guessed() -> None:
    with pytest.raises(Ambiguous):
        resolve(PLACES, Scope(portgroup="Prod"))
