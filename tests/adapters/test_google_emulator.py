"""What the emulator offers beyond what PayPulse's mailbox uses, to Google's own client."""

from __future__ import annotations

import base64
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from httplib2 import Http

from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from paypulse.gmail_grant import READ_SCOPE
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


LOOPBACK = "http://127.0.0.1:9/callback"
SIGN_IN = {
    "client_id": CLIENT_ID,
    "redirect_uri": LOOPBACK,
    "response_type": "code",
    "scope": f"openid email {READ_SCOPE}",
    "state": "s1",
    "access_type": "offline",
    # RFC 7636, appendix B.
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def consent(google: EmulatedGoogle, **changes: str) -> Any:
    """Ask for consent as a browser does; the emulator's answer, redirects not followed."""
    return google.http.request(
        "GET", google.endpoints.authorize_uri, fields=SIGN_IN | changes, redirect=False
    )


def exchange(google: EmulatedGoogle, code: str, **changes: str) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": CLIENT_ID,
        "redirect_uri": LOOPBACK,
        "code_verifier": VERIFIER,
    }
    return google.http.request(
        "POST", google.endpoints.token_uri, fields=form | changes, encode_multipart=False
    ).json()


def granted(reply: Any) -> dict[str, str]:
    assert reply.status == 302
    return dict(parse_qsl(urlsplit(reply.headers["location"]).query))


def test_consent_is_granted_at_once_and_its_code_exchanged_once(
    google_emulator: EmulatedGoogle,
) -> None:
    answer = granted(consent(google_emulator))

    first, again = (exchange(google_emulator, answer["code"]) for _ in range(2))

    assert answer["state"] == "s1"
    assert {"access_token", "refresh_token", "expires_in", "scope"} <= set(first)
    assert again["error"] == "invalid_grant"


def test_without_offline_access_there_is_no_refresh_token(google_emulator: EmulatedGoogle) -> None:
    code = granted(consent(google_emulator, access_type="online"))["code"]

    assert "refresh_token" not in exchange(google_emulator, code)


@pytest.mark.parametrize(
    "change", [{"code_verifier": "another"}, {"redirect_uri": "http://127.0.0.1:8/"}]
)
def test_a_code_is_no_good_to_who_did_not_ask_for_it(
    google_emulator: EmulatedGoogle, change: dict[str, str]
) -> None:
    code = granted(consent(google_emulator))["code"]

    assert exchange(google_emulator, code, **change)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uri": "https://elsewhere.example/"}, "redirect_uri_mismatch"),
        ({"client_id": "another-app"}, "invalid_client"),
        ({"scope": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_consent_that_goes_nowhere_good_is_not_sent_back(
    google_emulator: EmulatedGoogle, change: dict[str, str], error: str
) -> None:
    reply = consent(google_emulator, **change)

    assert "location" not in reply.headers
    assert reply.json()["error"] == error


def test_a_client_with_a_secret_has_to_give_it(
    google_emulator: EmulatedGoogle, google_server: tuple[CurrentApp, str]
) -> None:
    account = GoogleAccount.with_mails(EMAIL, GOOGLE_USER_ID, CLIENT_ID)
    google_server[0].app = create_app(
        [account], clock=google_emulator.clock, client_secret="the-secret"
    )
    code = granted(consent(google_emulator))["code"]

    assert exchange(google_emulator, code, client_secret="guessed")["error"] == "invalid_client"
    assert "access_token" in exchange(google_emulator, code, client_secret="the-secret")


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
