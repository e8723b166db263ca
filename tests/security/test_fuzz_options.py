# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of any type and text: never a traceback, and an error about an option names it."""

from __future__ import annotations

import os
import typing as t

import pytest
import vsphere_lab
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Run

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
STEADY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
WORDS = st.sampled_from(
    [
        *("", " ", "all", "None", "web-01", "vm-1", "DC1/vm/web-01", "0", "-1", "4000", "1" * 4000),
        *("00:50:56:86:01:01", "0050.5686.0101", "00-50-56-86-01-01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"),
        *("{{ x }}", "%2f", "\ud7ff\n\x9b"),
    ]
)
TEXTS = WORDS | st.text(max_size=20)
ODD = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANYTHING = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5
)
MACS = st.from_regex(r"([0-9a-fA-F]{1,4}[:.\- ]?){1,8}", fullmatch=True)
PLACES = ("portgroup", "datacenter", "cluster", "host", "folder")
TASKS: dict[str, tuple[dict[str, t.Any], tuple[str, ...]]] = {
    "mac_drift_facts": ({"events": False}, ("vms", "event_days", *PLACES)),
    "vnic_mac_pin": (
        {"vms": ["off-01"]},
        ("vnics", "mac", "keep", "powered_on", "parallel", "max_failures", "restore", *PLACES),
    ),
    "vnic_portgroup": (
        {"vms": ["off-01"], "target": "dv-production", "require_pinned": False},
        ("target", "target_switch", "target_type", "vnics"),
    ),
    "portgroup_security": (
        {"type": "portgroup", "names": ["VM Network"], "datacenter": "DC1", "forged_transmits": "accept"},
        ("names", "switch", "hosts", "mac_changes", "mac_learning", "cluster"),
    ),
    "portgroup_security_info": ({"baseline": "scg_8"}, ("types", "exceptions", "hosts", "cluster", "report")),
}
NOT_OURS = "dictionary requested, could not parse JSON"  # ansible-core says so of sub-options, and not of which
CONNECTION = ("hostname", "username", "password", "port", "request_timeout", "task_timeout", "proxy_port", "thumbprint")


@pytest.fixture(scope="module")
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("drift")


CASES = [(module, option) for module, (_base, options) in TASKS.items() for option in options]


@pytest.mark.parametrize(("module", "option"), CASES)
def test_any_value_is_taken_or_refused(run: Run, lab: vsphere_lab.Lab, module: str, option: str) -> None:
    likely = MACS if option == "mac" else st.lists(TEXTS | MACS, max_size=3) | TEXTS

    @STEADY
    @given(likely | ANYTHING)
    def try_it(value: t.Any) -> None:
        sound(run(lab, module, check=True, **{**TASKS[module][0], option: value}), option)

    try_it()


@pytest.mark.parametrize("option", CONNECTION)
def test_any_connection_is_taken_or_refused(run: Run, lab: vsphere_lab.Lab, option: str) -> None:
    @STEADY
    @given(ANYTHING)
    def try_it(value: t.Any) -> None:
        sound(run(lab, "mac_drift_facts", check=True, events=False, **{option: value}), option)

    try_it()


@pytest.mark.parametrize("value", [False, 5])
def test_what_is_no_dictionary_is_refused_naming_the_option(run: Run, lab: vsphere_lab.Lab, value: object) -> None:
    """ansible-core 2.19 stumbles over such values, with a TypeError that says nothing."""
    result = run(lab, "portgroup_security", **TASKS["portgroup_security"][0], mac_learning=value)
    assert result["failed"]
    assert "mac_learning" in result["msg"]


def sound(result: dict[str, t.Any], option: str) -> None:
    """A failure is one that somebody has foreseen; one that blames the options names the option."""
    if not result.get("failed"):
        return
    assert result.get("error") != "unintelligible", result["msg"]
    assert "Traceback" not in result["msg"]
    if result.get("error") in (None, "invalid_option") and NOT_OURS not in result["msg"]:
        assert option in result["msg"], result["msg"]
