"""Accounts: signing up, logging in, passwords, and the sessions that follow."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from paypulse.attempts import (
    FROM_ADDRESS,
    REFRESHES_FROM_ADDRESS,
    SIGN_UPS,
    TAKEN_ADDRESSES,
    WRONG_LOG_INS,
    WRONG_PASSWORDS,
)
from paypulse.common_passwords import is_common
from paypulse.errors import ErrorType, RequestError, UserError, UserErrorCode
from paypulse.notification_settings import NotificationSettings

if TYPE_CHECKING:
    from datetime import datetime

    from paypulse.attempts import Attempts
    from paypulse.ports.accounts import Passwords, SessionStore, TokenIssuer, UserStore
    from paypulse.ports.clock import Clock

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_BYTES = 72  # bcrypt reads no further
SESSION_LIFETIME = timedelta(days=60)

# Deliberately simple: one @, a dotted domain, no blanks. The owner proves the rest by using it.
_EMAIL = re.compile(r"[^@\s]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


class GmailStatus(StrEnum):
    """Where a user stands with Gmail."""

    NOT_CONNECTED = "NOT_CONNECTED"
    CONNECTED = "CONNECTED"
    RECONNECT_REQUIRED = "RECONNECT_REQUIRED"


@dataclass(frozen=True, slots=True)
class RetailWindow:
    """Up to when every receipt of a mailbox has its outcome."""

    mailbox: str
    fetched_at: datetime
    history_id: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account.

    Args:
        email_subscription: To the topic of new invoices; empty while it is being made.
    """

    user_id: str
    email: str
    name: str
    password_hash: str
    created_at: datetime
    gmail_status: GmailStatus = GmailStatus.NOT_CONNECTED
    gmail_email: str | None = None
    gmail_connected_at: datetime | None = None
    retail_window: RetailWindow | None = None
    discovers_receipts: bool = False  # also of senders that no vendor configuration knows
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    email_subscription: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A log-in as kept in the store: never the refresh token itself, only its hash."""

    user_id: str
    session_id: str
    refresh_hash: str
    created_at: datetime
    expires_at: datetime
    ended: bool = False


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says."""

    user_id: str
    email: str
    session_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """What a client gets when it signs up, logs in or refreshes."""

    access_token: str
    expires_at: datetime
    refresh_token: str
    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDesk:
    """Everything that opening a session needs."""

    users: UserStore
    sessions: SessionStore
    passwords: Passwords
    tokens: TokenIssuer
    attempts: Attempts
    clock: Clock


def sign_up(
    name: str, email: str, password: str, *, source: str | None = None, desk: SessionDesk
) -> Session:
    """Open an account and its first session.

    Whoever is refused has learnt that the address has an account: the contract hands out a
    session at once, so success cannot be feigned. What can be done is done: a refusal takes as
    long as a new account and says no more than it must, and a network gets few of them. The
    count comes before the answer, so that tries sent side by side are counted too.

    Args:
        source: The network that the call comes from, where it is known.

    Raises:
        UserError: a field is missing or malformed, or the address has an account already.
        TooManyAttempts: from this network, or for this address.
    """
    address, name = normalise_email(email), _require_name(name)
    _require_strong(password, "password")
    if source:
        desk.attempts.admit(FROM_ADDRESS, source)
        desk.attempts.admit(TAKEN_ADDRESSES, source)
    desk.attempts.admit(SIGN_UPS, address)
    user = User(
        user_id=f"user_{uuid.uuid4()}",
        email=address,
        name=name,
        password_hash=desk.passwords.hash(password),
        created_at=desk.clock(),
    )
    if not desk.users.add(user):
        raise UserError(
            UserErrorCode.USER_ALREADY_EXISTS,
            "No account can be opened for this e-mail address. If it is yours, log in.",
            ("input", "email"),
        )
    if source:
        desk.attempts.give_back(TAKEN_ADDRESSES, source)
    return _open_session(user, desk)


def log_in(email: str, password: str, *, source: str | None = None, desk: SessionDesk) -> Session:
    """Open a session for the account with this e-mail address and password.

    An unknown address takes as long as a wrong password and gets the same answer. Success clears
    the address's wrong attempts, but not those of the network: else a guesser with an account of
    their own could guess on.

    Raises:
        RequestError: INVALID_CREDENTIALS.
        TooManyAttempts: from this network, or for this address.
    """
    address = email.strip().lower()
    if source:
        desk.attempts.admit(FROM_ADDRESS, source)
    desk.attempts.admit(WRONG_LOG_INS, address)
    user = desk.users.find_by_email(address)
    known_hash = user.password_hash if user else desk.passwords.unknown_user_hash
    matches = desk.passwords.verify(password, known_hash)
    if user is None or not matches:
        raise RequestError(
            ErrorType.INVALID_CREDENTIALS, "The e-mail address or the password is wrong."
        )
    desk.attempts.forget(WRONG_LOG_INS, address)
    if desk.passwords.is_outdated(user.password_hash):
        # Its cost has changed since: refusing this account would take another time than others.
        desk.users.set_password(user, desk.passwords.hash(password))
    return _open_session(user, desk)


