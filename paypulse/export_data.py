"""Use case: hand a user everything that we keep of them, as one archive.

Asking writes a row and queues the work; a worker writes the archive straight into the bucket,
never holding more than a part of it. A delivery that comes again writes the same archive again;
two exports side by side have a file each.

What only secures the account is left out: an archive on a telephone must not open a session.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from paypulse.accounts import require_user
from paypulse.attempts import EXPORTS
from paypulse.clock import to_text
from paypulse.data_exports import (
    DataExport,
    DataExportError,
    DataExportStatus,
    new_export_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from paypulse.attempts import Attempts
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.user_data import (
        ArchiveStore,
        ArchiveWriter,
        DataExportStore,
        UserFiles,
        UserRecords,
    )

# By name, so that it holds for tables to come as well.
_WITHHELD = re.compile(r"password|secret|token|refresh_?hash|grant_lock", re.IGNORECASE)
_ABOUT = """\
PayPulse: everything that is kept of you.

account.json   your account
tables/        the rows of each table, one a line; amounts are in minor units (öre)
documents/     the original documents, where they were asked for

Left out is what only secures your account: the hash of your password, of session tokens, and
Google's permission to read your mail.
"""


class _OutOfTime(Exception):  # noqa: N818 - ends the archive, and never leaves this module
    """The call has no time left to finish the archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDesk:
    """Everything that asking for an export needs."""

    users: UserStore
    exports: DataExportStore
    attempts: Attempts
    enqueue: Callable[[DataExport], None]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Everything that writing an archive needs; `tables` are all that keep rows of users."""

    users: UserStore
    exports: DataExportStore
    account: UserRecords
    tables: Sequence[UserRecords]
    documents: UserFiles
    archives: ArchiveStore
    clock: Clock


def request_export(user_id: str, *, with_documents: bool, desk: ExportDesk) -> DataExport:
    """Note that an export was asked for and queue its work.

    Raises:
        RequestError: INVALID_TOKEN, there is no such account any more.
        TooManyAttempts: the day's exports of this user.
        TransientError: the queue does not take the work; ask again.
    """
    require_user(desk.users.get(user_id))
    desk.attempts.admit(EXPORTS, user_id)
    now = desk.clock()
    export = DataExport(
        user_id, new_export_id(now), DataExportStatus.QUEUED, now, with_documents=with_documents
    )
    desk.exports.add(export)
    desk.enqueue(export)
    return export


def write_export(
    user_id: str, export_id: str, *, has_time: Callable[[], bool], using: Exporter
) -> DataExport | None:
    """Write the archive and say so; None for one that is done already, or whose user is gone.

    Raises:
        TransientError: AWS failed for now; deliver again.
    """
    if using.users.get(user_id) is None:
        return None
    export = using.exports.start(user_id, export_id)
    if export is None:
        return None
    try:
        with using.archives.create(export.key) as target:
            _fill(target, export, has_time, using)
    except _OutOfTime:
        return using.exports.fail(export, DataExportError.TOO_LARGE, now=using.clock())
    return using.exports.finish(export, now=using.clock())


def without_secrets(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row without what only secures the account, however deep it lies."""
    return {name: _cleaned(value) for name, value in row.items() if not _WITHHELD.search(name)}


def _cleaned(value: Any) -> Any:
    match value:
        case dict():
            return without_secrets(value)
        case list():
            return [_cleaned(each) for each in value]
        case _:
            return value


def _fill(
    target: ArchiveWriter, export: DataExport, has_time: Callable[[], bool], using: Exporter
) -> None:
    user_id = export.user_id

    def in_time[T](values: Iterator[T]) -> Iterator[T]:
        for value in values:
            if not has_time():
                raise _OutOfTime
            yield value

    with ZipFile(target, "w") as archive:
        about = f"{_ABOUT}\nMade at {to_text(using.clock())}.\n"
        _write(archive, "README.txt", export, iter([about.encode()]))
        _write(archive, "account.json", export, _lines(using.account.read(user_id)))
        for table in using.tables:
            rows = _lines(in_time(table.read(user_id)))
            _write(archive, f"tables/{table.name}.json", export, rows)
        if export.with_documents:
            for name, content in in_time(using.documents.read(user_id)):
                _write(archive, f"documents/{name}", export, content, ZIP_STORED)


def _write(
    archive: ZipFile,
    name: str,
    export: DataExport,
    pieces: Iterator[bytes],
    compression: int = ZIP_DEFLATED,
) -> None:
    entry = ZipInfo(name, export.asked_at.timetuple()[:6])
    entry.compress_type = compression
    # How long it gets is known at its end alone, and a table of a big account may be long.
    with archive.open(entry, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)


def _lines(rows: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield a JSON array piece by piece, one row a line."""
    separator = "[\n"
    for row in rows:
        text = json.dumps(without_secrets(row), ensure_ascii=False, default=_plain)
        yield (separator + text).encode()
        separator = ",\n"
    yield b"[]\n" if separator == "[\n" else b"\n]\n"


def _plain(value: Any) -> Any:
    """Return what JSON lacks: DynamoDB's sets, sorted, and bytes as text."""
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
