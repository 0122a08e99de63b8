"""Mails as they come: encodings, nesting, damage and deceit."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given
from hypothesis import strategies as st

from devstack.google.mailbox import load_folder, receive
from ingestion.gmail import mime
from ingestion.gmail.mime import read_mail
from paypulse.mail import LeftOut, Mail, RawMail, SenderAuthentication

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
PDF = b"%PDF-1.4 a rent notice"
BODY = base64.encodebytes(PDF).decode()


def read(content: bytes | str) -> Mail:
    # Text stands for bytes one to one, so that tests can write 8-bit headers.
    raw = content.encode("latin-1") if isinstance(content, str) else content
    return read_mail(RawMail("m1", raw, NOW))


def with_part(header: str, body: str = BODY) -> Mail:
    return read(
        "From: a@b.se\nContent-Type: multipart/mixed; boundary=x\n\n"
        f"--x\nContent-Type: text/plain\n\nHej\n--x\n{header}\n"
        f"Content-Transfer-Encoding: base64\n\n{body}\n--x--\n"
    )


def notice(filename: str = "Hyresavi_1297112086.pdf") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Wallenstam <kundservice@wallenstam.se>"
    mail["Subject"] = "Hyresavi för februari"
    mail.set_content("Hej!")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename=filename)
    return mail


def test_plain_notice_is_read() -> None:
    mail = read(notice().as_bytes())

    assert (mail.message_id, mail.received_at) == ("m1", NOW)
    assert (mail.sender, mail.subject) == ("kundservice@wallenstam.se", "Hyresavi för februari")
    assert [(pdf.filename, pdf.content) for pdf in mail.pdfs] == [("Hyresavi_1297112086.pdf", PDF)]
    assert mail.authentication is SenderAuthentication.NONE
    assert mail.left_out == ()


@pytest.mark.parametrize(
    ("field", "sender"),
    [
        ("Kundservice@Wallenstam.SE", "kundservice@wallenstam.se"),
        ("Wallenstam AB <kundservice@wallenstam.se>", "kundservice@wallenstam.se"),
        ("=?utf-8?q?V=C3=A4rd?= <a@b.se>", "a@b.se"),
        ('"kundservice@wallenstam.se" <x@evil.example>', "x@evil.example"),
        ("kundservice@wallenstam.se <x@evil.example>", "x@evil.example"),
        ("=?utf-8?q?=3Ckundservice@wallenstam.se=3E?= <x@evil.example>", "x@evil.example"),
        ('"Wallenstam <kundservice@wallenstam.se>" <x@evil.example>', "x@evil.example"),
        ("(kundservice@wallenstam.se) x@evil.example", "x@evil.example"),
        ("x@evil.example (a (nested) kundservice@wallenstam.se)", "x@evil.example"),
        ('"a \\" <a@b.se>," <x@evil.example>', "x@evil.example"),
        ("<a@b.se> <x@evil.example>", ""),
        ("=?utf-8?q?kundservice=40wallenstam.se?=", ""),
        ("a@b.se, c@b.se", "a@b.se"),
        ("kundservice@wallenstam.se, x@evil.example", ""),
        ('"Efternamn, Namn" <a@b.se>', "a@b.se"),
        ("Avdelning: a@b.se;", "a@b.se"),
        ("undisclosed-recipients:;", ""),
        ("V\xe4rd <a@b.se>", "a@b.se"),
        ("Wallenstam", ""),
        ("a@b", ""),
        ("", ""),
    ],
)
def test_sender_is_the_address_and_nothing_else(field: str, sender: str) -> None:
    assert read(f"From: {field}\n\nHej").sender == sender


def test_two_from_fields_mean_no_sender() -> None:
    assert read("From: kundservice@wallenstam.se\nFrom: x@evil.example\n\n").sender == ""


def test_mail_without_from_has_no_sender() -> None:
    assert read("Subject: x\n\n").sender == ""


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        ("=?iso-8859-1?q?Hyresavi_f=F6r_?=\n =?utf-8?b?ZmVicnVhcmk=?=", "Hyresavi för februari"),
        ("Hyresavi f\xf6r februari", "Hyresavi för februari"),
        ("Hyresavi f\xc3\xb6r februari", "Hyresavi för februari"),
        ("=?no-such-charset?q?Hyresavi?=", "Hyresavi"),
        ("=?utf-8?b?a?=", "=?utf-8?b?a?="),
        ("Hyresavi\n f\xf6r\r\n februari", "Hyresavi för februari"),
    ],
)
def test_subject_is_decoded(field: str, subject: str) -> None:
    assert read(f"From: a@b.se\nSubject: {field}\n\n").subject == subject


@pytest.mark.parametrize(
    "header",
    [
        'Content-Type: application/pdf; name="avi.pdf"',
        'Content-Type: application/octet-stream; name="avi.pdf"',
        "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=avi.pdf",
        'Content-Type: image/png\nContent-Disposition: inline; filename="avi.PDF"',
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=avi",
        "Content-Type: nonsense; name=avi.pdf",
    ],
)
def test_pdf_is_found_by_type_or_name(header: str) -> None:
    assert [pdf.filename for pdf in with_part(header).pdfs] == ["avi.pdf"]


def test_pdf_is_found_by_its_first_bytes_and_named_by_position() -> None:
    mail = with_part("Content-Type: application/octet-stream")

    assert [(pdf.filename, pdf.content) for pdf in mail.pdfs] == [("document_1.pdf", PDF)]


def test_other_attachments_are_not_pdfs() -> None:
    assert with_part('Content-Type: image/png; name="logo.png"', "iVBORw0KGgo=").pdfs == ()


@pytest.mark.parametrize(
    ("parameter", "filename"),
    [
        ("filename*=utf-8''Hyresavi%20f%C3%B6r%20maj.pdf", "Hyresavi för maj.pdf"),
        ("filename*=iso-8859-1'sv'f%F6r.pdf", "för.pdf"),
        (
            "filename*0*=utf-8''Hyresavi%20;\n filename*1*=f%C3%B6r;\n filename*2=.pdf",
            "Hyresavi för.pdf",
        ),
        ("filename*=no-such-charset''avi.pdf", "avi.pdf"),
        ('filename="=?utf-8?q?f=C3=B6r=2Epdf?="', "för.pdf"),
        ('filename="f\xf6r.pdf"', "för.pdf"),
        ('filename="f\xc3\xb6r.pdf"', "för.pdf"),
        ('filename="../../etc/avi.pdf"', "avi.pdf"),
        ('filename="C:\\\\temp\\\\avi.pdf"', "avi.pdf"),
        ('filename="a\tvi\x07.pdf"', "a vi.pdf"),
        ("filename*=utf-8''avi%E2%80%AEfdp.pdf", "avi fdp.pdf"),
        ('filename="..pdf"', "document_1.pdf"),
        ('filename=".pdf"', "document_1.pdf"),
        ('filename="/"', "document_1.pdf"),
        ('filename=""', "document_1.pdf"),
        ("filename*0=a; filename*0*=b", "ab.pdf"),
        (f'filename="{"a" * 400}.pdf"', "a" * 120 + ".pdf"),
    ],
)
def test_names_are_decoded_and_made_safe(parameter: str, filename: str) -> None:
    mail = with_part(f"Content-Type: application/pdf\nContent-Disposition: attachment; {parameter}")

    assert [pdf.filename for pdf in mail.pdfs] == [filename]


def test_forwarded_notice_is_found() -> None:
    outer = EmailMessage()
    outer["From"] = "ronja@example.com"
    outer.set_content("Se nedan")
    outer.add_attachment(notice())

    mail = read(outer.as_bytes())

    assert mail.sender == "ronja@example.com"
    assert [pdf.filename for pdf in mail.pdfs] == ["Hyresavi_1297112086.pdf"]


def test_forwarded_notice_that_was_encoded_is_found() -> None:
    inner = base64.encodebytes(notice().as_bytes()).decode()

    assert len(with_part("Content-Type: message/rfc822", inner).pdfs) == 1


def test_same_pdf_twice_counts_once() -> None:
    mail = notice()
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="copy.pdf")
    mail.add_attachment(PDF + b"!", maintype="application", subtype="pdf")

    names = [pdf.filename for pdf in read(mail.as_bytes()).pdfs]

    assert names == ["Hyresavi_1297112086.pdf", "document_2.pdf"]


def signed(content: bytes, *options: pkcs7.PKCS7Options, encoding: str = "DER") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Wallenstam")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(getattr(serialization.Encoding, encoding), options)


def test_notice_in_a_signed_mail_is_found() -> None:
    inner = notice()
    del inner["From"]
    mail = signed(inner.as_bytes(), pkcs7.PKCS7Options.DetachedSignature, encoding="SMIME")

    assert len(read(b"From: a@b.se\r\n" + mail).pdfs) == 1


def test_notice_in_an_opaquely_signed_mail_is_found() -> None:
    cms = signed(notice().as_bytes(), pkcs7.PKCS7Options.Binary)
    header = "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"

    assert len(with_part(header, base64.encodebytes(cms).decode()).pdfs) == 1


def test_signed_content_in_pieces_of_unknown_length_is_found() -> None:
    oid = bytes.fromhex("06092a864886f70d0107")
    content = notice().as_bytes()
    half = len(content) // 2
    pieces = b"".join(
        b"\x04\x82" + len(piece).to_bytes(2) + piece for piece in (content[:half], content[half:])
    )
    signed_data = (
        b"\x30\x80\x02\x01\x01\x31\x80\x30\x80\x06\x01\x2a\x00\x00\x00\x00"
        b"\x30\x80" + oid + b"\x01\xa0\x80\x24\x80" + pieces + b"\x00\x00" * 6
    )
    cms = b"\x30\x80" + oid + b"\x02\xa0\x80" + signed_data + b"\x00\x00"

    mail = with_part("Content-Type: application/pkcs7-mime", base64.encodebytes(cms).decode())

    assert len(mail.pdfs) == 1


@pytest.mark.parametrize(
    "cms", [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x00" * 9]
)
def test_encrypted_or_damaged_mail_says_so(cms: bytes) -> None:
    body = base64.encodebytes(cms).decode()

    assert with_part("Content-Type: application/pkcs7-mime", body).left_out == (LeftOut.ENCRYPTED,)


@pytest.mark.parametrize(
    ("cte", "body"),
    [
        ("base64", "JVBERi0x!!LjQ" + "\n"),
        ("base64", "JVBERi0xL"),
        ("base64", "å".encode("latin-1").decode("latin-1")),
        ("quoted-printable", "%PDF-=ZZ=\n"),
        ("x-uuencode", "begin 644 avi.pdf\n!!!!!\nend\n"),
        ("x-uuencode", "begin 644 avi.pdf\n\x80\xff\nend\n"),
        ("8bit", "%PDF-\xff\xfe"),
        ("no-such-encoding", "%PDF-"),
    ],
)
def test_damaged_encoding_costs_at_most_the_part(cte: str, body: str) -> None:
    mail = read(
        "From: a@b.se\nSubject: avi\nContent-Type: application/pdf; name=avi.pdf\n"
        f"Content-Transfer-Encoding: {cte}\n\n{body}"
    )

    assert (mail.sender, mail.subject, len(mail.pdfs)) == ("a@b.se", "avi", 1)


def test_mail_cut_short_keeps_what_came() -> None:
    whole = notice().as_bytes()

    mail = read(whole[: whole.rindex(b"--")])

    assert [pdf.content for pdf in mail.pdfs] == [PDF]


def test_large_attachment_is_left_out_with_a_reason() -> None:
    large = base64.b64encode(PDF + b" " * mime.MAX_PDF_BYTES).decode()

    mail = with_part("Content-Type: application/pdf", large)

    assert (mail.pdfs, mail.left_out) == ((), (LeftOut.TOO_LARGE,))


def test_parts_without_number_are_left_out_with_a_reason() -> None:
    parts = "".join(f"--x\nContent-Type: application/pdf\n\n%PDF-{at}\n" for at in range(600))

    mail = read(f"Content-Type: multipart/mixed; boundary=x\n\n{parts}--x--\n")

    assert len(mail.pdfs) == mime.MAX_PDFS
    assert mail.left_out == (LeftOut.TOO_MANY_PARTS,)


@pytest.mark.parametrize("depth", [30, 5000])
def test_nesting_without_end_is_left_out_with_a_reason(depth: int) -> None:
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n" for at in range(depth)
    )

    mail = read(f"From: a@b.se\n{nested}Content-Type: application/pdf\n\n%PDF-\n")

    assert mail.sender == "a@b.se"
    assert LeftOut.TOO_DEEP in mail.left_out


@given(st.binary(max_size=300))
def test_any_bytes_are_a_mail(content: bytes) -> None:
    assert read(content).message_id == "m1"


HEADER = st.sampled_from(
    [
        "From",
        "Subject",
        "Content-Type",
        "Content-Disposition",
        "Content-Transfer-Encoding",
        "Authentication-Results",
        "Received",
    ]
)
VALUE = st.lists(
    st.sampled_from(
        [
            "multipart/mixed",
            "application/pdf",
            "message/rfc822",
            "application/pkcs7-mime",
            "; ",
            "boundary=x",
            "filename",
            "name",
            "*",
            "0",
            "1",
            "=",
            "utf-8''",
            "%",
            "'",
            '"',
            "=?",
            "?q?",
            "?b?",
            "?=",
            "base64",
            "x-uuencode",
            "<",
            ">",
            "@",
            "a.se",
            ",",
            ":",
            "(",
            ")",
            "\\",
            "\n ",
            "\xe5",
            "\0",
            "mx.google.com",
            "dkim=pass",
            "charset=",
            "by ",
        ]
    ),
    max_size=8,
).map("".join)


@given(
    st.lists(st.tuples(HEADER, VALUE), max_size=5), st.lists(st.tuples(HEADER, VALUE), max_size=4)
)
def test_any_header_is_survived(outer: list[tuple[str, str]], inner: list[tuple[str, str]]) -> None:
    head, part = (
        "".join(f"{name}: {value}\n" for name, value in fields) for fields in (outer, inner)
    )

    assert read(f"{head}\n--x\n{part}\n%PDF-\nbegin 644 a\n!\n--x--\n").message_id == "m1"


def test_folder_of_mails_loads_by_date_with_stable_ids(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "new.EML").write_bytes(
        b"From: a@b.se\nDate: Tue, 20 Jan 2026 13:31:00 +0100\n\nHej\n"
    )
    (tmp_path / "old.eml").write_bytes(b"From: a@b.se\nDate: Mon, 19 Jan 2026 13:31:00\n\nHej\r\n")
    (tmp_path / "damaged.eml").write_bytes(b"\xff\x00\nDate: never\n")
    (tmp_path / "notes.txt").write_text("no mail")

    mails = load_folder(tmp_path)

    assert [mail.received_at.isoformat() for mail in mails[:2]] == [
        "2026-01-19T13:31:00+00:00",
        "2026-01-20T12:31:00+00:00",
    ]
    assert len(mails) == 3
    assert [mail.id for mail in load_folder(tmp_path)] == [mail.id for mail in mails]
    assert all(len(mail.id) == 16 and int(mail.id, 16) for mail in mails)
    assert b"\nHej\n" not in mails[1].raw


def test_two_equal_files_are_two_messages(tmp_path: Path) -> None:
    for name in ("a.eml", "b.eml"):
        (tmp_path / name).write_bytes(b"From: a@b.se\nDate: Tue, 20 Jan 2026 13:31:00 +0100\n\n")

    assert len({mail.id for mail in load_folder(tmp_path)}) == 2


def test_received_mail_is_vouched_for_by_the_server() -> None:
    message = receive(b"From: kundservice@wallenstam.se\nSubject: Hyresavi\n\n", NOW)

    assert read(message.raw).authentication is SenderAuthentication.PASS


def test_mail_with_results_of_its_own_keeps_them() -> None:
    failed = b"Authentication-Results: mx.google.com; dmarc=fail header.from=b.se\nFrom: a@b.se\n\n"

    assert read(receive(failed, NOW).raw).authentication is SenderAuthentication.FAIL
