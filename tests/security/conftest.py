# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for many tests, and the options that reach it; some tests let it show another certificate."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t
from collections.abc import Callable, Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import MacguardError
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.session import Options

from ..integration.conftest import Lab, Play, Played, StartLab, play, start_lab
from ..modules.conftest import Run, run
from .authority import Shown

__all__ = ["Lab", "Play", "Played", "Run", "StartLab", "play", "run", "start_lab"]


class Served(t.NamedTuple):
    """A lab behind HTTPS and the options that reach it."""

    lab: t.Any
    server: t.Any
    options: Options

    def failure(self, **changes: t.Any) -> str:
        """Returns what a person reads who tries to log in with other options."""
        with pytest.raises(MacguardError) as caught, session.open_session(dataclasses.replace(self.options, **changes)):
            pass
        return caught.value.message

    def works(self, **changes: t.Any) -> bool:
        with session.open_session(dataclasses.replace(self.options, **changes)) as opened:
            return opened.is_vcenter

    @property
    def logins(self) -> int:
        """How often somebody has tried to log in."""
        return [method for method, _unused in self.lab.calls].count("Login")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    lab = vsphere_lab.load("nested")
    server = vsphere_lab.serve(lab, port=0)
    options = Options(
        hostname="127.0.0.1",
        port=server.port,
        username="administrator@vsphere.local",
        password="VMware1!",
        ca_path=str(server.ca_file),
        request_timeout=10,
    )
    yield Served(lab, server, options)
    server.stop()


@pytest.fixture
def show(served: Served, monkeypatch: pytest.MonkeyPatch) -> Callable[[Shown], None]:
    """show(certificate) -> the lab shows that one until the test ends."""

    def change(shown: Shown) -> None:
        monkeypatch.setattr(served.server._http, "context", shown.context)

    return change


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path
