# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Bulk answers at a fraction of the cost: pyVmomi's connection with a leaner deserialiser at its end, and one answer
on its way while another is read.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import gc
import http.client
import typing as t
import xml.parsers.expat
from collections.abc import Iterator

from .deserializer import Deserializer
from .sdk import SoapAdapter
from .sieve import Keep, sieved

Answer = t.TypeVar("Answer")
_HEAD = 4096  # bytes of an answer in which its token is looked for
_END: t.Any = object()


def lean(ref: t.Any, keep: Keep) -> t.Any:
    """Returns the same managed object, with methods whose results, once `parsed`, hold no more than is to be kept."""
    return type(ref)(ref._moId, _LeanStub(ref._stub, keep))


def parsed(answer: t.Any) -> t.Any:
    """Returns what a method has returned, whether or not it was called by way of `lean`."""
    return answer.parsed if isinstance(answer, _Unparsed) else answer


def token_of(page: t.Any) -> str:
    """Returns what to ask for the page after this one with; '' for the last."""
    head = page.token_in_head() if isinstance(page, _Unparsed) else ""
    whole = None if head else parsed(page)
    return head or (whole.token if whole else None) or ""


def one_ahead(answers: Iterator[Answer]) -> Iterator[Answer]:
    """Yields the answers; while one is being used, the server already works on the next."""
    answer = next(answers, _END)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        while answer is not _END:
            upcoming = thread.submit(next, answers, _END)
            yield answer
            answer = upcoming.result()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keeps Python from looking for garbage among the ever more objects of a bulk read; it makes none of that kind."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _LeanStub:
    """pyVmomi's own authenticated connection; what comes over it is parsed later, by whoever needs it."""

    def __init__(self, stub: t.Any, keep: Keep) -> None:
        self._stub, self._keep = stub, keep

    def InvokeMethod(self, mo: t.Any, info: t.Any, args: t.Any) -> t.Any:
        """Makes one SOAP call over a connection of pyVmomi's pool, as its method of this name does."""
        stub = self._stub
        headers = {"Cookie": stub.cookie, "SOAPAction": stub.versionId, "Content-Type": "text/xml; charset=UTF-8"}
        connection = stub.GetConnection()
        try:
            connection.request("POST", stub.path, stub.SerializeRequest(mo, info, args), headers)
            response = connection.getresponse()
            # In one piece: a page is a few MB, and the parser would take it from the connection by 2 KB otherwise.
            answer = _Unparsed(response.read(), info.result, stub, self._keep)
        except BaseException:
            connection.close()
            raise
        stub.ReturnConnection(connection)
        if response.status == 500:
            # Faults are few and varied: they stay pyVmomi's business.
            fault = SoapAdapter.SoapResponseDeserializer(stub).Deserialize(answer.data, info.result)
            raise fault if isinstance(fault, Exception) else http.client.HTTPException("500, without a fault")
        if response.status != 200:
            raise http.client.HTTPException(f"{response.status} {response.reason}")
        return answer


class _Unparsed:
    """An answer as it came over the wire."""

    def __init__(self, data: bytes, kind: type, stub: t.Any, keep: Keep) -> None:
        self.data, self._kind, self._stub, self._keep = data, kind, stub, keep

    @functools.cached_property
    def parsed(self) -> t.Any:
        """What the method returns."""
        envelope: t.Any = SoapAdapter.SoapResponseDeserializer(self._stub)
        envelope.deser = Deserializer(self._stub, self._keep)
        result = envelope.Deserialize(sieved(self.data, self._keep), self._kind)
        if envelope.isFault:
            raise result
        # pyVmomi doesn't say that this was all; without it, the beginning of an answer passes for a whole one.
        envelope.parser.Parse(b"", True)
        # The parser knows its handlers and they know it: apart, they go without a collection of garbage.
        envelope.parser = envelope.deser = None
        return result

    def token_in_head(self) -> str:
        """Returns the token of a page, where it comes first (as the API's schema has it)."""
        text: list[str] = []
        found: list[str] = []
        parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda _tag, _attributes: text.clear()
        parser.CharacterDataHandler = text.append
        parser.EndElementHandler = lambda tag: found.append("".join(text)) if tag.endswith(" token") else None
        parser.Parse(self.data[:_HEAD], False)
        return found[0] if found else ""
