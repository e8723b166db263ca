# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`govc object.save` records the lab and `vcsim -load` plays it: the same estate on a server that nobody here wrote."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t
from collections.abc import Callable, Iterator

import pytest
import vsphere_lab
from pyVmomi import vim

from ..integration.conftest import Lab, StartLab
from .conftest import Govc, Module, Record, StartVcsim
from .questions import Asker, asker

Replay = Callable[[Lab], Lab]


@pytest.fixture
def lab(start_lab: StartLab) -> Lab:
    return start_lab("drift")


@pytest.fixture
def vcsim(record: Record) -> Lab:
    return record("drift")


def mac_drift(module: Module, server: Lab) -> dict[str, t.Any]:
    result = module(server, "mac_drift_facts", report="all", events=False)
    facts: dict[str, t.Any] = result["ansible_facts"]["mac_drift"]
    del facts["server"]["time"]
    return facts


def group_of(ask: Asker, name: str) -> t.Any:
    group = ask.named(vim.dvs.DistributedVirtualPortgroup, name)
    return ask.read(group, "config")["config"]


def test_the_facts_of_the_recording_are_those_of_the_lab(lab: Lab, vcsim: Lab, module: Module) -> None:
    """Of the ports too: the recording has what FetchDVPorts answered."""
    facts, expected = mac_drift(module, vcsim), mac_drift(module, lab)
    # vcsim can't ask the hosts for their ports anew (RefreshDVPortState), and the facts say so.
    assert {vnic.pop("freshness") for vnic in facts["vnics"]} >= {"cached"}
    assert {vnic.pop("freshness") for vnic in expected["vnics"]} >= {"live"}
    assert facts == expected
    assert facts["counts"]["verdicts"]["match"] > 0
    assert facts["vms"] == 16


def test_an_assigned_vnic_is_pinned_and_moved_to_standard_and_back(vcsim: Lab, module: Module) -> None:
    with asker(vcsim) as ask:
        mac = ask.card("web-01").macAddress
        assert ask.card("web-01").addressType == "assigned"
        assert module(vcsim, "vnic_mac_pin", vms=["web-01"])["changed"] is True
        for target in ("Production", "dv-production"):
            moved = module(vcsim, "vnic_portgroup", vms=["web-01"], target=target)
            assert (moved["changed"], moved["summary"]) == (True, {"moved": 1})
            assert module(vcsim, "vnic_portgroup", vms=["web-01"], target=target)["changed"] is False
        card = ask.card("web-01")
        assert (card.macAddress, card.addressType) == (mac, "manual")
        assert card.backing.port.portgroupKey == group_of(ask, "dv-production").key


def test_the_policy_of_a_dvportgroup_is_written_though_vcsim_drops_the_rest(vcsim: Lab, module: Module) -> None:
    options = {"type": "dvportgroup", "names": ["dv-production"], "forged_transmits": "accept"}
    with asker(vcsim) as ask:
        before = group_of(ask, "dv-production")
        assert before.defaultPortConfig.vlan.vlanId == 200
        foretold = module(vcsim, "portgroup_security", check=True, **options)
        done = module(vcsim, "portgroup_security", **options)
        assert (done["changed"], done["diff"]) == (True, foretold["diff"])
        after = group_of(ask, "dv-production")
        assert after.defaultPortConfig.macManagementPolicy.forgedTransmits is True
        assert after.defaultPortConfig.macManagementPolicy.macChanges is False
        # What wasn't in the sparse spec is gone: vcsim replaces where vSphere merges.
        assert (after.name, after.defaultPortConfig.uplinkTeamingPolicy) == ("", None)
        assert module(vcsim, "portgroup_security", **options)["changed"] is False


def test_a_server_that_crashes_and_hangs_is_reported_within_the_timeout(vcsim: Lab, module: Module) -> None:
    """ReconfigureDvs_Task makes vcsim's handler panic and keep its lock, so each later call waits for ever."""
    options = {"type": "dvswitch", "names": ["dvs-lab"], "forged_transmits": "accept", "request_timeout": 2}
    broken = module(vcsim, "portgroup_security", **options)
    assert broken["failed"]
    assert "Whether it was done is not known" in broken["msg"]
    hanging = module(vcsim, "portgroup_security", **options)
    assert hanging["failed"]
    assert "request_timeout" in hanging["msg"]
    assert hanging["changed"] is False


@pytest.fixture
def replay(govc: Govc, tmp_path: pathlib.Path) -> Iterator[Replay]:
    """replay(server) -> the lab, playing what govc has saved of the server."""
    with contextlib.ExitStack() as running:

        def run(server: Lab) -> Lab:
            saved = tmp_path / f"of-{server.port}"
            govc(server, "object.save", "-d", str(saved))
            served = running.enter_context(vsphere_lab.serve(vsphere_lab.load(saved)))
            return Lab(port=served.port, ca_file=served.ca_file)

        yield run


def test_the_lab_replays_a_recording_of_itself(lab: Lab, replay: Replay, module: Module) -> None:
    assert mac_drift(module, replay(lab)) == mac_drift(module, lab)


def test_the_lab_replays_a_recording_of_vcsim(start_vcsim: StartVcsim, replay: Replay, module: Module) -> None:
    """And does what vcsim can't."""
    server = start_vcsim("-standalone-host", "0")
    replayed = replay(server)
    facts, expected = mac_drift(module, replayed), mac_drift(module, server)
    # vcsim has no instance id, from which a vCenter derives the MACs that it assigns; the lab takes one of its own.
    del facts["mac_allocation"], expected["mac_allocation"]
    assert facts == expected
    options = {"type": "portgroup", "names": ["VM Network"], "cluster": "DC0_C0", "forged_transmits": "reject"}
    assert len(module(replayed, "portgroup_security", **options)["applied"]) == 3
    assert module(replayed, "portgroup_security", **options)["changed"] is False
