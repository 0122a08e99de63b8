"""aws-amplify v6 over TLS, unmodified, in Node."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.stack.appsync.gateway_harness import ACCESS_KEY, SECRET_KEY, serve

CLIENTS = Path(__file__).parents[2] / "clients"
NODE = shutil.which("node")

needs_amplify = pytest.mark.skipif(
    NODE is None or not (CLIENTS / "node_modules" / "aws-amplify").is_dir(),
    reason="needs Node and aws-amplify: npm ci --prefix tests/clients",
)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a certificate for the loopback address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "paypulse test")])
    now = datetime.now(UTC)  # noqa: TID251 - Node compares it with the real time
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


async def run_amplify(url: str, certificate: Path) -> Any:
    assert NODE is not None
    process = await asyncio.create_subprocess_exec(
        NODE, "amplify.mjs", url, ACCESS_KEY, SECRET_KEY,
        cwd=CLIENTS,
        env={"NODE_EXTRA_CA_CERTS": str(certificate)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(output)


@pytest.mark.clients
@needs_amplify
async def test_amplify_queries_mutates_and_subscribes(certificate: tuple[Path, Path]) -> None:
    answers = {"status": {"ok": True}, "me": {"id": "anna", "secret": "x"}}
    async with serve(answers, tls=certificate) as server:
        outcome = await run_amplify(f"https://{server.host}/graphql", certificate[0])

    assert outcome["apiKeyQuery"] == {"data": {"status": {"ok": True}}}
    assert outcome["lambdaQuery"]["data"] == {"me": {"id": "anna", "secret": None}}
    assert outcome["lambdaQuery"]["errors"][0]["errorType"] == "Unauthorized"
    assert outcome["iamMutation"]["data"]["publishInvoiceEvent"]["eventId"] == "e1"
    assert outcome["event"] == {"data": {"onInvoiceEvent": {"eventId": "e1", "title": "Rent"}}}
    assert "not authorized" in json.dumps(outcome["refusedSubscription"])
