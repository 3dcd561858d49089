"""Texts and bytes: sounds, normal forms, code points, base 32, digests."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_SOUNDS = {
    letter: digit
    for digit, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1)
    for letter in letters
}
_NUMBER = re.compile(
    r"(?P<before>[+-])?\s*(?P<digits>,*\d[\d,]*\.?[\d]*|,*\.\d+)(?P<exponent>[eE][+-]?\d+)?"
    r"\s*(?P<after>[+-])?"
)
_NO_LATIN = re.compile(r"[^A-Z]")


def soundex(value: str) -> str:
    """A letter and three digits for how an English word sounds; empty without a Latin letter."""
    letters = _NO_LATIN.sub("", "".join(one for one in value if one.isascii()).upper())
    if not letters:
        return ""
    code, last = letters[0], _SOUNDS.get(letters[0])
    for letter in letters[1:]:
        sound = _SOUNDS.get(letter)
        if sound is not None and sound != last:
            code += str(sound)
        if letter not in "HW":  # letters of one sound on both sides of H or W count once
            last = sound
    return code[:4].ljust(4, "0")


def normalize(value: str, form: str) -> str:
    """A Unicode normal form: NFC, NFD, NFKC or NFKD."""
    return unicodedata.normalize(cast("Form", form), value)


def normalize_and_casefold(value: str, form: str) -> str:
    """A Unicode normal form of a text without the difference of capitals."""
    return normalize(normalize(value, form).casefold(), form)


def safe_text(value: bytes) -> str:
    """Bytes as UTF-8, with U+FFFD for what is none."""
    return value.decode("utf-8", "replace")


def bytes_of_points(points: Sequence[int | None]) -> bytes | None:
    """Bytes of code points 0 to 255; NULL where one of them is."""
    if any(point is None for point in points):
        return None
    try:
        return bytes(cast("Sequence[int]", points))
    except ValueError:
        raise ValueError("A code point of BYTES is a number from 0 to 255.") from None


def text_of_points(points: Sequence[int | None]) -> str | None:
    """The text of Unicode code points; NULL where one of them is."""
    if any(point is None for point in points):
        return None
    try:
        return "".join(chr(cast("int", point)) for point in points)
    except (ValueError, OverflowError):
        raise ValueError("A code point is a number from 0 to 1,114,111.") from None


def instr(value: str, part: str, position: int, occurrence: int) -> int:
    """Where a part stands for the n-th time, counted from 1; 0 when it does not.

    From a negative position it is sought backwards, from the end of the text.
    """
    if position == 0 or occurrence < 1:
        raise ValueError("INSTR takes a position other than 0 and an occurrence from 1.")
    at = position - 2 if position > 0 else len(value) + position + 1
    for _ in range(occurrence):
        if position > 0:
            at = value.find(part, at + 1)
        else:
            at = value.rfind(part, 0, max(0, at - 1 + len(part)))
        if at < 0:
            return 0
    return at + 1


def plain_number(value: str) -> str:
    """A decimal number without spaces and commas, its sign in front.

    Raises
    ------
    ValueError
        It is none.
    """
    match = _NUMBER.fullmatch(value.strip())
    if match is None or (match["before"] and match["after"]):
        raise ValueError(f"{value[:80]!r} is no number.")
    sign = match["before"] or match["after"] or ""
    return f"{sign}{match['digits'].replace(',', '')}{match['exponent'] or ''}"


def points_of_bytes(value: bytes) -> list[int]:
    """The numbers 0 to 255 of bytes."""
    return list(value)


def literal(value: str) -> str:
    """A STRING literal of SQL."""
    quote = "'" if '"' in value and "'" not in value else '"'
    return f"{quote}{''.join(_sign(one, quote) for one in value)}{quote}"


def bytes_literal(value: bytes) -> str:
    """A BYTES literal of SQL."""
    quote = "'" if b'"' in value and b"'" not in value else '"'
    return f"b{quote}{''.join(_byte(one, quote) for one in value)}{quote}"


def escaped(value: bytes) -> str:
    """Bytes as ASCII, with escapes for the others and for quotes."""
    return "".join(_byte(one, "'\"") for one in value)


def _sign(sign: str, quotes: str) -> str:
    if sign in quotes or sign == "\\":
        return f"\\{sign}"
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    return sign if sign.isprintable() or ord(sign) > 0x9F else f"\\x{ord(sign):02x}"


def _byte(byte: int, quotes: str) -> str:
    return _sign(chr(byte), quotes) if byte < 0x80 else f"\\x{byte:02x}"


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def to_base32(value: bytes) -> str:
    """Bytes as RFC 4648 base 32, padded."""
    return base64.b32encode(value).decode("ascii")


def from_base32(value: str) -> bytes:
    """The bytes of RFC 4648 base 32.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        return base64.b32decode(value)
    except (binascii.Error, ValueError):
        raise ValueError("The text is no base 32.") from None


def sha512(value: bytes) -> bytes:
    """The SHA-512 digest, 64 bytes."""
    return hashlib.sha512(value).digest()
