# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which of the interfaces that VMware Tools report belongs to which vNIC: by MAC, then by elimination.

open-vm-tools lists whatever the guest has (lib/nicInfo): vNICs, but also bridges, bonds with the MAC of a member,
VLANs, containers' and VPNs' interfaces, and on a nested ESXi its VMkernel adapters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..mac import MacRange, classify
from ..model import Power, Sighting, Source, Vm, Vnic
from ..wording import few

_VIRTUAL_PREFIXES = {
    "00:15:5d": "Hyper-V and WSL switches",
    "00:05:9a": "Cisco AnyConnect",
    "00:ff": "TAP-Windows (OpenVPN)",
    "00:1c:42": "Parallels",
    "00:16:3e": "Xen guests",
}
"""Interfaces made by software inside a guest that don't carry the locally administered bit."""

_NESTED_HYPERVISOR = "vmkernel"


def in_guest(vm: Vm) -> Mapping[int, Sighting]:
    """Returns by vNIC key what the guest of a running VM says; empty when Tools don't run."""
    if vm.power is not Power.ON or not vm.tools_running or not vm.guest_nics:
        return {}
    reported = {nic.mac for nic in vm.guest_nics if nic.mac}
    configured = Counter(vnic.mac for vnic in vm.vnics)
    seen = {vnic.key: _by_mac(vnic, configured[vnic.mac]) for vnic in vm.vnics if vnic.mac and vnic.mac in reported}
    return {**seen, **_eliminated(vm, [vnic for vnic in vm.vnics if vnic.key not in seen])}


def _by_mac(vnic: Vnic, times: int) -> Sighting:
    if times > 1:
        return _nothing(f"{times} vNICs of this VM have the same MAC configured")
    return Sighting(source=Source.GUEST, mac=vnic.mac)


def _eliminated(vm: Vm, missing: Sequence[Vnic]) -> Mapping[int, Sighting]:
    candidates = _candidates(vm)
    if vm.guest_id.startswith(_NESTED_HYPERVISOR):
        note = "the guest is a hypervisor, which reports its own VMkernel adapters instead of its vNICs"
        return {vnic.key: _nothing(note) for vnic in missing}
    if not candidates:
        note = "the guest reports no interface with its MAC (down, or in a bond or bridge)"
        return {vnic.key: _nothing(note) for vnic in missing}
    if len(missing) == len(candidates) == 1:
        note = "the only vNIC and the only interface in the guest that are left over"
        return {missing[0].key: Sighting(source=Source.GUEST, mac=candidates[0], certain=False, note=note)}
    return {vnic.key: _hinted(vm, vnic, candidates) for vnic in missing}


def _hinted(vm: Vm, vnic: Vnic, candidates: Sequence[str]) -> Sighting:
    """deviceConfigId may tell the candidates apart, but containers have been seen to share one (terraform PR#2121)."""
    hinted = [nic.mac for nic in vm.guest_nics if nic.device_key == vnic.key and nic.mac in candidates]
    if len(hinted) == 1:
        return Sighting(source=Source.GUEST, mac=hinted[0], certain=False, note="by the device id that Tools report")
    return _nothing(f"the guest reports interfaces that may be it: {few(candidates)}")


def _nothing(note: str) -> Sighting:
    return Sighting(source=Source.GUEST, mac=None, certain=False, note=note)


def _candidates(vm: Vm) -> list[str]:
    """Returns the reported MACs that are no vNIC's configured one and could be what a vNIC uses."""
    configured = {vnic.mac for vnic in vm.vnics}
    macs = dict.fromkeys(nic.mac for nic in vm.guest_nics if nic.mac and nic.mac not in configured)
    return [mac for mac in macs if may_be_a_vnic(mac)]


def may_be_a_vnic(mac: str) -> bool:
    """False for MACs that software in the guest gives to interfaces of its own.

    A vNIC that drifted still uses the MAC it had before: one that vSphere or an admin handed out, so not a locally
    administered one (containers, bridges, macvlan, libvirt), nor VMkernel's or VMware Workstation's.
    """
    if int(mac[:2], 16) & 2 or mac.startswith(tuple(_VIRTUAL_PREFIXES)):
        return False
    return classify(mac) not in (MacRange.UNUSABLE, MacRange.RESERVED, MacRange.UNASSIGNED)
