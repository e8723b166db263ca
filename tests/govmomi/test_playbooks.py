# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks on a server that nobody here wrote: vcsim with a recording of the lab."""

from __future__ import annotations

import json
import typing as t

import pytest
from pyVmomi import vim

from ..integration.conftest import Lab, Play, Task
from .conftest import ROOT, Record
from .questions import asker

PLAYBOOKS = ROOT / "playbooks"
ROLE = "macguard.vsphere.pin_static_macs"
PREVIEWS = {
    "preview | See what is to be pinned": "pin | Make the MACs static",
    "preview | See what is to be moved": "move | Connect the vNICs to the target portgroup",
}


def said(**variables: t.Any) -> tuple[str, str]:
    return "-e", json.dumps(variables)


def outcomes(task: Task) -> list[tuple[str, ...]]:
    return [(vnic["vm"], vnic["mac"], vnic["portgroup"], vnic["outcome"]) for vnic in task.result["vnics"]]


@pytest.fixture
def drift(record: Record) -> Lab:
    return record("drift")


def test_the_audit_reads_it_and_changes_nothing(drift: Lab, play: Play) -> None:
    played = play(drift, PLAYBOOKS / "audit_mac_drift.yml")
    assert played.changed == []
    facts = played["Compare the configured MACs with those in use"].result["ansible_facts"]["mac_drift"]
    assert facts["counts"]["verdicts"]["match"] > 0


def test_vms_are_pinned_and_moved(drift: Lab, play: Play) -> None:
    wanted = said(pin_static_macs_vms=["web-01", "db-01"], pin_static_macs_target="dv-production")
    foretold = play(drift, PLAYBOOKS / "change_portgroup.yml", "--check", *wanted)
    with asker(drift) as ask:
        before = {vm: ask.card(vm) for vm in ("web-01", "db-01")}
        assert {card.addressType for card in before.values()} == {"assigned"}
        done = play(drift, PLAYBOOKS / "change_portgroup.yml", *wanted)
        for previewed, step in PREVIEWS.items():
            told, did = foretold[f"{ROLE} : {previewed}"], done[f"{ROLE} : {step}"]
            assert told.changed
            assert did.changed
            assert outcomes(told) == outcomes(did)
        group = ask.named(vim.dvs.DistributedVirtualPortgroup, "dv-production")
        for vm, card in before.items():
            now = ask.card(vm)
            assert (now.macAddress, now.addressType) == (card.macAddress, "manual")
            assert now.backing.port.portgroupKey == group.key
    assert play(drift, PLAYBOOKS / "change_portgroup.yml", *wanted).changed == []


def test_a_distributed_portgroup_is_opened_for_nested_esxi(record: Record, play: Play) -> None:
    nested = record("nested")
    wanted = said(prepare_nested_esxi_host_method="mac_learning", prepare_nested_esxi_host_portgroup="dv-nested")
    done = play(nested, PLAYBOOKS / "prepare_nested_esxi.yml", *wanted)
    assert done.changed
    with asker(nested) as ask:
        group = ask.named(vim.dvs.DistributedVirtualPortgroup, "dv-nested")
        policy = ask.read(group, "config.defaultPortConfig")["config.defaultPortConfig"].macManagementPolicy
        assert (policy.macLearningPolicy.enabled, policy.forgedTransmits) == (True, True)


def test_a_standard_portgroup_cannot_be_opened_and_nothing_is_half_done(record: Record, play: Play) -> None:
    """vcsim has no UpdatePortGroup."""
    nested = record("nested")
    wanted = said(
        prepare_nested_esxi_host_method="portgroup",
        prepare_nested_esxi_host_portgroup="Nested",
        prepare_nested_esxi_host_cluster="Compute",
    )
    tried = play(nested, PLAYBOOKS / "prepare_nested_esxi.yml", *wanted, fails=True)
    assert "does not implement: UpdatePortGroup" in tried.output
    assert "Traceback" not in tried.output
    assert tried.changed == []
