# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README's table of privileges, row by row: an account with exactly these succeeds, without any of them it fails."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing as t

import pytest
import vsphere_lab

from .conftest import Run

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
ACCOUNT = {"username": "auditor@vsphere.local", "password": "Aud1tor!"}


@dataclasses.dataclass(frozen=True)
class Case:
    """A task that needs what one row says; `check_mac_address: false` needs the rest of its row too."""

    row: str
    module: str
    options: dict[str, t.Any]
    on: str
    without: tuple[str, ...] = ()


OPEN = {"forged_transmits": "accept", "datacenter": "DC1"}
STANDARD = {"type": "portgroup", "names": ["VM Network"]}
PORTGROUP = {"type": "dvportgroup", "names": ["dv-staging"]}
SWITCH = {"type": "dvswitch", "names": ["dvs-lab"]}
PIN: dict[str, t.Any] = {"vms": ["off-01"]}
UNCHECKED = {**PIN, "mac": "00:0c:29:11:22:33", "allow_reserved_range": True, "check_mac_address": False}
CASES = [
    Case("on standard switches", "portgroup_security", {**STANDARD, **OPEN}, "esx01.lab"),
    Case("on distributed portgroups", "portgroup_security", {**PORTGROUP, **OPEN}, "dv-staging"),
    Case("on distributed switches", "portgroup_security", {**SWITCH, **OPEN}, "dvs-lab"),
    Case("`vnic_mac_pin`", "vnic_mac_pin", PIN, "off-01", without=("VirtualMachine.Config.AdvancedConfig",)),
    Case("`vnic_mac_pin`", "vnic_mac_pin", UNCHECKED, "off-01"),
    Case("`vnic_portgroup`", "vnic_portgroup", {**PIN, "target": "dv-production", "require_pinned": False}, "off-01"),
]  # fmt: skip


def needed(case: Case) -> list[str]:
    """Returns what the row of the table says."""
    _before, _head, table = README.read_text().partition("| What | Privileges beyond Read-only |")
    (row,) = (line for line in table.splitlines() if line.startswith("| `") and case.row in line)
    found = re.findall(r"`([A-Z]\w+(?:\.\w+)+)`", row)
    assert found, row
    return [name for name in found if name not in case.without]


def estate(privileges: list[str]) -> vsphere_lab.Lab:
    lab = vsphere_lab.load("drift")
    user = lab.service("sessionManager").add_user(ACCOUNT["username"], ACCOUNT["password"])
    manager = lab.service("authorizationManager")
    manager.grant(user, lab.service("rootFolder"), manager.add_role("exactly these", privileges))
    return lab


def each(cases: list[Case]) -> list[t.Any]:
    return [pytest.param(case, name, id=f"{case.row}-{name}") for case in cases for name in needed(case)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_what_is_documented_is_enough(run: Run, case: Case) -> None:
    result = run(estate(needed(case)), case.module, **ACCOUNT, **case.options)
    assert not result.get("failed"), result["msg"]
    assert result["changed"]


@pytest.mark.parametrize(("case", "missing"), each(CASES))
def test_each_of_them_is_needed_and_named(run: Run, case: Case, missing: str) -> None:
    lab = estate([name for name in needed(case) if name != missing])
    result = run(lab, case.module, **ACCOUNT, **case.options)
    assert result["failed"]
    assert f"lacks the privilege {missing} on " in result["msg"]
    assert ("dv-production" if missing == "Network.Assign" else case.on) in result["msg"]
    assert (result["changed"], result["applied"]) == (False, [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_a_preview_needs_read_only(run: Run, case: Case) -> None:
    result = run(estate([]), case.module, check=True, **ACCOUNT, **case.options)
    assert not result.get("failed"), result["msg"]
    assert result["changed"]


@pytest.mark.parametrize(
    ("module", "options"), [("mac_drift_facts", {}), ("portgroup_security_info", {"baseline": "scg_8"})]
)
def test_what_only_reads_needs_read_only(run: Run, module: str, options: dict[str, t.Any]) -> None:
    result = run(estate([]), module, **ACCOUNT, **options)
    assert not result.get("failed"), result["msg"]
