"""What Peter itself says on a dashboard, in the dashboard's language.

English stands in the code. Another language is a catalogue, a file of ``catalogues``: ``texts``
by their English, ``counts`` by the English of the plural, ``sentences`` that others wrote with
values in them, and ``surface``, what a browser says, by the keys of ``messages.ts``.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peter_core.plan.locales import locale
from peter_core.plan.plurals import plural
from peter_core.plan.retelling import retold_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).with_name("catalogues")

# A list as English writes it, of names that have no spaces: a, b and 2 more.
_JOINED = re.compile(r"( and | or |, )")
_JOINTS = re.compile(r"and|or")
# What somebody else named or wrote.
_VERBATIM = frozenset({"name", "text"})
# Words of ours without which the sentence would be in two languages.
_OURS = frozenset({"doing"})
# No sentence of ours is longer, and a pattern takes its time over what is.
_LONGEST = 1000
_PLACE = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one language; ``surface`` is JSON for the browser."""

    language: str
    texts: Mapping[str, str]
    counts: Mapping[str, Mapping[str, str]]
    sentences: tuple[tuple[re.Pattern[str], str], ...]
    surface: dict[str, Any]

    def for_surface(self) -> dict[str, Any]:
        """What a surface is given, beside an artifact or in the HTML of a page."""
        return {"language": self.language, "words": self.surface}


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of another part of Peter; ``lang`` is its language where it is not the spoken."""

    text: str
    lang: str | None = None

    def named(self, name: str) -> dict[str, str | None]:
        """It and its language, if there is one to name, as members of a problem."""
        return {name: self.text, **({f"{name}_lang": self.lang} if self.lang else {})}


_tag: ContextVar[str] = ContextVar("peter_language", default="en")


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """What is said inside is said in the language of a BCP 47 tag."""
    token = _tag.set(tag)
    try:
        yield
    finally:
        _tag.reset(token)


def spoken_language() -> str:
    """The language that texts come out in: a catalogue's, else English."""
    catalogue = catalogue_of(_tag.get())
    return catalogue.language if catalogue else "en"


def say(english: str, **values: object) -> str:
    """A text of our own in the language spoken; whole numbers are grouped as the locale does."""
    catalogue = catalogue_of(_tag.get())
    text = catalogue.texts.get(english, english) if catalogue else english
    return _filled(text, values)


def say_count(number: int, one: str, other: str) -> str:
    """``{n} row`` or ``{n} rows``, by the number and the plurals of the language spoken."""
    catalogue = catalogue_of(_tag.get())
    told = catalogue.counts.get(other) if catalogue else None
    if catalogue is None or told is None:
        return _filled(one if number == 1 else other, {"n": number})
    return _filled(told.get(plural(catalogue.language, number), told["other"]), {"n": number})


def whole(number: int) -> str:
    """A whole number, grouped as the language spoken does."""
    return str(_written(number))


def retold(english: str | None) -> str | None:
    """What another part of Peter said in English, values and all; unknown texts stay English."""
    catalogue = catalogue_of(_tag.get())
    if catalogue is None or english is None:
        return english
    return _retold(english, catalogue) or english


def tell(english: str) -> Told:
    """What `retold` gives, and whether it stayed English where another language is spoken."""
    catalogue = catalogue_of(_tag.get())
    found = _retold(english, catalogue) if catalogue else None
    return in_english(english) if found is None else Told(found)


def in_english(text: str) -> Told:
    """A text that is English whatever is spoken, as what is said of SQL to its author."""
    return Told(text, None if spoken_language() == "en" else "en")


def _retold(english: str, catalogue: Catalogue) -> str | None:
    if english in catalogue.texts:
        return catalogue.texts[english]
    if len(english) > _LONGEST:
        return None
    for pattern, told in catalogue.sentences:
        if found := pattern.fullmatch(english):
            values = found.groupdict().items()
            parts = {name: _part(name, text, catalogue) for name, text in values}
            if None not in parts.values():
                return told.format_map(parts)
    return None


def _part(name: str, text: str, catalogue: Catalogue) -> str | None:
    """A value of a sentence: words of ours, else a quantity; what somebody named stays.

    ``None`` when it must be words of ours and is not.
    """
    if name in _VERBATIM:
        return text
    if name == "names":
        parts = _JOINED.split(text)
        return "".join(_JOINTS.sub(lambda m: catalogue.texts[m[0]], part) if at % 2 else
                       retold_value(part, _tag.get(), catalogue.counts)
                       for at, part in enumerate(parts))  # fmt: skip
    inner = text.strip()
    if name in _OURS:
        return _retold(inner, catalogue)
    told = _retold(inner, catalogue) or retold_value(inner, _tag.get(), catalogue.counts)
    return text.replace(inner, told) if inner else text


@lru_cache(maxsize=256)
def catalogue_of(tag: str) -> Catalogue | None:
    """The catalogue for a BCP 47 tag: its own, else its language's; ``None`` for English."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag):
        return None
    for name in (tag, tag.split("-")[0].lower()):
        path = FOLDER / f"{name}.json"
        if path.is_file():
            return _read(name, json.loads(path.read_text("utf-8")))
    return None


def languages() -> tuple[str, ...]:
    """The languages there is a catalogue for, besides English."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def chosen_language(accepted: str) -> str:
    """The first language of an ``Accept-Language`` header that can be spoken (RFC 9110, 12.5.4)."""
    asked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, weight = part.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        quality = float(found[1]) if found else 1.0
        asked.append((-quality, place, tag.strip()))
    for quality, _, tag in sorted(asked):
        known = catalogue_of(tag)
        if quality < 0 and (known or tag.split("-")[0].lower() == "en"):
            return known.language if known else "en"
    return "en"


def _read(language: str, written: dict[str, Any]) -> Catalogue:
    sentences = tuple((_pattern(english), told) for english, told in written.get("sentences", ()))
    texts, counts = written.get("texts", {}), written.get("counts", {})
    return Catalogue(language, texts, counts, sentences, written.get("surface", {}))


def _pattern(english: str) -> re.Pattern[str]:
    """What a sentence with values looks like: ``{age}`` is anything, even nothing."""
    return re.compile(_PLACE.sub(r"(?P<\1>.*?)", re.escape(english)), re.DOTALL)


def _filled(text: str, values: Mapping[str, object]) -> str:
    if not values:
        return text
    return text.format_map({name: _written(value) for name, value in values.items()})


def _written(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", locale(_tag.get()).group)
    return value
