"""What a person does with PayPulse, through its public API: the demo and the tests walk it.

The client is gql, over HTTP and over AppSync's real-time protocol; nothing here looks behind
the API.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import aiohttp
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.appsync_auth import AppSyncJWTAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport

from paypulse.errors import PayPulseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SESSION = "session { accessToken refreshToken userId name expiresAt } userErrors { code message }"
RUN = """
  id kind status outcome error dueMonth found stored parsed skipped failed remaining
  startedAt finishedAt failures { messageId reason retryable }
"""
INVOICE = """
  id ocr dueDate dueYear dueMonth landlord bankgiro
  total { amount minorUnits currency } rent { amount } electricity { amount }
  coldWater { amount } hotWater { amount } vat { amount }
  lines { kind label amount { amount } } status warnings
  source { messageId sender receivedAt authentication } paymentQr createdAt
"""
RECEIPT = """
  id type vendor category orderNumber invoiceDate total { amount currency } status warnings
  discoveredBy items { name } documents { filename }
"""
ON_INVOICE = """
subscription { onInvoiceEvent {
  eventId type kind userId invoiceId title category total { amount currency } dueDate invoiceDate
  status warnings occurredAt
} }
"""
ON_INGESTION = """
subscription { onIngestionEvent {
  eventId userId runId kind status outcome error found stored parsed skipped failed remaining
  occurredAt
} }
"""


class StepFailed(PayPulseError):  # noqa: N818 - names what went wrong on the way
    """A step of the journey did not come out as it should."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the API and Google are, and the key for what comes before a session."""

    graphql: str
    realtime: str
    google: str
    api_key: str


@dataclass(slots=True)
class Event:
    """An event and when it arrived, by the machine's clock."""

    values: dict[str, Any]
    arrived_at: float


