# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vmware.vmware's inventory plugins find the lab's VMs and hosts."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

import pytest

from ..integration.conftest import Lab, StartLab
from .conftest import ROOT

VMS = """
plugin: vmware.vmware.vms
properties: [name, config.guestId, config.hardware.device, guest.net, runtime.powerState]
keyed_groups:
  - {key: config.guestId, separator: ""}
"""
HOSTS = "plugin: vmware.vmware.esxi_hosts"


@pytest.fixture
def lab(start_lab: StartLab) -> Lab:
    return start_lab("nested")


def inventory(lab: Lab, source: pathlib.Path, options: str) -> dict[str, t.Any]:
    source.write_text(options)
    peers = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/peers"), "SSL_CERT_FILE": lab.ca_file}
    listed = subprocess.run(
        ["ansible-inventory", "-i", str(source), "--list"],
        env={**os.environ, **lab.environment, **peers},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(listed.stdout))


def test_the_vms_are_in_groups_with_their_networks(lab: Lab, tmp_path: pathlib.Path) -> None:
    found = inventory(lab, tmp_path / "vms.yml", VMS)
    hosts = found["_meta"]["hostvars"]
    assert sorted(found["vmkernel8Guest"]["hosts"]) == ["nested-esxi-01", "nested-esxi-02"]
    seen = [nic["macAddress"]["__ansible_unsafe"] for nic in hosts["nested-esxi-01"]["guest"]["net"]]
    assert "00:50:56:6a:10:01" in seen  # the nested ESXi's own vmk0
    assert sorted(host for host in hosts if host.startswith("app-")) == [f"app-0{number}" for number in range(1, 6)]


def test_the_hosts_are_found_with_their_addresses(lab: Lab, tmp_path: pathlib.Path) -> None:
    hosts = inventory(lab, tmp_path / "esxi_hosts.yml", HOSTS)["_meta"]["hostvars"]
    assert sorted(hosts) == ["esx01.lab", "esx02.lab"]
    assert hosts["esx01.lab"]["ansible_host"]["__ansible_unsafe"] == "10.0.0.11"
