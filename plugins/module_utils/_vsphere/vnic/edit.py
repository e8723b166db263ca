# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Edits of vNICs in vSphere's spelling: the whole device as the server sent it, with only the promise changed."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Sequence

from ..._domain.errors import Refused
from ..._domain.model import NetworkKind
from ..._domain.vnic.edit import Attachment, CardEdit, Edit
from ..sdk import vim
from . import mac_check


def config_spec(edit: Edit, devices: Sequence[t.Any], change_version: str, stub: t.Any) -> t.Any:
    """Returns the one spec for all vNICs of a VM; vSphere applies it only if nobody has changed the VM since."""
    by_key = {device.key: device for device in devices}
    return vim.vm.ConfigSpec(
        changeVersion=change_version,
        extraConfig=mac_check.options(edit.cards),
        deviceChange=[
            vim.vm.device.VirtualDeviceSpec(
                operation=vim.vm.device.VirtualDeviceSpec.Operation.edit,
                device=_edited(card, by_key[card.key], stub),
            )
            for card in edit.cards
        ],
    )


def _edited(card: CardEdit, device: t.Any, stub: t.Any) -> t.Any:
    # A copy: the original stays what the server said. A device made anew would lose what isn't named in it, first of
    # all its MAC: an edit that omits it asks for a new one (pyvmomi#260).
    edited = copy.deepcopy(device)
    if card.mac is not None:
        edited.macAddress = card.mac
    if card.address_type is not None:
        edited.addressType = card.address_type.value
    if card.attachment is not None:
        edited.backing = backing(card.attachment, stub)
    if not edited.macAddress:
        raise Refused(f"device {card.key} has no MAC, and vSphere would give it one with this edit")
    return edited


def backing(attachment: Attachment, stub: t.Any) -> t.Any:
    """Returns a fresh backing: a port key or connection cookie of the former port must not go to another portgroup."""
    card, network = vim.vm.device.VirtualEthernetCard, attachment.network
    if network.kind is NetworkKind.DISTRIBUTED:
        return card.DistributedVirtualPortBackingInfo(
            port=vim.dvs.PortConnection(
                switchUuid=attachment.switch_uuid, portgroupKey=attachment.portgroup_key or network.key
            )
        )
    return card.NetworkBackingInfo(deviceName=network.name, network=vim.Network(network.key, stub))
