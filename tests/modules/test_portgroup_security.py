# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""portgroup_security against the lab: what was named is changed, and nothing else of the whole object."""

from __future__ import annotations

import typing as t

import pytest
import vsphere_lab

from .conftest import Run
from .estate import differences, estate, writes

HOSTS = ("esx01.lab", "esx02.lab")
NESTED = {"type": "portgroup", "names": ["Nested"], "cluster": "Compute"}
VSWITCH = {"type": "vswitch", "names": ["vSwitch0"], "cluster": "Compute"}
OPEN = {"promiscuous_mode": "accept", "forged_transmits": "accept"}
DV = {"type": "dvportgroup", "names": ["dv-nested"]}


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("nested")


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        pytest.param(
            {**NESTED, "promiscuous_mode": "accept"},
            {
                f"{host}/Nested.{policy}.security.allowPromiscuous"
                for host in HOSTS
                for policy in ("computedPolicy", "spec.policy")
            },
            id="standard portgroup",
        ),
        pytest.param(
            {"type": "vswitch", "names": ["vSwitch0"], "hosts": ["esx01.lab"], "forged_transmits": "accept"},
            {
                "esx01.lab/vSwitch0.spec.policy.security.forgedTransmits",
                "esx01.lab/vSwitch0.spec.mtu",
                *(
                    f"esx01.lab/{name}.computedPolicy.security.forgedTransmits"
                    for name in ("Management Network", "VM Network", "Production", "Nested")
                ),
            },
            id="vSwitch",
        ),
        pytest.param(
            {**DV, "forged_transmits": "accept"},
            {
                "dv-nested.configVersion",
                "dv-nested.defaultPortConfig.macManagementPolicy.forgedTransmits",
                "dv-nested.defaultPortConfig.macManagementPolicy.inherited",
                "dv-nested.defaultPortConfig.macManagementPolicy.macLearningPolicy.inherited",
            },
            id="distributed portgroup",
        ),
    ],
)
def test_only_what_was_named_is_changed(run: Run, options: dict[str, t.Any], paths: set[str]) -> None:
    lab = vsphere_lab.load("nested", switches={"distributed_policies_linked": "separate"})
    before = estate(lab)
    result = run(lab, "portgroup_security", **options)
    assert result["changed"], result
    assert differences(before, estate(lab)).keys() == paths


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({**NESTED, **OPEN}, id="standard portgroup"),
        pytest.param({"type": "vswitch", "names": ["vSwitch0"], "cluster": "Compute", **OPEN}, id="vSwitch"),
        pytest.param(
            {**DV, "forged_transmits": "accept", "mac_learning": {"enabled": True}}, id="distributed portgroup"
        ),
        pytest.param(
            {"type": "dvswitch", "names": ["dvs-lab"], "forged_transmits": "accept", "mac_learning": {"enabled": True}},
            id="distributed switch",
        ),
    ],
)
def test_foretold_done_done_once_and_undone(run: Run, lab: vsphere_lab.Lab, options: dict[str, t.Any]) -> None:
    start = estate(lab)
    foretold = run(lab, "portgroup_security", check=True, **options)
    assert (foretold["changed"], writes(lab), estate(lab)) == (True, [], start)
    done = run(lab, "portgroup_security", **options)
    assert done == {**foretold, "applied": done["applied"]}
    assert done["applied"] == [row["subject"] for row in done["objects"]]
    wrote = writes(lab)
    again = run(lab, "portgroup_security", **options)
    assert (again["changed"], writes(lab)) == (False, wrote)
    assert "restore" in done
    undone = run(lab, "portgroup_security", restore=done["restore"])
    assert undone.get("changed"), undone
    left = {path for path in differences(start, estate(lab)) if not path.endswith(("configVersion", "spec.mtu"))}
    assert left == set()


