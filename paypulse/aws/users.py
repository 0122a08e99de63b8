"""Accounts in the table Users.

An address is unique through a marker item `email#<address>` that is written in the same
transaction; the marker also answers log-ins with a consistent read, which an index cannot.
Markers carry no `Email`, so they stay out of `Email-index`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paypulse.accounts import GmailStatus, RetailWindow, User
from paypulse.aws.items import cancellation_codes, from_item, to_item, translated
from paypulse.clock import from_text, to_text
from paypulse.notification_settings import Language, NotificationSettings
from paypulse.pages import Page, decode_cursor, encode_cursor

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from paypulse.notification_settings import SettingsChange

_CONNECTED_INDEX = "gmail_status-index"
_FAN_OUT_PAGE = 100
_OPEN = "attribute_exists(UserID) AND attribute_not_exists(erasing)"


class DynamoUsers:
    """Implements `UserStore`."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, user: User) -> bool:
        row = {
            "UserID": user.user_id,
            "Email": user.email,
            "Name": user.name,
            "Password": user.password_hash,
            "CreatedAt": to_text(user.created_at),
        }
        marker = {"UserID": _marker(user.email), "OwnerID": user.user_id}
        try:
            with translated():
                self._client.transact_write_items(
                    TransactItems=[self._put_new(marker), self._put_new(row)]
                )
        except self._client.exceptions.TransactionCanceledException as error:
            if "ConditionalCheckFailed" in cancellation_codes(error):
                return False
            raise
        return True

    def get(self, user_id: str, *, erasing_too: bool = False) -> User | None:
        row = self._read(user_id)
        if row is None or "Email" not in row or ("erasing" in row and not erasing_too):
            return None
        return _to_user(row)

    def find_by_email(self, email: str) -> User | None:
        marker = self._read(_marker(email))
        return self.get(marker["OwnerID"]) if marker else None

    def set_password(self, user: User, password_hash: str) -> bool:
        try:
            self._update(
                user.user_id,
                "SET Password = :new",
                {":new": password_hash, ":old": user.password_hash},
                "Password = :old",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def set_connected(self, user_id: str, gmail_email: str, *, now: datetime) -> None:
        self._update(
            user_id,
            "SET gmail_status = :status, gmail_email = :email, gmail_connected_at = :now",
            {":status": GmailStatus.CONNECTED.value, ":email": gmail_email, ":now": to_text(now)},
        )

    def set_disconnected(self, user_id: str) -> None:
        self._update(user_id, "REMOVE gmail_status, gmail_email, gmail_connected_at", {})

    def set_reconnect_required(self, user: User) -> bool:
        if user.gmail_connected_at is None:
            return False
        values = {
            ":required": GmailStatus.RECONNECT_REQUIRED.value,
            ":seen": to_text(user.gmail_connected_at),
        }
        try:
            self._update(
                user.user_id,
                "SET gmail_status = :required",
                values,
                "gmail_connected_at = :seen",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def change_notifications(self, user_id: str, change: SettingsChange) -> User | None:
        wanted = {
            "notify_by_push": change.push,
            "notify_by_email": change.email,
            "discreet": change.discreet,
            "language": change.language.value if change.language else None,
            "reminder_days": None if change.reminder_days is None else list(change.reminder_days),
        }
        chosen = {name: value for name, value in wanted.items() if value is not None}
        if chosen:
            expression = "SET " + ", ".join(f"#{name} = :{name}" for name in chosen)
            try:
                self._update(
                    user_id,
                    expression,
                    {f":{name}": value for name, value in chosen.items()},
                    _OPEN,
                    {f"#{name}": name for name in chosen},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return None
        return self.get(user_id)

    def set_email_subscription(self, user_id: str, subscription: str | None) -> None:
        try:
            if subscription is None:
                self._update(user_id, "REMOVE email_subscription", {})
            else:
                self._update(user_id, "SET email_subscription = :it", {":it": subscription})
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # erased meanwhile

    def mark_erasing(self, user_id: str) -> None:
        try:
            self._update(
                user_id,
                "SET erasing = :yes REMOVE gmail_status, gmail_email, gmail_connected_at",
                {":yes": True},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # erased already

    def remove(self, user_id: str) -> None:
        row = self._read(user_id)
        if row is None:
            return
        keys = [user_id, _marker(row["Email"])]
        with translated():
            self._client.transact_write_items(
                TransactItems=[
                    {"Delete": {"TableName": self._table, "Key": to_item({"UserID": key})}}
                    for key in keys
                ]
            )

    def move_retail_window(
        self, user_id: str, to: datetime, *, mailbox: str, history_id: str | None
    ) -> None:
        values = {":to": to_text(to), ":mailbox": mailbox}
        change = "SET last_retail_invoice_fetch = :to, retail_mailbox = :mailbox"
        if history_id:
            values[":history"] = history_id
            change += ", gmail_history_id = :history"
        condition = (
            "attribute_exists(UserID) AND (attribute_not_exists(last_retail_invoice_fetch)"
            " OR last_retail_invoice_fetch < :to OR retail_mailbox <> :mailbox)"
        )
        try:
            self._update(user_id, change, values, condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # a later run was done first

    def set_discovery(self, user_id: str, *, enabled: bool) -> None:
        change = "SET discovers_receipts = :on"
        if enabled:  # what was passed by until now is looked at once more
            change += " REMOVE last_retail_invoice_fetch, retail_mailbox, gmail_history_id"
        self._update(user_id, change, {":on": enabled})

    def list_connected(self, after: str | None) -> Page[str]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": _CONNECTED_INDEX,
            "KeyConditionExpression": "gmail_status = :connected",
            "ExpressionAttributeValues": to_item({":connected": GmailStatus.CONNECTED.value}),
            "Limit": _FAN_OUT_PAGE,
        }
        if after:
            (user_id,) = decode_cursor(_CONNECTED_INDEX, after, 1)
            request["ExclusiveStartKey"] = to_item(
                {"UserID": user_id, "gmail_status": GmailStatus.CONNECTED.value}
            )
        with translated():
            answer = self._client.query(**request)
        ids = tuple(from_item(item)["UserID"] for item in answer["Items"])
        cursors = tuple(encode_cursor(_CONNECTED_INDEX, user_id) for user_id in ids)
        return Page(ids, cursors, "LastEvaluatedKey" in answer)

    def _read(self, key: str) -> dict[str, Any] | None:
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=to_item({"UserID": key}), ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def _put_new(self, row: dict[str, Any]) -> Any:
        return {
            "Put": {
                "TableName": self._table,
                "Item": to_item(row),
                "ConditionExpression": "attribute_not_exists(UserID)",
            }
        }

    def _update(
        self,
        user_id: str,
        expression: str,
        values: dict[str, Any],
        condition: str = "attribute_exists(UserID)",
        names: dict[str, str] | None = None,
    ) -> None:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": to_item({"UserID": user_id}),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
        }
        if names:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = to_item(values)
        with translated():
            self._client.update_item(**request)


def _marker(email: str) -> str:
    return f"email#{email}"


def _to_user(row: dict[str, Any]) -> User:
    connected_at = row.get("gmail_connected_at")
    return User(
        user_id=row["UserID"],
        email=row["Email"],
        name=row["Name"],
        password_hash=row["Password"],
        created_at=from_text(row["CreatedAt"]),
        gmail_status=GmailStatus(row.get("gmail_status", GmailStatus.NOT_CONNECTED.value)),
        gmail_email=row.get("gmail_email"),
        gmail_connected_at=from_text(connected_at) if connected_at else None,
        retail_window=_to_window(row),
        discovers_receipts=row.get("discovers_receipts", False),
        notifications=_to_settings(row),
        email_subscription=row.get("email_subscription"),
    )


def _to_settings(row: dict[str, Any]) -> NotificationSettings:
    usual = NotificationSettings()
    return NotificationSettings(
        push=row.get("notify_by_push", usual.push),
        email=row.get("notify_by_email", usual.email),
        discreet=row.get("discreet", usual.discreet),
        language=Language(row.get("language", usual.language)),
        reminder_days=tuple(row.get("reminder_days", usual.reminder_days)),
    )


def _to_window(row: dict[str, Any]) -> RetailWindow | None:
    if "last_retail_invoice_fetch" not in row or row["retail_mailbox"] != row.get("gmail_email"):
        return None  # another mailbox has a window of its own
    fetched_at = from_text(row["last_retail_invoice_fetch"])
    return RetailWindow(row["retail_mailbox"], fetched_at, row.get("gmail_history_id"))
