# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab without a network: a pyVmomi stub whose calls go through the same XML as over HTTPS."""

from __future__ import annotations

import http.client
import http.cookies
import io
import typing as t

from . import exchange, faults, wire
from .core import Lab
from .sdk import SoapAdapter, vim

Any = t.Any


class Stub(SoapAdapter.SoapStubAdapterBase):  # type: ignore[misc]
    """A connection to a lab in the same process; it has a cookie as a real one has."""

    def __init__(self, lab: Lab, version: str = wire.NEWEST) -> None:
        super().__init__(version)
        self.lab = lab
        self.cookie = ""
        self.requestContext: dict[str, str] = {}
        self.host = "lab:443"

    def InvokeMethod(self, mo: Any, info: Any, args: Any, outerStub: Any = None) -> Any:
        """Call a method; both directions are serialised, so nobody ever shares an object with the lab."""
        reply = self._exchange(self.SerializeRequest(mo, info, args))
        if reply.cookie:
            self.cookie = f'{exchange.COOKIE}="{reply.cookie}"; Path=/; HttpOnly; Secure;'
        if reply.status not in (200, 500):
            raise http.client.HTTPException(f"{reply.status} {http.client.responses.get(reply.status, '')}")
        body = "".join(reply.pieces).encode()
        if reply.truncated:
            body = body[: len(body) // 2]
        reader = SoapAdapter.SoapResponseDeserializer(outerStub or self)
        result = reader.Deserialize(io.BytesIO(body), info.result)  # a file: pyVmomi checks only those to their end
        if outerStub is not None:
            return reply.status, result
        if reply.status == 500:
            raise result
        return result

    def _exchange(self, body: bytes) -> exchange.Reply:
        try:
            return exchange.answer(self.lab, body, self.versionId, session_cookie(self.cookie), "in-process")
        except faults.Cut:
            raise http.client.RemoteDisconnected("Remote end closed connection without response") from None

    def __deepcopy__(self, memo: dict[int, Any]) -> Stub:
        """Return itself: like pyVmomi's own, a connection is no part of the references that carry it."""
        return self

    def DropConnections(self) -> None:
        """Do nothing: there are no connections."""


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
