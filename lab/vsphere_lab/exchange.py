# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request in, one answer out: what the HTTPS server and the in-process stub share."""

from __future__ import annotations

import dataclasses
import typing as t

from . import core, faults, sessions, wire
from .sdk import vmodl

COOKIE = "vmware_soap_session"


@dataclasses.dataclass
class Reply:
    """What goes back to the client."""

    status: int
    pieces: t.Sequence[str]
    cookie: str | None = None  # of the session that this call opened
    content_type: str = "text/xml; charset=utf-8"
    truncated: bool = False  # the connection breaks half way through

    @property
    def set_cookie(self) -> str | None:
        """The value of the header Set-Cookie, if there is one to send."""
        return f'{COOKIE}="{self.cookie}"; Path=/; HttpOnly; Secure;' if self.cookie else None


def answer(lab: core.Lab, body: bytes, soap_action: str | None, cookie: str | None, agent: str = "") -> Reply:
    """Serve one SOAP request; faults.Cut means that the connection goes away instead."""
    version = wire.version_of(soap_action, lab.api_version)
    try:
        return _serve(lab, wire.parse_request(body, version), cookie, agent)
    except vmodl.MethodFault as fault:
        return Reply(500, wire.fault_response(fault, version))
    except sessions.TooManySessions:
        return Reply(503, [faults.PAGE_503], content_type="text/html")
    except faults.Cut:
        raise
    except Exception as bug:
        core.LOG.exception("the lab itself failed")
        report = vmodl.fault.SystemError(reason=repr(bug), msg=f"Lab bug: {bug!r}")
        return Reply(500, wire.fault_response(report, version))


def _serve(lab: core.Lab, request: wire.Request, cookie: str | None, agent: str) -> Reply:
    session = _session(lab, cookie)
    call = core.Call(lab, session, request.moid, request.method, request.arguments, agent, request.version)
    try:
        pieces = wire.response(request.method, _perform(call, session), request.version)
    except faults.Answer as scripted:
        if scripted.body is not None:
            return Reply(scripted.status, [scripted.body], content_type=scripted.content_type)
        pieces = wire.response(request.method, scripted.result, request.version)
        return Reply(scripted.status, pieces, truncated=True)
    opened = call.session.cookie if call.session is not session else None
    return Reply(200, pieces, opened)


def _session(lab: core.Lab, cookie: str | None) -> sessions.Session | None:
    if not cookie:
        return None
    with lab.lock:
        return t.cast("sessions.Session | None", lab.service("sessionManager").by_cookie(cookie))


def _perform(call: core.Call, session: sessions.Session | None) -> t.Any:
    """Carry out the call; a session does not expire while one of its calls is still being served."""
    if session is None:
        return call.lab.perform(call)
    session.busy += 1
    try:
        return call.lab.perform(call)
    finally:
        session.busy -= 1
        session.last_active = call.lab.clock.now()
