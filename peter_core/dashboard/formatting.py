"""``peter fmt``: keys in the order of the models; comments and block scalars stay as they are.

Whole stretches of the text are moved and nothing is written anew, so that quoting, line breaks
and comments survive to the letter. A comment right above a key belongs to that key.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from peter_core.dashboard.canonical import key_order, revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.dashboard.marks import ListMark, MapMark
from peter_core.dashboard.schema import model_at
from peter_core.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.dashboard.marks import Mark, Path, Scalar
    from peter_core.dashboard.reading import Tree

# What may follow a block without being part of it: blanks, comments, the dash of a next item.
_TAIL: Final = re.compile(r"\s*(-\s+)*-?\s*(#.*)?|\.\.\.\s*")


def format_document(text: str | bytes) -> str:
    r"""Give the document in canonical key order, with everything else as it was written.

    Line ends become ``\n``, trailing white space outside texts goes, and the file ends with one
    line end. Formatting twice changes nothing, and the revision stays.

    Raises
    ------
    DocumentError
        When the text is not a valid dashboard, with its problems; or when its mappings are
        written so that their keys cannot be moved.
    """
    loaded = load_dashboard(text)
    if loaded.dashboard is None or loaded.mark is None:
        raise DocumentError(
            "A document with errors cannot be formatted.",
            hint="Mend its problems first.",
            problems=loaded.problems,
        )
    flowed = _Flow(loaded.text, loaded.tree).text(loaded.mark)
    formatted = _Blocks(flowed, loaded.tree).text(loaded.mark)
    # Moving text is trusted only as far as reading it again confirms.
    if revision(load_dashboard(formatted)) != revision(loaded):
        raise DocumentError(
            "The keys of this document cannot be moved without changing its meaning.",
            hint="Write its mappings one key a line.",
        )
    return formatted


def _start(mark: Mark) -> int:
    event = mark.start if isinstance(mark, MapMark | ListMark) else mark
    return event.start_mark.index


def _end(mark: Mark) -> int:
    event = mark.end if isinstance(mark, MapMark | ListMark) else mark
    return event.end_mark.index


def _line(mark: Mark) -> int:
    event = mark.start if isinstance(mark, MapMark | ListMark) else mark
    return event.start_mark.line


def _children(mark: Mark) -> Iterator[tuple[str | int, Mark]]:
    if isinstance(mark, MapMark):
        yield from mark.children.items()
    elif isinstance(mark, ListMark):
        yield from enumerate(mark.children)


class _Flow:
    """Orders ``{...}`` mappings; what stands between their entries keeps its place.

    The number of lines does not change, so marks of block keys stay true.
    """

    def __init__(self, text: str, tree: Tree) -> None:
        self._source = text
        self._tree = tree

    def text(self, root: Mark) -> str:
        """The whole text with every flow mapping in order."""
        parts: list[str] = []
        at = 0
        for path, mark in self._outermost(root, ()):
            parts += [self._source[at : _start(mark)], self._rendered(mark, path)]
            at = _end(mark)
        return "".join((*parts, self._source[at:]))

    def _outermost(self, mark: Mark, path: Path) -> Iterator[tuple[Path, Mark]]:
        if isinstance(mark, MapMark | ListMark):
            if mark.flow:
                yield path, mark
                return
            for part, below in _children(mark):
                yield from self._outermost(below, (*path, part))

    def _rendered(self, mark: Mark, path: Path) -> str:
        if not isinstance(mark, MapMark | ListMark):
            return self._source[_start(mark) : _end(mark)]
        entries: dict[str | int, str] = {}
        gaps: list[str] = []
        at = _start(mark)
        for part, below in _children(mark):
            key = mark.keys[part] if isinstance(mark, MapMark) and isinstance(part, str) else None
            begin = key.start_mark.index if key is not None else _start(below)
            gaps.append(self._source[at:begin])
            before = self._source[begin : _start(below)]
            entries[part] = before + self._rendered(below, (*path, part))
            at = _end(below)
        gaps.append(self._source[at : _end(mark)])
        order: tuple[str | int, ...] = tuple(entries)
        if isinstance(mark, MapMark) and not any("#" in gap or "?" in gap for gap in gaps):
            order = key_order(model_at(path, self._tree), mark.keys)
        pieces = [gap + entries[part] for gap, part in zip(gaps, order, strict=False)]
        return "".join((*pieces, gaps[-1]))


class _Blocks:
    """Orders block mappings by moving whole lines."""

    def __init__(self, text: str, tree: Tree) -> None:
        self._lines = text.split("\n")
        self._tree = tree
        self._texts: set[int] = set()

    def text(self, root: Mark) -> str:
        """The whole text with every block mapping in order."""
        self._keep_texts(root)
        for number, line in enumerate(self._lines):
            if number not in self._texts:
                self._lines[number] = line.rstrip()
        if isinstance(root, MapMark) and not root.flow:
            first = self._header(root)
            body = self._value(root, (), first, len(self._lines))
            self._lines = [*self._lines[:first], *body]
        return "\n".join(self._lines).strip("\n") + "\n"

    def _keep_texts(self, mark: Mark) -> None:
        """Note the lines inside texts of several lines: nothing in them is a comment."""
        if isinstance(mark, MapMark | ListMark):
            for _, below in _children(mark):
                self._keep_texts(below)
            return
        end = mark.end_mark.line + (1 if mark.end_mark.column else 0)
        if mark.style in ("|", ">"):
            header = self._lines[mark.start_mark.line][mark.start_mark.column :]
            while "+" not in header.split("#")[0] and not self._lines[end - 1].strip():
                end -= 1
            self._texts.update(range(mark.start_mark.line + 1, end))
        elif end - mark.start_mark.line > 1:
            self._texts.update(range(mark.start_mark.line, end))

    def _header(self, root: MapMark) -> int:
        """The first line that belongs to a key: comments that open the file stay there."""
        first = min(key.start_mark.line for key in root.keys.values())
        top = first
        while top > 0 and self._lines[top - 1].startswith("#"):
            top -= 1
        opens_file = all(not line or line.startswith(("---", "#")) for line in self._lines[:top])
        after_marker = top == 0 or self._lines[top - 1].startswith("---")
        return first if opens_file and after_marker else top

    def _value(self, mark: Mark, path: Path, start: int, end: int) -> list[str]:
        if isinstance(mark, MapMark) and not mark.flow and mark.keys:
            return self._mapping(mark, path, start, end)
        if isinstance(mark, ListMark) and not mark.flow and mark.children:
            return self._list(mark, path, start, end)
        return self._lines[start:end]

    def _list(self, mark: ListMark, path: Path, start: int, end: int) -> list[str]:
        starts = [_line(item) for item in mark.children]
        lines = self._lines[start : starts[0]]
        for index, item in enumerate(mark.children):
            stop = starts[index + 1] if index + 1 < len(starts) else end
            lines += self._value(item, (*path, index), starts[index], stop)
        return lines

    def _mapping(self, mark: MapMark, path: Path, start: int, end: int) -> list[str]:
        keys = list(mark.keys.items())
        column = keys[0][1].start_mark.column
        last = self._without_tail(keys[-1][1].start_mark.line, end, column)
        tops = [start]
        for (_, before), (_, key) in pairwise(keys):
            tops.append(self._top(before, key, column))
        slots: list[list[str]] = []
        entries: dict[str, list[str]] = {}
        for index, (name, key) in enumerate(keys):
            top, line = tops[index], key.start_mark.line
            stop = tops[index + 1] if index + 1 < len(tops) else last
            head = top
            while head < line and not self._lines[head].strip():
                head += 1
            slots.append(self._lines[top:head])
            value = self._value(mark.children[name], (*path, name), line + 1, stop)
            entries[name] = [*self._lines[head : line + 1], *value]
        order = tuple(entries)
        if self._movable(keys, column):
            order = key_order(model_at(path, self._tree), order)
        self._move_dash(entries, keys[0], order[0])
        body = [line for slot, name in zip(slots, order, strict=True)
                for line in (*slot, *entries[name])]  # fmt: skip
        return [*body, *self._lines[last:end]]

    def _top(self, before: Scalar, key: Scalar, column: int) -> int:
        """The first line of a key with the comments right above it and the blanks above those."""
        top = key.start_mark.line
        lowest = before.start_mark.line + 1
        mark = " " * column + "#"
        while top > lowest and top - 1 not in self._texts and self._lines[top - 1].startswith(mark):
            top -= 1
        while top > lowest and top - 1 not in self._texts and not self._lines[top - 1].strip():
            top -= 1
        return top

    def _without_tail(self, start: int, end: int, column: int) -> int:
        while end - 1 > start and end - 1 not in self._texts:
            line = self._lines[end - 1]
            if not _TAIL.fullmatch(line) or (line and len(line) - len(line.lstrip()) >= column > 0):
                break
            end -= 1
        return end

    def _movable(self, keys: list[tuple[str, Scalar]], column: int) -> bool:
        prefixes = [self._lines[key.start_mark.line][:column] for _, key in keys]
        return not prefixes[0].strip(" -") and not any(p.strip() for p in prefixes[1:])

    def _move_dash(
        self, entries: dict[str, list[str]], first: tuple[str, Scalar], new: str
    ) -> None:
        """Give the dash of a list item to the key that becomes its first."""
        name, key = first
        column = key.start_mark.column
        dash = self._lines[key.start_mark.line][:column]
        if new == name or not dash.strip():
            return
        at = next(i for i, line in enumerate(entries[name]) if line.startswith(dash))
        entries[name][at] = " " * column + entries[name][at][column:]
        at = next(i for i, line in enumerate(entries[new]) if not line.lstrip().startswith("#"))
        # Its comments come to stand above the dash, and in line with it.
        margin = " " * (len(dash) - len(dash.lstrip()))
        entries[new][:at] = [margin + line.lstrip() for line in entries[new][:at]]
        entries[new][at] = dash + entries[new][at][column:]
