# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's collections, as PyPI has them, and a simulated vCenter whose certificate they validate."""

from __future__ import annotations

import contextlib
import pathlib
import ssl
import typing as t
from collections.abc import Callable, Iterator

import pytest
from pyVim import connect

from ..integration.conftest import Lab, Play, Played, play, start_lab

__all__ = ["play", "start_lab"]

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/peers"

PlayPeers = Callable[..., Played]


@pytest.fixture
def play_peers(play: Play) -> PlayPeers:
    """play_peers(lab, "read.yml") -> what each task returned; their own deprecation warnings don't matter here."""

    def run(lab: Lab, name: str, *arguments: str) -> Played:
        # These modules take no CA; they trust what OpenSSL trusts by default.
        peers = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/peers"), "SSL_CERT_FILE": lab.ca_file}
        return play(lab, HERE / "plays" / name, *arguments, warns=True, **peers)

    return run


@contextlib.contextmanager
def logged_in(lab: Lab) -> Iterator[t.Any]:
    """Yield the ServiceContent, as pyVim's own SmartConnect gets it."""
    access = lab.environment
    instance = connect.SmartConnect(
        host=access["VMWARE_HOST"],
        port=lab.port,
        user=access["VMWARE_USER"],
        pwd=access["VMWARE_PASSWORD"],
        sslContext=ssl.create_default_context(cafile=lab.ca_file),
    )
    try:
        yield instance.RetrieveContent()
    finally:
        connect.Disconnect(instance)
