# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""ethernetN.checkMACAddress among a VM's advanced settings: FALSE, and a host powers on any static MAC.

No document of VMware's names it; libvirt writes it (src/vmx/vmx.c).
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Sequence

from ..._domain.model import Vm, Vnic
from ..._domain.vnic.edit import CardEdit
from ..sdk import vim

PATH = "config.extraConfig"
_FIRST, _MOST = 4000, 10


def read(vm: Vm, extra_config: Sequence[t.Any] | None) -> Vm:
    """Returns the VM with what its settings say of each vNIC; not known stays what can't be read, or has no N."""
    if extra_config is None:
        return vm
    off = {option.key.lower() for option in extra_config if str(option.value).upper() == "FALSE"}
    return dataclasses.replace(vm, vnics=tuple(_with_check(vnic, off) for vnic in vm.vnics))


def options(cards: Iterable[CardEdit]) -> list[t.Any]:
    """Returns the settings to send; an empty value removes one, and then the host checks again."""
    return [
        vim.option.OptionValue(key=_name(card.key), value="" if card.check_mac_address else "FALSE")
        for card in cards
        if card.check_mac_address is not None
    ]


def _with_check(vnic: Vnic, off: set[str]) -> Vnic:
    # SR-IOV cards are pciPassthruN in a VMX file, numbered otherwise.
    if vnic.is_passthrough or not _FIRST <= vnic.key < _FIRST + _MOST:
        return vnic
    return dataclasses.replace(vnic, check_mac_address=_name(vnic.key).lower() not in off)


def _name(key: int) -> str:
    return f"ethernet{key - _FIRST}.checkMACAddress"
