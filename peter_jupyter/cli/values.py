"""``name=value`` options: query parameters with their types, and filter values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_core.errors import InvalidRequest
from peter_jupyter.literals import typed_value, untyped_value

if TYPE_CHECKING:
    from collections.abc import Iterable

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?::([A-Za-z][\w<>]*))?=(.*)", re.DOTALL)


def parameters(texts: Iterable[str]) -> tuple[dict[str, object], dict[str, str]]:
    """Values and given types of ``name=value`` and ``name:TYPE=value`` texts.

    Without a type, ``null``, ``true``, ``false``, integers and decimals are what they look like
    and everything else is text.

    Raises
    ------
    InvalidRequest
        For a text of another form, a name given twice, an unknown type or a value that does not
        fit it.
    """
    values: dict[str, object] = {}
    types: dict[str, str] = {}
    for text in texts:
        name, kind, raw = _assignment("--param", text)
        if name in values:
            raise InvalidRequest(f"--param {name} was given twice.")
        try:
            values[name] = untyped_value(raw) if kind is None else typed_value(kind, raw)
        except ValueError as error:
            raise InvalidRequest(f"--param {name}: {error}.") from None
        if kind is not None:
            types[name] = kind.upper()
    return values, types


def filter_values(texts: Iterable[str] | None) -> dict[str, object]:
    """Filter values of ``name=value`` texts; the dashboard gives them their types.

    A name given several times is a choice of several values; ``null`` or nothing is no
    restriction.

    Raises
    ------
    InvalidRequest
        For a text of another form.
    """
    values: dict[str, list[str | None]] = {}
    for text in texts or ():
        name, kind, raw = _assignment("--filter", text)
        if kind is not None:
            raise InvalidRequest(f"--filter {text}: a filter has the dashboard's type.")
        values.setdefault(name, []).append(None if raw in ("", "null") else raw)
    return {name: items[0] if len(items) == 1 else items for name, items in values.items()}


def size_value(option: str, text: str | None) -> int | None:
    """Bytes of a size such as ``1GB``.

    Raises
    ------
    InvalidRequest
        When it is none.
    """
    if text is None:
        return None
    from peter_core.dashboard.model import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise InvalidRequest(f"{option} {text}: {error}.") from None


def _assignment(option: str, text: str) -> tuple[str, str | None, str]:
    match = _ASSIGNMENT.fullmatch(text)
    if match is None:
        raise InvalidRequest(f"{option} {text} is not of the form name=value.")
    return match[1], match[2], match[3]
