"""`/connect`: someone connects their Gmail in a browser, through the emulator's consent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from devstack.connect_gmail import SCOPES, Attempt, SignIn
from devstack.google_keys import GoogleClient
from devstack.journey import Person
from devstack.showing import endpoints
from paypulse.google.endpoints import GoogleEndpoints
from tests.stack.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from devstack.running import DevStack


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser with a cookie jar of its own; it takes cookies of 127.0.0.1."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def begin(
    browser: aiohttp.ClientSession, stack: DevStack, email: str, **form: str
) -> tuple[str, str]:
    """Send the form off; where the browser is sent, or "", and what the page says."""
    form = {"email": email, "password": PASSWORD, **form}
    async with browser.post(stack.connect_url, data=form, allow_redirects=False) as reply:
        return reply.headers.get("location", ""), await reply.text()


async def open_page(browser: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with browser.get(url) as reply:
        return reply.status, await reply.text()


async def gmail_of(stack: DevStack, email: str) -> Any:
    async with Person(endpoints(stack)) as person:
        await person.log_in(email, PASSWORD)
        return (await person.ask("{ me { gmail { status email } } }"))["me"]["gmail"]


async def test_who_signs_in_with_google_has_a_connected_mailbox(
    stack: DevStack, browser: aiohttp.ClientSession
) -> None:
    consent, _ = await begin(browser, stack, "connect1@example.com")
    status, page = await open_page(browser, consent)

    gmail = await gmail_of(stack, "connect1@example.com")
    assert (status, gmail["status"]) == (200, "CONNECTED")
    assert gmail["email"] in page


async def test_the_form_is_at_the_address_that_the_stack_tells(
    stack: DevStack, browser: aiohttp.ClientSession
) -> None:
    status, page = await open_page(browser, stack.connect_url)
    elsewhere = stack.connect_url.replace("127.0.0.1", "localhost")
    async with browser.get(elsewhere, allow_redirects=False) as reply:
        sent_to = reply.headers["location"]

    assert status == 200
    assert "the emulator" in page
    assert sent_to == stack.connect_url


async def test_the_start_page_says_who_answers_for_google(
    stack: DevStack, browser: aiohttp.ClientSession
) -> None:
    address = stack.connect_url.replace("/connect", "/_graphiql/settings.json")
    async with browser.get(address) as reply:
        settings = await reply.json()

    assert settings["services"] == {"Gmail": "emulator", "Gemini": "not asked"}


async def test_another_mailbox_takes_the_place_only_when_it_is_wanted(
    stack: DevStack,
    browser: aiohttp.ClientSession,
    new_mailbox: Callable[..., str],
) -> None:
    other = new_mailbox()
    await open_page(browser, (await begin(browser, stack, "connect2@example.com"))[0])

    consent, _ = await begin(browser, stack, "connect2@example.com")
    refused, page = await open_page(browser, f"{consent}&login_hint={other}")
    consent, _ = await begin(browser, stack, "connect2@example.com", switch="on")
    taken, _ = await open_page(browser, f"{consent}&login_hint={other}")

    assert (refused, taken) == (400, 200)
    assert "Another Google account is connected" in page
    assert (await gmail_of(stack, "connect2@example.com"))["email"] == other


async def test_a_sign_in_that_another_browser_began_is_not_ended(
    stack: DevStack, browser: aiohttp.ClientSession
) -> None:
    """Else a link could connect the mailbox of whoever opens it to somebody else's account."""
    consent, _ = await begin(browser, stack, "connect3@example.com")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as stranger:
        status, _ = await open_page(stranger, consent)

    assert status == 400
    assert (await gmail_of(stack, "connect3@example.com"))["status"] == "NOT_CONNECTED"


async def test_a_sign_in_ends_once(stack: DevStack, browser: aiohttp.ClientSession) -> None:
    consent, _ = await begin(browser, stack, "connect4@example.com")
    async with browser.get(consent) as reply:
        callback = str(reply.url)

    status, _ = await open_page(browser, callback)

    assert status == 400


async def test_who_says_no_at_google_is_told_that_nothing_happened(
    stack: DevStack, browser: aiohttp.ClientSession, google: Callable[[str, bytes], None]
) -> None:
    google("faults", b'{"method": "authorize", "reason": "access_denied"}')
    consent, _ = await begin(browser, stack, "connect5@example.com")
    status, page = await open_page(browser, consent)

    assert status == 400
    assert "access_denied: nothing was connected" in page
    assert (await gmail_of(stack, "connect5@example.com"))["status"] == "NOT_CONNECTED"


async def test_a_refused_code_is_told_with_what_to_do(
    stack: DevStack, browser: aiohttp.ClientSession, google: Callable[[str, bytes], None]
) -> None:
    google("faults", b'{"method": "token", "reason": "invalid_client", "status": 401}')
    consent, _ = await begin(browser, stack, "connect6@example.com")
    status, page = await open_page(browser, consent)

    assert status == 400
    assert "check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET in .env" in page


async def test_a_wrong_password_opens_nothing(
    stack: DevStack, browser: aiohttp.ClientSession
) -> None:
    await begin(browser, stack, "connect7@example.com")
    location, page = await begin(browser, stack, "connect7@example.com", password="not-the-one")

    assert location == ""
    assert "No account was opened" in page


async def test_a_form_of_another_site_is_refused(
    stack: DevStack, browser: aiohttp.ClientSession
) -> None:
    async with browser.post(
        stack.connect_url,
        data={"email": "connect8@example.com", "password": PASSWORD},
        headers={"origin": "https://elsewhere.example"},
        allow_redirects=False,
    ) as reply:
        assert reply.status == 403


def test_what_google_is_asked_for() -> None:
    """With a real client the browser goes to Google's own page, which is not opened here."""
    client = GoogleClient("1-abc.apps.googleusercontent.com", "GOCSPX-12345678")
    callback = "http://127.0.0.1:4000/connect/callback"
    attempt = Attempt()
    address = SignIn(client, GoogleEndpoints(), callback).address(attempt)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert address.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert client.secret not in address
    assert attempt.verifier not in address
    assert re.fullmatch(r"[\w-]{43}", asked.pop("code_challenge"))
    assert asked == {
        "client_id": client.id,
        "redirect_uri": callback,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "state": attempt.state,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
