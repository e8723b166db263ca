# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers without end, bombs and nonsense, before and after the login: a clear failure, in bounded time and memory."""

from __future__ import annotations

import dataclasses
import multiprocessing
import pathlib
import resource
import socket
import time
import typing as t
from collections.abc import Callable

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import MacguardError
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import collect, limits, session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.session import Options
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.sieve import Keep
from pyVmomi import vim
from vsphere_lab import exchange

from . import authority, harm
from .authority import Shown
from .wire import Answer, Listener

READS: dict[str, tuple[bytes, Keep | None]] = {
    "the API's versions": (b"GET", None),
    "before the login": (b"RetrieveServiceContent", None),
    "by pyVmomi": (b"RetrievePropertiesEx", None),
    "in bulk": (b"RetrievePropertiesEx", Keep()),
}
SAYS: dict[Answer, str] = {
    **dict.fromkeys((harm.endless_text, harm.endless_elements, harm.endless_chunks, harm.one_gigabyte), "longer than"),
    **dict.fromkeys((harm.entity_bomb, harm.entity_bomb_in_utf16, harm.outside_entity), "document type"),
    **dict.fromkeys((harm.deep, harm.too_short, harm.html, harm.nothing, harm.no_fault), "no whole SOAP answer"),
    harm.endless_heads: "100 headers",
    harm.drops: "request_timeout",
    harm.packed_bomb: "packed (gzip)",
    harm.broken_off: "IncompleteRead",
    harm.elsewhere: "302",
    harm.no_http: "SSH-2.0",
}
SECONDS = 1  # request_timeout
TRUSTED = limits.TRUSTED
MEGABYTES = 200  # more than a page of vCenter's and what is made of it


@dataclasses.dataclass(frozen=True)
class Met:
    """What somebody met who worked with such a server."""

    message: str
    seconds: float
    megabytes: float


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return authority.make(tmp_path_factory.mktemp("ca"))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 2)
    monkeypatch.setattr(limits, "TRUSTED", 1 << 24)


def read(options: Options, keep: Keep | None) -> str:
    """Logs in and reads all VMs; returns why that failed."""
    try:
        with session.open_session(options) as opened:
            instance: t.Any = opened.instance
            list(collect.below(opened, vim.VirtualMachine, ["name"], keep=keep))
            return f"all went well at {instance.CurrentTime()}"
    except MacguardError as exc:
        return exc.message


def met(shown: Shown, method: bytes, keep: Keep | None, answer: Answer) -> Met:
    """Reads from a server that answers so; asserts that time and memory stay bounded, and the password with us."""
    with Listener(shown.context, at(method, answer)) as listener:
        options = listener.options(
            ca_path=shown.ca_path,
            request_timeout=SECONDS,
            username="administrator@vsphere.local",
            password="VMware1!",
        )
        found = alone(lambda: read(options, keep))
    assert "VMware1!" not in found.message
    assert found.seconds < 10 * SECONDS
    assert found.megabytes < MEGABYTES
    return found


def alone(work: Callable[[], str]) -> Met:
    """Does it in a process of its own, of which nothing else uses the memory."""
    # A fork: everything is imported already.
    pool = multiprocessing.get_context("fork")
    mine, its = pool.Pipe()

    def run() -> None:
        before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        message = work()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        its.send(Met(message, time.monotonic() - begin, grown / 1024))

    process = pool.Process(target=run)
    process.start()
    its.close()
    try:
        assert mine.poll(60), "no end after a minute"
        found: Met = mine.recv()
    finally:
        process.kill()
        process.join()
    return found


def at(method: bytes, answer: Answer) -> Answer:
    """Returns the answers of a lab, but for that method."""
    lab = vsphere_lab.load("base")

    def choose(connection: socket.socket, request: bytes) -> None:
        top, _blank, body = request.partition(b"\r\n\r\n")
        if b"<" + method + b" " in body or (method == b"GET" and top.startswith(b"GET")):
            answer(connection, request)
        elif top.startswith(b"GET"):
            harm.whole(connection, vsphere_lab.wire.service_versions(lab.api_version).encode())
        else:
            heads = dict(line.split(b": ", 1) for line in top.split(b"\r\n")[1:])
            cookie = heads.get(b"Cookie", b"").decode().partition('"')[2].partition('"')[0]
            reply = exchange.answer(lab, body, heads[b"SOAPAction"].decode(), cookie, "")
            lines = [f'Set-Cookie: vmware_soap_session="{reply.cookie}"; Path=/'.encode()] if reply.cookie else []
            status = b"%d as the lab says" % reply.status
            harm.whole(connection, "".join(reply.pieces).encode(), *lines, status=status)

    return choose


@pytest.mark.parametrize("answer", harm.ALL, ids=lambda answer: answer.__name__)
@pytest.mark.parametrize(("method", "keep"), READS.values(), ids=list(READS))
def test_harm_is_bounded(shown: Shown, method: bytes, keep: Keep | None, answer: Answer) -> None:
    found = met(shown, method, keep, answer)
    assert "127.0.0.1" in found.message or "Failed to" in found.message, found
    assert "went well" not in found.message
    if method != b"GET":  # pyVim reads the list of API versions by itself
        assert SAYS[answer] in found.message


def test_the_limit_of_an_answer_holds_at_its_real_size(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 60)
    monkeypatch.setattr(limits, "TRUSTED", TRUSTED)
    with Listener(shown.context, at(b"RetrievePropertiesEx", harm.endless_text)) as listener:
        login = {"username": "administrator@vsphere.local", "password": "VMware1!"}
        options = listener.options(ca_path=shown.ca_path, **login)
        found = alone(lambda: read(options, Keep()))
    assert "longer than 256 MB" in found.message
    assert found.megabytes < 1.1 * (TRUSTED >> 20)


@pytest.mark.parametrize("keep", [None, Keep()], ids=["by pyVmomi", "in bulk"])
def test_what_is_nested_without_end_is_read(shown: Shown, keep: Keep | None) -> None:
    assert "went well" in met(shown, b"RetrievePropertiesEx", keep, harm.deep_objects).message


@pytest.mark.parametrize("keep", [None, Keep()], ids=["by pyVmomi", "in bulk"])
def test_a_server_that_does_no_harm_is_read(shown: Shown, keep: Keep | None) -> None:
    """Without this, the tests above could pass because nothing ever works here."""
    with Listener(shown.context, at(b"NoSuchMethod", harm.nothing)) as listener:
        options = listener.options(ca_path=shown.ca_path, username="administrator@vsphere.local", password="VMware1!")
        assert "all went well" in read(options, keep)


def test_a_redirection_is_not_followed(shown: Shown, tmp_path: pathlib.Path) -> None:
    with Listener(shown.context) as other:

        def send_there(connection: socket.socket, _request: bytes) -> None:
            place = f"Location: https://127.0.0.1:{other.port}/sdk".encode()
            harm.whole(connection, b"", place, status=b"307 Temporary Redirect")

        with Listener(shown.context, at(b"Login", send_there)) as listener:
            message = listener.failure(ca_path=shown.ca_path)
    assert other.heard == b""
    assert "307" in message
