"""Swedish payment references: OCR numbers and bankgiro numbers, both with a Luhn check digit.

Source: Bankgirot, "OCR-referenskontroll" (check digit by modulus 10).
"""

from __future__ import annotations

import re


def has_valid_check_digit(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of those before it."""
    if len(digits) < 2 or not digits.isascii() or not digits.isdigit():
        return False
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def format_bankgiro(digits: str) -> str:
    """Write a bankgiro number as printed: `5551234` becomes `555-1234`."""
    bare = re.sub(r"\D", "", digits)
    return f"{bare[:-4]}-{bare[-4:]}"
