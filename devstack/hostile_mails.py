"""Mails that are made to cost time or memory; `bench` reads each in a process of its own."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from devstack.process_memory import peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 1_000_000
_HEAD = (
    "From: Lampan <order@lampan.example>\nSubject: Order 5512-88\n"
    "Date: Mon, 05 May 2025 10:00:00 +0200\nContent-Type: text/html; charset=utf-8\n\n"
)


def _filled(size: int, piece: str) -> str:
    return piece * (size // len(piece.encode()))


def _rules(selector: str) -> str:
    rules = "".join(f"{selector.replace('#', str(number))} {{color:red}} " for number in range(400))
    return f"<style>{rules}</style>"


SHAPES: dict[str, Callable[[int], str]] = {
    "elements nested without end": lambda size: _filled(size, "<div>"),
    "columns nested without end": lambda size: _filled(size, "<div style='display:flex'>"),
    "tables in tables": lambda size: _filled(
        size, "<table><tr><td>" * 20 + "1 kr" + "</table>" * 20
    ),
    "a table of items": lambda size: (
        "<table>" + _filled(size, "<tr><td>Vara 1</td><td>2</td><td>99,00 kr</td></tr>")
    ),
    "lines of items": lambda size: _filled(size, "<p>Vara 1 storlek M, 2 x 99,00 kr 198,00 kr</p>"),
    "rows of hundreds of cells": lambda size: (
        "<table>" + _filled(size, "<tr>" + "<td>9,00</td>" * 200 + "</tr>")
    ),
    "hidden elements": lambda size: _filled(
        size, "<span style='display:none'>total: 99,00 kr</span>"
    ),
    "style rules for every element": lambda size: (
        _rules("div p.a#") + _filled(size, "<p class=a1>1 kr</p>")
    ),
    "one line of numbers": lambda size: _filled(size, "1 "),
    "dates": lambda size: _filled(size, "<p>" + "1 jan 2 feb 3/4 " * 35 + "</p>"),
    "legs of journeys": lambda size: _filled(
        size, "<p>Från: Borås 10:10 Till: Malmö 11:11 tåg 12</p>"
    ),
    "raised decimals": lambda size: _filled(size, "9<sup>9</sup>"),
    "JSON-LD nested without end": lambda size: (
        f"<script type='application/ld+json'>{_filled(size, '[')}</script><p>Totalt 1 kr</p>"
    ),
    "microdata": lambda size: _filled(
        size, "<b itemscope itemtype='http://schema.org/Order'>1</b>"
    ),
    "attributes": lambda size: f"<p {_filled(size, 'a=b ')}>Totalt 1 kr</p>",
}


def make_hostile(shape: str, size: int = MEGABYTE) -> bytes:
    """Return the mail of a shape, of about so many bytes."""
    return f"{_HEAD}{SHAPES[shape](size)}".encode()


def main() -> None:
    """Read one mail and print the seconds and the process's peak of memory in MB."""
    from ingestion.parsing.receipts.reader import read_receipt  # noqa: PLC0415 - in this process

    content = make_hostile(sys.argv[1])
    read_receipt(_HEAD.encode())  # everything is loaded
    began = time.perf_counter()
    read_receipt(content)
    print(time.perf_counter() - began, peak_mb())


if __name__ == "__main__":
    main()
