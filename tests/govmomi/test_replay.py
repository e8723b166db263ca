# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What govc recorded, of the lab and of vcsim, reads the same when the lab replays it."""

from __future__ import annotations

import pathlib
import re
import typing as t
from collections.abc import Callable

import pytest
from pyVmomi import vim

from ..integration.conftest import Lab, StartLab
from .conftest import Govc, Module, StartVcsim
from .questions import asker

# Go leaves an optional number out when it is 0, so govc's files cannot tell the two apart.
ZERO = re.compile(r"= (0|<unset>),?$", re.MULTILINE)
# vcsim leaves out what the API requires; a required field reads as empty then, else nothing could be shown.
EMPTY = re.compile(r"= (0|''|false|1970-\S+|<unset>|'inactive'|'notConfigured'),?$", re.MULTILINE)
READ: dict[t.Any, list[str]] = {
    vim.VirtualMachine: ["name", "parent", "config", "guest.net", "runtime.powerState", "runtime.host", "network"],
    vim.HostSystem: ["name", "parent", "config.network", "summary.config.product", "vm", "network", "datastore"],
    vim.dvs.DistributedVirtualPortgroup: ["name", "config", "vm", "host", "portKeys"],
    vim.Network: ["name", "vm", "host"],
    vim.Folder: ["name", "childEntity"],
}


def all_read(server: Lab, unimportant: re.Pattern[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    with asker(server) as ask:
        for kind, paths in READ.items():
            for obj in ask.all(kind):
                for path in paths:
                    value = repr(ask.read(obj, path))
                    found[f"{obj._moId} {path}"] = unimportant.sub("= 0 or unset", value)
    return found


@pytest.fixture
def replay(start_lab: StartLab, govc: Govc, tmp_path: pathlib.Path) -> Callable[[Lab], Lab]:
    """replay(server) -> a lab that replays what govc recorded of that server."""

    def start(server: Lab) -> Lab:
        govc(server, "object.save", "-d", str(tmp_path / "saved"))
        return start_lab(str(tmp_path / "saved"))

    return start


def test_the_labs_own_recording(start_lab: StartLab, replay: Callable[[Lab], Lab], module: Module, govc: Govc) -> None:
    original = start_lab("drifted")
    replayed = replay(original)
    assert all_read(replayed, ZERO) == all_read(original, ZERO)
    facts = [module(lab, "mac_drift_facts", report="all")["ansible_facts"]["mac_drift"] for lab in (original, replayed)]
    before, after = ([(vnic["vm"], vnic["vnic"], vnic["verdict"]) for vnic in told["vnics"]] for told in facts)
    assert before == after
    assert sorted(govc(replayed, "find", "/")) == sorted(govc(original, "find", "/"))
    options = {"type": "dvportgroup", "names": ["dv-production"], "forged_transmits": "accept"}
    plans = [module(lab, "portgroup_security", check=True, **options) for lab in (original, replayed)]
    assert plans[0] == plans[1]
    done = module(replayed, "portgroup_security", **options)
    assert done["changed"], done
    assert not module(replayed, "portgroup_security", **options)["changed"]


def test_vcsims_recording(start_vcsim: StartVcsim, replay: Callable[[Lab], Lab], module: Module) -> None:
    original = start_vcsim("-vm", "3")
    replayed = replay(original)
    before, after = all_read(original, EMPTY), all_read(replayed, EMPTY)
    assert {key for key in before if before[key] != after.get(key)} == set()
    facts = [module(lab, "mac_drift_facts", report="all")["ansible_facts"]["mac_drift"] for lab in (original, replayed)]
    told = [[(vnic["vm"], vnic["configured_mac"], vnic["verdict"]) for vnic in found["vnics"]] for found in facts]
    assert told[0] == told[1]
    assert len(told[0]) == 6
