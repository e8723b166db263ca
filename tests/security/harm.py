# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a harmful or broken server may answer: each is a function that sends it on a connection."""

from __future__ import annotations

import gzip
import itertools
import socket
import time
from collections.abc import Iterable

ENVELOPE = b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>'
INSTANCE = b"http://www.w3.org/2001/XMLSchema-instance"
BLOCK = b"x" * (1 << 16)
GIGABYTE = (1 << 30) // len(BLOCK)
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
PACKED = gzip.compress(bytes(1 << 24))
BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY l0 "lol">' + LAUGHS + b"]>" + ENVELOPE + b"<R>&l9;</R>"


def head(*lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", b""])


def whole(connection: socket.socket, body: bytes, *lines: bytes, status: bytes = b"200 OK") -> None:
    length = b"Content-Length: %d" % len(body)
    connection.sendall(head(b"Content-Type: text/xml", length, *lines, status=status) + body)


def _on_and_on(connection: socket.socket, begin: bytes, blocks: Iterable[bytes]) -> None:
    connection.sendall(begin)
    for block in blocks:
        connection.sendall(block)


def endless_text(connection: socket.socket, _request: bytes) -> None:
    _on_and_on(connection, head() + ENVELOPE + b"<RResponse><returnval>", itertools.repeat(BLOCK))


def endless_elements(connection: socket.socket, _request: bytes) -> None:
    _on_and_on(connection, head() + ENVELOPE + b"<RResponse>", itertools.repeat(b"<returnval/>" * 1000))


def endless_chunks(connection: socket.socket, _request: bytes) -> None:
    chunk = b"10000\r\n" + BLOCK + b"\r\n"
    _on_and_on(connection, head(b"Transfer-Encoding: chunked"), itertools.repeat(chunk))


def endless_heads(connection: socket.socket, _request: bytes) -> None:
    _on_and_on(connection, b"HTTP/1.1 200 OK\r\n", itertools.repeat(b"X-More: more\r\n"))


def one_gigabyte(connection: socket.socket, _request: bytes) -> None:
    length = b"Content-Length: %d" % (GIGABYTE * len(BLOCK))
    _on_and_on(connection, head(length), itertools.repeat(BLOCK, GIGABYTE))


def drops(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(head() + ENVELOPE)
    while True:
        time.sleep(0.05)
        connection.sendall(b" ")


def entity_bomb(connection: socket.socket, _request: bytes) -> None:
    whole(connection, BOMB)


def entity_bomb_in_utf16(connection: socket.socket, _request: bytes) -> None:
    whole(connection, BOMB.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"))


def outside_entity(connection: socket.socket, _request: bytes) -> None:
    whole(connection, b'<!DOCTYPE b [<!ENTITY p SYSTEM "file:///etc/passwd">]>' + ENVELOPE + b"<R>&p;</R>")


def packed_bomb(connection: socket.socket, _request: bytes) -> None:
    whole(connection, PACKED, b"Content-Encoding: gzip")


def deep(connection: socket.socket, _request: bytes) -> None:
    whole(connection, ENVELOPE + b"<RResponse><returnval>" + b"<a>" * 200_000)


def deep_objects(connection: socket.socket, _request: bytes) -> None:
    """A whole answer with a type of the API that may contain itself: 10,000 snapshots, each of the one before."""
    begin = b'<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects><obj type="VirtualMachine">vm-1</obj>'
    value = b'<propSet><name>name</name><val xmlns:X="%s" X:type="VirtualMachineSnapshotTree">' % INSTANCE
    below = b"<childSnapshotList>" * 10_000 + b"</childSnapshotList>" * 10_000
    end = b"</val></propSet></objects></returnval></RetrievePropertiesExResponse></E:Body></E:Envelope>"
    whole(connection, ENVELOPE + begin + value + below + end)


def broken_off(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(head(b"Content-Length: 5000") + ENVELOPE)
    connection.close()


def too_short(connection: socket.socket, _request: bytes) -> None:
    whole(connection, ENVELOPE + b'<RetrievePropertiesExResponse xmlns="urn:vim25">')


def elsewhere(connection: socket.socket, _request: bytes) -> None:
    whole(connection, b"", b"Location: https://127.0.0.1:1/sdk", status=b"302 Found")


def html(connection: socket.socket, _request: bytes) -> None:
    whole(connection, b"<html><body>Please log in</body></html>")


def nothing(connection: socket.socket, _request: bytes) -> None:
    whole(connection, b"")


def no_fault(connection: socket.socket, _request: bytes) -> None:
    whole(connection, ENVELOPE + b"</E:Body></E:Envelope>", status=b"500 Internal Server Error")


def no_http(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    connection.close()


ALL = (
    endless_text,
    endless_elements,
    endless_chunks,
    endless_heads,
    one_gigabyte,
    drops,
    entity_bomb,
    entity_bomb_in_utf16,
    outside_entity,
    packed_bomb,
    deep,
    broken_off,
    too_short,
    elsewhere,
    html,
    nothing,
    no_fault,
    no_http,
)
