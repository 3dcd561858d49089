"""How values are written for people: numbers, nulls, moments, durations."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peter_core.engine.port import Column

NULL = "–"
_NUMERIC = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"})


def value_text(value: object, limit: int = 80) -> str:
    """A JSON value of a result in one line of at most ``limit`` characters; null is a dash."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return clip(" ".join(text.split()) if text.strip() else repr(text), limit)


def number_text(value: float) -> str:
    """A float in at most six significant digits after an integral part that is kept whole."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.2f}" if abs(value) >= 1000 else f"{value:.6g}"


def count_text(count: int, noun: str, plural: str | None = None) -> str:
    """``1 row``, ``336,776 rows``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def seconds_text(milliseconds: float) -> str:
    """``0.04 s``, ``12 s``; below a hundredth it is said to be below."""
    seconds = milliseconds / 1000
    if seconds < 0.01:
        return "< 0.01 s"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.0f} s"


def moment_text(moment: dt.datetime | str | None) -> str:
    """A UTC moment to the minute, ``2026-11-23 03:00 UTC``; unknown is said as unknown."""
    if moment is None:
        return "unknown"
    if isinstance(moment, str):
        try:
            return moment_text(dt.datetime.fromisoformat(moment))
        except ValueError:
            return clip(moment, 40)
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def type_text(column: Column) -> str:
    """A column's type as BigQuery writes it: ``ARRAY<INT64>``, ``STRING``."""
    return f"ARRAY<{column.type}>" if column.mode == "REPEATED" else column.type


def is_numeric(column: Column) -> bool:
    """Whether the column's values align to the right."""
    return column.mode != "REPEATED" and column.type.partition("(")[0] in _NUMERIC


def clip(text: str, limit: int) -> str:
    """The text, with an ellipsis where it is longer than ``limit``."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def source_lines(source: str, line: int, column: int | None) -> tuple[str, str] | None:
    """The line of a source and a caret line under it; long lines are cut around the column.

    ``line`` and ``column`` count from 1. ``None`` where the source has no such line.
    """
    lines = source.splitlines()
    if not 1 <= line <= len(lines):
        return None
    text = lines[line - 1].replace("\t", " ")
    at = min(max((column or 1) - 1, 0), len(text))
    start = max(0, at - 60)
    shown = ("…" if start else "") + text[start : start + 100]
    return shown.rstrip(), " " * (at - start + (1 if start else 0)) + "^"


def tiers_text(tiers: Iterable[str]) -> str:
    """Who spoke of a statement before it ran: ``syntax, guard, names, dry run``."""
    return ", ".join(tier.replace("_", " ") for tier in tiers)
