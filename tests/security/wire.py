# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of which the test decides every byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import typing as t
from collections.abc import Callable

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import MacguardError
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.session import Options

Answer = Callable[[socket.socket, bytes], None]
"""What is done with a connection on which that request has come in."""


class Listener:
    """Listens on a free port of 127.0.0.1; `heard` is all that clients sent inside TLS."""

    def __init__(self, context: ssl.SSLContext, answer: Answer = lambda connection, request: None) -> None:
        self.context, self.answer = context, answer
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                plain, _address = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), plain, self.context.wrap_socket(plain, server_side=True) as connection:
                connection.settimeout(5)
                while piece := self._request(connection):
                    self.heard += piece
                    self.answer(connection, piece)

    @staticmethod
    def _request(connection: ssl.SSLSocket) -> bytes:
        """Returns one request, as far as its length is told."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (piece := connection.recv(65536)):
                return b""
            data += piece
        head, _blank, body = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        left = int(lengths[0].partition(b":")[2]) - len(body) if lengths else 0
        while left > 0:
            piece = connection.recv(left)
            data, left = data + piece, left - len(piece)
        return data

    def options(self, **changes: t.Any) -> Options:
        access = {"hostname": "127.0.0.1", "port": self.port, "username": "canary", "password": "canary-password"}
        return Options(**{**access, "request_timeout": 5, **changes})

    def failure(self, **changes: t.Any) -> str:
        """Returns what a person reads who tries to log in there."""
        with pytest.raises(MacguardError) as caught, session.open_session(self.options(**changes)):
            pass
        return caught.value.message
