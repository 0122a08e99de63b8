"""The certificate of `paypulse run --tls`."""

from __future__ import annotations

import ssl
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from devstack import certificates
from devstack.certificates import find_or_make
from paypulse.clock import utc_now

if TYPE_CHECKING:
    from pathlib import Path


def test_certificate_is_made_once_and_used_again(tmp_path: Path) -> None:
    first = find_or_make(tmp_path / "tls").certificate.read_bytes()

    assert find_or_make(tmp_path / "tls").certificate.read_bytes() == first


@pytest.mark.parametrize("days", [370, 500])
def test_certificate_that_ends_soon_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    first = find_or_make(tmp_path).certificate.read_bytes()
    later = utc_now() + timedelta(days=days)
    monkeypatch.setattr(certificates, "utc_now", lambda: later)

    assert find_or_make(tmp_path).certificate.read_bytes() != first


@pytest.mark.parametrize("broken", ["authority.pem", "certificate.pem", "key.pem"])
def test_incomplete_certificate_is_made_anew(tmp_path: Path, broken: str) -> None:
    find_or_make(tmp_path)
    (tmp_path / broken).unlink()

    files = find_or_make(tmp_path)

    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        files.certificate, files.key
    )


def test_certificate_names_this_machine_only_and_its_key_is_private(tmp_path: Path) -> None:
    files = find_or_make(tmp_path)
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == [
        "127.0.0.1",
        "::1",
    ]
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600


def test_authority_signed_the_certificate_and_left_no_key(tmp_path: Path) -> None:
    files = find_or_make(tmp_path)
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())

    found.verify_directly_issued_by(authority)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "authority.pem", "certificate.pem", "key.pem",
    ]  # fmt: skip
