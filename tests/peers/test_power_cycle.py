# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pin_static_macs with its power cycle, which the modules of vmware.vmware do."""

from __future__ import annotations

import json
import os
import pathlib

from ..integration.conftest import Play, StartLab
from ..integration.test_roles import CHANGE
from .conftest import ROOT


def test_the_mac_in_use_goes_to_the_chosen_vnic_only(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("drift")
    for number in (1, 2):
        lab.door("unsafe_portgroup_change", vm="web-02", portgroup="dv-staging", label=f"Network adapter {number}")
    chosen, other = lab.door("state", vm="web-02")["nics"]
    told = {
        "state_dir": str(tmp_path),
        "vms": ["web-02"],
        "vnics": ["Network adapter 1"],
        "keep": "runtime",
        "power_cycle": "allowed",
        "connection": {"ca_path": lab.ca_file},
    }
    options = {f"pin_static_macs_{name}": value for name, value in told.items()}
    peers = os.pathsep.join(str(ROOT / folder) for folder in (".cache/collections", ".cache/peers"))
    play(lab, CHANGE, "-e", json.dumps(options), warns=True, ANSIBLE_COLLECTIONS_PATH=peers)
    after = [(nic["configured_mac"], nic["address_type"]) for nic in lab.door("state", vm="web-02")["nics"]]
    assert after == [(chosen["runtime_mac"], "manual"), (other["configured_mac"], "assigned")]
