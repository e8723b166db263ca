# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Portgroups as targets of a move, where the account or the server doesn't show everything."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import collect, places, session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.policy import (
    catalogue as network_catalogue,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.policy import (
    standard_switches,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import codec as vnic_codec
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import portgroups
from pyVmomi import VmomiSupport, vim

OPTIONS = session.Options(hostname="lab", username="administrator@vsphere.local", password="VMware1!")
DV = vim.dvs.DistributedVirtualPortgroup
READ = [
    (vim.VirtualMachine, vnic_codec.VM_PATHS),
    (DV, portgroups._DV_PATHS),
    (vim.HostSystem, standard_switches._PATHS),
    (vim.HostSystem, network_catalogue._HOST_PATHS),
    (vim.HostSystem, ("config.network.portgroup", "vm")),
]


@pytest.fixture
def opened() -> session.Session:
    return session.Session(vsphere_lab.load("drift").connect(OPTIONS.username, OPTIONS.password), OPTIONS)


def reader(opened: session.Session) -> portgroups.PortgroupReader:
    return portgroups.PortgroupReader(opened, places.read_places(opened))


def without(moid: str, paths: list[str]) -> Callable[..., Iterator[collect.Found]]:
    """Returns a bulk read that leaves one object out where these properties are asked for."""
    read = collect.of

    def less(opened: session.Session, refs: t.Any, asked: t.Any, *rest: t.Any) -> Iterator[collect.Found]:
        return (found for found in read(opened, refs, asked, *rest) if [*asked] != paths or found.ref._moId != moid)

    return less


@pytest.mark.parametrize(("kind", "paths"), READ)
def test_every_path_is_known_since_vsphere_6_7(kind: t.Any, paths: tuple[str, ...]) -> None:
    versions: t.Any = VmomiSupport
    for path in paths:
        owner = kind
        for name in path.split("."):
            info = owner._GetPropertyInfo(name)
            assert versions.IsChildVersion("vim.version.version12", info.version), path
            owner = info.type


def test_a_host_that_has_gone_has_no_portgroup(opened: session.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = reader(opened).named(["VM Network"])
    gone = next(iter(before.switches))
    monkeypatch.setattr(collect, "of", without(gone, ["config.network.portgroup"]))
    (after,) = reader(opened).named(["VM Network"])
    assert after.switches == {host: name for host, name in before.switches.items() if host != gone}


def test_a_portgroup_that_cant_be_read_is_no_target(opened: session.Session) -> None:
    (before,) = reader(opened).named(["dv-production"])
    assert before.unfit == ""
    known = places.read_places(opened)
    switch = next(known.of_kind(vim.DistributedVirtualSwitch)).moid
    unseen = places.Places(place for moid, place in known.by_moid.items() if moid != switch)
    (after,) = portgroups.PortgroupReader(opened, unseen).named(["dv-production"])
    assert "can't read" in after.unfit
