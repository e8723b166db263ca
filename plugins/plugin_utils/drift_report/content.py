# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What the report says of each vNIC, from the facts of an audit: its state, what to run, and where its policy is."""

from __future__ import annotations

import enum
import re
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.mac import classify

Facts = Mapping[str, t.Any]
"""What an audit reported, as it was read from JSON."""
Entry = Mapping[str, t.Any]


class State(enum.Enum):
    """What an admin has to know first about a vNIC. Most urgent first: the report sorts by this order."""

    BLOCKED = "Blocked now"
    CONNECT = "Blocked at the next port connect"
    CYCLE = "Other MAC after a power cycle"
    UNKNOWN = "Unknown"
    LATENT = "Latent risk"
    IDLE = "Not running"
    ORDER = "In order"

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def needs_attention(self) -> bool:
        return self not in (State.IDLE, State.ORDER)


_BY_RISK = {
    "blocked_now": State.BLOCKED,
    "next_port_connect": State.CONNECT,
    "next_power_cycle": State.CYCLE,
    None: State.UNKNOWN,
}


def state(entry: Entry) -> State:
    """Returns the state; that nothing is known about a running vNIC is never "in order"."""
    if entry["at_risk"] in _BY_RISK:
        return _BY_RISK[entry["at_risk"]]
    if entry["risks"]:
        return State.LATENT
    if entry["verdict"] == "unknown":
        return State.UNKNOWN if entry["finding"] else State.IDLE
    return State.ORDER


_PIN = "ansible localhost -m macguard.vsphere.vnic_mac_pin -a"
_PLAIN = re.compile(r"[A-Za-z0-9:-]+")
_PINNABLE = {"foreign_allocation", "on_upgrade"}


def commands(entry: Entry) -> list[tuple[str, str]]:
    """Returns what can be run about a finding, each with its condition.

    They name VM and vNIC by id: ids are unique, and nothing in them means something to a shell.
    """
    ids = (str(entry["moid"]), str(entry["key"]), str(entry["runtime_mac"]))
    if not all(_PLAIN.fullmatch(text) for text in ids):
        return []
    which = f"vms={entry['moid']} vnics={entry['key']}"
    if entry["verdict"] in ("drift", "drift_blocked", "probable"):
        configured = ("Go over to the configured MAC, then power-cycle", f"{_PIN} '{which} keep=configured'")
        powers_on = classify(entry["runtime_mac"]).powers_on if entry["runtime_mac"] else False
        # Not known, or one with which the VM might not start again: the remedy says what there is to think of.
        if powers_on is False:
            return [configured]
        # Its MAC was vCenter's to give, as a rule, and is to be the VM's own now.
        reserved = "" if powers_on else " allow_reserved_range=true"
        return [
            ("Keep the MAC in use, with the VM powered off", f"{_PIN} '{which} mac={ids[2]}{reserved}'"),
            configured,
        ]
    if _PINNABLE & {risk["risk"] for risk in entry["risks"]}:
        return [("Make the MAC static", f"{_PIN} '{which}'")]
    return []


FLAGS = {"promiscuous_mode": "Promiscuous mode", "forged_transmits": "Forged transmits", "mac_changes": "MAC changes"}


def policy(entry: Entry) -> list[tuple[str, str, str]]:
    """Returns each flag of the port's effective policy with its value and who decides it, in words."""
    if entry["policy"] is None:
        return []
    levels = entry["policy_from"] or {}
    return [(name, _value(entry["policy"][flag]), _source(entry, levels, flag)) for flag, name in FLAGS.items()]


def _value(value: str) -> str:
    return "not told" if value == "inherit" else value


def _source(entry: Entry, levels: Mapping[str, t.Any], flag: str) -> str:
    names = {
        "port": "the port itself",
        "portgroup": f"portgroup {entry['portgroup']}",
        "switch": f"switch {switch(entry)}" if switch(entry) else "its switch",
    }
    return names.get(levels.get(flag) or "", "not known") + (" (legacy policy)" if levels.get("legacy") else "")


def switch(entry: Entry) -> str:
    """Returns the distributed or standard switch."""
    return str(entry["switch"] or entry["vswitch"])


def policies(entries: Sequence[Entry]) -> list[dict[str, t.Any]]:
    """Returns the different policies in the estate, and how many vNICs have each; this covers every port."""
    counted: dict[tuple[t.Any, ...], int] = {}
    for entry in entries:
        row = (entry["portgroup"], switch(entry), tuple(policy(entry)))
        counted[row] = counted.get(row, 0) + 1
    return [
        {"portgroup": portgroup, "switch": on, "flags": flags, "vnics": number}
        for (portgroup, on, flags), number in sorted(counted.items())
    ]
