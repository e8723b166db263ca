# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads who gave a wrong password, port or certificate: one message that says what to mend."""

from __future__ import annotations

import pathlib
import socket

from .conftest import HERE, Hosts, Play, StartLab

LOOK = HERE / "look.yml"


def test_each_message_says_what_to_mend(start_lab: StartLab, play: Play, tmp_path: pathlib.Path) -> None:
    lab = start_lab("base")
    (tmp_path / "ca.pem").write_text("not a certificate")
    for package in ("pyVmomi", "pyVim"):
        (tmp_path / f"{package}.py").write_text("raise ImportError('no such library')")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        wrong: dict[str, dict[str, str]] = {
            "password": {"VMWARE_PASSWORD": "wr0ng-secret"},
            "authority": {"VMWARE_CA_PATH": ""},
            "ca-file": {"VMWARE_CA_PATH": str(tmp_path / "ca.pem")},
            "port": {"VMWARE_PORT": str(unused.getsockname()[1])},
            "library": {"PYTHONPATH": str(tmp_path)},
        }
        hosts: Hosts = {name: (lab, {"look_environment": {**lab.environment, **told}}) for name, told in wrong.items()}
        played = play(hosts, LOOK, fails=True)
    assert "Traceback" not in played.output
    assert "wr0ng-secret" not in played.output
    assert played.changed == []

    said = {name: played.on(name)["Look"].result["msg"] for name in hosts}
    assert "refused the login" in said["password"]
    assert "VMWARE_PASSWORD" in said["password"]
    assert "ca_path (VMWARE_CA_PATH)" in said["authority"]
    assert "can't be used as a CA bundle" in said["ca-file"]
    assert "can't be reached" in said["port"]
    assert "Check hostname, port and proxy" in said["port"]
    assert "pyVmomi" in said["library"]
    assert "required Python library" in said["library"]
