# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab over HTTPS: SOAP under /sdk, and the side door for tests and demo under /lab."""

from __future__ import annotations

import contextlib
import http.server
import json
import pathlib
import socket
import ssl
import tempfile
import threading
import time
import typing as t
import urllib.parse

from . import certificates, door, exchange, faults, wire
from .core import LOG, Lab
from .stub import session_cookie

Any = t.Any
BATCH = 1 << 18  # characters per write: a bulk read of 10,000 VMs is never joined as a whole


class Server:
    """A running lab; stop() ends it."""

    def __init__(self, lab: Lab, host: str = "127.0.0.1", port: int = 0, ca_file: str | None = None) -> None:
        self.lab = lab
        self._folder = tempfile.TemporaryDirectory(prefix="vsphere-lab-")
        folder = pathlib.Path(self._folder.name)
        self.ca_file = str(ca_file or folder / "ca.pem")
        context = certificates.server_context(folder, pathlib.Path(self.ca_file))
        self._http = _Http((host, port), lab, context)
        self.host, self.port = host, int(self._http.server_address[1])
        self.url = f"https://{host}:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def idle_seconds(self) -> float:
        """Return how long ago the last request ended."""
        return 0.0 if self._http.busy else time.monotonic() - self._http.last_used

    def stop(self) -> None:
        """Close the port and every connection."""
        self._http.shutdown()
        self._http.server_close()
        self._http.drop_connections()
        self._thread.join(timeout=5)
        self._folder.cleanup()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Http(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], lab: Lab, context: ssl.SSLContext) -> None:
        super().__init__(address, _Handler)
        self.lab, self.context = lab, context
        self.last_used = time.monotonic()
        self.busy = 0
        self.connections: set[ssl.SSLSocket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread: a slow client must not hold up the others."""
        request.settimeout(30)
        try:
            secure = self.context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return  # the client did not trust us, or it was no TLS client
        secure.settimeout(None)
        self.connections.add(secure)
        try:
            super().finish_request(secure, client_address)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
        finally:
            self.connections.discard(secure)
            _close(secure)

    def drop_connections(self) -> None:
        for connection in list(self.connections):
            _close(connection)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "vsphere-lab"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        LOG.debug("%s " + format, self.address_string(), *args)

    def handle_one_request(self) -> None:
        super().handle_one_request()
        self.server.last_used = time.monotonic()

    def do_GET(self) -> None:
        path, _mark, query = self.path.partition("?")
        path = path.rstrip("/")
        if path == "/sdk/vimServiceVersions.xml":
            self._send(200, [wire.service_versions(self.server.lab.api_version)])
        elif path == "/lab":
            self._json(200, {"actions": sorted(self.server.lab.doors)})
        elif path.removeprefix("/lab/") in door.READING:
            self._door(path.removeprefix("/lab/"), dict(urllib.parse.parse_qsl(query)))
        elif path == "":
            self._send(200, ["<html><body>A simulated vSphere server: SOAP under /sdk.</body></html>"], "text/html")
        else:
            self._not_found()

    def do_POST(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0].rstrip("/")
        self.server.busy += 1
        try:
            if path == "/sdk":
                self._soap(body)
            elif path.startswith("/lab/"):
                self._door(path.removeprefix("/lab/"), body)
            else:
                self._not_found()
        finally:
            self.server.busy -= 1

    def do_DELETE(self) -> None:
        self._body()
        self._not_found()

    def _not_found(self) -> None:
        self._send(404, ["<html><body><h1>404 Not Found</h1></body></html>"], "text/html")

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def _soap(self, body: bytes) -> None:
        headers = self.headers
        cookie, agent = session_cookie(headers.get("Cookie")), headers.get("User-Agent", "")
        try:
            reply = exchange.answer(self.server.lab, body, headers.get("SOAPAction"), cookie, agent)
        except faults.Cut:
            self.close_connection = True
            return
        self._send(reply.status, reply.pieces, reply.content_type, reply.set_cookie, reply.truncated)

    def _door(self, action: str, told: bytes | dict[str, str]) -> None:
        lab = self.server.lab
        if action not in lab.doors:
            self._json(404, {"error": f"no action {action!r}", "actions": sorted(lab.doors)})
            return
        try:
            arguments = told if isinstance(told, dict) else json.loads(told or b"{}")
            self._json(200, lab.door(action, **arguments))
        except Exception as error:
            self._json(400, {"error": f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"})

    def _json(self, status: int, value: Any) -> None:
        self._send(status, [json.dumps(value, indent=2, default=str) + "\n"], "application/json")

    def _send(
        self,
        status: int,
        pieces: t.Sequence[str],
        content_type: str = "text/xml; charset=utf-8",
        cookie: str | None = None,
        truncated: bool = False,
    ) -> None:
        length = sum(len(piece) if piece.isascii() else len(piece.encode()) for piece in pieces)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-cache")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        if truncated:
            self.wfile.write("".join(pieces).encode()[: length // 2])
            self.close_connection = True
            return
        for batch in _batches(pieces):
            self.wfile.write(batch)


def _batches(pieces: t.Sequence[str]) -> t.Iterator[bytes]:
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BATCH:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()
