"""An API, deployed or local: does it answer, is the key right, do the clocks agree, is it live."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from gql.transport.appsync_auth import AppSyncApiKeyAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportError
from websockets.exceptions import WebSocketException

from devstack.doctor.findings import Finding, ok, problem, warning

if TYPE_CHECKING:
    from paypulse.ports.clock import Clock

_TIMEOUT_S = 15
_INTROSPECTION = {"query": "{ __schema { queryType { name } } }"}
_APPSYNC = re.compile(r"\.appsync-api(\.[a-z0-9-]+\.amazonaws\.com(\.cn)?)$")
# Date has whole seconds, and an answer takes its time.
_SKEW_S, _REFUSED_SKEW_S = 10, 300


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    date: str
    body: Any


async def check_api(endpoint: str, api_key: str | None, clock: Clock) -> list[Finding]:
    """Look at an API from outside, as an app does before anyone has logged in."""
    what = "API"
    try:
        answer = await _ask(endpoint, api_key)
    except aiohttp.ClientConnectorCertificateError:
        remedy = "give the plain address, or trust the certificate: SSL_CERT_FILE=…/authority.pem"
        return [problem(what, f"the certificate of {endpoint} is not trusted", remedy)]
    except (aiohttp.ClientError, TimeoutError) as error:
        found = f"{endpoint} does not answer ({type(error).__name__})"
        return [problem(what, found, "compare with: terraform output graphql_url; make run")]
    findings = [_judge(answer, has_key=api_key is not None), _skew(answer, clock)]
    if api_key is None:
        findings.append(warning("real time", "not tried without a key", "add --api-key"))
    else:
        findings.append(await _shake_hands(endpoint, api_key))
    return findings


async def _ask(endpoint: str, api_key: str | None) -> _Answer:
    headers = {"x-api-key": api_key} if api_key else {}
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as http,
        http.post(endpoint, json=_INTROSPECTION, headers=headers) as reply,
    ):
        try:
            body = await reply.json(content_type=None)
        except ValueError:
            body = None
        return _Answer(reply.status, reply.headers.get("date", ""), body)


def _judge(answer: _Answer, *, has_key: bool) -> Finding:
    what, body = "API", answer.body if isinstance(answer.body, dict) else {}
    if (body.get("data") or {}).get("__schema"):
        return ok(what, "answers introspection")
    errors = [each for each in body.get("errors") or () if isinstance(each, dict)]
    types = [str(each["errorType"]) for each in errors if each.get("errorType")]
    if not types:
        found = f"HTTP {answer.status}, and no answer of an AppSync API"
        return problem(what, found, "the address ends with /graphql: terraform output graphql_url")
    if "UnauthorizedException" in types and has_key:
        remedy = "terraform output -raw api_key_id; a key ends a year after it was made"
        return problem(what, "does not accept the API key", remedy)
    if "UnauthorizedException" in types:
        return ok(what, "answers, and refuses whoever has no key")
    return ok(what, f"answers with a typed error ({types[0]})")


def _skew(answer: _Answer, clock: Clock) -> Finding:
    what = "clock"
    try:
        seconds = (clock() - parsedate_to_datetime(answer.date)).total_seconds()
    except (ValueError, TypeError):
        return warning(what, "the API does not say what time it is", "compare the clocks yourself")
    found = f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the API's"
    remedy = "timedatectl set-ntp true, or set the clock by the network"
    if abs(seconds) > _REFUSED_SKEW_S:
        return problem(what, f"{found}: signatures and tokens are refused", remedy)
    return warning(what, found, remedy) if abs(seconds) > _SKEW_S else ok(what, found)


async def _shake_hands(endpoint: str, api_key: str) -> Finding:
    what, url = "real time", realtime_url(endpoint)
    host = urlsplit(endpoint).netloc
    transport = AppSyncWebsocketsTransport(
        url=url,
        auth=AppSyncApiKeyAuthentication(host=host, api_key=api_key),
        connect_timeout=_TIMEOUT_S,
        ack_timeout=_TIMEOUT_S,
        close_timeout=1,
    )
    try:
        await transport.connect()
    except (TransportError, WebSocketException, OSError, TimeoutError) as error:
        found = f"{url} does not accept the handshake ({type(error).__name__})"
        remedy = "the key must be right, and a proxy on the way must let WebSockets through"
        return problem(what, found, remedy)
    finally:
        await transport.close()  # also of a connection that was opened and then refused
    return ok(what, "handshake accepted")


def realtime_url(endpoint: str) -> str:
    """Return where the subscriptions of an endpoint are: AWS has a host for them, others a path."""
    url = urlsplit(endpoint)
    scheme = "ws" if url.scheme == "http" else "wss"
    host = _APPSYNC.sub(r".appsync-realtime-api\1", url.netloc)
    path = url.path if host != url.netloc else f"{url.path}/realtime"
    return urlunsplit((scheme, host, path, "", ""))
