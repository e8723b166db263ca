# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edit sends the whole device as the server has it, with only the promise changed."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import Refused
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    AddressType,
    Network,
    NetworkKind,
    Power,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.edit import Attachment, CardEdit, Edit
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic.edit import config_spec
from pyVmomi import vim

Card = vim.vm.device.VirtualEthernetCard
DISTRIBUTED = Attachment(
    network=Network(kind=NetworkKind.DISTRIBUTED, name="dv-production", key="dvportgroup-9", switch="dvs-lab"),
    switch_uuid="50 1e",
    portgroup_key="dvportgroup-9",
)
STANDARD = Attachment(network=Network(kind=NetworkKind.STANDARD, name="Production", key="network-7"))


def device(**changes: t.Any) -> t.Any:
    """A card with every field that a client likes to forget."""
    plain: dict[str, t.Any] = {
        "key": 4000,
        "controllerKey": 100,
        "unitNumber": 7,
        "deviceInfo": vim.Description(label="Network adapter 1", summary="dvs"),
        "macAddress": "00:50:56:86:01:01",
        "addressType": "assigned",
        "wakeOnLanEnabled": True,
        "uptCompatibilityEnabled": True,
        "resourceAllocation": Card.ResourceAllocation(reservation=7, share=vim.SharesInfo(level="high", shares=100)),
        "connectable": vim.vm.device.VirtualDevice.ConnectInfo(
            startConnected=True, allowGuestControl=False, connected=True, status="ok"
        ),
        "slotInfo": vim.vm.device.VirtualDevice.PciBusSlotInfo(pciSlotNumber=192),
        "backing": Card.DistributedVirtualPortBackingInfo(
            port=vim.dvs.PortConnection(
                switchUuid="old", portgroupKey="dvportgroup-1", portKey="12", connectionCookie=99
            )
        ),
    }
    return vim.vm.device.VirtualVmxnet3(**(plain | changes))


def edited(card: CardEdit, original: t.Any) -> t.Any:
    edit = Edit(moid="vm-1", change_version="7", power=Power.ON, cards=(card,))
    spec = config_spec(edit, [vim.vm.device.VirtualDisk(key=2000), original], "8", None)
    assert spec.changeVersion == "8"
    (change,) = spec.deviceChange
    assert change.operation == "edit"
    return change.device


def same_but_for(sent: t.Any, original: t.Any, *fields: str) -> bool:
    """True if nothing differs between the two devices but the named fields."""
    names = [prop.name for prop in sent._GetPropertyList()]
    differing = [name for name in names if repr(getattr(sent, name)) != repr(getattr(original, name))]
    return sorted(differing) == sorted(fields)


def test_a_pin_changes_the_type_and_sends_the_rest_back() -> None:
    original = device()
    sent = edited(CardEdit(key=4000, mac="00:50:56:86:01:01", address_type=AddressType.MANUAL), original)
    assert (sent.macAddress, sent.addressType) == ("00:50:56:86:01:01", "manual")
    assert same_but_for(sent, original, "addressType")


@pytest.mark.parametrize("attachment", [DISTRIBUTED, STANDARD], ids=["distributed", "standard"])
def test_a_move_changes_the_backing_and_sends_the_mac(attachment: Attachment) -> None:
    original = device()
    sent = edited(CardEdit(key=4000, attachment=attachment), original)
    assert (sent.macAddress, sent.addressType) == ("00:50:56:86:01:01", "assigned")
    assert same_but_for(sent, original, "backing")


def test_a_distributed_backing_is_fresh() -> None:
    """The old port's key and cookie belong to the old portgroup."""
    port = edited(CardEdit(key=4000, attachment=DISTRIBUTED), device()).backing.port
    assert (port.switchUuid, port.portgroupKey) == ("50 1e", "dvportgroup-9")
    assert (port.portKey, port.connectionCookie) == (None, None)


def test_a_standard_backing_names_the_network() -> None:
    backing = edited(CardEdit(key=4000, attachment=STANDARD), device()).backing
    assert (backing.deviceName, backing.network._moId) == ("Production", "network-7")


def test_the_original_stays_what_the_server_said() -> None:
    original = device()
    before = repr(copy.deepcopy(original))
    edited(CardEdit(key=4000, mac="00:50:56:12:34:56", address_type=AddressType.MANUAL, attachment=STANDARD), original)
    assert repr(original) == before


@pytest.mark.parametrize("unset", [None, ""])
def test_an_edit_without_a_mac_is_never_sent(unset: str | None) -> None:
    with pytest.raises(Refused, match="has no MAC"):
        edited(CardEdit(key=4000, attachment=DISTRIBUTED), device(macAddress=unset))
