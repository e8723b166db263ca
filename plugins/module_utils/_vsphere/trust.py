# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Which certificate a server may show: one that a CA vouches for, one known by its thumbprint, or (in a lab) any."""

from __future__ import annotations

import hashlib
import ssl
import typing as t

from .._domain.errors import ConnectionFailed, InvalidOption
from .limits import STRANGER, BoundedSocket

_SHA256_DIGITS = 64


class Trust(ssl.SSLContext):
    """The rules for every connection of a session, also the one that asks for the API's versions before the login."""

    sslsocket_class = BoundedSocket
    seconds = 60.0
    most = STRANGER
    thumbprint = ""
    """SHA-256 of the only certificate that is taken, as hexadecimal digits; empty: the usual rules hold."""

    def wrap_socket(self, *args: t.Any, **options: t.Any) -> ssl.SSLSocket:
        """Shakes hands; raises ConnectionFailed for another certificate than the pinned one: nothing is sent then."""
        connected = super().wrap_socket(*args, **options)
        if self.thumbprint:
            shown = hashlib.sha256(connected.getpeercert(binary_form=True) or b"").hexdigest()
            if shown != self.thumbprint:
                connected.close()
                raise ConnectionFailed(
                    f"The server's certificate has the SHA-256 thumbprint {_readable(shown)}, not "
                    f"{_readable(self.thumbprint)} as in thumbprint (VMWARE_THUMBPRINT). Nothing was sent. If the "
                    "certificate was replaced, compare the new thumbprint at the server itself and give that one; if "
                    "not, somebody else is answering."
                )
        return connected


def trust(*, validate_certs: bool, ca_path: str | None, thumbprint: str | None, seconds: float) -> Trust:
    """Returns the rules that these options mean; raises InvalidOption for what can't be used."""
    context = Trust(ssl.PROTOCOL_TLS_CLIENT)
    context.seconds = seconds
    # Also the intermediate CA that signed the certificate may be named, as in Python 3.13. Its VERIFY_X509_STRICT is
    # not wanted: it is about how a CA writes certificates, not about whom to trust, and refuses many a private CA.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if thumbprint:
        if ca_path:
            raise InvalidOption(
                "ca_path (VMWARE_CA_PATH) and thumbprint (VMWARE_THUMBPRINT) exclude each other: with a thumbprint no "
                'CA is asked. Give one of them; ca_path: "" or thumbprint: "" overrides the environment.',
                option="thumbprint",
            )
        context.thumbprint = _digits(thumbprint)
    if thumbprint or not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_path:
        _load(context, ca_path)
    else:
        context.load_default_certs()
    return context


def _load(context: Trust, ca_path: str) -> None:
    try:
        context.load_verify_locations(cafile=ca_path)
    except OSError as exc:
        raise InvalidOption(f"ca_path {ca_path} can't be used as a CA bundle (PEM): {exc}", option="ca_path") from exc


def untrusted(server: str, cause: ssl.SSLCertVerificationError) -> str:
    """Returns why a certificate was refused and what to do, for each of the usual causes."""
    reason = f"The certificate of {server} isn't trusted: {cause.verify_message}."
    if "mismatch" in cause.verify_message:
        remedy = (
            "Set hostname (VMWARE_HOST) to a name that is in the certificate. Another CA in ca_path (VMWARE_CA_PATH) "
            "doesn't help; thumbprint (VMWARE_THUMBPRINT) takes exactly this certificate, whatever it is called."
        )
    elif "expired" in cause.verify_message or "not yet valid" in cause.verify_message:
        remedy = (
            "Renew it, and look at this machine's clock. If a CA in ca_path (VMWARE_CA_PATH) is what is out of date, "
            "replace that."
        )
    else:
        remedy = (
            "Give the CA that signed it in ca_path (VMWARE_CA_PATH), or the certificate's own SHA-256 in thumbprint "
            "(VMWARE_THUMBPRINT)."
        )
    return f"{reason} {remedy} For a lab only: validate_certs: false."


def _digits(thumbprint: str) -> str:
    digits = "".join(thumbprint.lower().replace(":", " ").split())
    if len(digits) != _SHA256_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise InvalidOption(
            f"thumbprint '{thumbprint}' is no SHA-256 thumbprint, which has 64 hexadecimal digits, with or without "
            "colons. `openssl x509 -noout -fingerprint -sha256` prints it.",
            option="thumbprint",
        )
    return digits


def _readable(digits: str) -> str:
    return ":".join(digits[place : place + 2] for place in range(0, len(digits), 2)).upper()
