# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For any estate, whatever vSphere turns out to be, and in any order: no MAC changes and no port closes because of us.

A twin of each lab sees everything but our modules. What changes in the lab must change in its twin at the same step.
"""

from __future__ import annotations

import os
import typing as t

import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import gateway as vm_gateway
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from pyVmomi import vmodl
from vsphere_lab.behaviour import SWITCHES

from .admin import Admin, Seen
from .conftest import Run

EXAMPLES = int(os.environ.get("EXAMPLES", "12"))
PORTGROUPS = ["lax", "strict", "dv-lax", "dv-strict", "dv-one"]
REJECT = {"promiscuous_mode": "reject", "forged_transmits": "reject", "mac_changes": "reject"}
ACCEPT = {**REJECT, "mac_changes": "accept"}
MACS = {
    "assigned": ["00:50:56:86:00:01", "00:50:56:86:00:02", "00:50:56:99:00:03"],
    "generated": ["00:0c:29:00:00:04", "00:50:56:86:00:05"],
    "manual": ["00:50:56:12:34:06", "02:00:00:00:00:07", "00:50:56:86:00:08", "00:50:56:86:00:01"],
}
DRIFTED = "00:50:56:86:aa:%02x"

Estate = dict[str, t.Any]


@st.composite
def nics(draw: st.DrawFn, number: int) -> dict[str, t.Any]:
    kind = draw(st.sampled_from(sorted(MACS)))
    nic = {
        "portgroup": draw(st.sampled_from(PORTGROUPS)),
        "type": kind,
        # Mostly of its own, sometimes one that others may have as well.
        "mac": draw(st.sampled_from([*MACS[kind], *[f"00:50:56:86:01:{number:02x}"] * 4])),
        "connected": draw(st.sampled_from([True, True, True, False])),
    }
    if draw(st.integers(0, 3)) == 0:
        nic["runtime_mac"] = DRIFTED % number
    return nic


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    vms = []
    for index in range(draw(st.integers(1, 3))):
        cards = [draw(nics(number=10 * index + each)) for each in range(draw(st.integers(1, 2)))]
        power = draw(st.sampled_from(["poweredOn", "poweredOn", "poweredOff"]))
        if power != "poweredOn":
            cards = [{name: value for name, value in card.items() if name != "runtime_mac"} for card in cards]
        vms.append(
            {
                "name": f"guest-{index}",
                "host": draw(st.sampled_from(["esx01.lab", "esx02.lab"])),
                "power": power,
                "tools": draw(st.sampled_from(["running", "running", "not_running"])),
                "nics": cards,
            }
        )
    return {
        "title": "any estate",
        "datacenters": [
            {
                "name": "DC1",
                "clusters": [{"name": "Compute", "hosts": ["esx01.lab", "esx02.lab"]}],
                "standard_switches": [
                    {
                        "name": "vSwitch0",
                        "portgroups": [{"name": "lax", "security": ACCEPT}, {"name": "strict", "security": REJECT}],
                    }
                ],
                "distributed_switches": [
                    {
                        "name": "dvs-lab",
                        "mac_management": REJECT,
                        "portgroups": [
                            {"name": "dv-lax", "mac_management": ACCEPT},
                            {"name": "dv-strict"},
                            {"name": "dv-one", "ports": 6, "auto_expand": False},
                        ],
                    }
                ],
                "vms": vms,
            }
        ],
    }


answers = st.fixed_dictionaries({}, optional={name: st.sampled_from(sorted(s.choices)) for name, s in SWITCHES.items()})
flags = st.booleans()
some_vm = st.integers(0, 2).map(lambda index: f"guest-{index}")

pins = st.builds(
    lambda state, keep, powered_on: (
        "vnic_mac_pin",
        {"datacenter": "DC1", "state": state, "powered_on": powered_on, "on_refused": "skip"}
        | ({"keep": keep} if keep and state == "pinned" else {}),
    ),
    st.sampled_from(["pinned", "pinned", "unpinned"]),
    st.sampled_from([None, "configured", "runtime"]),
    st.sampled_from(["attempt", "pending"]),
)
moves = st.builds(
    lambda target, source, pinned: (
        "vnic_portgroup",
        {"target": target, "require_pinned": pinned, "on_refused": "skip", "max_failures": 99}
        | ({"portgroup": source} if source else {"datacenter": "DC1"}),
    ),
    st.sampled_from(PORTGROUPS),
    st.sampled_from([None, *PORTGROUPS]),
    flags,
)
undo = st.sampled_from([("undo", {"module": "vnic_mac_pin"}), ("undo", {"module": "vnic_portgroup"})])
others = st.tuples(st.sampled_from(["vmotion", "power_cycle", "reconnect"]), st.builds(lambda vm: {"vm": vm}, some_vm))
steps = st.lists(st.one_of(pins, moves, moves, moves, undo, undo, others, others), min_size=3, max_size=8)


class Pair:
    """A lab that our modules work on, and its twin that they don't."""

    def __init__(self, run: Run, estate: Estate, chosen: dict[str, str]) -> None:
        self.run = run
        self.lab, self.twin = (vsphere_lab.load(estate, switches=chosen) for _each in range(2))
        self.admins = (Admin(self.lab), Admin(self.twin))
        self.undo: dict[str, list[t.Any]] = {"vnic_mac_pin": [], "vnic_portgroup": []}

    def step(self, name: str, options: dict[str, t.Any]) -> None:
        before, twin_before = (admin.estate() for admin in self.admins)
        result: dict[str, t.Any] = {}
        if name == "undo":
            name = options["module"]
            result = self.run(self.lab, name, restore=self.undo[name], on_refused="skip", max_failures=99)
        elif name.startswith("vnic_"):
            result = self.run(self.lab, name, **options)
            self.undo[name] = result.get("restore", [])
        else:
            for admin in self.admins:
                self._happen(admin, name, options["vm"])
        assert "Traceback" not in result.get("msg", "")
        after, twin_after = (admin.estate() for admin in self.admins)
        ours, others = _changes(before, after), _changes(twin_before, twin_after)
        assert ours <= others, f"{name} {options}: {sorted(ours - others)}: {result}"
        if result:
            self._told(before, after, result)

    def _happen(self, admin: Admin, name: str, vm: str) -> None:
        if vm not in admin.names() or (name != "power_cycle" and not admin.inside(vm).on):
            return
        try:
            if name == "power_cycle":
                admin.power_cycle(vm) if admin.inside(vm).on else admin.power(vm, on=True)
            elif name == "vmotion":
                admin.vmotion(vm)
            else:
                for nic in admin.inside(vm).nics:
                    if nic.connectable.connected:
                        admin.lab.door("reconnect", vm=vm, label=nic.deviceInfo.label)
        except vmodl.MethodFault:
            pass  # a host that refuses to power on with a MAC, say; both labs are looked at all the same

    def _told(self, before: dict[str, list[Seen]], after: dict[str, list[Seen]], result: dict[str, t.Any]) -> None:
        """What is reported as done was done, and nothing else was."""
        for each in result.get("vnics", []):
            event(each["outcome"])
        done = {
            (each["vm"], each["key"] - 4000)
            for each in result.get("vnics", [])
            if each["outcome"] in ("pinned", "unpinned", "moved", "restored")
        }
        differs = {
            (vm, index) for vm in before for index in range(len(before[vm])) if before[vm][index] != after[vm][index]
        }
        assert done == differs, result
        # Nothing has happened, as the caller has seen; so nothing may be said to have.
        assert not [
            harm for each in result.get("failed_changes", []) for found in each["found"] for harm in found["harm"]
        ]
        assert result["changed"] is bool(differs)


