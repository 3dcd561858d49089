"""A position inside a scalar's value, found again in the text of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.dashboard.marks import Scalar

_ESCAPE_DIGITS = {"x": 2, "u": 4, "U": 8}
_ESCAPED_SPACE = frozenset(" \t_tnrNLPvf")


def source_position(text: str, scalar: Scalar, line: int, column: int) -> tuple[int, int]:
    """The line and column in ``text`` of a line and column in the scalar's value, from 1.

    Folding, indentation and chomping change only white space, so the n-th visible character of
    the value is the n-th visible character of the source, whatever the style. A position on white
    space counts on from the visible character before it.
    """
    value: str = scalar.value
    lines = value.split("\n")
    row = min(max(line, 1), len(lines)) - 1
    offset = min(max(column, 1) - 1, len(lines[row]))
    offset += sum(len(before) + 1 for before in lines[:row])
    if offset >= len(value):
        offset = len(value)
    wanted = sum(not c.isspace() for c in value[:offset])
    on_visible = offset < len(value) and not value[offset].isspace()
    behind = 0
    if not on_visible:
        blank = value[:offset]
        behind = len(blank) - len(blank.rstrip()) + 1 if wanted else 0
        if "\n" in blank[len(blank.rstrip()) :]:
            behind = 1
    target = wanted if on_visible else max(wanted - 1, 0)
    index = _index_of(text, scalar, target)
    return _line_column(text, index + behind)


def _index_of(text: str, scalar: Scalar, target: int) -> int:
    last = _content_start(text, scalar)
    for number, index in enumerate(_visible(text, scalar)):
        last = index
        if number == target:
            break
    return last


def _content_start(text: str, scalar: Scalar) -> int:
    start: int = scalar.start_mark.index
    if scalar.style in ("|", ">"):
        end = text.find("\n", start)
        return len(text) if end < 0 else end + 1
    return start + (1 if scalar.style in ("'", '"') else 0)


def _visible(text: str, scalar: Scalar) -> Iterator[int]:
    """The indexes of the visible characters of a scalar's content, escapes counted once."""
    index, end = _content_start(text, scalar), scalar.end_mark.index
    while index < end:
        char, width = text[index], 1
        if scalar.style == '"' and char == "\\":
            follow = text[index + 1]
            if follow in _ESCAPE_DIGITS:
                width = 2 + _ESCAPE_DIGITS[follow]
                char = chr(int(text[index + 2 : index + width], 16))
            else:
                width = 2
                char = " " if follow in _ESCAPED_SPACE or follow.isspace() else follow
        elif scalar.style == "'" and char == "'":
            width = 2
        if not char.isspace():
            yield index
        index += width


def _line_column(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
