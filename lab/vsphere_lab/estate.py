# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up VMs in any number, the same ones for the same seed."""

from __future__ import annotations

import random
import typing as t

from .scenario import Datacenter, Generate, Nic, Vm


def generated(told: Datacenter, rng: random.Random) -> t.Iterator[Vm]:
    """Yield the VMs that the datacenter's `generate` asks for."""
    wish = t.cast(Generate, told.generate)
    groups = [(group.name, switch.name) for switch in told.standard_switches for group in switch.portgroups]
    groups = [(name, switch) for name, switch in groups if name not in ("Management Network", "VM Network")]
    groups += [(group.name, switch.name) for switch in told.distributed_switches for group in switch.portgroups]
    hosts = [host.name for host in told.all_hosts()]
    for number in range(wish.vms):
        yield _vm(wish, rng, number, groups, hosts)


def _vm(wish: Generate, rng: random.Random, number: int, groups: list[tuple[str, str]], hosts: list[str]) -> Vm:
    template = rng.random() < wish.templates
    off = template or rng.random() < wish.powered_off
    nics = tuple(_nic(wish, rng, number, index, off, groups) for index in range(rng.choice(wish.vnics_per_vm)))
    return Vm(
        name=f"vm-{number:05d}",
        host=hosts[number % len(hosts)],
        folder=f"estate/{number // 500:03d}",
        power="poweredOff" if off else "poweredOn",
        template=template,
        tools="not_installed" if rng.random() < wish.without_tools else "running",
        nics=nics,
    )


def _nic(wish: Generate, rng: random.Random, number: int, index: int, off: bool, groups: list[tuple[str, str]]) -> Nic:
    group, switch = rng.choice(groups)
    manual = rng.random() < wish.manual
    serial = number * 4 + index
    tail = f"{serial >> 8 & 255:02x}:{serial & 255:02x}"
    # Four vNIC slots per VM: an estate of 10,000 fills less than the 4th octets that are used here.
    mac = f"00:50:56:{serial >> 16 & 63:02x}:{tail}" if manual else None
    drifted = not off and not manual and rng.random() < wish.drift
    return Nic(
        portgroup=group,
        switch=switch,
        type="manual" if manual else "assigned",
        mac=mac,
        runtime_mac=f"00:50:56:86:{tail}" if drifted else None,
        reconnected=drifted and rng.random() < 0.3,
    )
