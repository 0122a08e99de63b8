"""The sample mailbox: a tenant's mail of a year and a half, good and bad.

    python -m devstack.sample_mailbox        writes devstack/mailbox/*.eml anew

The files are checked in; the same code gives the same bytes. All people and numbers are invented.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from devstack.sample_notices import make_notice, make_ocr
from devstack.sample_receipts import SampleReceipt, make_receipts

FOLDER = Path(__file__).parent / "mailbox"
LANDLORD = "Wallenstam <kundservice@wallenstam.se>"
TENANT = "Ronja Tallbacka <ronja.tallbacka@gmail.example>"
_MONTHS = 15
_FIRST_NUMBER = 129711208


def write(folder: Path = FOLDER) -> None:
    """Write the mailbox."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.eml"):
        old.unlink()
    for name, mail in make_mails().items():
        (folder / f"{name}.eml").write_bytes(mail.as_bytes())


def make_mails() -> dict[str, EmailMessage]:
    """Return the mails by file name."""
    mails = {}
    for index in range(_MONTHS):
        due_on = _due_day(index)
        mails[f"{due_on:%Y-%m}-hyresavi"] = notice_mail(due_on, index)
    receipts = {receipt.name: receipt_mail(receipt) for receipt in make_receipts()}
    return {**mails, **_awkward_mails(), **receipts}


def receipt_mail(receipt: SampleReceipt) -> EmailMessage:
    """Return a shop's mail."""
    mail = _mail(receipt.sender, receipt.subject, receipt.sent_at)
    mail["X-Gmail-Labels"] = receipt.labels
    mail.set_content(f"<html><body>\n{receipt.html}\n</body></html>\n", subtype="html")
    return mail


def notice_mail(
    due_on: date,
    index: int,
    *,
    sender: str = LANDLORD,
    sent_at: datetime | None = None,
    bankgiro: str = "555-1234",
    total: int | None = None,
) -> EmailMessage:
    """Return a landlord's mail with the notice that is due on a day; `index` varies it."""
    ocr = make_ocr(_FIRST_NUMBER + 131 * index)
    rent_month = (due_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    pdf = make_notice(
        ocr=ocr,
        due_on=due_on,
        rent_month=(rent_month.year, rent_month.month),
        rows=_rows(due_on, index),
        total=total,
        bankgiro=bankgiro,
    )
    mail = _mail(sender, "Hyresavi", sent_at or _sent_at(due_on))
    mail.set_content("Hej!\n\nDin hyresavi är bifogad.\n\nVänliga hälsningar\nWallenstam\n")
    _attach(mail, pdf, f"Hyresavi_{ocr}.pdf")
    return mail


def _awkward_mails() -> dict[str, EmailMessage]:
    spoofed = notice_mail(date(2026, 9, 30), 60, bankgiro="991-2346")
    spoofed["Authentication-Results"] = (
        "mx.google.com; dkim=none; spf=fail smtp.mailfrom=kundservice@wallenstam.se;"
        " dmarc=fail header.from=wallenstam.se"
    )
    changed = notice_mail(
        date(2026, 9, 30),
        61,
        bankgiro="991-2346",
        sent_at=datetime(2026, 9, 21, 9, 0, tzinfo=UTC),
    )
    wrong_total = notice_mail(date(2026, 10, 30), 62, bankgiro="991-2346", total=1_009_900)
    damaged = _mail(LANDLORD, "Hyresavi", datetime(2026, 5, 12, 7, 30, tzinfo=UTC))
    damaged.set_content("Hej!\n\nDin hyresavi är bifogad.\n")
    pdf = make_notice(ocr=make_ocr(129799999), due_on=date(2026, 5, 29))
    _attach(damaged, pdf[: len(pdf) // 2], "Hyresavi_1297999991.pdf")
    newsletter = _mail(LANDLORD, "Hyresavi på mejl", datetime(2025, 8, 1, 10, 0, tzinfo=UTC))
    newsletter.set_content("Nu kommer din hyresavi på mejl i stället för på papper.\n")
    shop = _mail("Pizzabagarn <order@pizzabagarn.example>", "Din pizza är på väg", _SHOP_DAY)
    shop.set_content("Tack för din beställning. Summa att betala: 286,00 kr\n")
    return {
        "awkward-spoofed-sender": spoofed,
        "awkward-changed-bankgiro": changed,
        "awkward-wrong-total": wrong_total,
        "awkward-truncated-pdf": damaged,
        "awkward-no-pdf": newsletter,
        "other-pizza": shop,
    }


_SHOP_DAY = datetime(2025, 9, 5, 18, 20, tzinfo=UTC)


def _mail(sender: str, subject: str, sent_at: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = TENANT
    mail["Subject"] = subject
    mail["Date"] = format_datetime(sent_at)
    domain = sender.rsplit("@", 1)[-1].rstrip(">")
    mail["Message-ID"] = f"<{sent_at:%Y%m%d%H%M}.{len(subject)}@{domain}>"
    return mail


def _attach(mail: EmailMessage, pdf: bytes, filename: str) -> None:
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=filename)
    mail.set_boundary(f"=_{filename}")  # the default is random; the files must not change


def _rows(due_on: date, index: int) -> tuple[tuple[str, int], ...]:
    measured = (due_on.replace(day=1) - timedelta(days=1)).strftime("%y%m")
    water, heat, power = 9_000 + 300 * (index % 5), 17_000 + 900 * (index % 7), 28_000
    power += 1_700 * ((index * 5) % 6)
    rows = [
        ("Hyra", 812_500 if due_on < date(2026, 1, 1) else 838_000),
        (f"Kallvatten avser {measured}", water),
        (f"Varmvatten avser {measured}", heat),
        (f"El enligt mätning {measured}", power),
    ]
    if index % 6 == 5:
        rows.append(("Bredband", 19_900))
    vat = round(sum(amount for _, amount in rows[1:]) / 4 / 100) * 100
    return (*rows, ("Mervärdesskatt 25%", vat))


def _due_day(index: int) -> date:
    """Return the last weekday of a month, counted from June 2025."""
    month = date(2025, 6, 1)
    for _ in range(index):
        month = (month + timedelta(days=32)).replace(day=1)
    last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    while last.weekday() > 4:
        last -= timedelta(days=1)
    return last


def _sent_at(due_on: date) -> datetime:
    day = due_on - timedelta(days=16)
    return datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC)


if __name__ == "__main__":
    write()
