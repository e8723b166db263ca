# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""govc and vcsim as processes; run.sh builds them first."""

from __future__ import annotations

import json
import os
import pathlib
import select
import subprocess
import typing as t
from collections.abc import Callable, Iterator

import pytest

from ..integration.conftest import ADMIN, Lab, play, start_lab

__all__ = ["play", "start_lab"]

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / ".cache/go/bin"
START_SECONDS = 120.0

Govc = Callable[..., t.Any]
StartVcsim = Callable[..., Lab]


@pytest.fixture
def start_vcsim() -> Iterator[StartVcsim]:
    """start_vcsim("-vm", "20") -> a vcsim as it comes, API 8.0.3; it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> Lab:
        # Its own default, API 6.5, makes pyVmomi leave out every newer field without a word.
        login = ["-username", ADMIN["VMWARE_USER"], "-password", ADMIN["VMWARE_PASSWORD"]]
        process = subprocess.Popen(
            [str(BIN / "vcsim"), "-api-version", "8.0.3.0", *login, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout
        if not select.select([process.stdout], [], [], START_SECONDS)[0]:
            pytest.fail(f"vcsim didn't start within {START_SECONDS:.0f} s")
        told = json.loads(process.stdout.readline() or "{}")
        assert told, "vcsim ended at once; its message is above"
        return Lab(port=int(told["port"]), ca_file=told["ca_file"])

    yield start
    for process in running:
        process.communicate(timeout=10)  # the end of its standard input ends it


@pytest.fixture
def govc(tmp_path: pathlib.Path) -> Govc:
    """govc(server, "vm.info", "app-01") -> what it prints as JSON; it validates the server's certificate."""

    def run(server: Lab, *arguments: str, fails: bool = False) -> t.Any:
        command, *rest = arguments
        process = subprocess.run(
            [str(BIN / "govc"), command, "-json", *rest],
            env={
                **os.environ,
                "GOVC_URL": f"https://127.0.0.1:{server.port}/sdk",
                "GOVC_USERNAME": ADMIN["VMWARE_USER"],
                "GOVC_PASSWORD": ADMIN["VMWARE_PASSWORD"],
                "GOVC_TLS_CA_CERTS": server.ca_file,
                "GOVC_PERSIST_SESSION": "false",
                "GOVMOMI_HOME": str(tmp_path / "govmomi"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (process.returncode != 0) is fails, process.stdout + process.stderr
        if fails:
            return process.stderr
        decoder, text, found = json.JSONDecoder(), process.stdout.strip(), []
        while text.startswith(("{", "[")):
            value, end = decoder.raw_decode(text)
            found.append(value)
            text = text[end:].strip()
        return found[0] if len(found) == 1 else found

    return run
