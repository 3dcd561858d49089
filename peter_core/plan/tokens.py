"""The colours of the look, by name, for both themes; specs name them as ``$name``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

Theme = Literal["light", "dark"]

_FILE = Path(__file__).with_name("theme.json")
_T = TypeVar("_T")


def tokens(theme: Theme) -> dict[str, str]:
    """Token name to CSS colour, without the dollar sign."""
    values: dict[str, str] = _theme_file()[theme]
    return values


def vega_config() -> dict[str, Any]:
    """The Vega-Lite config under every spec, its colours still as ``$name``."""
    config: dict[str, Any] = _theme_file()["config"]
    return config


def themed(value: _T, theme: Theme) -> _T:
    """A copy in which every string that is exactly ``$name`` has the theme's value.

    ``params`` of a spec are left alone: they hold texts of the document and the data.
    """
    return _replaced(value, tokens(theme))  # type: ignore[no-any-return]


@cache
def _theme_file() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return loaded


def _replaced(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: item if key == "params" else _replaced(item, values) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_replaced(item, values) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        return values.get(value[1:], value)
    return value