BAD: dict[str, tuple[dict[str, t.Any], str]] = {
    "unknown portgroup": ({**NESTED, **OPEN, "names": ["Nestd"]}, "Near names: Nested"),
    "unknown host": ({**NESTED, **OPEN, "hosts": ["esx03.lab"]}, "Near names: esx0"),
    "unknown cluster": ({**NESTED, **OPEN, "cluster": "Computer"}, "Near names: Compute"),
    "unknown datacenter": ({**NESTED, **OPEN, "datacenter": "DC"}, "Near names: DC1"),
    "unknown vSwitch": ({**VSWITCH, **OPEN, "names": ["vSwitch1"]}, "Near names: vSwitch0"),
    "unknown switch": ({**DV, **OPEN, "names": ["dvs-lb"], "type": "dvswitch"}, "Near names: dvs-lab"),
    "portgroup of another switch": ({**NESTED, **OPEN, "switch": "vSwitch1"}, "not on vSwitch1, but on vSwitch0"),
    "name of another type": ({**NESTED, **OPEN, "names": ["dv-nested"]}, "say type: dvportgroup"),
    "everywhere by omission": ({"type": "portgroup", "names": ["Nested"], **OPEN}, "hosts, cluster or datacenter"),
    "null for names": ({**NESTED, **OPEN, "names": None}, "with type and names"),
    "empty cluster": ({**NESTED, **OPEN, "cluster": "", "datacenter": "DC1"}, "cluster is empty"),
    "empty switch": ({**DV, **OPEN, "switch": ""}, "switch is empty"),
    "inherit mixed": ({**DV, "promiscuous_mode": "inherit", "forged_transmits": "accept"}, "as a whole"),
    "vSwitch inherits": ({**VSWITCH, "mac_changes": "inherit"}, "nothing is above a switch"),
    "standard portgroup learns": ({**NESTED, "mac_learning": {"enabled": True}}, "can't learn MACs"),
    "uplink portgroup": ({**DV, **OPEN, "names": ["dvs-lab-DVUplinks"]}, "uplink portgroup"),
    "NSX portgroup": ({**DV, **OPEN, "names": ["nsx-segment"]}, "MAC Discovery profile"),
    "nothing asked": (NESTED, "one of the following is required"),
    "restore and more": ({**NESTED, "restore": []}, "mutually exclusive"),
    "no wave ever begins": ({**NESTED, **OPEN, "parallel": 0}, "parallel must be at least 1"),
}


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
@pytest.mark.parametrize(("options", "says"), [pytest.param(*case, id=name) for name, case in BAD.items()])
def test_bad_input_is_one_clear_message_and_nothing_is_changed(
    run: Run, lab: vsphere_lab.Lab, options: dict[str, t.Any], says: str, check: bool
) -> None:
    before = estate(lab)
    result = run(lab, "portgroup_security", check=check, **options)
    assert result["failed"]
    assert says in result["msg"]
    assert (writes(lab), estate(lab)) == ([], before)


@pytest.mark.parametrize(
    "options",
    [{"restore": []}, {**NESTED, **OPEN, "names": []}, {**NESTED, **OPEN, "hosts": []}],
    ids=["restore", "names", "hosts"],
)
def test_an_empty_list_means_nothing_at_all(run: Run, lab: vsphere_lab.Lab, options: dict[str, t.Any]) -> None:
    result = run(lab, "portgroup_security", **options)
    assert (result["changed"], result["objects"], writes(lab)) == (False, [], [])


def test_diff_shows_both_levels_of_each_object(run: Run, lab: vsphere_lab.Lab) -> None:
    diff = run(lab, "portgroup_security", check=True, **NESTED, promiscuous_mode="accept")["diff"]
    assert diff["before"].keys() == diff["after"].keys() == {f"portgroup Nested on {host}" for host in HOSTS}
    before, after = (diff[when]["portgroup Nested on esx01.lab"] for when in ("before", "after"))
    assert (before["override"]["promiscuous_mode"], before["effective"]["promiscuous_mode"]) == ("inherit", "reject")
    assert (after["override"]["promiscuous_mode"], after["effective"]["promiscuous_mode"]) == ("accept", "accept")
    assert (before["inherited_from"], after["inherited_from"]) == ("vSwitch0", "vSwitch0")
    assert "VMware1!" not in str(diff)


@pytest.mark.parametrize(
    ("options", "guest"),
    [
        pytest.param({**NESTED, **OPEN}, "nested-vm-1", id="standard portgroup"),
        pytest.param(
            {**DV, "forged_transmits": "accept", "mac_learning": {"enabled": True}}, "nested-vm-3", id="MAC learning"
        ),
    ],
)
def test_nested_vm_reaches_the_outside(run: Run, lab: vsphere_lab.Lab, options: dict[str, t.Any], guest: str) -> None:
    def reaches() -> list[bool]:
        told = lab.door("reach", source=guest, target="gateway")
        return [told["outbound"]["ok"], told["inbound"]["ok"]]

    assert reaches() == [False, False]
    done = run(lab, "portgroup_security", **options)
    assert reaches() == [True, True]
    run(lab, "portgroup_security", restore=done["restore"])
    assert reaches() == [False, False]
