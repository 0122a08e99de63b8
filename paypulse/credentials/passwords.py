"""Password hashing with bcrypt."""

from __future__ import annotations

from functools import cached_property

from paypulse.accounts import MAX_PASSWORD_BYTES

_ROUNDS = 12


class BcryptPasswords:
    """Implements `Passwords`; a hash says itself with how many rounds it was made."""

    def __init__(self, rounds: int = _ROUNDS) -> None:
        self._rounds = rounds

    @cached_property
    def unknown_user_hash(self) -> str:
        return self.hash("no account has this password")

    def hash(self, password: str) -> str:
        import bcrypt

        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(self._rounds)).decode()

    def is_outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"$2b${self._rounds:02}$")

    def verify(self, password: str, password_hash: str) -> bool:
        import bcrypt

        secret = password.encode()
        # bcrypt takes 72 bytes; a longer guess costs the same and never matches.
        matches = bcrypt.checkpw(secret[:MAX_PASSWORD_BYTES], password_hash.encode())
        return matches and len(secret) <= MAX_PASSWORD_BYTES
