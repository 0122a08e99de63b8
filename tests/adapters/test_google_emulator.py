"""What the emulator offers beyond what PayPulse's mailbox uses, to Google's own client."""

from __future__ import annotations

import base64
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from httplib2 import Http

from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from tests.adapters.conftest import CLIENT_ID, EMAIL, GOOGLE_USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adapters.conftest import CurrentApp, EmulatedGoogle

METADATA_SCOPE = "https://www.googleapis.com/auth/gmail.metadata"
NOTICE = (
    b"From: Wallenstam <kundservice@wallenstam.se>\r\nSubject: Hyresavi\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\nHej\r\n"
    b"--x\r\nContent-Type: application/pdf; name=avi.pdf\r\n\r\n%PDF-1.4\r\n--x--\r\n"
)


@pytest.fixture
def users(google_emulator: EmulatedGoogle) -> Iterator[Any]:
    """The `users` collection of Google's client, as the connected user."""
    with client(google_emulator, google_emulator.connect().access_token) as users:
        yield users


@contextmanager
def client(google: EmulatedGoogle, access_token: str) -> Iterator[Any]:
    http = AuthorizedHttp(Credentials(token=access_token), http=Http(timeout=5))
    options = {"api_endpoint": google.url}
    with closing(http):
        yield build("gmail", "v1", http=http, client_options=options, static_discovery=True).users()


def status_of(request: Any) -> int:
    with pytest.raises(HttpError) as caught:
        request.execute()
    return int(caught.value.status_code)


def test_message_comes_in_every_format(google_emulator: EmulatedGoogle, users: Any) -> None:
    id_ = google_emulator.control("POST", f"mailboxes/{EMAIL}/messages", NOTICE)["id"]
    get = users.messages().get

    full = get(userId="me", id=id_).execute()["payload"]
    part = full["parts"][1]
    metadata = get(userId="me", id=id_, format="metadata", metadataHeaders=["subject"]).execute()
    minimal = get(userId="me", id=id_, format="minimal").execute()
    pdf = (
        users.messages()
        .attachments()
        .get(userId="me", messageId=id_, id=part["body"]["attachmentId"])
        .execute()
    )

    assert (part["filename"], part["mimeType"]) == ("avi.pdf", "application/pdf")
    assert base64.urlsafe_b64decode(full["parts"][0]["body"]["data"]) == b"Hej"
    assert metadata["payload"]["headers"] == [{"name": "Subject", "value": "Hyresavi"}]
    assert minimal["snippet"] == "Hej"
    assert "payload" not in minimal
    assert base64.urlsafe_b64decode(pdf["data"]) == b"%PDF-1.4"


def test_history_tells_what_came_and_what_went(google_emulator: EmulatedGoogle, users: Any) -> None:
    start = users.getProfile(userId="me").execute()["historyId"]
    first, second = google_emulator.deliver("one"), google_emulator.deliver("two")
    google_emulator.control("DELETE", f"mailboxes/{EMAIL}/messages/{first}")

    request = users.history().list(userId="me", startHistoryId=start, maxResults=2)
    page = request.execute()
    rest = users.history().list_next(request, page).execute()

    added = [entry["messagesAdded"][0]["message"]["id"] for entry in page["history"]]
    assert added == [first, second]
    assert rest["history"][0]["messagesDeleted"][0]["message"]["id"] == first
    assert "nextPageToken" not in rest


def test_history_that_is_too_old_is_gone(google_emulator: EmulatedGoogle, users: Any) -> None:
    start = users.getProfile(userId="me").execute()["historyId"]
    google_emulator.deliver("one")
    google_emulator.control("DELETE", f"mailboxes/{EMAIL}/history")

    assert status_of(users.history().list(userId="me", startHistoryId=start)) == 404


def test_watch_and_stop_are_accepted(users: Any) -> None:
    watch = users.watch(userId="me", body={"topicName": "projects/p/topics/t"}).execute()

    assert int(watch["expiration"]) > 0
    assert not users.stop(userId="me").execute()


def test_labels_and_profile_answer(users: Any) -> None:
    assert {"id": "INBOX", "name": "INBOX", "type": "system"} in (
        users.labels().list(userId="me").execute()["labels"]
    )
    assert users.getProfile(userId=EMAIL).execute()["emailAddress"] == EMAIL


def test_mailbox_of_somebody_else_is_closed(users: Any) -> None:
    assert status_of(users.getProfile(userId="bo@example.com")) == 403


def test_metadata_scope_reads_no_contents(google_emulator: EmulatedGoogle) -> None:
    id_ = google_emulator.deliver("one")
    token = google_emulator.connect(scopes=METADATA_SCOPE).access_token

    with client(google_emulator, token) as users:
        assert status_of(users.messages().get(userId="me", id=id_, format="raw")) == 403
        assert status_of(users.messages().list(userId="me", q="one")) == 403
        assert users.messages().list(userId="me").execute()["messages"][0]["id"] == id_


def test_unknown_things_are_refused(users: Any) -> None:
    assert status_of(users.messages().get(userId="me", id="nothing")) == 404
    assert status_of(users.messages().list(userId="me", pageToken="made-up")) == 400


def test_quota_units_are_counted(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(3)
    google_emulator.connect()
    mailbox = google_emulator.mailbox()
    google_emulator.control("DELETE", "requests")

    mailbox.search("hyresavi", None)
    list(mailbox.fetch(ids))

    assert google_emulator.control("GET", "requests") == {
        "calls": {"messages.list": 1, "batch": 1, "messages.get": 3},
        "units": {"messages.list": 5, "messages.get": 60},
        "totalUnits": 65,
    }


def test_tokens_outlive_a_restart(
    google_emulator: EmulatedGoogle, google_server: tuple[CurrentApp, str]
) -> None:
    google_emulator.connect(expires_in=10)
    account = GoogleAccount.with_mails(EMAIL, GOOGLE_USER_ID, CLIENT_ID)
    google_server[0].app = create_app([account], clock=google_emulator.clock)

    assert google_emulator.mailbox().search("", None).message_ids == ()


def test_code_is_exchanged_for_tokens(google_emulator: EmulatedGoogle) -> None:
    form = {"grant_type": "authorization_code", "code": EMAIL, "client_id": CLIENT_ID}

    reply = google_emulator.http.request(
        "POST", google_emulator.endpoints.token_uri, fields=form, encode_multipart=False
    )

    assert {"access_token", "refresh_token", "expires_in", "scope"} <= set(reply.json())


def test_first_version_of_userinfo_has_its_own_names(google_emulator: EmulatedGoogle) -> None:
    token = google_emulator.connect().access_token

    reply = google_emulator.http.request(
        "GET",
        f"{google_emulator.url}/oauth2/v1/userinfo",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert reply.json() == {"id": GOOGLE_USER_ID, "email": EMAIL, "verified_email": True}


@pytest.mark.parametrize("content_type", ["application/json", "multipart/mixed; boundary=x"])
def test_damaged_batch_is_refused(google_emulator: EmulatedGoogle, content_type: str) -> None:
    reply = google_emulator.http.request(
        "POST",
        f"{google_emulator.url}/batch/gmail/v1",
        body=b"--x\r\n\r\nnonsense\r\n--x--",
        headers={"Content-Type": content_type},
    )

    assert reply.status == 400
