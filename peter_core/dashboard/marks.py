"""Where each key and value of a document stands in its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of text: lines and columns count from 1, the last column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Point(Protocol):
    """A place as the YAML parser counts it, from 0; ``index`` in characters of the text."""

    index: int
    line: int
    column: int


class Event(Protocol):
    """What the parser met, from where to where."""

    start_mark: Point
    end_mark: Point


class Scalar(Event, Protocol):
    """A scalar: ``style`` is empty for plain ones, else its quote, ``|`` or ``>``."""

    value: str
    style: str | None


class MapMark:
    """The marks of a mapping: the events around it, its keys and its values."""

    __slots__ = ("children", "end", "flow", "keys", "start")

    def __init__(self, start: Event, *, flow: bool) -> None:
        self.start: Event = start
        self.end: Event = start
        self.flow = flow
        self.keys: dict[str, Scalar] = {}
        self.children: dict[str, Mark] = {}


class ListMark:
    """The marks of a sequence: the events around it and its items."""

    __slots__ = ("children", "end", "flow", "start")

    def __init__(self, start: Event, *, flow: bool) -> None:
        self.start: Event = start
        self.end: Event = start
        self.flow = flow
        self.children: list[Mark] = []


Mark: TypeAlias = "Scalar | MapMark | ListMark"


def child(mark: Mark, part: str | int) -> Mark | None:
    """The mark one step down, ``None`` where the document has nothing there."""
    if isinstance(mark, MapMark):
        return mark.children.get(part) if isinstance(part, str) else None
    if isinstance(mark, ListMark) and isinstance(part, int) and 0 <= part < len(mark.children):
        return mark.children[part]
    return None


def place(root: Mark | None, path: Path, *, key: bool = False) -> Range | None:
    """The range of the value at ``path``, or of its key.

    What is not there is placed at the nearest thing above it that is: at a mapping's own key, for
    that is where a missing key has to be added, and at a scalar itself.
    """
    if root is None:
        return None
    mark, key_event = root, None
    for index, part in enumerate(path):
        below = child(mark, part)
        if below is None:
            return _missing(mark, key_event)
        if isinstance(mark, MapMark) and isinstance(part, str):
            key_event = mark.keys[part]
            if key and index == len(path) - 1:
                return event_range(key_event)
        else:
            key_event = None
        mark = below
    return value_range(mark)


def _missing(mark: Mark, key_event: Scalar | None) -> Range:
    if isinstance(mark, MapMark | ListMark) and key_event is not None:
        return event_range(key_event)
    if isinstance(mark, MapMark) and mark.keys:
        return event_range(next(iter(mark.keys.values())))
    return value_range(mark)


def event_range(event: Event) -> Range:
    """The range of one event."""
    start, end = event.start_mark, event.end_mark
    return Range(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def value_range(mark: Mark) -> Range:
    """The range of a value; a block collection ends where its last value does."""
    if not isinstance(mark, MapMark | ListMark):
        return event_range(mark)
    last: Mark = mark
    while isinstance(last, MapMark | ListMark) and not last.flow and last.children:
        children = last.children
        last = children[-1] if isinstance(children, list) else next(reversed(children.values()))
    first = event_range(mark.start)
    final = event_range(last.end if isinstance(last, MapMark | ListMark) else last)
    return Range(first.line, first.column, final.end_line, final.end_column)


def path_text(path: Path) -> str:
    """A path as people read it: ``charts.delay.y[1]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def path_parts(text: str) -> Path:
    """The path that ``path_text`` wrote; keys that hold dots or brackets are not told apart."""
    parts: list[str | int] = []
    for piece in filter(None, text.split(".")):
        name, *indexes = piece.split("[")
        if name:
            parts.append(name)
        for index in indexes:
            digits = index.rstrip("]")
            parts.append(int(digits) if digits.isascii() and digits.isdigit() else index)
    return tuple(parts)