def refresh_session(refresh_token: str, *, source: str | None = None, desk: SessionDesk) -> Session:
    """Swap a refresh token for a new access token and a new refresh token.

    A refresh token works once. Presenting an old one means that two parties hold it, so the
    whole session ends.

    Raises:
        RequestError: INVALID_TOKEN.
        TooManyAttempts: from this network.
    """
    if source:
        desk.attempts.admit(REFRESHES_FROM_ADDRESS, source)
    user_id, session_id = _ids_in(refresh_token)
    new_token = _new_refresh_token(user_id, session_id)
    rotated = desk.sessions.rotate(
        user_id, session_id, _hash(refresh_token), _hash(new_token), now=desk.clock()
    )
    user = desk.users.get(user_id) if rotated else None
    if user is None:
        desk.sessions.end(user_id, session_id)
        raise _invalid_refresh_token()
    access_token, expires_at = desk.tokens.issue(user, session_id, now=desk.clock())
    return Session(access_token, expires_at, new_token, user)


def log_out(user_id: str, session_id: str, *, all_sessions: bool, sessions: SessionStore) -> int:
    """End this session, or all of the user's, and return how many; ending twice is fine."""
    if all_sessions:
        return sessions.end_all(user_id)
    sessions.end(user_id, session_id)
    return 1


def change_password(
    user_id: str, session_id: str, current: str, new: str, *, desk: SessionDesk
) -> int:
    """Replace the password, end every other session, and return how many ended.

    Raises:
        UserError: INVALID_PASSWORD, or WEAK_PASSWORD for the new one.
        RequestError: INVALID_TOKEN, there is no such account any more.
        TooManyAttempts: wrong passwords of this user.
    """
    _require_strong(new, "newPassword")
    user = require_user(desk.users.get(user_id))
    check_password(
        user, current, "currentPassword", passwords=desk.passwords, attempts=desk.attempts
    )
    if not desk.users.set_password(user, desk.passwords.hash(new)):
        raise _wrong_password("currentPassword")  # changed meanwhile, from another device
    return desk.sessions.end_all(user_id, keep=session_id)


def require_user(user: User | None) -> User:
    """Return the caller's account.

    Raises:
        RequestError: INVALID_TOKEN; it is gone, and the token will soon be refused too.
    """
    if user is None:
        raise RequestError(ErrorType.INVALID_TOKEN, "There is no such account any more.")
    return user


def check_password(
    user: User, password: str, field: str, *, passwords: Passwords, attempts: Attempts
) -> None:
    """Ask a caller with a session for the password once more.

    Raises:
        UserError: INVALID_PASSWORD, at the field of the input.
        TooManyAttempts: wrong passwords of this user.
    """
    attempts.admit(WRONG_PASSWORDS, user.user_id)
    if not passwords.verify(password, user.password_hash):
        raise _wrong_password(field)
    attempts.forget(WRONG_PASSWORDS, user.user_id)


def normalise_email(email: str) -> str:
    """Return the address trimmed and lower-cased, the form in which it is unique.

    Raises:
        UserError: it does not look like an address.
    """
    address = email.strip().lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise UserError(
            UserErrorCode.INVALID_EMAIL,
            "This does not look like an e-mail address.",
            ("input", "email"),
        )
    return address


def _require_name(name: str) -> str:
    trimmed = name.strip()
    if not trimmed or len(trimmed) > 100:
        raise UserError(
            UserErrorCode.MISSING_FIELDS if not trimmed else UserErrorCode.INVALID_INPUT,
            "Give a name of 1 to 100 characters.",
            ("input", "name"),
        )
    return trimmed


def _require_strong(password: str, field: str) -> None:
    too_long = len(password.encode()) > MAX_PASSWORD_BYTES
    if len(password) < MIN_PASSWORD_LENGTH or too_long or "\0" in password:
        raise UserError(
            UserErrorCode.WEAK_PASSWORD,
            f"Choose a password of at least {MIN_PASSWORD_LENGTH} characters"
            f" and at most {MAX_PASSWORD_BYTES} bytes.",
            ("input", field),
        )
    if is_common(password):
        raise UserError(
            UserErrorCode.WEAK_PASSWORD,
            "This password is among the first that anyone would guess. Choose another.",
            ("input", field),
        )


def _wrong_password(field: str) -> UserError:
    return UserError(UserErrorCode.INVALID_PASSWORD, "This is not your password.", ("input", field))


def _open_session(user: User, desk: SessionDesk) -> Session:
    now = desk.clock()
    session_id = str(uuid.uuid4())
    refresh_token = _new_refresh_token(user.user_id, session_id)
    desk.sessions.add(
        StoredSession(user.user_id, session_id, _hash(refresh_token), now, now + SESSION_LIFETIME)
    )
    access_token, expires_at = desk.tokens.issue(user, session_id, now=now)
    return Session(access_token, expires_at, refresh_token, user)


def _new_refresh_token(user_id: str, session_id: str) -> str:
    return f"{user_id}.{session_id}.{secrets.token_urlsafe(32)}"


def _ids_in(refresh_token: str) -> tuple[str, str]:
    match refresh_token.split("."):
        case [user_id, session_id, secret] if user_id and session_id and secret:
            return user_id, session_id
        case _:
            raise _invalid_refresh_token()


def _hash(token: str) -> str:
    # The token is 256 random bits, so a plain hash is enough; bcrypt is for what people choose.
    return hashlib.sha256(token.encode()).hexdigest()


def _invalid_refresh_token() -> RequestError:
    return RequestError(ErrorType.INVALID_TOKEN, "This session has ended. Log in again.")
