"""The nearest of some known names, for hints about a misspelled one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80
_SHOWN = 12


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, ``None`` when none is close."""
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST:
        return None
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.lower(), candidate)
    found = difflib.get_close_matches(name.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(name: object, known: Iterable[str]) -> str | None:
    """``Did you mean 'delay'?``, ``None`` when no known name is close."""
    found = nearest(name, known)
    return f"Did you mean '{found}'?" if found else None


def listed(names: Iterable[str]) -> str:
    """Names in a row for a message, the first dozen of them."""
    every = list(names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def shortened(text: object, limit: int = 60) -> str:
    """A foreign text as it may stand in a message: one printable line of bounded length."""
    said = str(text)
    said = said if len(said) <= limit else said[: limit - 3] + "..."
    return said if said.isprintable() else said.encode("unicode_escape").decode()
