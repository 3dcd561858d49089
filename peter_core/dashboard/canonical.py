"""The canonical form of a document: its revision, and what differs between two of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from peter_core.dashboard.loading import Loaded, load_dashboard
from peter_core.dashboard.marks import path_text
from peter_core.dashboard.schema import ROOT, model_keys
from peter_core.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel

    from peter_core.dashboard.marks import Path
    from peter_core.dashboard.reading import Tree
    from peter_core.dashboard.schema import Kinds

Kind: TypeAlias = Literal["added", "removed", "changed", "moved"]

_VALUE_WIDTH: Final = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents, at the deepest place that tells it.

    ``old`` and ``new`` are plain values, ``None`` where there was nothing; ``text`` is the
    change as a line for people.
    """

    kind: Kind
    path: str
    old: object
    new: object
    text: str


def canonical(document: Loaded | Tree) -> str:
    """The document as one line of JSON that only its content decides.

    Comments, layout, quoting and the order of keys do not count: keys stand in the order of the
    models, queries by name, and charts by name where a layout places them. The order of filters,
    and of charts without a layout, is content, for it is what people see. A whole number is the
    same with or without ``.0``, and a text the same with or without line breaks at its end, which
    are only the style of its block.
    """
    tree = document.tree if isinstance(document, Loaded) else document
    return json.dumps(ordered(tree), ensure_ascii=False, separators=(",", ":"))


def revision(document: Loaded | Tree) -> str:
    """The SHA-256 of the canonical document, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def diff(old_text: str | bytes, new_text: str | bytes) -> tuple[Change, ...]:
    """What changed in meaning from one document to another, in the order of the models.

    Raises
    ------
    DocumentError
        When one of the two cannot be read as YAML; with its problems.
    """
    old, new = _readable(old_text), _readable(new_text)
    return tuple(_changes((), ordered(old), ordered(new)))


def ordered(tree: Tree) -> Tree:
    """The tree in canonical order and spelling."""
    placed = isinstance(tree, dict) and tree.get("layout") is not None
    return _ordered(tree, ROOT, frozenset({"queries", "charts"} if placed else {"queries"}))


def key_order(kind: type[BaseModel] | None, keys: Iterable[str]) -> tuple[str, ...]:
    """Keys of a mapping in the order of its model; without one they are names and stay."""
    if kind is None:
        return tuple(keys)
    known = model_keys(kind)
    given = set(keys)
    return (*(key for key in known if key in given), *sorted(given.difference(known)))


def _ordered(node: Tree, kinds: Kinds, by_name: frozenset[str] = frozenset()) -> Tree:
    if isinstance(node, str):
        return node.rstrip("\n")
    if isinstance(node, dict):
        kind = kinds.model(node)
        found = {}
        for key in key_order(kind, node):
            value = node[key]
            if key in by_name and isinstance(value, dict):
                value = dict(sorted(value.items()))
            found[key] = _ordered(value, kinds.below(key, node))
        return found
    if isinstance(node, tuple):
        inside = kinds.below(0, node)
        return tuple(_ordered(item, inside) for item in node)
    if isinstance(node, float) and node.is_integer():
        return int(node)
    return node


def _readable(text: str | bytes) -> Tree:
    loaded = load_dashboard(text)
    if loaded.mark is None:
        raise DocumentError(
            "A document that cannot be read cannot be compared.", problems=loaded.problems
        )
    return loaded.tree


def _changes(path: Path, old: Tree, new: Tree) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _mapping_changes(path, old, new)
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes((*path, index), before, after)
    elif _differ(old, new):
        yield _changed(path, old, new)


def _mapping_changes(path: Path, old: dict[str, Tree], new: dict[str, Tree]) -> Iterator[Change]:
    for key, before in old.items():
        at = (*path, key)
        if key in new:
            yield from _changes(at, before, new[key])
        else:
            yield Change("removed", path_text(at), before, None, f"removed {_told(at, before)}")
    for key, after in new.items():
        if key not in old:
            at = (*path, key)
            yield Change("added", path_text(at), None, after, f"added {_told(at, after)}")
    shared = [key for key in old if key in new]
    moved = [key for key in new if key in old]
    if shared != moved:
        said = f"{path_text(path)}: order {', '.join(shared)} -> {', '.join(moved)}"
        yield Change("moved", path_text(path), tuple(shared), tuple(moved), said)


def _differ(old: Tree, new: Tree) -> bool:
    # 1 equals true in Python, and not in a document.
    return type(old) is not type(new) or old != new


def _changed(path: Path, old: Tree, new: Tree) -> Change:
    name = path_text(path)
    if isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        said = _text_change(name, old.split("\n"), new.split("\n"))
    else:
        said = f"{name}: {_value(old)} -> {_value(new)}"
    return Change("changed", name, old, new, said)


def _text_change(name: str, old: list[str], new: list[str]) -> str:
    import difflib

    # The first two lines name the files.
    compared = list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]
    lines = [line for line in compared if not line.startswith("@@")]
    added = sum(line.startswith("+") for line in lines)
    shown = "".join(f"\n    {line}" for line in lines[:20])
    more = "\n    ..." if len(lines) > 20 else ""
    return f"{name}: {added} lines added, {len(lines) - added} removed{shown}{more}"


def _told(path: Path, value: Tree) -> str:
    if isinstance(value, dict | tuple):
        return path_text(path)
    return f"{path_text(path)}: {_value(value)}"


def _value(value: Tree) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= _VALUE_WIDTH else said[: _VALUE_WIDTH - 3] + "..."