@dataclass(slots=True)
class Person:
    """Someone with an account; log in before anything that needs a session."""

    endpoints: Endpoints
    email: str = ""
    access_token: str = ""
    refresh_token: str = ""
    user_id: str = ""
    invoice_events: list[Event] = field(default_factory=list)
    ingestion_events: list[Event] = field(default_factory=list)
    _exit: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Return the person."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the subscriptions."""
        await self._exit.aclose()

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Send an operation with the session, or with the API key where there is none."""
        headers = (
            {"Authorization": self.access_token}
            if self.access_token
            else {"x-api-key": self.endpoints.api_key}
        )
        transport = AIOHTTPTransport(url=self.endpoints.graphql, headers=headers)
        async with Client(transport=transport, fetch_schema_from_transport=False) as session:
            request = gql(document)
            request.variable_values = variables
            answer: dict[str, Any] = await session.execute(request)
            return answer

    async def sign_up_or_log_in(self, name: str, email: str, password: str) -> bool:
        """Open an account, or a session where it exists; True for a new account."""
        self.email = email
        answer = await self.ask(
            f"mutation ($input: SignUpInput!) {{ signUp(input: $input) {{ {SESSION} }} }}",
            input={"name": name, "email": email, "password": password},
        )
        payload = answer["signUp"]
        codes = [error["code"] for error in payload["userErrors"]]
        if codes == ["USER_ALREADY_EXISTS"]:
            await self.log_in(email, password)
            return False
        if codes:
            messages = " ".join(error["message"] for error in payload["userErrors"])
            raise StepFailed(f"signing up: {messages}")
        self._take(payload["session"])
        return True

    async def log_in(self, email: str, password: str) -> None:
        """Open a session."""
        self.access_token = ""
        answer = await self.ask(
            f"mutation ($input: LogInInput!) {{ logIn(input: $input) {{ {SESSION} }} }}",
            input={"email": email, "password": password},
        )
        self._take(answer["logIn"]["session"])

    async def refresh_session(self) -> None:
        """Swap the refresh token for a new session."""
        token, self.access_token = self.access_token, ""
        document = f"""mutation ($input: RefreshSessionInput!) {{
            refreshSession(input: $input) {{ {SESSION} }} }}"""
        try:
            answer = await self.ask(document, input={"refreshToken": self.refresh_token})
        except Exception:
            self.access_token = token
            raise
        self._take(answer["refreshSession"]["session"])

    async def log_out(self, *, all_sessions: bool = False) -> None:
        """End the session."""
        await self.ask(
            "mutation ($input: LogOutInput!) { logOut(input: $input) { endedSessions } }",
            input={"allSessions": all_sessions},
        )

    async def change_password(self, current: str, new: str) -> None:
        """Replace the password; subscriptions end."""
        answer = await self.ask(
            """mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
                 endedSessions userErrors { code message } } }""",
            input={"currentPassword": current, "newPassword": new},
        )
        errors = answer["changePassword"]["userErrors"]
        if errors:
            raise StepFailed(f"changing the password: {errors}")

    async def delete_user(self, password: str) -> str:
        """Have the account erased and return the receipt's id."""
        answer = await self.ask(
            """mutation ($input: DeleteUserInput!) { deleteUser(input: $input) {
                 receiptId userErrors { code message } } }""",
            input={"password": password},
        )
        errors = answer["deleteUser"]["userErrors"]
        if errors:
            raise StepFailed(f"deleting the account: {errors}")
        receipt_id: str = answer["deleteUser"]["receiptId"]
        return receipt_id

    async def connect_gmail(self, google_email: str) -> None:
        """Let Google (the emulator) grant access, and hand the tokens over."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{self.endpoints.google}/_control/grants", json={"email": google_email}
            ) as reply,
        ):
            tokens = await reply.json()
        await self.hand_over(tokens)

    async def hand_over(self, tokens: dict[str, Any], *, confirms_switch: bool = False) -> str:
        """Give PayPulse what Google's token endpoint answered; return the mailbox's address.

        Raises:
            StepFailed: PayPulse does not take it; the message says why, for people.
        """
        answer = await self.ask(
            """mutation ($input: ConnectGmailInput!) { connectGmail(input: $input) {
                 gmail { status email } userErrors { code message } } }""",
            input={
                "accessToken": tokens["access_token"],
                "refreshToken": tokens.get("refresh_token"),
                "expiresIn": tokens["expires_in"],
                "scopes": tokens["scope"].split(),
                "confirmSwitch": confirms_switch,
            },
        )
        payload = answer["connectGmail"]
        if payload["userErrors"]:
            messages = " ".join(error["message"] for error in payload["userErrors"])
            raise StepFailed(f"connecting Gmail: {messages}")
        email: str = payload["gmail"]["email"]
        return email

    async def register_device(self, device_id: str, token: str, name: str | None = None) -> None:
        """Let a device have pushes."""
        answer = await self.ask(
            """mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) {
                 device { id } userErrors { code message } } }""",
            input={"deviceId": device_id, "token": token, "name": name},
        )
        errors = answer["registerDevice"]["userErrors"]
        if errors:
            raise StepFailed(f"registering a device: {errors}")

    async def update_notifications(self, **changes: Any) -> None:
        """Change what there is to be told, with the names of the API's input."""
        answer = await self.ask(
            """mutation ($input: UpdateNotificationSettingsInput!) {
                 updateNotificationSettings(input: $input) { userErrors { code message } } }""",
            input=changes,
        )
        errors = answer["updateNotificationSettings"]["userErrors"]
        if errors:
            raise StepFailed(f"changing the settings: {errors}")

    async def subscribe(self, *, runs: bool = True) -> None:
        """Follow invoices, and runs unless told not to; the events gather in the two lists."""
        followed = [(ON_INVOICE, "onInvoiceEvent", self.invoice_events)]
        if runs:
            followed.append((ON_INGESTION, "onIngestionEvent", self.ingestion_events))
        for document, name, events in followed:
            session = await self._exit.enter_async_context(
                Client(transport=self._socket(), fetch_schema_from_transport=False)
            )
            task = asyncio.create_task(_gather(session.subscribe(gql(document)), name, events))
            self._exit.push_async_callback(_stop, task)
        await self.ask("{ me { id } }")  # a round trip, in which the subscriptions are registered

    async def ingest(self, *, latest: bool = False) -> str:
        """Start a run and return its id."""
        name = "ingestLatestRentalInvoice" if latest else "ingestRentalInvoices"
        answer = await self.ask(
            f"mutation {{ {name}(input: {{}}) {{ run {{ id }} userErrors {{ code message }} }} }}"
        )
        if answer[name]["userErrors"]:
            raise StepFailed(f"{name}: {answer[name]['userErrors']}")
        run_id: str = answer[name]["run"]["id"]
        return run_id

    async def discover_receipts(self) -> None:
        """Have receipts of unknown senders looked for too."""
        await self.ask(
            """mutation { updateIngestionSettings(input: { discoverReceipts: true }) {
                 userErrors { code message } } }"""
        )

    async def ingest_receipts(self, **choice: str) -> str:
        """Start a run for receipts and return its id; `choice` is the mutation's input."""
        answer = await self.ask(
            """mutation ($input: IngestRetailInvoicesInput!) {
                 ingestRetailInvoices(input: $input) {
                   run { id } userErrors { code message } } }""",
            input=choice,
        )
        payload = answer["ingestRetailInvoices"]
        if payload["userErrors"]:
            raise StepFailed(f"ingestRetailInvoices: {payload['userErrors']}")
        run_id: str = payload["run"]["id"]
        return run_id

    async def receipts(self) -> list[dict[str, Any]]:
        """Return the receipts, latest first."""
        answer = await self.ask(
            f"{{ retailInvoices(first: 100) {{ edges {{ node {{ {RECEIPT} }} }} }} }}"
        )
        return [edge["node"] for edge in answer["retailInvoices"]["edges"]]

    async def run(self, run_id: str) -> dict[str, Any]:
        """Return a run."""
        document = f"query ($id: ID!) {{ ingestionRun(id: $id) {{ {RUN} }} }}"
        found: dict[str, Any] = (await self.ask(document, id=run_id))["ingestionRun"]
        return found

    async def follow(self, run_id: str, limit_s: float) -> AsyncIterator[dict[str, Any]]:
        """Yield the run as it moves on, until it is over.

        Raises:
            StepFailed: it was not over in time.
        """
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            run = await self.run(run_id)
            yield run
            if run["status"] in {"SUCCEEDED", "PARTIAL", "FAILED"}:
                return
            await asyncio.sleep(0.1)
        raise StepFailed(f"{run_id} is not over after {limit_s:.0f} s")

    async def years(self) -> list[dict[str, Any]]:
        """Return the invoices by year."""
        document = f"{{ rentalInvoiceYears {{ year invoices {{ {INVOICE} }} }} }}"
        found: list[dict[str, Any]] = (await self.ask(document))["rentalInvoiceYears"]
        return found

    async def failed_documents(self) -> list[dict[str, Any]]:
        """Return the documents that need attention."""
        answer = await self.ask(
            """{ failedDocuments(first: 100) { edges { node {
                 messageId sender receivedAt filename outcome reason retryable attempts invoiceId
                 documents { filename outcome flags invoiceId } failedAt } } } }"""
        )
        return [edge["node"] for edge in answer["failedDocuments"]["edges"]]

    def _take(self, session: dict[str, Any]) -> None:
        self.access_token, self.refresh_token = session["accessToken"], session["refreshToken"]
        self.user_id = session["userId"]

    def _socket(self) -> AppSyncWebsocketsTransport:
        host = urlsplit(self.endpoints.realtime).netloc
        auth = AppSyncJWTAuthentication(host=host, jwt=self.access_token)
        return AppSyncWebsocketsTransport(url=self.endpoints.realtime, auth=auth)


async def wait_for(events: list[Event], count: int, limit_s: float) -> None:
    """Wait until so many events have arrived.

    Raises:
        StepFailed: they did not in time.
    """
    try:
        await wait_until(lambda: len(events) >= count, limit_s)
    except StepFailed:
        message = f"{len(events)} of {count} events arrived within {limit_s:.0f} s"
        raise StepFailed(message) from None


async def wait_until(holds: Callable[[], bool], limit_s: float) -> None:
    """Wait until something holds.

    Raises:
        StepFailed: it did not in time.
    """
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise StepFailed(f"nothing came of it within {limit_s:.0f} s")
        await asyncio.sleep(0.02)


async def _gather(source: Any, name: str, events: list[Event]) -> None:
    async for answer in source:
        event = Event(answer[name], time.time())
        events.append(event)  # one by one: others watch the list grow


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
