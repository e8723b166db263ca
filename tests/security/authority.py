# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of every kind that a vCenter may show, made anew for each test run."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import ipaddress
import pathlib
import ssl
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
NOW = datetime.datetime.now(datetime.timezone.utc)
Key = ec.EllipticCurvePrivateKey


@dataclasses.dataclass(frozen=True)
class Shown:
    """What a server shows: its own key and certificate, and the CA to trust for it."""

    folder: pathlib.Path
    key: Key
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def thumbprint(self) -> str:
        digits = hashlib.sha256(self.certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
        return ":".join(digits[place : place + 2] for place in range(0, 64, 2))

    @property
    def ca_path(self) -> str:
        path = self.folder / f"ca-{self.authority.serial_number}.pem"
        path.write_bytes(self.authority.public_bytes(PEM))
        return str(path)

    @property
    def context(self) -> ssl.SSLContext:
        path = self.folder / f"server-{self.certificate.serial_number}.pem"
        private = self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(private + self.certificate.public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def make(
    folder: pathlib.Path, *, name: str = "127.0.0.1", days: int = 30, self_signed: bool = False, strict: bool = True
) -> Shown:
    """Makes a CA and a certificate that it signed for a name or address; `days` may lie in the past.

    Not `strict`: as many a private CA writes them, without what Python 3.13's VERIFY_X509_STRICT asks for.
    """
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = (
        _builder("CA", authority_key, "CA", 30)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=strict)
        .add_extension(_signs(), critical=strict)
        .sign(authority_key, hashes.SHA256())
    )
    issuer, signer = (name, key) if self_signed else ("CA", authority_key)
    builder = _builder(name, key, issuer, days).add_extension(_names(name), critical=False)
    if strict and not self_signed:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    return Shown(folder, key, builder.sign(signer, hashes.SHA256()), authority)


def _builder(subject: str, key: Key, issuer: str, days: int) -> x509.CertificateBuilder:
    begin = NOW - datetime.timedelta(days=90)
    return (
        x509.CertificateBuilder()
        .subject_name(_called(subject))
        .issuer_name(_called(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _called(name: str) -> x509.Name:
    parts = {NameOID.DOMAIN_COMPONENT: "vsphere", NameOID.ORGANIZATION_NAME: "vcenter.lab", NameOID.COMMON_NAME: name}
    return x509.Name([x509.NameAttribute(kind, part) for kind, part in parts.items()])


def _names(name: str) -> x509.SubjectAlternativeName:
    try:
        names: list[t.Any] = [x509.IPAddress(ipaddress.ip_address(name))]
    except ValueError:
        names = [x509.DNSName(name)]
    return x509.SubjectAlternativeName(names)


def _signs() -> x509.KeyUsage:
    no = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, decipher_only=False, **no)
