"""A certificate for this machine's loopback addresses, made on first use.

It is signed by an authority whose key is thrown away at once: whoever trusts `authority.pem`, on
this machine or in an iOS simulator, trusts this one certificate and nothing that could follow.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from paypulse.clock import utc_now

if TYPE_CHECKING:
    from pathlib import Path

_LIFETIME = timedelta(days=397)  # Apple refuses longer ones from authorities of its own store
_RENEWED_BEFORE_END = timedelta(days=30)
_SKEW = timedelta(hours=1)  # clocks of simulators and containers
_LOOPBACK = x509.SubjectAlternativeName(
    [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files in a folder.

    Args:
        folder: Where they are.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """What clients have to trust, for example in NODE_EXTRA_CA_CERTS."""
        return self.folder / "authority.pem"

    @property
    def certificate(self) -> Path:
        """What the server shows."""
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        """The server's key, readable by its owner only."""
        return self.folder / "key.pem"


def find_or_make(folder: Path) -> Certificate:
    """Return the folder's certificate; make one where there is none, or it ends soon."""
    files = Certificate(folder)
    now = utc_now()
    if not _is_good(files, now):
        folder.mkdir(parents=True, exist_ok=True)
        _make(files, now)
    return files


def _is_good(files: Certificate, now: datetime) -> bool:
    if not all(path.is_file() for path in (files.authority, files.certificate, files.key)):
        return False
    try:
        found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except ValueError:
        return False
    return now + _RENEWED_BEFORE_END < found.not_valid_after_utc


def _make(files: Certificate, now: datetime) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("PayPulse development on this machine")
    key_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(key_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name("localhost"), authority_name, key.public_key(), now)
        .add_extension(_LOOPBACK, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    files.key.touch(mode=0o600)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFETIME)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
