# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""How much a server may answer and how long it may take: beyond that the connection ends with an error."""

from __future__ import annotations

import http
import http.client
import io
import ssl
import time
import typing as t

STRANGER = 1 << 20
"""Bytes of one answer before the login; a vCenter's are about 10 KB."""

TRUSTED = 1 << 28
"""Bytes of one answer after it. The largest, a page of 500 hosts' networks, may come near half of that."""

PATIENCE = 10
"""An answer that has begun may take this many times as long as the server may be silent."""


_SOAP = (http.HTTPStatus.OK, http.HTTPStatus.INTERNAL_SERVER_ERROR)


class AnswerTooLong(http.client.HTTPException):
    """More bytes than any vCenter has to say."""


class BoundedSocket(ssl.SSLSocket):
    """A TLS connection that gives up an answer without end, in size or in time.

    Its context tells `seconds` (how long the server may be silent) and `most` (bytes).
    """

    _bytes = 0
    _deadline = float("inf")

    def sendall(self, data: t.Any, flags: int = 0) -> None:
        """Sends a request, or a part of it: whatever comes next is a new answer."""
        self._bytes = 0
        self._deadline = time.monotonic() + PATIENCE * self._limits.seconds
        super().sendall(data, flags)

    def recv_into(self, buffer: t.Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Receives a piece of the answer; raises TimeoutError or AnswerTooLong where it should have ended long ago."""
        received = super().recv_into(buffer, nbytes, flags)
        self._bytes += received
        if self._bytes > self._limits.most:
            raise AnswerTooLong(f"the answer is longer than {self._limits.most >> 20} MB, so it is no vCenter's")
        if time.monotonic() > self._deadline:
            raise TimeoutError(f"the answer hasn't ended after {PATIENCE * self._limits.seconds:g} s")
        return received

    @property
    def _limits(self) -> t.Any:
        return self.context


def _is_soap(body: bytes) -> bool:
    """Tells whether it has what every answer of the API has: pyVmomi takes a page of HTML for an empty list."""
    return body[-64:].rstrip().endswith(b"Envelope>") and (b"Response" in body or b"Fault" in body)


class PlainAnswer(http.client.HTTPResponse):
    """A whole SOAP answer that can't grow while it is read: neither packed nor with a document type's entities."""

    _body: io.BytesIO | None = None

    def begin(self) -> None:
        """Reads the head; raises HTTPException for a packed body, which nobody asked for."""
        super().begin()
        packed = self.headers.get("Content-Encoding", "identity")
        if packed.lower() != "identity":
            raise http.client.HTTPException(f"the answer is packed ({packed}), which wasn't asked for")

    def read(self, amt: int | None = None) -> bytes:
        """Returns (a part of) the body; raises HTTPException for what is no SOAP."""
        if self._body is None:
            whole = super().read()
            # In UTF-16 or UTF-32, where no bytes of this kind would be found, every other byte is a zero.
            if b"<!DOCTYPE" in whole or b"\0" in whole:
                raise http.client.HTTPException("the answer has a document type or zeros, which SOAP forbids")
            if self.status in _SOAP and not _is_soap(whole):
                raise http.client.HTTPException("the answer is no whole SOAP answer")
            self._body = io.BytesIO(whole)
        return self._body.read(amt)


class PlainConnection(http.client.HTTPSConnection):
    """A connection with such answers."""

    response_class = PlainAnswer
