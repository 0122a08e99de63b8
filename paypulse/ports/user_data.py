"""All that is kept of one person, to hand out or to erase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from paypulse.data_exports import DataExport, DataExportError


class UserData(Protocol):
    """One of the places that keep what belongs to users."""

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        """Erase what is there, until the time is up, and return how much it was."""
        ...


class DataExportStore(Protocol):
    """Exports of users' data (table DataExports)."""

    def add(self, export: DataExport) -> None:
        """Keep a new export."""
        ...

    def get(self, user_id: str, export_id: str) -> DataExport | None:
        """Return the user's export; another user's is as absent as none."""
        ...

    def start(self, user_id: str, export_id: str) -> DataExport | None:
        """Mark an export as running; None when it is over or absent."""
        ...

    def finish(self, export: DataExport, *, now: datetime) -> DataExport | None:
        """Note that the archive is there; None when the export is over or absent."""
        ...

    def fail(
        self, export: DataExport, error: DataExportError, *, now: datetime
    ) -> DataExport | None:
        """Note why there is no archive; None when the export is over or absent."""
        ...


class UserRecords(Protocol):
    """The rows of one table, for an export."""

    @property
    def name(self) -> str:
        """What to call the table in the archive."""
        ...

    def read(self, user_id: str) -> Iterator[dict[str, Any]]:
        """Yield the user's rows, each as it is kept."""
        ...


class UserFiles(Protocol):
    """The user's original documents, for an export."""

    def read(self, user_id: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield every document's name and content; read one before asking for the next."""
        ...


class ArchiveWriter(Protocol):
    """A file that can be written to, but not gone back in."""

    def write(self, data: bytes, /) -> int:
        """Write all of it and return how much it was."""
        ...

    def flush(self) -> None:
        """Nothing has to be done yet."""
        ...

    def close(self) -> None:
        """Nothing has to be done yet: the end of `ArchiveStore.create`'s block decides."""
        ...


class ArchiveStore(Protocol):
    """Where archives lie (the invoices bucket, `exports/`)."""

    def create(self, key: str) -> AbstractContextManager[ArchiveWriter]:
        """Return a file that is there when the block ends well, and else never was."""
        ...

    def link(self, key: str, filename: str, *, seconds: int) -> str:
        """Return a link that downloads the archive, at most for so long."""
        ...


class ErasureReceipts(Protocol):
    """Receipts of erasures (table Erasures); they name nobody."""

    def add(self, receipt_id: str, *, now: datetime) -> None:
        """Note that an erasure was asked for."""
        ...

    def finish(self, receipt_id: str, *, now: datetime) -> None:
        """Note that nothing is left; the first time counts."""
        ...
