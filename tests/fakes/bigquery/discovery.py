"""What the public discovery document of BigQuery v2 says an answer may hold.

``discovery.json`` keeps the names and JSON types of the schemas the fake uses, of the revision
it names (https://bigquery.googleapis.com/discovery/v1/apis/bigquery/v2/rest).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PLAIN: dict[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "integer": int, "number": (int, float), "object": dict,
}  # fmt: skip
_SCHEMAS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("discovery.json").read_text(encoding="utf-8")
)["schemas"]


def differences(schema: str, answer: dict[str, Any], path: str = "") -> Iterator[str]:
    """Where an answer is not as the document has it: unknown names, other types."""
    known = _SCHEMAS[schema]
    for name, value in answer.items():
        place = f"{path}.{name}" if path else name
        if name not in known:
            yield f"{place} is not in {schema}"
        else:
            yield from _of_value(known[name], value, place)


def _of_value(kind: str, value: Any, place: str) -> Iterator[str]:
    if kind.startswith("["):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for position, item in enumerate(value):
            yield from _of_value(kind[1:-1], item, f"{place}[{position}]")
    elif kind in _SCHEMAS:
        if isinstance(value, dict):
            yield from differences(kind, value, place)
        else:
            yield f"{place} is no {kind}"
    elif kind in _PLAIN and not isinstance(value, _PLAIN[kind]):
        yield f"{place} is no {kind} but {value!r}"
    elif kind == "integer" and isinstance(value, bool):
        yield f"{place} is no integer but {value!r}"
