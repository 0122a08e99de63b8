"""Ways to reach a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.devices import Device
    from paypulse.events import IngestionEvent, InvoiceEvent
    from paypulse.notifications import Notification


class DeviceStore(Protocol):
    """Devices that want pushes (table Devices)."""

    def put(self, device: Device) -> None:
        """Keep the device, replacing an earlier row whole."""
        ...

    def get(self, user_id: str, device_id: str) -> Device | None:
        """Return the user's device."""
        ...

    def all_of(self, user_id: str) -> list[Device]:
        """Return all of a user's devices."""
        ...

    def at_endpoint(self, endpoint: str) -> list[tuple[str, str]]:
        """Return user and device ids of who is at an endpoint; eventually consistent."""
        ...

    def remove(self, user_id: str, device_id: str) -> None:
        """Forget the device; absent is fine."""
        ...

    def remove_unrenewed(self, device: Device) -> bool:
        """Forget the device; False when it has been registered again since it was read."""
        ...


class PushSender(Protocol):
    """The push service (SNS platform application)."""

    @property
    def is_available(self) -> bool:
        """Whether this deployment has one; endpoints can be opened only then."""
        ...

    def open_endpoint(self, token: str) -> str:
        """Return the one endpoint of this token, made when there is none, working again if not."""
        ...

    def close_endpoint(self, endpoint: str) -> None:
        """Remove the endpoint; absent is fine."""
        ...

    def send(self, endpoint: str, notification: Notification) -> bool:
        """Push to one device; False when it takes no more: the app is gone, or its token is."""
        ...


class EmailTopic(Protocol):
    """The topic of new invoices, where each subscriber gets their own mails only (SNS)."""

    def subscribe(self, user_id: str, email: str) -> str:
        """Subscribe the address to what is for this user, and return the subscription.

        Again is fine. The address gets a mail first, and nothing else until it has confirmed.
        A topic that takes no more subscribers is a `TransientError`: its quota must be raised.
        """
        ...

    def find(self, email: str) -> str | None:
        """Return the confirmed subscription of an address; reads all of them."""
        ...

    def unsubscribe(self, subscription: str) -> None:
        """End the subscription; absent is fine, and unconfirmed ones end by themselves."""
        ...

    def send(self, user_id: str, notification: Notification) -> None:
        """Send a mail to the user's subscription, if there is one."""
        ...


class Once(Protocol):
    """Remembers what has been done (table Idempotency)."""

    def __call__(self, key: str, work: Callable[[], None]) -> None:
        """Do the work unless it was done under this key; what fails counts as not done.

        Raises:
            TransientError: another delivery is at it.
        """
        ...


class EventPublisher(Protocol):
    """Publishes to live subscribers."""

    def publish_invoice(self, event: InvoiceEvent) -> None:
        """Send the event to the user's subscribers."""
        ...

    def publish_ingestion(self, event: IngestionEvent) -> None:
        """Send the event to the user's subscribers."""
        ...
