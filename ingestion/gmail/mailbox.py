"""A user's Gmail, read with Google's own client: search, and get in batches."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched, count
from typing import TYPE_CHECKING, Any, Self

from google.auth.exceptions import RefreshError
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest
from httplib2 import Http

from ingestion.gmail.failures import (
    NETWORK_ERRORS,
    DamagedAnswer,
    Refusal,
    refresh_error,
    refusal_of,
)
from ingestion.gmail.quota import GET_UNITS, HISTORY_UNITS, LIST_UNITS, PROFILE_UNITS
from paypulse.errors import MessagesWithheld, RateLimited, TransientError
from paypulse.mail import MessagePage, RawMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ingestion.gmail.credentials import StoredCredentials
    from ingestion.gmail.patience import Patience

PAGE_SIZE = 500  # the most that Gmail gives
BATCH_SIZE = 50  # Gmail takes 100, but advises against more than 50

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class GmailMailbox:
    """Implements `paypulse.ports.gmail.Mailbox`; one per user and run, not for several threads.

    Close it, or use it in a `with`: a function that stays warm would keep the connections open.
    """

    def __init__(
        self,
        credentials: StoredCredentials,
        *,
        gmail: str,
        patience: Patience,
        timeout_s: float,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self._credentials = credentials
        # The client holds a batch's answer about nine times over: 445 MB for 50 mails of 1 MB.
        self._batch_size = batch_size
        self._patience = patience
        # One refresh on a 401; a fresh token that is refused too will not get better.
        self._http = AuthorizedHttp(
            credentials, http=Http(timeout=timeout_s), max_refresh_attempts=1
        )
        # api_endpoint has no effect on batches, whose address is fixed in the discovery document.
        self._batch_uri = f"{gmail}/batch/gmail/v1"
        service = build(
            "gmail",
            "v1",
            http=self._http,
            client_options={"api_endpoint": gmail},
            static_discovery=True,  # from the package, not over the network
            cache_discovery=False,
        )
        self._users = service.users()
        self._messages = self._users.messages()

    def close(self) -> None:
        """Close the connections to Google."""
        self._http.close()
        self._credentials.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def search(self, query: str, page: str | None) -> MessagePage:
        """Return one page of at most 500 messages that match, newest first."""
        request = self._messages.list(userId="me", q=query, maxResults=PAGE_SIZE, pageToken=page)
        answer = self._persist(LIST_UNITS, partial(request.execute, http=self._http))
        return MessagePage(
            message_ids=tuple(message["id"] for message in answer.get("messages", ())),
            next_page=answer.get("nextPageToken"),
        )

    def history_id(self) -> str:
        """Return where the mailbox's history stands now."""
        request = self._users.getProfile(userId="me", fields="historyId")
        answer = self._persist(PROFILE_UNITS, partial(request.execute, http=self._http))
        found: str = answer["historyId"]
        return found

    def has_new_mail(self, since: str) -> bool:
        """Tell whether mail was added since a history id; True too where Gmail has forgotten.

        Gmail keeps a week or so. "HTTP 404: a full sync is needed":
        https://developers.google.com/workspace/gmail/api/guides/sync
        """
        request = self._users.history().list(
            userId="me", startHistoryId=since, historyTypes=["messageAdded"], maxResults=1
        )

        def call() -> Mapping[str, Any] | None:
            try:
                answer: Mapping[str, Any] = request.execute(http=self._http)
            except HttpError as error:
                if refusal_of(error).is_missing:
                    return None
                raise
            return answer

        answer = self._persist(HISTORY_UNITS, call)
        return answer is None or bool(answer.get("history") or answer.get("nextPageToken"))

    def fetch(self, message_ids: Sequence[str]) -> Iterator[RawMail]:
        """Yield the messages that still exist; what Google holds back is asked for again.

        Raises:
            MessagesWithheld: Google answered some with errors to the end.
        """
        wanted = list(dict.fromkeys(message_ids))
        if len(wanted) > BATCH_SIZE:
            raise ValueError(f"at most {BATCH_SIZE} messages a call, not {len(wanted)}")
        withheld: list[str] = []
        for ids in batched(wanted, self._batch_size):
            yield from self._fetch(list(ids), withheld)
        if withheld:
            raise MessagesWithheld(withheld)

    def _fetch(self, wanted: list[str], withheld: list[str]) -> Iterator[RawMail]:
        for attempt in count():
            if not wanted:
                return
            call = partial(self._get_batch, wanted)
            mails, refusals = self._persist(GET_UNITS * len(wanted), call)
            # Taken out one by one, so that each can be freed once the caller is done with it.
            while mails:
                yield _raw_mail(mails.pop(0))
            withheld += (id_ for id_, refusal in refusals.items() if refusal.is_of_one_message)
            open_ = {
                id_: refusal
                for id_, refusal in refusals.items()
                if not (refusal.is_missing or refusal.is_of_one_message)
            }
            try:
                if open_:
                    self._patience.wait_after(_gravest(open_.values()), attempt)
            except RateLimited:
                raise
            except TransientError:
                withheld += open_
                return
            wanted = list(open_)

    def _get_batch(
        self, message_ids: Sequence[str]
    ) -> tuple[list[Mapping[str, Any]], dict[str, Refusal]]:
        mails: list[Mapping[str, Any]] = []
        refusals: dict[str, Refusal] = {}

        def sort(message_id: str, answer: Mapping[str, Any], error: HttpError | None) -> None:
            if error is None:
                mails.append(answer)
            else:
                refusals[message_id] = refusal_of(error)

        # The client itself refreshes and repeats the parts that were answered with 401.
        batch = BatchHttpRequest(callback=sort, batch_uri=self._batch_uri)
        for message_id in message_ids:
            request = self._messages.get(userId="me", id=message_id, format="raw")
            batch.add(request, request_id=message_id)
        try:
            batch.execute(http=self._http)
        except (BatchError, LookupError, TypeError, ValueError):
            # What the client raises on an answer that is cut short or not a batch at all.
            raise DamagedAnswer from None
        return mails, refusals

    def _persist[T](self, units: int, call: Callable[[], T]) -> T:
        """Call until it succeeds or is not worth another attempt."""
        for attempt in count():
            self._patience.take(units)
            # The causes are dropped: their texts hold addresses of requests, and so the search.
            try:
                self._credentials.keep_fresh()
                return call()
            except HttpError as error:
                refusal = refusal_of(error)
            except RefreshError as error:
                raise refresh_error(error) from None
            except NETWORK_ERRORS:
                refusal = Refusal(status=0)
            self._patience.wait_after(refusal, attempt)
        raise AssertionError  # count() does not end


def _gravest(refusals: Iterable[Refusal]) -> Refusal:
    """Return the refusal that decides: one that waiting does not mend, else a request to wait."""
    return min(
        refusals, key=lambda refusal: (refusal.is_rate or refusal.is_passing, refusal.status)
    )


def _raw_mail(message: Mapping[str, Any]) -> RawMail:
    raw = message["raw"]
    return RawMail(
        message_id=message["id"],
        content=base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)),
        received_at=_EPOCH + timedelta(milliseconds=int(message["internalDate"])),
    )
