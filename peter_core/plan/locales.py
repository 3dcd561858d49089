"""What numbers and dates look like in a language: separators, currency signs, names of months."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("locales.json")

NBSP = "\u00a0"
MINUS = "\u2212"

_SYMBOLS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩",
    "BRL": "R$", "ILS": "₪", "VND": "₫", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "MXN": "MX$",
    "HKD": "HK$", "TWD": "NT$",
}  # fmt: skip
_AT_HOME = {
    ("en-CA", "CAD"): "$", ("en-AU", "AUD"): "$", ("en-NZ", "NZD"): "$", ("es-MX", "MXN"): "$",
    ("fr-CA", "CAD"): "$", ("zh", "CNY"): "¥", ("ja", "JPY"): "¥", ("sv", "SEK"): "kr",
    ("da", "DKK"): "kr.", ("nb", "NOK"): "kr", ("pl", "PLN"): "zł", ("cs", "CZK"): "Kč",
    ("ru", "RUB"): "₽", ("tr", "TRY"): "₺", ("hu", "HUF"): "Ft",
}  # fmt: skip
_NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"})


@dataclass(frozen=True, slots=True)
class Locale:
    """One language's conventions; patterns are strftime.

    ``compact`` are the units of 10^3, 10^6, 10^9 and 10^12 with the space before them.
    """

    tag: str
    decimal: str
    group: str
    grouping: tuple[int, ...]
    currency_after: bool
    currency_gap: str
    compact: tuple[str, str, str, str]
    date: str
    day: str
    month: str
    time: str
    periods: tuple[str, str]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]

    @property
    def datetime(self) -> str:
        """Date and time of day."""
        return f"{self.date}, {self.time}"

    def currency(self, code: str) -> tuple[str, str]:
        """What stands before and after an amount of an ISO 4217 currency."""
        symbol = _AT_HOME.get((self.tag, code)) or _SYMBOLS.get(code, code)
        if self.currency_after:
            return "", self.currency_gap + symbol
        # Letters touch digits badly: CHF 12, but €12.
        gap = self.currency_gap or (NBSP if symbol[-1].isalpha() else "")
        return symbol + gap, ""

    def d3_time(self) -> dict[str, Any] | None:
        """The d3-time-format definition for a chart's axis, ``None`` for English, its default."""
        if self.tag.startswith("en"):
            return None
        return {
            "dateTime": f"{self.date}, %H:%M", "date": self.date, "time": "%H:%M",
            "periods": list(self.periods), "days": list(self.days),
            "shortDays": list(self.short_days), "months": list(self.months),
            "shortMonths": list(self.short_months),
        }  # fmt: skip


def currency_digits(code: str) -> int:
    """Digits after the point that amounts of an ISO 4217 currency have."""
    return 0 if code in _NO_CENTS else 2


@lru_cache(maxsize=256)
def locale(tag: str) -> Locale:
    """The conventions of a BCP 47 tag: its own, else its language's, else English."""
    known = _table()
    language = tag.split("-")[0]
    aliases = {"en-US": "en", "no": "nb"}
    found = next(
        (t for t in (aliases.get(tag, tag), aliases.get(language, language)) if t in known), "en"
    )
    row = known[found]
    units = row["compact"]
    return Locale(
        tag=found,
        decimal=row["decimal"],
        group=row["group"],
        grouping=tuple(row["grouping"]),
        currency_after=row["currency_after"],
        currency_gap=row["currency_gap"],
        compact=(units[0], units[1], units[2], units[3]),
        date=row["date"],
        day=row["day"],
        month=row["month"],
        time=row["time"],
        periods=(row["periods"][0], row["periods"][1]),
        months=tuple(row["months"]),
        short_months=tuple(row["shortMonths"]),
        days=tuple(row["days"]),
        short_days=tuple(row["shortDays"]),
    )


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return loaded