def _changes(before: dict[str, list[Seen]], after: dict[str, list[Seen]]) -> set[tuple[str, int, str]]:
    """Which vNICs have another MAC than before, use another one, or have a port that got blocked."""
    found = set()
    for vm, cards in before.items():
        for index, (old, new) in enumerate(zip(cards, after[vm], strict=True)):
            # A host may refuse to power on with a pinned MAC (switch manual_mac_in_vcenter_range): then nothing runs.
            on = None not in (old.runtime, new.runtime)
            changed = {
                "mac": old.mac != new.mac,
                "runtime": on and old.runtime != new.runtime,
                "blocked": new.blocked and not old.blocked,
                "connected": on and old.connected != new.connected,
            }
            found |= {(vm, index, what) for what, is_so in changed.items() if is_so}
    return found


@given(estate=estates(), chosen=answers, plan=steps)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # Each example takes a second; to shrink one takes minutes, so only who asks for many waits for that.
    phases=set(Phase) if EXAMPLES > 100 else set(Phase) - {Phase.shrink, Phase.explain},
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_happens_because_of_us(
    run: Run, estate: Estate, chosen: dict[str, str], plan: list[tuple[str, dict[str, t.Any]]]
) -> None:
    vm_gateway.PAUSES = (0.0, 0.0, 0.0)
    pair = Pair(run, estate, chosen)
    for name, options in plan:
        pair.step(name, options)
