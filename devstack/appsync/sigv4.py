"""Verification of AWS Signature Version 4, as AppSync's AWS_IAM mode does it.

Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html;
    what gql and Amplify sign over a WebSocket: `platform_facts.md` B1.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from devstack.appsync.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from devstack.appsync.config import IamCredential

ALGORITHM = "AWS4-HMAC-SHA256"
ALLOWED_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers.

    Args:
        method: HTTP method; over a WebSocket clients sign a POST that is never sent.
        path: Decoded path.
        query: Raw query string.
        headers: Lower-case names.
        body: The exact bytes.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def verify(
    request: SignedRequest,
    find: Callable[[str], IamCredential | None],
    *,
    now: datetime,
    region: str | None = None,
) -> IamCredential:
    """Return the credential that signed the request.

    Raises:
        RequestRefused: with the error that AWS gives (403).
    """
    parts = _parse_authorization(request.headers["authorization"])
    signed = parts["SignedHeaders"].split(";")
    access_key, _, scope = parts["Credential"].partition("/")
    _check_scope(scope, request.headers.get("x-amz-date", ""), now=now, region=region)
    if "host" not in signed or "x-amz-date" not in signed:
        raise _refused("IncompleteSignatureException", "host and x-amz-date must be signed.")
    credential = find(access_key)
    if credential is None or not _token_matches(credential, request.headers):
        raise _refused(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    expected = _sign(credential.secret_access_key, scope, _string_to_sign(request, signed, scope))
    if not hmac.compare_digest(expected.encode(), parts["Signature"].encode()):
        raise _refused(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.",
        )
    return credential


def _refused(error_type: str, message: str) -> RequestRefused:
    return RequestRefused(403, error_type, message)


def _parse_authorization(header: str) -> dict[str, str]:
    """Read `AWS4-HMAC-SHA256 Credential=AK/20260101/eu-north-1/appsync/aws4_request, ...`."""
    _, _, rest = header.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if not parts.keys() >= {"Credential", "SignedHeaders", "Signature"}:
        raise _refused("IncompleteSignatureException", "Authorization header is incomplete.")
    return parts


def _check_scope(scope: str, stamp: str, *, now: datetime, region: str | None) -> None:
    day, _, rest = scope.partition("/")
    named_region, _, rest = rest.partition("/")
    if rest != "appsync/aws4_request" or not named_region or region not in (None, named_region):
        raise _refused("InvalidSignatureException", "Credential should be scoped to this service.")
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _refused("IncompleteSignatureException", "x-amz-date is missing.") from None
    if day != stamp[:8] or abs(now - signed_at) > ALLOWED_SKEW:
        raise _refused("InvalidSignatureException", f"Signature expired or not yet valid: {stamp}.")


def _token_matches(credential: IamCredential, headers: Mapping[str, str]) -> bool:
    if credential.session_token is None:
        return True
    sent = headers.get("x-amz-security-token", "")
    return hmac.compare_digest(sent.encode(), credential.session_token.encode())


def _string_to_sign(request: SignedRequest, signed: list[str], scope: str) -> str:
    lines = [
        request.method,
        quote(request.path, safe="/-_.~"),
        _canonical_query(request.query),
        *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed),
        "",
        ";".join(signed),
        hashlib.sha256(request.body).hexdigest(),
    ]
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return "\n".join([ALGORITHM, request.headers["x-amz-date"], scope, hashed])


def _canonical_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(sorted(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs))


def _sign(secret: str, scope: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
