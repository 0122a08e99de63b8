"""No log holds a password, a token, an address, a name, an amount or a text of a mail.

Canaries are planted wherever such things go in, the whole journey is walked, faults included, and
then every log that the dev stack wrote is searched for them.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from gql.transport.exceptions import TransportQueryError

from devstack.journey import Person, wait_for, wait_until
from devstack.ministack import client
from devstack.sample_mailbox import make_mails
from devstack.sample_notices import format_kronor, make_notice, make_ocr
from devstack.showing import endpoints
from tests.stack.test_journey import LIMIT_S, NewMailbox, finish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from devstack.running import DevStack

NAME = "Kanariefågel Gulnäbb"
EMAIL = "kanariefagel.gulnabb@example.com"
PASSWORD, NEW_PASSWORD, WRONG_PASSWORD = (
    "kanariefågeln-sjunger-1",
    "kanariefågeln-sjunger-2",
    "kanariefågeln-sjunger-fel",
)
PHONE, PHONE_TOKEN = "Kanariefågelns telefon", "ca9a41e0" * 8
BODY = "kanariefågelns hemliga hälsning"
OCR = make_ocr(777333555)
TOTAL = 3_141_593
BANKGIRO = "991-2346"
LANDLORD_ADDRESS = "kundservice@wallenstam.se"
GOOGLES_ACCESS_TOKENS = "ya29."  # how they begin


def canary_mail(mails: dict[str, EmailMessage]) -> bytes:
    """Return a landlord's mail whose text and notice hold canaries."""
    mail = mails["2025-06-hyresavi"]
    headers = {name: mail[name] for name in ("From", "To", "Subject", "Date", "Message-ID")}
    mail.clear()
    for name, value in headers.items():
        mail[name] = value
    pdf = make_notice(
        ocr=OCR,
        due_on=date(2026, 3, 31),
        rows=(("Hyra", TOTAL),),
        bankgiro=BANKGIRO,
        tenant=NAME,
    )
    mail.set_content(f"Hej!\n\n{BODY}\n")
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="avi.pdf")
    return mail.as_bytes()


async def walk(
    stack: DevStack, person: Person, mailbox: str, google: Callable[[str, bytes], None]
) -> set[str]:
    """Do everything that an app does, right and wrong, and return the tokens on the way."""
    tokens: set[str] = set()

    def note() -> None:
        tokens.update({person.access_token, person.refresh_token})

    await person.sign_up_or_log_in(NAME, EMAIL, PASSWORD)
    note()
    with pytest.raises(TransportQueryError, match="INVALID_CREDENTIALS"):
        await person.log_in(EMAIL, WRONG_PASSWORD)
    await person.sign_up_or_log_in(NAME, EMAIL, PASSWORD)
    note()
    await person.log_in(EMAIL, PASSWORD)
    note()
    await person.refresh_session()
    note()
    await person.ask("{ me { name email gmail { email } } }")
    await person.connect_gmail(mailbox)
    tokens |= google_tokens(stack, person)
    await person.register_device("canarys-phone", PHONE_TOKEN, PHONE)
    await person.update_notifications(email=True, discreet=True)
    await person.subscribe()
    # What fails on the way is logged: none of it may tell.
    for fault in (
        {"method": "messages.list", "status": 503},
        {"method": "batch", "status": 500},
        {"method": "tokeninfo", "status": 503},
        {"method": "revoke", "status": 503},
    ):
        google("faults", json.dumps(fault).encode())
    google("tokens/expire", b"")
    with suppress(TransportQueryError):  # Google is down for the first try
        await person.connect_gmail(mailbox)
    await finish(person, await person.ingest())
    await finish(person, await person.ingest(latest=True))
    tokens |= google_tokens(stack, person)
    await wait_for(person.invoice_events, 2, LIMIT_S)
    read = [each for year in await person.years() for each in year["invoices"]]
    assert (OCR, TOTAL) in {(each["ocr"], each["total"]["minorUnits"]) for each in read}
    assert await person.failed_documents()
    await fail_in_a_worker(stack, person, google)
    await export(stack, person)
    await person.change_password(PASSWORD, NEW_PASSWORD)
    await person.delete_user(NEW_PASSWORD)
    return tokens


async def export(stack: DevStack, person: Person) -> None:
    """Have an archive made, and wait until the worker says so."""
    log = stack.options.state / "logs" / "export_user_data.log"
    answer = await person.ask("mutation { exportMyData(input: {}) { export { id } } }")
    export_id = answer["exportMyData"]["export"]["id"]
    await wait_until(lambda: f'"export":"{export_id}"' in log.read_text(), LIMIT_S)


async def fail_in_a_worker(
    stack: DevStack, person: Person, google: Callable[[str, bytes], None]
) -> None:
    """Let Gmail answer what nothing is prepared for, and wait for the traceback."""
    log = stack.options.state / "logs" / "fetch_invoices.log"
    google("faults", b'{"method": "messages.list", "status": 400}')
    await person.ingest()
    await wait_until(lambda: "message failed" in log.read_text(), LIMIT_S)


def google_tokens(stack: DevStack, person: Person) -> set[str]:
    """Return the tokens of the person's grant as it is now."""
    manager = client("secretsmanager", stack.aws.url)
    secret = manager.get_secret_value(SecretId=f"gmail/user/{person.user_id}")
    grant = json.loads(secret["SecretString"])
    return {grant["access_token"], grant["refresh_token"]}


def logs(stack: DevStack) -> Iterator[Path]:
    """Yield every log that the stack writes."""
    yield from stack.options.state.rglob("*.log")


def spellings(canary: str) -> set[str]:
    """Return how a text may stand in a log: plain, escaped for JSON or an address, base64."""
    return {
        canary,
        json.dumps(canary)[1:-1],
        quote(canary),
        base64.b64encode(canary.encode()).decode().rstrip("="),
    }


async def test_no_log_holds_what_is_the_persons_alone(
    stack: DevStack, new_mailbox: NewMailbox, google: Callable[[str, bytes], None]
) -> None:
    mails = make_mails()
    mailbox = new_mailbox(
        canary_mail(mails),
        *(mails[name].as_bytes() for name in mails if name.startswith("awkward")),
    )
    canaries = {NAME, EMAIL, PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, BODY, OCR, mailbox}
    canaries |= {format_kronor(TOTAL), str(TOTAL), f"{TOTAL / 100:.2f}", BANKGIRO}
    canaries |= {LANDLORD_ADDRESS, GOOGLES_ACCESS_TOKENS, PHONE, PHONE_TOKEN}
    async with Person(endpoints(stack)) as person:
        canaries |= await walk(stack, person, mailbox, google)

    searched = {log.name: log.read_text("utf-8", "replace") for log in logs(stack)}
    assert {f"{name}.log" for name in stack.stack.functions} | {"ministack.log"} <= set(searched)
    assert "Mutation.logIn" in searched["login_user.log"]
    found = {
        (name, canary)
        for name, text in searched.items()
        for canary in canaries
        if any(spelling in text for spelling in spellings(canary))
    }
    assert found == set()
