"""What a drawn dashboard says itself: in its language, in its time zone, as its page does."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from peter_core.plan.locales import NBSP, locale
from peter_core.plan.moments import strftime, wall_clock
from peter_core.plan.plurals import plural

_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")

# By the keys of the surface's messages; an artifact in another language brings its own.
_ENGLISH: dict[str, Any] = {
    "asOf": "Data as of {0}",
    "stale": "Stale · {0}",
    "staleBare": "Stale",
    "checksFailed": {"by": 0, "one": "{0} check failed", "other": "{0} checks failed"},
    "changedSince": "Changed since verified",
    "verifiedAndMatches": "Verified {0}; unchanged since",
    "verifiedBy": "{0} by {1}",
    "verifiedCharts": "{0} of {1} charts as they were verified",
    "scanned": "{0} scanned",
    "fromCache": {"by": 1, "one": "{0} of {1} query from cache",
                  "other": "{0} of {1} queries from cache"},
    "loadedIn": "Loaded in {0}",
    "sourceUpdatedAt": "Source updated {0}",
    "sourceUnknown": "When the source was updated is unknown",
    "truncated": "First {0} of {1} rows",
    "truncatedOpen": "First {0} rows; there are more",
    "things": {"by": 0, "column": {"by": 1, "one": "{1} column", "other": "{1} columns"}},
    "failedTitle": "This chart could not be drawn",
    "yes": "Yes",
    "no": "No",
    "null": "–",
}  # fmt: skip


class Words:
    """The words, numbers and moments of one artifact."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self._payload = payload
        words = payload.get("words") or {}
        self._own = words.get("words") or {}
        self._language = words.get("language", "en")
        self._names = locale(payload["locale"])

    def say(self, key: str, *values: object) -> str:
        """A text by its key, in English where the artifact's language has none."""
        return self._filled(self._own.get(key, _ENGLISH[key]), values)

    def _filled(self, told: Any, values: tuple[object, ...]) -> str:
        if isinstance(told, dict):
            value = values[told["by"]]
            number = value if isinstance(value, int | float) else 0
            form = str(value) if str(value) in told else plural(self._language, number)
            return self._filled(told.get(form, told.get("other", "")), values)
        text = str(told)
        for at, value in enumerate(values):
            shown = self.number(value) if isinstance(value, int) else str(value)
            text = text.replace(f"{{{at}}}", shown)
        return text

    def number(self, value: float) -> str:
        """A number with the locale's separators, at most one digit after the point."""
        text = f"{value:,.1f}".removesuffix(".0")
        marks = {",": self._names.group, ".": self._names.decimal}
        return "".join(marks.get(character, character) for character in text)

    def size(self, count: int) -> str:
        """Bytes in decimal units."""
        value, unit = float(count), 0
        while value >= 999.5 and unit < len(_SIZES) - 1:
            value, unit = value / 1000, unit + 1
        return f"{self.number(value if unit and value < 9.95 else round(value))} {_SIZES[unit]}"

    def duration(self, milliseconds: float) -> str:
        """``212 ms`` or ``1.4 s``."""
        if milliseconds < 999.5:
            return f"{round(milliseconds)} ms"
        return f"{self.number(milliseconds / 1000)} s"

    def day(self, value: str) -> str:
        """The day of a date, or of a UTC moment on the clock of the dashboard's zone."""
        moment = _moment(value)
        return value if moment is None else self._day(moment)

    def moment(self, value: str) -> str:
        """A UTC moment on the clock of the dashboard's zone, with the zone's name."""
        moment = _moment(value)
        if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
            return value
        zone = self._payload["timezone"]
        clock = wall_clock(moment, zone)
        name = clock.replace(tzinfo=ZoneInfo(zone)).tzname() or "UTC"
        name = f"UTC{name}" if name[0] in "+-" else name
        return f"{self._day(clock)}, {clock:%H:%M}{NBSP}{name}"

    def cut(self, chart: dict[str, Any]) -> str:
        """How many of a query's rows are there, where it is not all of them."""
        view = chart["view"] or {}
        table = view if view.get("kind") == "table" else view.get("table")
        shown = len(table["values"][0]) if table and table["values"] else 0
        if not chart["truncated"] or chart["state"] != "ready" or not shown:
            return ""
        every = chart["row_count"] or 0
        if every > shown:
            return self.say("truncated", shown, every)
        return self.say("truncatedOpen", shown)

    def filters(self) -> list[str]:
        """Each filter that restricts something, with its value."""
        return [
            f"{one['label'] or one['name']}: {self._value(one)}"
            for one in self._payload["filters"]
            if one["value"] is not None
        ]

    def _value(self, filter_: dict[str, Any]) -> str:
        value = filter_["value"]
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if filter_["type"] == "date_range":
            return " – ".join(self.day(str(day)) for day in value)
        if filter_["type"] == "date":
            return self.day(str(value))
        labels = {one["value"]: one["label"] for one in filter_.get("options") or ()}
        items = value if isinstance(value, list) else [value]
        return ", ".join(str(labels.get(item, item)) for item in items)

    def origin(self) -> list[str]:
        """What the dashboard cost and where it comes from, as the foot of its page says it."""
        payload = self._payload
        source = payload["source_updated_at"]
        items = [
            self.say("fromCache", payload["queries_cached"], payload["queries"]),
            self.say("scanned", self.size(payload["bytes_scanned"])),
            self.say("loadedIn", self.duration(payload["duration_ms"])),
            f"{payload['slug']}.peter.yaml @ {payload['revision'][:7]}",
            payload["timezone"],
            self.say("sourceUpdatedAt", self.moment(source)) if source
            else self.say("sourceUnknown"),
        ]  # fmt: skip
        return items[payload["queries"] == 0 :] + self._receipts()

    def _receipts(self) -> list[str]:
        """How many charts show what was verified, and when that was last; maybe nothing."""
        asked = [chart for chart in self._payload["charts"].values() if chart["query"] is not None]
        passed = [c["receipt"] for c in asked if (c["receipt"] or {}).get("verdict") == "passed"]
        if not passed:
            return []
        matching = sum(bool(receipt["matches"]) for receipt in passed)
        last = max(passed, key=lambda receipt: str(receipt["verified_at"] or ""))
        told = self.say("verifiedCharts", matching, len(asked))
        return [f"{told} ({self.verified(last)})"]

    def verified(self, receipt: dict[str, Any]) -> str:
        """When and by whom something was verified."""
        when = self.moment(receipt["verified_at"]) if receipt["verified_at"] else ""
        who = receipt["verified_by"] or ""
        return self.say("verifiedBy", when, who) if who else when

    def _day(self, moment: dt.date) -> str:
        return strftime(wall_clock(moment, self._payload["timezone"]), self._names.date,
                        self._names)  # fmt: skip


def _moment(value: str) -> dt.date | None:
    """A date, or a moment with its offset; nothing where it is neither."""
    try:
        if len(value) <= 10:
            return dt.date.fromisoformat(value)
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return None
