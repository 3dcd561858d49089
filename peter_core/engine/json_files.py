"""Whether a JSON file is whole: DuckDB takes an array without its end for a shorter one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_EDGE_BYTES: Final = 4096
_CLOSING: Final = {b"[": b"]", b"{": b"}"}


def json_fault(path: Path) -> str | None:
    """Why the file cannot be whole, in words; ``None`` when its ends fit each other."""
    with path.open("rb") as file:
        first = file.read(_EDGE_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        file.seek(max(0, os.fstat(file.fileno()).st_size - _EDGE_BYTES))
        last = file.read().rstrip()[-1:]
    if first not in _CLOSING:
        return "it does not begin with [ or {"
    if last != _CLOSING[first]:
        closing = _CLOSING[first].decode()
        return f"it begins with {first.decode()} and does not end with {closing}; it was cut short"
    return None
