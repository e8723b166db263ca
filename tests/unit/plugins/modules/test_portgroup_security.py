# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""portgroup_security against the lab: what was named is changed, and nothing else of the whole object."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

import pytest
import vsphere_lab
from pyVmomi import VmomiSupport, vim

from .conftest import Run

Flat = dict[str, t.Any]
HOSTS = ("esx01.lab", "esx02.lab")
NESTED = {"type": "portgroup", "names": ["Nested"], "cluster": "Compute"}
OPEN = {"promiscuous_mode": "accept", "forged_transmits": "accept"}
DV = {"type": "dvportgroup", "names": ["dv-nested"]}
WRITES = (
    "UpdatePortGroup",
    "UpdateVirtualSwitch",
    "AddPortGroup",
    "RemovePortGroup",
    "ReconfigureDVPortgroup_Task",
    "ReconfigureDvs_Task",
)


@pytest.fixture
def lab() -> vsphere_lab.Lab:
    return vsphere_lab.load("nested")


def flat(value: t.Any, path: str = "") -> Iterator[tuple[str, t.Any]]:
    """Every leaf of a vim object, by its path."""
    if isinstance(value, VmomiSupport.DataObject):
        for info in value._GetPropertyList():
            yield from flat(getattr(value, info.name), f"{path}.{info.name}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from flat(item, f"{path}[{index}]")
    else:
        yield path, str(value)


def managed(lab: vsphere_lab.Lab, kind: type) -> dict[str, t.Any]:
    content = lab.connect("administrator@vsphere.local", "VMware1!").RetrieveContent()
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    return {found.name: found for found in view.view}


def estate(lab: vsphere_lab.Lab) -> Flat:
    """Every host's networking and every distributed switch and portgroup, whole, as flat text."""
    found: Flat = {}
    for name, host in managed(lab, vim.HostSystem).items():
        network = host.config.network
        for portgroup in network.portgroup:
            found |= flat(portgroup, f"{name}/{portgroup.spec.name}")
        for vswitch in network.vswitch:
            found |= flat(vswitch, f"{name}/{vswitch.name}")
    for name, portgroup in managed(lab, vim.dvs.DistributedVirtualPortgroup).items():
        found |= flat(portgroup.config, name)
    for name, switch in managed(lab, vim.DistributedVirtualSwitch).items():
        found |= flat(switch.config, name)
    return found


def differences(before: Flat, after: Flat) -> dict[str, tuple[t.Any, t.Any]]:
    return {
        path: (before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }


def flags_of(result: Mapping[str, t.Any], index: int = 0, when: str = "after", what: str = "override") -> list[str]:
    policy = result["objects"][index][when][what]
    return [policy[name] for name in ("promiscuous_mode", "forged_transmits", "mac_changes")]


def writes(lab: vsphere_lab.Lab) -> list[str]:
    return [method for method, _unused in lab.calls if method in WRITES]


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
