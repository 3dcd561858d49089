"""JSON values made, changed and looked into, as texts.

https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Json = Any
    Step = str | int

_STEP = re.compile(
    r"""\.(?P<name>[\w-]+) | \."(?P<quoted>(?:[^"\\]|\\.)*)" | \[(?P<place>\d+)\]
    | \[(?P<key>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]""",
    re.VERBOSE,
)
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MAX_PLACE = 1_000_000
_ABSENT = object()


def json_object(keys: Sequence[str | None], values: Sequence[str | None]) -> str:
    """An object of keys and JSON texts; the first of equal keys stays."""
    if len(keys) != len(values):
        raise ValueError("The number of keys and values must match.")
    if any(key is None for key in keys):
        raise ValueError("A key of JSON_OBJECT is NULL.")
    made: dict[str, Json] = {}
    for key, value in zip(keys, values, strict=True):
        made.setdefault(str(key), None if value is None else _read(value))
    return _written(made)


def json_keys(value: str, depth: int) -> list[str]:
    """The paths of all keys down to a depth, sorted; arrays are not entered."""
    return sorted(set(_keys(_read(value), "", depth)))


def json_remove(value: str, paths: Sequence[str | None]) -> str:
    """The value without what stands at the paths, one after another."""
    tree = _read(value)
    for path in paths:
        if path is None:
            continue
        steps = _steps(path)
        if not steps:
            raise ValueError("The JSONPath of JSON_REMOVE cannot be '$'.")
        owner = _at(tree, steps[:-1])
        if _at(owner, steps[-1:]) is not _ABSENT:
            del owner[steps[-1]]
    return _written(tree)


def json_set(
    value: str, paths: Sequence[str | None], values: Sequence[str | None], create: bool
) -> str:
    """The value with others put at the paths; what does not fit is left out."""
    tree = _read(value)
    for path, new in zip(paths, values, strict=True):
        if path is not None:
            tree = _with(tree, _steps(path), None if new is None else _read(new), create)
    return _written(tree)


def json_strip_nulls(value: str, path: str, arrays: bool, empty: bool) -> str:
    """The value without nulls at and below a path."""
    tree, steps = _read(value), _steps(path)
    part = _at(tree, steps)
    if part is _ABSENT:
        return _written(tree)
    stripped = _stripped(part, arrays, empty)
    return _written(_with(tree, steps, None if stripped is _ABSENT else stripped, False))


def _read(value: str) -> Json:
    return json.loads(value, object_pairs_hook=lambda pairs: dict(reversed(pairs)))


def _written(tree: Json) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _keys(tree: Json, before: str, depth: int) -> Iterator[str]:
    if not isinstance(tree, dict) or depth <= 0:
        return
    for key, value in tree.items():
        written = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        yield f"{before}{written}"
        yield from _keys(value, f"{before}{written}.", depth - 1)


def _steps(path: str) -> list[Step]:
    """The keys and places of a JSONPath behind its ``$``."""
    found: list[Step] = []
    position = 1
    while path.startswith("$") and position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            break
        if match["place"]:
            found.append(int(match["place"]))
        else:
            quoted = match["quoted"] if match["quoted"] is not None else (match["key"] or "")[1:-1]
            found.append(match["name"] or re.sub(r"\\(.)", r"\1", quoted))
        position = match.end()
    if not path.startswith("$") or position != len(path):
        raise ValueError(f"{path[:80]!r} is no JSONPath.")
    return found


def _at(tree: Json, steps: Sequence[Step]) -> Json:
    for step in steps:
        if isinstance(step, str):
            tree = tree.get(step, _ABSENT) if isinstance(tree, dict) else _ABSENT
        else:
            held = isinstance(tree, list) and step < len(tree)
            tree = tree[step] if held else _ABSENT
    return tree


def _with(tree: Json, steps: Sequence[Step], new: Json, create: bool) -> Json:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if tree is None or tree is _ABSENT:
        if not create:
            return tree
        tree = {} if isinstance(step, str) else []
    if not isinstance(tree, dict if isinstance(step, str) else list):
        return tree
    old = _at(tree, [step])
    made = _with(old, rest, new, create)
    if made is _ABSENT or (old is _ABSENT and not create):
        return tree
    if isinstance(tree, list) and isinstance(step, int) and step >= len(tree):
        if step > _MAX_PLACE:
            raise ValueError(f"A place in a JSON array is at most {_MAX_PLACE:,}.")
        tree.extend([None] * (step + 1 - len(tree)))
    tree[step] = made
    return tree


def _stripped(tree: Json, arrays: bool, empty: bool) -> Json:
    """The tree without nulls, ``_ABSENT`` for a null and, if wanted, for what became empty."""
    if tree is None:
        return _ABSENT
    if isinstance(tree, dict):
        parts = {key: _stripped(value, arrays, empty) for key, value in tree.items()}
        kept = {key: value for key, value in parts.items() if value is not _ABSENT}
        return kept if kept or not empty else _ABSENT
    if isinstance(tree, list):
        if not arrays:
            return [_entered(item, empty) for item in tree]
        items = [item for one in tree if (item := _stripped(one, arrays, empty)) is not _ABSENT]
        return items if items or not empty else _ABSENT
    return tree


def _entered(item: Json, empty: bool) -> Json:
    """An item of an array that keeps all of them."""
    stripped = _stripped(item, False, empty)
    return None if stripped is _ABSENT else stripped
