"""The keys in `.env`: their form, and with `--online` what Google says about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import urllib3

from devstack.doctor.findings import Finding, ok, problem, warning
from devstack.google_keys import NAMES, GoogleKeys, read_keys, read_values
from devstack.manifest import load_stack
from paypulse.errors import ConfigurationError
from paypulse.google.endpoints import GoogleEndpoints

if TYPE_CHECKING:
    from pathlib import Path

    from devstack.google_keys import GoogleClient

GEMINI = "https://generativelanguage.googleapis.com"
_TIMEOUT_S = 10.0
_REFUSED_KEY = {400, 401, 403}


def check_keys(file: Path) -> list[Finding]:
    """Look at the form of the keys, and at who else may read them."""
    what = ".env"
    try:
        keys, names = read_keys(file), read_values(file).keys()
    except ConfigurationError as error:
        return [problem(what, str(error), "correct it, or start with make run ARGS=--offline")]
    if not names:
        return [ok(what, "no keys: Gmail is emulated, receipts are read without a model")]
    found = f"Gmail: {keys.services()['Gmail']}, Gemini: {keys.services()['Gemini']}"
    findings = [ok(what, found)]
    if unknown := sorted(names - set(NAMES)):
        remedy = f"PayPulse reads only {', '.join(NAMES)}"
        findings.append(warning(f"{what}, names", f"unknown: {', '.join(unknown)}", remedy))
    if file.stat().st_mode & 0o077:
        findings.append(
            warning(f"{what}, rights", "open to others on this machine", f"chmod 600 {file}")
        )
    return findings


def ask_google(
    keys: GoogleKeys, *, oauth: GoogleEndpoints | None = None, gemini: str = GEMINI
) -> list[Finding]:
    """Ask Google whether it knows the keys; nothing of anyone's mail is touched."""
    findings = []
    if keys.client:
        findings.append(_check_client(keys.client, oauth or GoogleEndpoints()))
    if keys.gemini_api_key:
        models = keys.gemini_model or load_stack().variables["gemini_model"]
        findings += [
            _check_model(keys.gemini_api_key, model.strip(), gemini) for model in models.split(",")
        ]
    return findings


def _check_client(client: GoogleClient, endpoints: GoogleEndpoints) -> Finding:
    """Exchange a code that never was: Google looks at the client first."""
    what = "OAuth client at Google"
    form = {
        "grant_type": "authorization_code",
        "code": "none",
        "redirect_uri": "http://127.0.0.1",
        "client_id": client.id,
        "client_secret": client.secret,
    }
    status, answer = _call("POST", endpoints.token_uri, form=form)
    reason = answer.get("error") if isinstance(answer, dict) else None
    if reason == "invalid_grant":
        return ok(what, "known")
    if reason in {"invalid_client", "unauthorized_client"}:
        remedy = "copy id and secret again from https://console.cloud.google.com/auth/clients"
        return problem(what, f"refused ({reason})", remedy)
    return _unclear(what, status)


def _check_model(api_key: str, model: str, gemini: str) -> Finding:
    what = f"Gemini's model {model}"
    uri = f"{gemini}/v1beta/models/{model}"
    status, _ = _call("GET", uri, headers={"x-goog-api-key": api_key})
    if status == 200:
        return ok(what, "may be used with the key")
    if status in _REFUSED_KEY:
        return problem(
            what, f"the key is refused (HTTP {status})", "see https://aistudio.google.com/apikey"
        )
    if status == 404:
        remedy = "set GEMINI_MODEL in .env to a model that exists"
        return warning(what, "does not exist (any more); the next in the list is asked", remedy)
    return _unclear(what, status)


def _unclear(what: str, status: int) -> Finding:
    found = f"answered HTTP {status}" if status else "was not reached"
    return warning(what, found, "try again later, or look at the connection to the internet")


def _call(
    method: str,
    uri: str,
    *,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    """Return status and JSON of an answer; 0 where there is none."""
    with urllib3.PoolManager(timeout=_TIMEOUT_S, retries=False) as pool:
        try:
            reply = pool.request_encode_body(
                method, uri, fields=form or {}, headers=headers or {}, encode_multipart=False
            )
            return reply.status, json.loads(reply.data or b"null")
        except ValueError:
            return reply.status, None
        except urllib3.exceptions.HTTPError:
            return 0, None
