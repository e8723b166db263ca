# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Bulk answers at a fraction of the cost: pyVmomi's connection with a leaner deserialiser at its end."""

from __future__ import annotations

import contextlib
import gc
import http.client
import typing as t
from collections.abc import Iterator

from .deserializer import Deserializer, Keep
from .sdk import SoapAdapter


def lean(ref: t.Any, keep: Keep) -> t.Any:
    """Returns the same managed object, with methods that return no more than is to be kept."""
    stub = ref._stub
    # Stubs in process have no XML to save on.
    return type(ref)(ref._moId, _LeanStub(stub, keep)) if isinstance(stub, SoapAdapter.SoapStubAdapter) else ref


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
    """pyVmomi's own authenticated connection with another deserialiser at its end."""

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
            result = self._read(response, info.result)
        except BaseException:
            connection.close()
            raise
        stub.ReturnConnection(connection)
        if isinstance(result, Exception):
            raise result
        if response.status != 200:
            raise http.client.HTTPException(f"{response.status} {response.reason}, without a fault")
        return result

    def _read(self, response: t.Any, kind: type) -> t.Any:
        if response.status not in (200, 500):
            raise http.client.HTTPException(f"{response.status} {response.reason}")
        envelope: t.Any = SoapAdapter.SoapResponseDeserializer(self._stub)
        # Faults (500) are few and varied: they stay pyVmomi's business.
        if response.status == 200:
            envelope.deser = Deserializer(self._stub, self._keep)
        # In one piece: a page is a few MB, and the parser would take it from the connection by 2 KB otherwise.
        result = envelope.Deserialize(response.read(), kind)
        if not envelope.isFault:
            # pyVmomi doesn't say that this was all; without it, the beginning of an answer passes for a whole one.
            envelope.parser.Parse(b"", True)
        # The parser knows its handlers and they know it: apart, they and the page go without a collection of garbage.
        envelope.parser = envelope.deser = None
        return result
