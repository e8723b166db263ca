# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of an answer: all of them, in order, and the next one asked for while one is read."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.bulk import _Unparsed, one_ahead, token_of
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.sieve import Keep
from pyVmomi import VmomiSupport, vmodl

RESULT = vmodl.query.PropertyCollector.RetrieveResult


class Stub:
    """As much of a stub as parsing needs."""

    version = VmomiSupport.newestVersions.GetName("vim")

    def SupportServerGUIDs(self) -> bool:
        return False


def page(inside: str) -> _Unparsed:
    data = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f'<RetrievePropertiesExResponse xmlns="urn:vim25">{inside}</RetrievePropertiesExResponse>'
        "</soapenv:Body></soapenv:Envelope>"
    )
    return _Unparsed(data.encode(), RESULT, Stub(), Keep())


OBJECT = '<objects><obj type="VirtualMachine">vm-1</obj></objects>'


@pytest.mark.parametrize(
    ("inside", "token"),
    [
        pytest.param(f"<returnval><token>a&amp;b</token>{OBJECT}</returnval>", "a&b", id="first"),
        pytest.param(f"<returnval>{OBJECT}<token>7</token></returnval>", "7", id="last"),
        pytest.param(f"<returnval>{OBJECT * 200}<token>7</token></returnval>", "7", id="far away"),
        pytest.param(f"<returnval>{OBJECT}</returnval>", "", id="none: the last page"),
        pytest.param("", "", id="nothing found"),
    ],
)
def test_the_token_is_found_wherever_it_is(inside: str, token: str) -> None:
    assert token_of(page(inside)) == token


def test_the_next_answer_is_asked_for_while_one_is_used() -> None:
    asked = threading.Event()

    def answers() -> Iterator[int]:
        yield 1
        asked.set()
        yield 2

    read = one_ahead(answers())
    assert next(read) == 1
    assert asked.wait(10)
    assert list(read) == [2]


def test_what_comes_before_a_failure_is_still_read() -> None:
    def answers() -> Iterator[int]:
        yield 1
        raise ConnectionError("cut")

    read = one_ahead(answers())
    assert next(read) == 1
    with pytest.raises(ConnectionError, match="cut"):
        next(read)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_answer_comes_once_and_in_order(count: int) -> None:
    answers: t.Any = iter(range(count))
    assert list(one_ahead(answers)) == list(range(count))
