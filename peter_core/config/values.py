"""How the values of settings are written: sizes, ages, lists, addresses, prices."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from peter_core.dashboard.values import parse_age, parse_size

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_EMAIL = re.compile(r"[^\s@,;<>\"]*@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_BASE = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*")
_LEDGERS = frozenset({"sqlite", "postgresql"})
_CACHES = frozenset({"redis", "rediss", "unix"})
_WEB = frozenset({"http", "https"})
_KEY_BYTES = 32
_LONGEST_NAME, _LONGEST_PATH = 255, 4095
_LIKELY_DEFAULT = re.compile(r"change.?me|your.?secret|example|placeholder|default|dev.?key", re.I)


def _size(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


def _age(value: object) -> object:
    return parse_age(value) if isinstance(value, str) else value


def _names(value: object) -> object:
    if isinstance(value, str):
        return frozenset(name.strip() for name in value.split(",") if name.strip())
    return value


def _emails(value: frozenset[str]) -> frozenset[str]:
    known = frozenset(entry.casefold() for entry in value)
    if not all(_EMAIL.fullmatch(entry) for entry in known):
        raise ValueError("each entry is an e-mail address or a domain such as @example.com")
    return known


def _prices(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_float=str)
    except (ValueError, RecursionError):
        raise ValueError('prices by location are JSON, such as {"EU": 6.25}') from None


def _path(value: Path) -> Path:
    long = any(len(os.fsencode(part)) > _LONGEST_NAME for part in value.parts)
    if long or "\0" in str(value) or len(os.fsencode(value)) > _LONGEST_PATH:
        raise ValueError("it is no path of a file or a folder")
    try:
        value.expanduser()
    except RuntimeError:
        raise ValueError("it begins with the home of a user who is not known") from None
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("it is no IANA time zone, such as Europe/Berlin") from None
    return value


def _bucket(value: str) -> str:
    name = value.removeprefix("gs://").rstrip("/")
    if not _BUCKET.fullmatch(name):
        raise ValueError("it is no name of a Cloud Storage bucket; a folder goes to bucket_prefix")
    return name


def _prefix(value: str) -> str:
    path = value.strip("/")
    if not _PREFIX.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError("it is no folder name of letters, digits, dots, dashes and slashes")
    return path


def _base(value: str) -> str:
    path = f"/{value.strip('/')}/".replace("//", "/")
    if not _BASE.fullmatch(path):
        raise ValueError("it is no path such as /peter/")
    return path


def _web(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in _WEB and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("it is no address such as https://peter.example.com")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("it may hold no user, password, query or fragment")
    return value.rstrip("/")


def _schemes(known: frozenset[str], example: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        scheme, found, _ = value.get_secret_value().partition(":")
        if not found or scheme.partition("+")[0] not in known:
            raise ValueError(f"it is no address such as {example}")
        return value

    return AfterValidator(check)


def _strong(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text.encode()) < _KEY_BYTES:
        raise ValueError(f"it needs {_KEY_BYTES} bytes or more, such as `openssl rand -hex 32`")
    if len(set(text)) < 8 or _LIKELY_DEFAULT.search(text):
        raise ValueError("it is easily guessed; make one with `openssl rand -hex 32`")
    return value


Bytes = Annotated[int, BeforeValidator(_size), Field(gt=0, le=2**60)]
"""A size with its unit."""
Seconds = Annotated[float, BeforeValidator(_age), Field(gt=0, le=10 * 366 * 86400)]
"""An age with its unit."""
Location = Annotated[Path, AfterValidator(_path)]
Count = Annotated[int, Field(gt=0, le=10**12)]
Usd = Annotated[Decimal, Field(gt=0, le=10**12)]
Price = Annotated[Decimal, Field(ge=0, le=10**6)]
Prices = Annotated[dict[str, Price], BeforeValidator(_prices)]
Names = Annotated[frozenset[str], BeforeValidator(_names)]
"""Names, comma separated."""
Emails = Annotated[frozenset[str], BeforeValidator(_names), AfterValidator(_emails)]
"""E-mail addresses and ``@domains``, comma separated; lower case."""
Zone = Annotated[str, AfterValidator(_zone)]
Bucket = Annotated[str, AfterValidator(_bucket)]
Prefix = Annotated[str, AfterValidator(_prefix)]
BasePath = Annotated[str, AfterValidator(_base)]
Url = Annotated[str, AfterValidator(_web)]
Port = Annotated[int, Field(ge=0, le=65535)]
LedgerUrl = Annotated[SecretStr, _schemes(_LEDGERS, "postgresql+psycopg://user@host/name")]
RedisUrl = Annotated[SecretStr, _schemes(_CACHES, "redis://host:6379/0")]
Key = Annotated[SecretStr, AfterValidator(_strong)]
"""A key of 32 bytes or more."""


def listed(email: str, entries: frozenset[str]) -> bool:
    """Whether an address, or the domain it ends in, is among the entries; nobody is in none."""
    known = email.casefold()
    name, at, domain = known.rpartition("@")
    return bool(name and at) and (known in entries or f"@{domain}" in entries)
