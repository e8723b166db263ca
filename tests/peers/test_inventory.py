# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vmware.vmware's inventory plugin finds the lab's VMs."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

from ..integration.conftest import StartLab
from .conftest import ROOT

OPTIONS = """
plugin: vmware.vmware.vms
properties: [name, config.guestId, config.hardware.device, guest.net, runtime.powerState]
keyed_groups:
  - {key: config.guestId, separator: ""}
"""


def test_the_vms_are_hosts_in_groups_with_their_networks(start_lab: StartLab, tmp_path: pathlib.Path) -> None:
    lab = start_lab("nested")
    source = tmp_path / "vms.yml"
    source.write_text(OPTIONS)
    peers = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/peers"), "SSL_CERT_FILE": lab.ca_file}
    listed = subprocess.run(
        ["ansible-inventory", "-i", str(source), "--list"],
        env={**os.environ, **lab.environment, **peers},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    inventory: dict[str, t.Any] = json.loads(listed.stdout)
    hosts = inventory["_meta"]["hostvars"]
    nested = next(name for name in hosts if name.startswith("nested-esxi-01"))
    assert {name.rpartition("_")[0] for name in inventory["vmkernel8Guest"]["hosts"]} == {
        "nested-esxi-01",
        "nested-esxi-02",
    }
    assert hosts[nested]["guest"]["net"][0]["mac_address"] == "00:50:56:6a:10:01"
    assert [host for host in hosts if host.startswith("app-")]
