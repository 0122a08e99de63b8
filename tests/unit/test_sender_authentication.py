"""Which mails prove their sender; the fields are written as Gmail writes them."""

from __future__ import annotations

from email import message_from_string

import pytest

from ingestion.gmail.authentication import authenticate_sender
from paypulse.mail import SenderAuthentication

PASS, FAIL, NONE = SenderAuthentication.PASS, SenderAuthentication.FAIL, SenderAuthentication.NONE
SENDER = "kundservice@wallenstam.se"


def authenticated(header: str, sender: str = SENDER) -> SenderAuthentication:
    return authenticate_sender(message_from_string(f"{header}\nFrom: {sender}\n\n"), sender)


def results(text: str) -> str:
    return f"Authentication-Results: mx.google.com; {text}"


GMAIL = """Delivered-To: ronja@example.com
Received: by 2002:a05:6a10:1234:b0:4a1 with SMTP id x1csp123; Tue, 20 Jan 2026 05:31:00 -0800
ARC-Authentication-Results: i=1; mx.google.com; dkim=fail header.i=@wallenstam.se
Received: from mail.wallenstam.se (mail.wallenstam.se. [192.0.2.7])
        by mx.google.com with ESMTPS id y2; Tue, 20 Jan 2026 05:30:59 -0800
Authentication-Results: mx.google.com;
       dkim=pass header.i=@wallenstam.se header.s=s1 header.b="Ab;12=";
       spf=pass (google.com: domain of b@wallenstam.se designates 192.0.2.7 as permitted sender)
       smtp.mailfrom=b@wallenstam.se;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=wallenstam.se"""


def test_mail_as_gmail_keeps_it_passes() -> None:
    assert authenticated(GMAIL) is PASS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dmarc=pass header.from=wallenstam.se", PASS),
        ("DMARC=Pass (p=NONE) Header.From=WALLENSTAM.se", PASS),
        ("dmarc=pass header.from=other.example", NONE),
        ("dmarc=pass", NONE),
        ("dkim=pass header.i=@wallenstam.se", PASS),
        ("dkim=pass header.i=bot@mail.wallenstam.se", PASS),
        ("dkim=pass header.d=wallenstam.se", PASS),
        ('dkim=pass header.d="wallenstam.se"', PASS),
        ("dkim=pass header.i=@evilwallenstam.se", NONE),
        ("dkim=pass header.i=@wallenstam.se.evil.example", NONE),
        ("dkim=pass header.d=se", NONE),
        ("dkim=pass header.i=@sendgrid.net; dmarc=fail header.from=wallenstam.se", FAIL),
        ("dkim=pass header.i=@sendgrid.net; dkim=pass header.i=@wallenstam.se", PASS),
        ("dkim=fail header.i=@wallenstam.se", FAIL),
        ("dkim=fail header.i=@list.example; dkim=pass header.i=@wallenstam.se", PASS),
        ("dkim=neutral (body hash did not verify) header.i=@wallenstam.se", NONE),
        ("dkim=temperror header.i=@wallenstam.se", NONE),
        ("spf=pass smtp.mailfrom=wallenstam.se", NONE),
        ("spf=fail smtp.mailfrom=x; dmarc=fail (p=REJECT) header.from=wallenstam.se", FAIL),
        ("none", NONE),
        ("", NONE),
        ('dkim=fail reason="; dmarc=pass header.from=wallenstam.se"', FAIL),
        ("dkim=none (dmarc=pass header.from=wallenstam.se)", NONE),
        ("dkim=none (a (nested; dmarc=pass header.from=wallenstam.se) comment)", NONE),
        ("dkim=none (open; dmarc=pass header.from=wallenstam.se", NONE),
        ("x-dmarc=pass header.from=wallenstam.se", NONE),
        ("dkim/1 = pass header.i=@wallenstam.se", PASS),
    ],
)
def test_results_of_the_receiving_server(text: str, expected: SenderAuthentication) -> None:
    assert authenticated(results(text)) is expected


def test_proof_for_the_organisation_covers_its_subdomain() -> None:
    header = results("dkim=pass header.i=@wallenstam.se")

    assert authenticated(header, "avi@mail.wallenstam.se") is PASS


def test_proof_without_a_sender_is_none() -> None:
    assert authenticated(results("dkim=pass header.i=@wallenstam.se"), "") is NONE


def test_results_of_other_servers_do_not_count() -> None:
    forged = "Authentication-Results: mx.evil.example; dmarc=pass header.from=wallenstam.se"

    assert authenticated(forged) is NONE


def test_lookalike_server_does_not_count() -> None:
    forged = (
        "Authentication-Results: mx.google.com.evil.example; dmarc=pass header.from=wallenstam.se"
    )

    assert authenticated(forged) is NONE


def test_server_name_is_compared_without_case_and_version() -> None:
    header = "Authentication-Results: MX.Google.com 1; dmarc=pass header.from=wallenstam.se"

    assert authenticated(header) is PASS


def test_forged_results_below_the_true_ones_do_not_count() -> None:
    genuine = results("dmarc=fail header.from=wallenstam.se")
    forged = results("dmarc=pass header.from=wallenstam.se")

    assert authenticated(f"{genuine}\nReceived: from a by b\n{forged}") is FAIL


def test_forged_results_below_an_earlier_hop_do_not_count_either() -> None:
    hops = (
        "Received: from evil.example by mx.google.com with SMTP\nReceived: from a by evil.example"
    )

    assert authenticated(f"{hops}\n{results('dmarc=pass header.from=wallenstam.se')}") is NONE


@pytest.mark.parametrize("name", ["ARC-Authentication-Results", "X-Authentication-Results"])
def test_similar_fields_do_not_count(name: str) -> None:
    assert authenticated(f"{name}: mx.google.com; dmarc=pass header.from=wallenstam.se") is NONE


def test_mail_without_results_proves_nothing() -> None:
    assert authenticated("Subject: Hyresavi") is NONE
