"""Answers as JSON in the API's own spelling: RFC 3339 in UTC, dollars as decimal strings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path


def json_text(value: object) -> str:
    """Indented JSON of plain values, dataclasses, moments and amounts."""
    import orjson

    return orjson.dumps(plain(value), option=orjson.OPT_INDENT_2).decode()


def plain(value: object) -> object:
    """The value in JSON's own types; a dataclass becomes an object of its public fields."""
    if is_dataclass(value):
        public = (f.name for f in fields(value) if not f.name.startswith("_"))
        return {name: plain(getattr(value, name)) for name in public}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted(str(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        from peter_core.costs import usd

        return usd(value)
    if isinstance(value, dt.datetime):
        from peter_core.plan.artifact import rfc3339

        return rfc3339(value)
    return str(value) if isinstance(value, Path | dt.date) else value
