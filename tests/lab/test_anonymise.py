# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An anonymised recording names nobody, and still says the same about MACs."""

from __future__ import annotations

import collections
import pathlib
import re
import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim
from vsphere_lab import anonymise
from vsphere_lab.pseudonyms import IPV4, IPV6, MAC, UUID
from vsphere_lab.schema import ScenarioError

from ..modules.conftest import Run, run
from .recorded import save, tiny

__all__ = ["run"]
HARMLESS = re.compile(r"(0|127|255)\..*|8\.0\.3\.0|7\.0\.3\.0|00:00:00:00:00:00")
GIVEN_BY_VMWARE = {"VM Network", "Management Network", "Resources", "Datacenters", "vSwitch0"}


def texts(directory: pathlib.Path) -> str:
    """Return all that is in the files, and their names."""
    files = sorted(directory.rglob("*.xml"))
    return "\n".join(f"{file.relative_to(directory)}\n{file.read_text(encoding='utf-8')}" for file in files)


def anonymised(source: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    anonymise.main([str(source), str(target)])
    return target


def names(lab: vsphere_lab.Lab) -> set[str]:
    """Return the names of all that people name: inventory objects, portgroups, guests."""
    found = {obj.properties["name"] for obj in lab.objects.values() if isinstance(obj.ref, vim.ManagedEntity)}
    found |= {obj.get("guest.hostName") for obj in lab.objects.values() if isinstance(obj.ref, vim.VirtualMachine)}
    return (
        {name for name in found if name and len(name) > 3 and name != "ha-datacenter"}
        - GIVEN_BY_VMWARE
        - {"datastore", "network", "host"}
    )


@pytest.mark.parametrize("scenario", ["drifted", "nested", "esxi"])
def test_nothing_of_the_original_is_left(scenario: str, tmp_path: pathlib.Path) -> None:
    lab = vsphere_lab.load(scenario)
    source = save(lab, tmp_path / "saved")
    before, after = texts(source), texts(anonymised(source, tmp_path / "anonymous"))
    for pattern in (MAC, IPV4, IPV6, UUID):
        originals = {found for found in pattern.findall(before) if not HARMLESS.fullmatch(found)}
        assert originals or pattern is IPV6
        assert not {found for found in originals if found in set(pattern.findall(after))}
    assert len(names(lab)) > 5
    assert not {name for name in names(lab) if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", after)}


def test_what_people_write_and_what_is_secret_is_gone(tmp_path: pathlib.Path) -> None:
    after = texts(anonymised(tiny(tmp_path / "tiny"), tmp_path / "anonymous"))
    for word in ("till", "Kasse", "Berlin", "example", "hunter2", "guestinfo", "Example", "192.0.2", "9999", "ssd-7"):
        assert word not in after


def test_it_says_the_same_about_macs(tmp_path: pathlib.Path, run: Run) -> None:
    source = save(vsphere_lab.load("drifted"), tmp_path / "saved")
    verdicts, ranges = [], []
    for directory in (source, anonymised(source, tmp_path / "anonymous")):
        lab = vsphere_lab.load(directory)
        assert lab.notes == []
        facts: dict[str, t.Any] = run(lab, "mac_drift_facts", report="all")["ansible_facts"]["mac_drift"]
        verdicts.append(collections.Counter((vnic["verdict"], vnic["certainty"]) for vnic in facts["vnics"]))
        macs = [mac for vnic in facts["vnics"] for mac in (vnic["configured_mac"], vnic["runtime_mac"]) if mac]
        ranges.append(
            (len(set(macs)), collections.Counter(mac[:11] if mac[:8] == "00:50:56" else mac[:8] for mac in macs))
        )
    assert verdicts[0] == verdicts[1]
    assert len(verdicts[0]) > 4
    assert ranges[0] == ranges[1]


def test_the_same_input_gives_the_same_output(tmp_path: pathlib.Path) -> None:
    source = tiny(tmp_path / "tiny")
    first, second = (texts(anonymised(source, tmp_path / name)) for name in ("one", "two"))
    assert first == second


def test_it_never_mixes_two_recordings(tmp_path: pathlib.Path) -> None:
    source = tiny(tmp_path / "tiny")
    with pytest.raises(ScenarioError, match="is not empty"):
        anonymise.Anonymiser(source).write(source)
    with pytest.raises(SystemExit, match="no recording"):
        anonymise.main([str(tmp_path / "absent"), str(tmp_path / "new")])
