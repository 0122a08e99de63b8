"""Pages of lists, and the cursors between them.

A cursor holds the sort keys of the last item, never the user: whose list it continues is
decided by who asks, so a cursor from someone else's list opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from paypulse.errors import ErrorType, RequestError

MAX_PAGE = 100
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some items in order, each with the cursor after it, and whether more follow."""

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool

    @property
    def end_cursor(self) -> str | None:
        """The cursor after the last item."""
        return self.cursors[-1] if self.cursors else None


def encode_cursor(list_name: str, *keys: str) -> str:
    """Return the cursor after the item with these sort keys."""
    text = json.dumps([_VERSION, list_name, *keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(list_name: str, cursor: str, count: int) -> list[str]:
    """Return the sort keys that `encode_cursor` wrote.

    Raises:
        RequestError: VALIDATION_FAILED, it is damaged or belongs to another list.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, name, *keys = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, binascii.Error):
        raise _bad_cursor() from None
    valid = (version, name, len(keys)) == (_VERSION, list_name, count)
    texts = [key for key in keys if isinstance(key, str) and key]
    if not valid or len(texts) != count:
        raise _bad_cursor()
    return texts


def check_page_size(first: int | None, default: int) -> int:
    """Return how many items to read.

    Raises:
        RequestError: VALIDATION_FAILED, `first` is outside 1 to 100.
    """
    size = default if first is None else first
    if not 1 <= size <= MAX_PAGE:
        raise RequestError(
            ErrorType.VALIDATION_FAILED, f"`first` must be between 1 and {MAX_PAGE}, not {size}."
        )
    return size


def _bad_cursor() -> RequestError:
    return RequestError(
        ErrorType.VALIDATION_FAILED,
        "`after` is not a cursor of this list. Start again without it.",
    )
