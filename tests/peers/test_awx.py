# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/configure_awx.yml through the real modules of awx.awx, against a stand-in for AWX's API."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from collections.abc import Iterator

import pytest

from .awx_stand_in import Awx, serve

ROOT = pathlib.Path(__file__).resolve().parents[2]
VCENTERS = {"vc-a.example.com": {}, "vc-b.example.com": {"port": 8443}}


def configure(address: str) -> str:
    variables = {
        "configure_awx_scm_url": "https://example.com/net.git",
        "configure_awx_image": "registry.example.com/macguard:1",
        "configure_awx_vcenters": VCENTERS,
        "configure_awx_audit_answers": {"audit_mac_drift_history": "/var/lib/mac-drift"},
    }
    process = subprocess.run(
        ["ansible-playbook", "playbooks/configure_awx.yml", "-e", json.dumps(variables)],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.cache/peers'}:{ROOT / '.cache/collections'}",
            "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": address,
            "CONTROLLER_OAUTH_TOKEN": "token",
            "VMWARE_USER": "svc",
            "VMWARE_PASSWORD": "secret",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    assert "secret" not in process.stdout
    return process.stdout


@pytest.fixture(scope="module")
def configured() -> Iterator[tuple[Awx, str]]:
    """AWX after one run of the playbook, and where it is."""
    there = Awx(playbook_exists=lambda path: (ROOT / path).is_file())
    server = serve(there)
    address = f"http://127.0.0.1:{server.server_port}"
    configure(address)
    yield there, address
    server.shutdown()
    server.server_close()


def test_awx_has_everything_and_a_second_run_changes_nothing(configured: tuple[Awx, str]) -> None:
    there, address = configured
    assert {json.loads(host["variables"])["vcenter"]["validate_certs"] for host in there.items["hosts"].values()} == {
        True
    }
    assert json.loads(there.named("hosts", "vc-b.example.com")["variables"])["vcenter"]["port"] == 8443
    assert len(there.linked["groups", there.named("groups", "vcenters")["id"], "hosts"]) == 2
    templates = there.items["job_templates"]
    assert len(there.surveys) == len(templates) + 1
    assert all(there.linked["job_templates", number, "credentials"] for number in templates)
    there.writes.clear()
    again = configure(address)
    assert re.search(r"changed=0\b", again), again
    assert there.writes == []


def test_workflow_goes_on_only_after_approval(configured: tuple[Awx, str]) -> None:
    there, _address = configured
    steps = []
    node = there.named("workflow_job_template_nodes", "preview")
    while True:
        template = there.find("unified_job_templates", {"id": str(node["unified_job_template"])})["results"][0]
        steps.append((template["name"], template.get("job_type"), template.get("job_tags")))
        follow = there.linked.get(("workflow_job_template_nodes", node["id"], "success_nodes"))
        if not follow:
            break
        node = there.items["workflow_job_template_nodes"][follow[0]]
    assert steps == [
        ("macguard: change portgroup, preview", "check", ""),
        ("macguard: go on?", None, None),
        ("macguard: change portgroup, pin", "run", "pin"),
        ("macguard: change portgroup, move", "run", "move"),
        ("macguard: change portgroup, verify", "run", "verify"),
    ]


def test_audit_is_scheduled(configured: tuple[Awx, str]) -> None:
    there, _address = configured
    (schedule,) = there.items["schedules"].values()
    assert schedule["unified_job_template"] == there.named("job_templates", "macguard: audit MAC drift")["id"]
    assert schedule["extra_data"] == {"audit_mac_drift_history": "/var/lib/mac-drift"}
