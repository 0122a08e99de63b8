"""Passwords of ten characters and more that are guessed first: our own selection.

Shorter ones are refused by their length. What a guesser tries at once is here: walks over the
keyboard, names and words with a number behind, and the Swedish words for them.
"""

from __future__ import annotations

# Endings that people put behind a word when it is too short or lacks a digit.
_ENDINGS = (
    "",
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "1!",
    "123!",
    "!",
    "2024",
    "2025",
    "2026",
)
_WORDS = """
    password passw0rd p@ssw0rd p@ssword pa55word passwordpassword welcome letmein
    administrator iloveyou sunshine princess football baseball superman batman dragon monkey
    master shadow michael jennifer charlie jordan liverpool chelsea arsenal barcelona pokemon
    starwars computer internet whatever trustno1 changeme secret login access qwerty asdfgh
    abc abcd abcdef test testing hello mypassword newpassword startrek samsung google
    lösenord losenord lösenordet mittlösenord hemligt hemlighet välkommen valkommen sommar
    vinter höst våren sverige stockholm göteborg goteborg malmö fotboll ishockey djurgården
    hammarby älskling alskling jagälskardig hejhej hejsan sommaren semester tillsammans
    blomma kärlek karlek prinsessa andersson johansson karlsson nilsson eriksson svensson
    paypulse hyresavi wallenstam
"""
_WALKS = """
    1234567890 0123456789 9876543210 0987654321 12345678910 123456789a 1234567891 1234567899
    12345678900 1234567890a 1234567890q 123456789q 123456789z 123456789abc 12344321aa
    1122334455 112233445566 1231231231 123123123123 1212121212 1313131313 1010101010 6969696969
    1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 1qaz2wsx3e q1w2e3r4t5 q1w2e3r4t5y6
    zaq12wsxcde3 zaq1zaq1zaq1 qazwsxedcrfv qazwsxedc123 qazwsx123456 qwerty12345 qwertyuiop
    qwertyuiopå qwertyuiop123 qwertyuiop1 poiuytrewq qweasdzxc123 qweasdzxcv qwerqwerqwer
    qwertyqwerty asdfghjkl123 asdfghjklö asdfghjklöä asdfasdfasdf asdfghjkl1 zxcvbnm123 zxcvbnm1234
    zxcvbnm12345 zxcvbnmasd asdqwe123456 asd123asd123 abc123abc123 abcdefghij abcdefghijk
    abcdefghijkl abcd123456 abcde12345 a123456789 aa12345678 aa123456789 a1b2c3d4e5 a1b2c3d4e5f6
    aaaaaaaaaa aaaaaaaaaaaa 0000000000 000000000000 1111111111 111111111111 2222222222 3333333333
    4444444444 5555555555 6666666666 7777777777 8888888888 9999999999 xxxxxxxxxx qqqqqqqqqq
    7894561230 7410852963 0147258369 1472583690 3692581470 147258369a 1593572486 9638527410
"""

_GUESSES = [*_WALKS.split(), *(word + ending for word in _WORDS.split() for ending in _ENDINGS)]

COMMON_PASSWORDS = frozenset(guess for guess in _GUESSES if len(guess) >= 10)


def is_common(password: str) -> bool:
    """Tell whether a password is among the first to be guessed, in whatever case."""
    return password.casefold() in COMMON_PASSWORDS
