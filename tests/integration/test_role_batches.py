# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pin_static_macs where one batch fails: it answers for itself, and for no batch before it."""

from __future__ import annotations

import json
import pathlib
import ssl
import typing as t
import urllib.request

from .conftest import ROOT, Lab, Play, StartLab

CHANGE = ROOT / "playbooks/change_portgroup.yml"


def door(lab: Lab, action: str, **body: t.Any) -> t.Any:
    """What the lab itself says."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    url = f"https://127.0.0.1:{lab.port}/lab/{action}"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, context=context) as answer:
        return json.load(answer)


def test_a_batch_that_fails_to_pin_leaves_those_before_it_where_they_are(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    lab = start_lab("drift")
    door(lab, "fault", method="ReconfigVM_Task", object="lic-01", times=0, fault="InvalidState")
    door(lab, "edit", vm="lic-01", label="Network adapter 1", type="assigned")
    options = {"state_dir": str(tmp_path), "vms": ["web-01", "lic-01"], "target": "dv-production", "canary": ["web-01"]}
    told = {f"pin_static_macs_{name}": value for name, value in options.items()}
    played = play(lab, CHANGE, "-e", json.dumps(told), fails=True, warns=True)
    text = "\n".join(str(task.result.get("msg", "")) for task in played.tasks)
    assert "Nothing of this batch was moved." in text
    assert "Done and verified before: vm-1." in text
    portgroups = [door(lab, "state", vm=vm)["nics"][0]["portgroup"] for vm in ("web-01", "lic-01")]
    assert portgroups == ["dv-production", "dv-staging"]
