# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab without a network: pyVmomi's own stub over a connection that ends in this process.

All but the socket is as over HTTPS: the same XML, headers and faults, read by whatever reads the stub's answers.
"""

from __future__ import annotations

import http.client
import http.cookies
import io
import typing as t

from . import exchange, faults, wire
from .core import Lab
from .sdk import SoapAdapter, vim

Any = t.Any


class Stub(SoapAdapter.SoapStubAdapter):  # type: ignore[misc]
    """A stub for a lab in the same process."""

    def __init__(self, lab: Lab, version: str = wire.NEWEST) -> None:
        super().__init__(host="lab", version=version, acceptCompressedResponses=False)
        self.lab = lab

    def GetConnection(self) -> Any:
        """Return a new connection; there is nothing about them that a pool would save."""
        return _Connection(self.lab)

    def ReturnConnection(self, conn: Any) -> None:
        """Let go of a connection."""


class _Connection:
    """As much of http.client.HTTPConnection as a stub uses."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def request(self, _method: str, _path: str, body: bytes, headers: t.Mapping[str, str]) -> None:
        cookie, agent = session_cookie(headers["Cookie"]), headers.get("User-Agent", "")
        try:
            self._reply = exchange.answer(self._lab, body, headers["SOAPAction"], cookie, agent)
        except faults.Cut:
            raise http.client.RemoteDisconnected("Remote end closed connection without response") from None

    def getresponse(self) -> _Response:
        return _Response(self._reply)

    def close(self) -> None:
        """There is nothing to close."""


class _Response:
    """As much of http.client.HTTPResponse as a stub uses."""

    def __init__(self, reply: exchange.Reply) -> None:
        self.status, self.reason = reply.status, http.client.responses.get(reply.status, "")
        self._headers = {"Set-Cookie": reply.set_cookie}
        whole = "".join(reply.pieces).encode()
        self._missing = len(whole) - len(whole) // 2 if reply.truncated else 0
        self._body = io.BytesIO(whole[: len(whole) - self._missing])

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self._headers.get(name) or default

    def read(self, size: int = -1) -> bytes:
        """Return the body, or the next bytes of it: http.client misses the rest of a body only if asked for all."""
        read = self._body.read(size)
        if size < 0 and self._missing:
            raise http.client.IncompleteRead(read, self._missing)
        return read


def session_cookie(header: str | None) -> str | None:
    """Return the session's cookie value from a Cookie (or a whole Set-Cookie) header."""
    if not header:
        return None
    found = http.cookies.SimpleCookie(header).get(exchange.COOKIE)
    return found.value if found else None


def connect(lab: Lab, user: str, password: str) -> Any:
    """Return a vim.ServiceInstance that is logged in."""
    instance = vim.ServiceInstance("ServiceInstance", Stub(lab))
    instance.content.sessionManager.Login(user, password)
    return instance
