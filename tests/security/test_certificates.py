# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate is taken, and what a person reads when one isn't; no server gets a password that isn't trusted."""

from __future__ import annotations

import pathlib
import ssl
import threading
import typing as t
from collections.abc import Callable

import pytest

from . import authority
from .authority import Shown
from .conftest import Served
from .wire import Listener

Show = Callable[[Shown], None]
REFUSED: dict[str, tuple[dict[str, t.Any], str, bool]] = {
    "wrong host": ({"name": "other.lab"}, "hostname (VMWARE_HOST)", True),
    "expired": ({"days": -1}, "certificate has expired", True),
    "self-signed": ({"self_signed": True}, "Give the CA", True),
    "unknown CA": ({}, "Give the CA", False),
}


@pytest.mark.parametrize(("kind", "says", "knows_ca"), REFUSED.values(), ids=list(REFUSED))
def test_refused_naming_the_option(
    served: Served, show: Show, tmp_path: pathlib.Path, kind: dict[str, t.Any], says: str, knows_ca: bool
) -> None:
    shown, before = authority.make(tmp_path, **kind), served.logins
    show(shown)
    message = served.failure(ca_path=shown.ca_path if knows_ca else None)
    assert says in message
    assert "isn't trusted" in message
    assert "ca_path (VMWARE_CA_PATH)" in message
    assert served.logins == before


@pytest.mark.parametrize("strict", [True, False], ids=["as Python 3.13 wants it", "as many a private CA writes it"])
def test_the_ca_of_ca_path_is_trusted(served: Served, show: Show, tmp_path: pathlib.Path, strict: bool) -> None:
    shown = authority.make(tmp_path, strict=strict)
    show(shown)
    assert served.works(ca_path=shown.ca_path)


def test_a_ca_file_of_the_environment_does_not_make_up_for_ca_path(
    served: Served, show: Show, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, other = authority.make(tmp_path), authority.make(tmp_path)
    show(shown)
    monkeypatch.setenv("SSL_CERT_FILE", shown.ca_path)
    assert served.works(ca_path=None)  # the system's CAs are what this variable says
    assert "isn't trusted" in served.failure(ca_path=other.ca_path)


@pytest.mark.parametrize("kind", [case[0] for case in REFUSED.values()], ids=list(REFUSED))
def test_validate_certs_false_takes_any_whatever_the_environment_says(
    served: Served, show: Show, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kind: dict[str, t.Any]
) -> None:
    other = authority.make(tmp_path)
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, other.ca_path)
    show(authority.make(tmp_path, **kind))
    assert served.works(ca_path=None, validate_certs=False)


@pytest.mark.parametrize("kind", [case[0] for case in REFUSED.values()], ids=list(REFUSED))
@pytest.mark.parametrize("validate", [True, False])
def test_the_pinned_certificate_is_taken(
    served: Served, show: Show, tmp_path: pathlib.Path, kind: dict[str, t.Any], validate: bool
) -> None:
    shown = authority.make(tmp_path, **kind)
    show(shown)
    assert served.works(ca_path=None, thumbprint=shown.thumbprint, validate_certs=validate)
    assert served.works(ca_path=None, thumbprint=shown.thumbprint.replace(":", "").lower())


@pytest.mark.parametrize("validate", [True, False])
def test_another_certificate_than_the_pinned_one_gets_nothing(tmp_path: pathlib.Path, validate: bool) -> None:
    shown, other = authority.make(tmp_path), authority.make(tmp_path)
    with Listener(shown.context) as listener:
        message = listener.failure(thumbprint=other.thumbprint, validate_certs=validate)
    assert listener.heard == b""
    assert shown.thumbprint in message
    assert other.thumbprint in message
    assert "thumbprint (VMWARE_THUMBPRINT)" in message


def test_a_certificate_that_changes_after_the_login_is_noticed(
    served: Served, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are made anew during a run: the pin holds for each of them."""
    first, second = authority.make(tmp_path), authority.make(tmp_path)
    contexts = iter([first.context, first.context, second.context])
    lock = threading.Lock()

    class Turning:
        def wrap_socket(self, *args: t.Any, **options: t.Any) -> ssl.SSLSocket:
            with lock:
                return next(contexts).wrap_socket(*args, **options)

    monkeypatch.setattr(served.server._http, "context", Turning())
    from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import session

    options = served.options.__class__(
        hostname="127.0.0.1",
        port=served.options.port,
        username=served.options.username,
        password=served.options.password,
        thumbprint=first.thumbprint,
    )
    with session.open_session(options) as opened:
        opened.stub.DropConnections()
        with pytest.raises(Exception, match="somebody else is answering"):
            opened.instance.CurrentTime()


@pytest.mark.parametrize("text", ["AB:CD", "z" * 64, "a" * 40, "SHA256 Fingerprint=" + "aa:" * 32])
def test_what_is_no_thumbprint_is_said_to_be_none(served: Served, text: str) -> None:
    message = served.failure(ca_path=None, thumbprint=text)
    assert "no SHA-256 thumbprint" in message
    assert "openssl x509" in message


def test_thumbprint_and_ca_path_exclude_each_other(served: Served) -> None:
    message = served.failure(thumbprint="a" * 64)
    assert "ca_path (VMWARE_CA_PATH) and thumbprint (VMWARE_THUMBPRINT) exclude each other" in message
