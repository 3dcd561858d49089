"""The names that an unfinished statement knows at a place, told from its words alone.

A statement that is being written does not parse, so its parentheses and its FROM clauses are read
without a parser: what stands in one, under which alias, and with which columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from peter_core.sql.schema import Schema
from peter_core.sql.struct_types import element_of, fields_of, type_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peter_core.sql.schema import SchemaMapping

_PIECE = re.compile(
    r"""(?P<comment>(?:--|\#)[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>[rRbB]{0,2}(?:\"{3}.*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z)
        |"(?:[^"\\\n]|\\.)*(?:"|(?=\n)|\\?\Z)|'(?:[^'\\\n]|\\.)*(?:'|(?=\n)|\\?\Z)))
    |(?P<quoted>`[^`\n]*`?)|(?P<parameter>@{1,2}\w*)|(?P<word>[^\W\d]\w*)|(?P<number>\d[\w.]*)
    |(?P<sign>\S)""",
    re.VERBOSE | re.DOTALL,
)
_FROM_ENDS = "ON USING WHERE GROUP HAVING QUALIFY WINDOW ORDER LIMIT SELECT"
_JOIN_WORDS = """
    AS FROM JOIN LEFT RIGHT FULL INNER CROSS OUTER UNION EXCEPT INTERSECT FOR PIVOT UNPIVOT
    TABLESAMPLE WITH
"""
_END_OF_FROM = frozenset(_FROM_ENDS.split())
_NO_ALIAS = _END_OF_FROM | frozenset(_JOIN_WORDS.split())
_DEEPEST = 8

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, a sign, a string or a comment, and its place; ``end`` is exclusive."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The word as keywords are written; empty for what is no bare word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str | None:
        """The name it may be, without backticks."""
        return self.text.strip("`") if self.kind in ("word", "quoted") else None


@dataclass(frozen=True, slots=True)
class Source:
    """Something of a FROM clause: ``columns`` are names and types, the type empty if unknown."""

    alias: str
    columns: Columns


def pieces_of(sql: str) -> list[Piece]:
    """The pieces of any text, comments among them."""
    return [
        Piece(match.lastgroup or "sign", match[0], match.start(), match.end())
        for match in _PIECE.finditer(sql)
    ]


class Scopes:
    """The sources visible at places of one text."""

    def __init__(self, pieces: Sequence[Piece], schema: SchemaMapping) -> None:
        self._pieces = [piece for piece in pieces if piece.kind != "comment"]
        self._schema = Schema(schema)
        self._close = self._pairs()
        self._known: dict[str, Columns] = {}

    def visible(self, offset: int) -> list[Source]:
        """The sources that a column at the offset may belong to, the innermost query first."""
        found: list[Source] = []
        for low, high in self._regions(offset):
            segment = self._segment(low, high, offset)
            # Without SELECT a FROM is another thing's, as in EXTRACT(YEAR FROM day).
            if low == 0 or any(self._pieces[index].upper == "SELECT" for index in segment):
                found.extend(self._sources(segment, 0))
        return found

    @cached_property
    def ctes(self) -> dict[str, tuple[str, int]]:
        """By name without case: the name of each WITH query, and where its parenthesis opens."""
        found: dict[str, tuple[str, int]] = {}
        for index, piece in enumerate(self._pieces[2:], 2):
            before = self._pieces[index - 2]
            if piece.text == "(" and self._pieces[index - 1].upper == "AS" and before.name:
                lead = self._pieces[index - 3] if index > 2 else None
                if lead is not None and (lead.upper in ("WITH", "RECURSIVE") or lead.text == ","):
                    found.setdefault(before.name.casefold(), (before.name, index))
        return found

    def columns(self, name: str, depth: int = 0) -> Columns:
        """The columns of a table or a WITH query; none when they are not known."""
        key = name.casefold()
        if key in self.ctes:
            if key not in self._known:
                self._known[key] = ()
                self._known[key] = self._outputs(self.ctes[key][1], depth + 1)
            return self._known[key]
        table = self._schema.find(name)
        return tuple(table.columns.values()) if table else ()

    def _pairs(self) -> dict[int, int]:
        opened: list[int] = []
        close = {}
        for index, piece in enumerate(self._pieces):
            if piece.text == "(":
                opened.append(index)
            elif piece.text == ")" and opened:
                close[opened.pop()] = index
        return close | dict.fromkeys(opened, len(self._pieces))

    def _regions(self, offset: int) -> Iterator[tuple[int, int]]:
        """The parentheses around the offset from the inside, then the whole text."""
        count = len(self._pieces)
        around = [
            (low, high)
            for low, high in self._close.items()
            if self._pieces[low].end <= offset
            and (high == count or self._pieces[high].start >= offset)
        ]
        for low, high in sorted(around, reverse=True):
            yield low + 1, high
        yield 0, count

    def _level(self, low: int, high: int) -> list[int]:
        """The pieces of a region without what stands in its inner parentheses."""
        level = []
        index = low
        while index < high:
            level.append(index)
            index = self._close.get(index, index) + 1
        return level

    def _segment(self, low: int, high: int, offset: int) -> list[int]:
        """The part of a region between set operations or semicolons that holds the offset."""
        segment: list[int] = []
        for index in self._level(low, high):
            piece = self._pieces[index]
            if piece.text == ";" or piece.upper in ("UNION", "INTERSECT"):
                if piece.start >= offset:
                    break
                segment = []
            else:
                segment.append(index)
        return segment

    def _sources(self, segment: list[int], depth: int) -> list[Source]:
        if depth > _DEEPEST:
            return []
        found: list[Source] = []
        inside = expecting = False
        for position, index in enumerate(segment):
            piece = self._pieces[index]
            if piece.upper in ("FROM", "JOIN") and not self._is_part(segment, position):
                inside = expecting = True
            elif piece.text == "," and inside:
                expecting = True
            elif piece.upper in _END_OF_FROM:
                # A comma after ON or USING still separates sources, one after WHERE does not.
                inside, expecting = inside and piece.upper in ("ON", "USING"), False
            elif expecting:
                expecting = False
                source = self._source(segment, position, depth, found)
                if source is not None:
                    found.append(source)
        return found

    def _is_part(self, segment: list[int], position: int) -> bool:
        """Whether a word is the part of a path, as in ``t.from``, and not after ``t.``."""
        before = self._pieces[segment[position - 1]] if position else None
        return (
            before is not None
            and before.text == "."
            and before.end == self._pieces[segment[position]].start
        )

    def _source(
        self, segment: list[int], position: int, depth: int, before: list[Source]
    ) -> Source | None:
        piece = self._pieces[segment[position]]
        if piece.text == "(":
            alias = self._alias(segment, position + 1)
            return Source(alias or "", self._outputs(segment[position], depth + 1))
        if piece.upper == "UNNEST" and position + 1 < len(segment):
            return self._unnested(segment, position + 1, before)
        if piece.name is None:
            return None
        name, position = piece.name, position + 1
        while position + 1 < len(segment) and self._pieces[segment[position]].text in ".-":
            sign, part = (self._pieces[segment[position + step]] for step in (0, 1))
            if not (part.name or part.kind == "number"):
                break
            name, position = f"{name}{sign.text}{part.text.strip('`')}", position + 2
        alias = self._alias(segment, position) or name.rpartition(".")[2]
        return _elements(alias, name.split("."), before) or Source(alias, self.columns(name, depth))

    def _unnested(self, segment: list[int], opening: int, before: list[Source]) -> Source | None:
        """``UNNEST(t.items) AS item``; of another array than a column nothing is known."""
        low, alias = segment[opening], self._alias(segment, opening + 1) or ""
        inner = self._pieces[low + 1 : self._close.get(low, low + 1)]
        path = [piece.name for piece in inner[::2]]
        dotted = all(piece.text == "." for piece in inner[1::2])
        names = [name for name in path if name] if dotted and None not in path else []
        return _elements(alias, names, before) or Source(alias, ())

    def _alias(self, segment: list[int], position: int) -> str | None:
        rest = [self._pieces[index] for index in segment[position : position + 2]]
        if rest and rest[0].upper == "AS":
            rest = rest[1:]
        if rest and rest[0].upper not in _NO_ALIAS:
            return rest[0].name
        return None

    def _outputs(self, opening: int, depth: int) -> Columns:
        """What the SELECT in a parenthesis gives, as far as its words tell."""
        if depth > _DEEPEST:
            return ()
        level = self._level(opening + 1, self._close[opening])
        words = [self._pieces[index].upper for index in level]
        if "SELECT" not in words:
            return ()
        begin = words.index("SELECT") + 1
        end = next((i for i, w in enumerate(words[begin:], begin) if w == "FROM"), len(words))
        stop = next((i for i in range(end, len(words)) if words[i] == "UNION"), len(words))
        sources = self._sources(level[begin - 1 : stop], depth)
        item: list[Piece] = []
        found: dict[str, str] = {}
        for index in [*level[begin:end], None]:
            if index is not None and self._pieces[index].text != ",":
                item.append(self._pieces[index])
                continue
            found.update(_item_columns(item, sources))
            item = []
        return tuple(found.items())


def _elements(alias: str, path: Sequence[str], before: Sequence[Source]) -> Source | None:
    """The elements of an array that an earlier source has; ``None`` when there is no such."""
    for source in before:
        rest = path[1:] if source.alias.casefold() == path[0].casefold() else path
        element = element_of(type_at(source.columns, rest)) if rest else ""
        if element:
            return Source(alias, fields_of(element) or ((alias, element),))
    return None


def _item_columns(item: list[Piece], sources: list[Source]) -> Iterator[tuple[str, str]]:
    """The columns of one item of a SELECT list."""
    star = next((i for i, piece in enumerate(item) if piece.text == "*"), None)
    if star == 0 or (star == 2 and item[1].text == "."):
        wanted = item[0].name if star else None
        for source in sources:
            if wanted is None or source.alias.casefold() == wanted.casefold():
                yield from source.columns
    elif item and (name := item[-1].name):
        types = {column.casefold(): kind for s in sources for column, kind in s.columns}
        plain = len(item) in (1, 3) and (len(item) == 1 or item[1].text == ".")
        yield name, types.get(name.casefold(), "") if plain else ""
