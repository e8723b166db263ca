# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenario files: what they may say, and what a reader is told of a mistake."""

from __future__ import annotations

import typing as t

import pytest
from vsphere_lab import scenario
from vsphere_lab.schema import ScenarioError

from .vcenter import Vcenter

Any = t.Any


def minimal(**vm: Any) -> dict[str, Any]:
    switch = {"name": "vSwitch0", "portgroups": [{"name": "Blue"}, {"name": "Green"}]}
    place = {"name": "DC", "hosts": ["esx"], "standard_switches": [switch], "vms": [{"name": "a", **vm}]}
    return {"title": "Small", "datacenters": [place]}


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_loads_and_its_vms_can_be_read(name: str) -> None:
    vcenter = Vcenter(name) if name != "estate" else Vcenter(scenario_of_size(5))
    told = vcenter.lab.world.scenario
    names = {vm.name for place in told.datacenters for vm in place.vms}
    import vsphere_lab.sdk

    assert names <= {vm.name for vm in vcenter.all(vsphere_lab.sdk.vim.VirtualMachine)}


def scenario_of_size(vms: int) -> dict[str, Any]:
    return {"extends": "estate", "datacenters": [{"name": "DC1", "generate": {"vms": vms}}]}


def test_a_scenario_says_what_it_is() -> None:
    assert scenario.load("drift").title == "VMs whose MACs must not change"


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"did you mean 'drift'.*scenarios: drift, drifted, estate, esxi, nested"):
        scenario.load("drfit")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario file /nowhere/x.yml"):
        scenario.load("/nowhere/x.yml")


@pytest.mark.parametrize(
    ("vm", "message"),
    [
        pytest.param({"nics": [{"portgrup": "Blue"}]}, r"vms\[a\].nics\[0\]: no key 'portgrup'", id="unknown key"),
        pytest.param({"nics": [{"portgroup": "Blu"}]}, "VM a: no portgroup 'Blu' .did you mean 'Blue'", id="portgroup"),
        pytest.param({"host": "esy"}, "VM a: no host 'esy' .did you mean 'esx'", id="host"),
        pytest.param({"power": "on"}, "power: 'on' is not one of 'poweredOn', 'poweredOff'", id="choice"),
        pytest.param({"power": False}, "power: False is not one of", id="YAML's off"),
        pytest.param({"cpus": "two"}, "cpus: 'two' is not a int", id="number"),
        pytest.param({"nics": [{"portgroup": "Blue", "mac": 123}]}, "put quotes around it", id="unquoted MAC"),
        pytest.param({"nics": [{"portgroup": "Blue", "mac": "zz"}]}, "'zz' is not a MAC address", id="MAC"),
        pytest.param({"nics": "Blue"}, "nics: a list is needed", id="list"),
        pytest.param({"nics": [{}]}, "missing 1 required keyword-only argument: 'portgroup'", id="missing"),
    ],
)
def test_a_mistake_is_told_with_its_place(vm: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        scenario.load(minimal(**vm))


def test_an_unknown_switch_value_in_a_scenario_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="has no value 'maybe'"):
        scenario.load({**minimal(), "switches": {"duplicate_manual_mac": "maybe"}})


def test_a_portgroup_name_on_two_switches_needs_the_switch() -> None:
    told = minimal(nics=[{"portgroup": "Blue"}])
    told["datacenters"][0]["distributed_switches"] = [{"name": "dvs", "portgroups": [{"name": "Blue"}]}]
    with pytest.raises(ScenarioError, match="is on several switches"):
        scenario.load(told)
    told["datacenters"][0]["vms"][0]["nics"] = [{"portgroup": "Blue", "switch": "dvs"}]
    assert Vcenter(told).state("a")["distributed"]


def test_extending_merges_named_things_and_appends_the_others() -> None:
    told = scenario.load({"extends": "drift", "datacenters": [{"name": "DC1", "vms": [{"name": "web-01", "cpus": 8}]}]})
    (web,) = [vm for vm in told.datacenters[0].vms if vm.name == "web-01"]
    assert web.cpus == 8
    assert web.nics[0].mac == "00:50:56:86:01:01"


def test_the_size_of_an_estate_can_be_overridden() -> None:
    told = scenario.load("estate", vms=7)
    assert told.datacenters[0].generate is not None
    assert told.datacenters[0].generate.vms == 7


def test_the_same_seed_makes_the_same_estate() -> None:
    one, two = (Vcenter(scenario_of_size(20)) for _unused in range(2))
    for vm in one.lab.all(object):
        assert vm.moid in two.lab.objects
    assert [one.state(f"vm-{n:05d}") for n in range(20)] == [two.state(f"vm-{n:05d}") for n in range(20)]


def test_a_story_happens_before_anybody_logs_in() -> None:
    story = [{"unsafe_portgroup_change": {"vm": "web-01", "portgroup": "dv-production"}}, {"advance": {"days": 3}}]
    vcenter = Vcenter({"extends": "drift", "story": story})
    assert vcenter.state("web-01")["drifted"]
    (changed,) = vcenter.events("VmMacChangedEvent")
    assert changed["time"] < vcenter.lab.clock.now().isoformat()


def test_a_scripted_fault_in_a_scenario_is_in_force() -> None:
    vcenter = Vcenter({"extends": "drift", "faults": [{"method": "ReconfigVM_Task", "fault": "ConcurrentAccess"}]})
    with pytest.raises(Exception, match="Scripted fault"):
        vcenter.edit("web-01", annotation="x")
