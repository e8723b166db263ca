# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads who gave a wrong password, port or certificate: one message that says what to mend."""

from __future__ import annotations

import pathlib
import socket

import pytest

from .conftest import HERE, Lab, Play, StartLab

LOOK = HERE / "look.yml"


@pytest.fixture
def lab(start_lab: StartLab) -> Lab:
    return start_lab("base")


def message(play: Play, lab: Lab, **env: str) -> str:
    """Plays one read that fails, and returns its message."""
    played = play(lab, LOOK, fails=True, **env)
    assert "Traceback" not in played.output
    assert not played["Look"].changed
    return str(played["Look"].result["msg"])


def test_wrong_password(play: Play, lab: Lab) -> None:
    said = message(play, lab, VMWARE_PASSWORD="wr0ng-secret")
    assert "refused the login" in said
    assert "VMWARE_PASSWORD" in said
    assert "wr0ng-secret" not in said


def test_certificate_that_nobody_vouches_for(play: Play, lab: Lab) -> None:
    assert "ca_path (VMWARE_CA_PATH)" in message(play, lab, VMWARE_CA_PATH="")


def test_ca_file_that_is_none(play: Play, lab: Lab, tmp_path: pathlib.Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    assert "can't be used as a CA bundle" in message(play, lab, VMWARE_CA_PATH=str(tmp_path / "ca.pem"))


def test_nobody_listens(play: Play, lab: Lab) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        said = message(play, lab, VMWARE_PORT=str(unused.getsockname()[1]))
    assert "can't be reached" in said
    assert "Check hostname, port and proxy" in said


def test_pyvmomi_is_missing(play: Play, lab: Lab, tmp_path: pathlib.Path) -> None:
    for package in ("pyVmomi", "pyVim"):
        (tmp_path / f"{package}.py").write_text("raise ImportError('no such library')")
    said = message(play, lab, PYTHONPATH=str(tmp_path))
    assert "pyVmomi" in said
    assert "required Python library" in said
