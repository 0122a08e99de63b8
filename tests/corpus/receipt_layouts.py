"""Layouts of invented receipts: how the same facts, items and sums look in unlike mails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.corpus.receipt_wordings import Wording


@dataclass
class Line:
    label: str
    minor: int
    strong: bool = False


@dataclass
class Printed:
    vendor: str
    words: Wording
    facts: list[tuple[str, str]]
    items: list[dict[str, Any]]
    sums: list[Line]
    currency: str
    style: str
    rng: random.Random

    def money(self, minor: int) -> str:
        sign = "-" if minor < 0 else ""
        whole, cents = divmod(abs(minor), 100)
        english = self.words.language == "en"
        grouped = (
            f"{whole:,}"
            if english
            else f"{whole:,}".replace(",", "\u00a0" if "nbsp" in self.style else " ")
        )
        number = f"{grouped}{'.' if english else ','}{cents:02d}"
        symbol = {"EUR": "€", "USD": "$", "GBP": "£"}.get(self.currency, "kr")
        return {
            "kr": f"{sign}{number} kr",
            "kr_nbsp": f"{sign}{number}\u00a0kr",
            "sek": f"{sign}{number} SEK",
            "sek_first": f"SEK {sign}{number}",
            "colon_dash": f"{sign}{grouped}:-" if cents == 0 else f"{sign}{number} kr",
            "symbol": f"{sign}{symbol}{number}",
            "code": f"{sign}{number} {self.currency}",
            "code_first": f"{self.currency} {sign}{number}",
        }[self.style]

    def details(self, item: dict[str, Any], joint: str = ", ") -> str:
        parts = [item["name"]]
        if "size" in item:
            parts += [f"{self.words.size} {item['size']}", f"{self.words.color} {item['color']}"]
        return joint.join(parts)


def classic(p: Printed) -> tuple[str, str]:
    w = p.words
    rows = "".join(
        (
            f"<tr><td>{p.details(i)}</td><td align=center>{i['quantity']}</td><td>"
            f"{p.money(i['unitPrice'])}</td><td>{p.money(i['total'])}</td></tr>"
        )
        for i in p.items
    )
    sums = "".join(
        (
            f"<tr><td colspan=3 align=right>{'<b>' if s.strong else ''}{s.label}:"
            f"{'</b>' if s.strong else ''}</td><td>{p.money(s.minor)}</td></tr>"
        )
        for s in p.sums
    )
    facts = "".join(f"<p><b>{label}:</b> {value}</p>" for label, value in p.facts)
    return "html", (
        f"<html><body><h1>{p.vendor}</h1><p>{w.hello}</p>{facts}<table"
        f" width=600><thead><tr><th>{w.item}</th><th>{w.quantity}</th>"
        f"<th>{w.unit}</th><th>{w.line}</th></tr></thead><tbody>{rows}</tbody><tfoot>"
        f"{sums}</tfoot></table><p>© {p.vendor}</p></body></html>"
    )


def flexbox(p: Printed) -> tuple[str, str]:
    line = (
        '<div style="display:flex;justify-content:space-between">'
        "<span>{}</span><span>{}</span></div>"
    )
    items = "".join(
        line.format(f"{i['quantity']} x {p.details(i)}", p.money(i["total"])) for i in p.items
    )
    sums = "".join(line.format(s.label, p.money(s.minor)) for s in p.sums)
    facts = "".join(line.format(label, value) for label, value in p.facts)
    return "html", f"<div><h2>{p.words.hello}</h2>{facts}<hr>{items}<hr>{sums}</div>"


def definitions(p: Printed) -> tuple[str, str]:
    facts = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in p.facts)
    sums = "".join(f"<dt>{s.label}</dt><dd>{p.money(s.minor)}</dd>" for s in p.sums)
    items = "".join(
        f"<li>{p.details(i)} ({i['quantity']} {p.words.pieces}) <b>{p.money(i['total'])}</b></li>"
        for i in p.items
    )
    return "html", f"<p>{p.words.hello}</p><dl>{facts}</dl><ul>{items}</ul><dl>{sums}</dl>"


def nested(p: Printed) -> tuple[str, str]:
    w = p.words
    facts = "".join(
        (
            f'<tr><td style="padding:4px"><font face=Arial>{label}</font>'
            f"</td><td align=right><font face=Arial>{value}</font></td>"
            f"</tr>"
        )
        for label, value in p.facts
    )
    items = "".join(
        (
            f'<tr><td width=80><img src="https://cdn.example/{n}.png" alt="">'
            f'</td><td><div style="font-weight:bold">{i["name"]}</div>'
        )
        + (
            f"<div>{w.size}: {i['size']}</div><div>{w.color}: {i['color']}</div>"
            if "size" in i
            else ""
        )
        + (
            f"<div>{w.quantity}: {i['quantity']}</div></td><td align=right>"
            f"{p.money(i['total'])}</td></tr>"
        )
        for n, i in enumerate(p.items)
    )
    sums = "".join(
        f"<tr><td>{s.label}</td><td align=right>{p.money(s.minor)}</td></tr>" for s in p.sums
    )
    inner = "".join(
        f"<tr><td><table width=100%><tbody>{block}</tbody></table></td></tr>"
        for block in (facts, items, sums)
    )
    return "html", (
        '<html><body style="background:#f4f4f4"><div style="display:none;max-height:0">Förh'
        "andsvisning av ditt mejl</div>"
        f"<table width=100%><tr><td align=center><table width=600 bgcolor=#ffffff><tr><t"
        f"d><h1>{p.vendor}</h1><p>{w.hello}</p></td></tr>"
        f"{inner}<tr><td><p style='font-size:11px'>Du får detta mejl"
        f" eftersom du handlat hos oss. Öppet köp i 30 dagar.</p></td></tr></table></td>"
        f"</tr></table></body></html>"
    )


def plain_columns(p: Printed) -> tuple[str, str]:
    facts = "\n".join(f"{label}: {value}" for label, value in p.facts)
    items = "\n".join(
        f"{i['quantity']} x {p.details(i):<40}  {p.money(i['total']):>14}" for i in p.items
    )
    sums = "\n".join(f"{s.label:<44}  {p.money(s.minor):>14}" for s in p.sums)
    return "text", f"{p.words.hello}\n\n{facts}\n\n{items}\n{'-' * 60}\n{sums}\n\n{p.vendor}\n"


def plain_labels(p: Printed) -> tuple[str, str]:
    w = p.words
    facts = "\n".join(f"{label}: {value}" for label, value in p.facts)
    items = "\n\n".join(
        f"{i['name']}\n"
        + (f"{w.size}: {i['size']}\n{w.color}: {i['color']}\n" if "size" in i else "")
        + f"{w.quantity}: {i['quantity']}\n{w.unit}: {p.money(i['unitPrice'])}"
        for i in p.items
    )
    sums = "\n".join(f"{s.label}: {p.money(s.minor)}" for s in p.sums)
    return "text", f"{p.words.hello}\n\n{facts}\n\n{items}\n\n{sums}\n\n{p.vendor}\n"


def cards(p: Printed) -> tuple[str, str]:
    w = p.words
    items = "".join(
        f"<div class=card><h3>{i['name']}</h3>"
        + (f"<p>{w.size}: {i['size']}</p><p>{w.color}: {i['color']}</p>" if "size" in i else "")
        + (
            f"<p>{i['quantity']} × {p.money(i['unitPrice'])}</p><p><b>{p.money(i['total'])}<"
            f"/b></p></div>"
        )
        for i in p.items
    )
    facts = "".join(
        f"<div><div>{label}</div><div><b>{value}</b></div></div>" for label, value in p.facts
    )
    sums = "".join(f"<p>{s.label} <b>{p.money(s.minor)}</b></p>" for s in p.sums)
    return "html", f"<body><p>{w.hello}</p>{facts}{items}{sums}</body>"


def columns(p: Printed) -> tuple[str, str]:
    w = p.words
    heads = "".join(f"<td><small>{label}</small></td>" for label, _ in p.facts[:2])
    values = "".join(f"<td><strong>{value}</strong></td>" for _, value in p.facts[:2])
    rest = "".join(f"<p>{label}<br>{value}</p>" for label, value in p.facts[2:])
    items = "".join(
        (
            f"<tr><td>{p.details(i, ' / ')}</td><td>{i['quantity']} {w.pieces}</td><td>"
            f"{p.money(i['total'])}</td></tr>"
        )
        for i in p.items
    )
    sums = "".join(
        f"<tr><td></td><td>{s.label}</td><td>{p.money(s.minor)}</td></tr>" for s in p.sums
    )
    return "html", (
        f"<p>{w.hello}</p><table><tr>{heads}</tr><tr>{values}</tr></table>{rest}<table><tr><th>{w.item}</th><th>{w.quantity}</th>"
        f"<th>{w.line}</th></tr>{items}{sums}</table>"
    )


def breaks(p: Printed) -> tuple[str, str]:
    facts = "<br>".join(f"{label}: {value}" for label, value in p.facts)
    items = "<br>".join(
        (
            f"{p.details(i)} &ndash; {i['quantity']} {p.words.pieces} à"
            f" {p.money(i['unitPrice'])} = {p.money(i['total'])}"
        )
        for i in p.items
    )
    sums = "<br>".join(
        f"{s.label}: {'<b>' if s.strong else ''}{p.money(s.minor)}{'</b>' if s.strong else ''}"
        for s in p.sums
    )
    return "html", f"<p>{p.words.hello}</p><p>{facts}</p><p>{items}</p><p>{sums}</p>"


def classes(p: Printed) -> tuple[str, str]:
    w = p.words
    css = (
        ".row:after{clear:both}.l{float:left}.r{float:right;text-align:right}.gone{display:none"
        "}@media print{.row{display:none}}"
    )
    row = '<div class="row"><div class="l">{}</div><div class="r">{}</div></div>'
    items = "".join(
        row.format(
            (
                f"<span>{p.details(i)}</span><br><span style='color:#888'>{i['quantity']}"
                f" {w.pieces} × {p.money(i['unitPrice'])}</span>"
            ),
            p.money(i["total"]),
        )
        for i in p.items
    )
    sums = "".join(row.format(s.label, p.money(s.minor)) for s in p.sums)
    facts = "".join(row.format(label, value) for label, value in p.facts)
    return (
        "html",
        (
            f"<style>{css}</style><p>{w.hello}</p>{facts}{items}{sums}<div"
            f" class=gone>Beställ igen</div>"
        ),
    )


def stripe(p: Printed) -> tuple[str, str]:
    """One big amount at the top, the summary below, as payment services send it."""
    total = next(s for s in p.sums if s.strong)
    rows = "".join(
        (
            f"<tr><td>{p.details(i)}<br><span>{p.words.quantity} {i['quantity']}</span></td>"
            f"<td>{p.money(i['total'])}</td></tr>"
        )
        for i in p.items
    )
    sums = "".join(f"<tr><td>{s.label}</td><td>{p.money(s.minor)}</td></tr>" for s in p.sums)
    facts = "".join(
        f"<table><tr><td>{label}</td><td>{value}</td></tr></table>" for label, value in p.facts
    )
    return (
        "html",
        f"<h1>{p.vendor}</h1><div>{p.money(total.minor)}</div><p>{p.words.hello}</p>{facts}<table>{rows}{sums}</table>",
    )


def grid(p: Printed) -> tuple[str, str]:
    w = p.words
    head = f"<tr><td>#</td><td>{w.item}</td>" + (
        f"<td>{w.size}</td><td>{w.color}</td>" if "size" in p.items[0] else ""
    )
    rows = "".join(
        f"<tr><td>{n}</td><td>{i['name']}</td>"
        + (f"<td>{i['size']}</td><td>{i['color']}</td>" if "size" in i else "")
        + (
            f"<td>{i['quantity']}</td><td>{p.money(i['unitPrice'])}</td><td>"
            f"{p.money(i['total'])}</td></tr>"
        )
        for n, i in enumerate(p.items, 1)
    )
    facts = " &nbsp;|&nbsp; ".join(f"{label}: <b>{value}</b>" for label, value in p.facts)
    sums = "".join(f"<li>{s.label}: {p.money(s.minor)}</li>" for s in p.sums)
    return "html", (
        f"<p>{w.hello}</p><p>{facts}</p><table border=1>{head}<td>{w.quantity}</td><td>"
        f"{w.unit}</td><td>{w.line}</td></tr>{rows}</table><ul>{sums}</ul>"
    )


LAYOUTS: dict[str, Callable[[Printed], tuple[str, str]]] = {
    layout.__name__: layout
    for layout in (
        classic,
        flexbox,
        definitions,
        nested,
        plain_columns,
        plain_labels,
        cards,
        columns,
        breaks,
        classes,
        stripe,
        grid,
    )
}
