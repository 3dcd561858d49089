"""What may be written at a place of a statement that is not finished yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from peter_core.sql.functions import FUNCTIONS
from peter_core.sql.limits import MAX_TEXT_BYTES
from peter_core.sql.scopes import Scopes, pieces_of
from peter_core.sql.struct_types import fields_of, type_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.scopes import Piece, Source

Kind = Literal["table", "column", "function", "parameter", "keyword"]

MOST = 100
"""Completions that are given at most."""

_KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "LEFT JOIN", "INNER JOIN",
    "CROSS JOIN", "FULL JOIN", "ON", "USING", "AS", "WITH", "HAVING", "QUALIFY", "AND", "OR", "NOT",
    "IN", "IS NULL", "IS NOT NULL", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "END",
    "DISTINCT", "UNION ALL", "UNION DISTINCT", "EXCEPT", "INTERSECT DISTINCT", "OVER",
    "PARTITION BY", "ROWS", "RANGE", "INTERVAL", "DESC", "ASC", "OFFSET", "EXISTS", "TRUE", "FALSE",
    "NULL", "TABLESAMPLE SYSTEM", "WINDOW", "UNNEST", "PIVOT", "UNPIVOT",
)  # fmt: skip
_STARTS = ("SELECT", "WITH", "FROM")
_BEFORE_TABLE = frozenset({"FROM", "JOIN"})
_CLAUSES = "WHERE ON USING GROUP ORDER HAVING QUALIFY LIMIT SELECT WINDOW AND OR BY SET"
_AFTER_TABLES = frozenset(_CLAUSES.split())
_BARE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_BARE_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may stand at ``start`` to ``end`` (exclusive, in characters) of the statement.

    ``detail`` says more of it: a column's type and table, how many columns a table has.
    """

    label: str
    kind: Kind
    detail: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where something is being written: the word so far, and the names with dots before it."""

    typed: str
    path: tuple[str, ...]
    start: int
    end: int
    path_start: int
    quoted: bool
    before: int
    """How many pieces stand before the path."""


def complete(
    sql: str,
    offset: int,
    *,
    schema: SchemaMapping | None = None,
    parameters: Iterable[str] = (),
) -> tuple[Completion, ...]:
    """What may be written at an offset, the likeliest first. Never raises.

    Parameters
    ----------
    sql
        Any text: the statement need not be finished, nor be one.
    offset
        Where the cursor stands, in characters from 0.
    schema
        Table to column to BigQuery type.
    parameters
        Names of the declared parameters.

    Returns
    -------
    tuple of Completion
        At most 100; none inside strings and comments.
    """
    if len(sql) > MAX_TEXT_BYTES:
        return ()
    offset = max(0, min(offset, len(sql)))
    pieces = pieces_of(sql)
    if _is_text(pieces, offset):
        return ()
    here = next((p for p in pieces if p.start < offset <= p.end), None)
    if here is not None and here.kind == "parameter":
        names = [] if here.text.startswith("@@") else [f"@{name}" for name in parameters]
        typed = sql[here.start : offset]
        made = (Completion(name, "parameter", "", here.start, here.end) for name in names)
        return _ranked(made, typed)
    cursor = _cursor(sql, pieces, offset, here)
    scopes = Scopes(pieces, schema or {})
    solid = [piece for piece in pieces[: cursor.before] if piece.kind != "comment"]
    if _wants_table(solid):
        dotted = ".".join((*cursor.path, cursor.typed))
        return _ranked(_tables(scopes, schema or {}, cursor), dotted)
    if cursor.path:
        return _ranked(_members(scopes, cursor, offset), cursor.typed)
    if not solid or solid[-1].text == ";":
        starts = (Completion(w, "keyword", "", cursor.start, cursor.end) for w in _STARTS)
        return _ranked(starts, cursor.typed)
    return _ranked(_anything(scopes, cursor, offset, parameters), cursor.typed)


def _is_text(pieces: Sequence[Piece], offset: int) -> bool:
    for piece in pieces:
        if piece.kind in ("string", "comment") and piece.start < offset <= piece.end:
            # Behind its closing sign a string or a block comment is over.
            closed = piece.text.endswith(("'", '"', "*/")) and len(piece.text) > 1
            return offset < piece.end or not closed
    return False


def _cursor(sql: str, pieces: Sequence[Piece], offset: int, here: Piece | None) -> _Cursor:
    quoted = here is not None and here.kind == "quoted" and not (
        here.end == offset and here.text.endswith("`") and len(here.text) > 1
    )  # fmt: skip
    if here is not None and quoted:
        *owners, typed = sql[here.start + 1 : offset].split(".")
        end = here.end - 1 if here.text.endswith("`") and len(here.text) > 1 else offset
        return _Cursor(
            typed=typed,
            path=tuple(owners),
            start=offset - len(typed),
            end=end,
            path_start=here.start + 1,
            quoted=True,
            before=pieces.index(here),
        )
    word = here if here is not None and here.kind == "word" else None
    index = pieces.index(word) if word else sum(piece.end <= offset for piece in pieces)
    start, end = (word.start, word.end) if word else (offset, offset)
    path: list[str] = []
    at = index
    while at >= 2 and pieces[at - 1].text == "." and (name := pieces[at - 2].name):
        path.insert(0, name)
        at -= 2
    if path:
        path[0], at = _dashed(pieces, path[0], at)
    path_start = pieces[at].start if path else start
    return _Cursor(sql[start:offset], tuple(path), start, end, path_start, False, at)


def _dashed(pieces: Sequence[Piece], name: str, at: int) -> tuple[str, int]:
    """A project's name with its dashes, where a table stands; elsewhere a dash is a minus."""
    begin, whole = at, name
    while begin >= 2 and pieces[begin - 1].text == "-":
        sign, part = pieces[begin - 1], pieces[begin - 2]
        joined = part.end == sign.start and sign.end == pieces[begin].start
        if not joined or part.kind not in ("word", "number"):
            break
        begin, whole = begin - 2, f"{part.text}-{whole}"
    solid = [piece for piece in pieces[:begin] if piece.kind != "comment"]
    return (whole, begin) if begin < at and _wants_table(solid) else (name, at)


def _wants_table(before: Sequence[Piece]) -> bool:
    """Whether a table stands here: after FROM or JOIN, or after a comma of a FROM clause."""
    if not before:
        return False
    if before[-1].text != ",":
        return before[-1].upper in _BEFORE_TABLE and _opens_query(before)
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        piece = before[index]
        depth += (piece.text == ")") - (piece.text == "(")
        if depth < 0 or (depth == 0 and piece.upper in _AFTER_TABLES):
            return False
        if depth == 0 and piece.upper in _BEFORE_TABLE:
            return _opens_query(before[: index + 1])
    return False


def _opens_query(before: Sequence[Piece]) -> bool:
    """Whether the FROM is a query's, and not the one of ``EXTRACT(YEAR FROM ...)``."""
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        depth += (before[index].text == ")") - (before[index].text == "(")
        if depth < 0:
            return index == 0 or before[index - 1].upper not in ("EXTRACT", "TRIM")
    return True


def _tables(scopes: Scopes, schema: SchemaMapping, cursor: _Cursor) -> Iterator[Completion]:
    start, end = cursor.path_start, cursor.end
    if not cursor.path:
        for name, _ in scopes.ctes.values():
            yield Completion(_written(name, cursor), "table", "WITH query", start, end)
    short = [".".join(_parts(name)[-2:]) for name in schema]
    for name, columns in schema.items():
        full, brief = ".".join(_parts(name)), ".".join(_parts(name)[-2:])
        typed = ".".join((*cursor.path, "")).casefold()
        label = brief if short.count(brief) == 1 and brief.casefold().startswith(typed) else full
        yield Completion(_written(label, cursor), "table", f"{len(columns)} columns", start, end)
    if not cursor.path and not cursor.quoted:
        yield Completion("UNNEST", "function", "", start, end)


def _members(scopes: Scopes, cursor: _Cursor, offset: int) -> Iterator[Completion]:
    """What stands behind a dot: columns of a source, fields, or functions of a namespace."""
    owner = cursor.path[-1].casefold()
    sources = scopes.visible(offset)
    for source in sources:
        if source.alias.casefold() == owner:
            yield from _columns(source.columns, source.alias, cursor)
            return
    fields = _fields(sources, cursor.path)
    if fields:
        yield from _columns(fields, ".".join(cursor.path), cursor)
        return
    space = f"{cursor.path[-1].upper()}."
    names = FUNCTIONS if space == "SAFE." else (n for n in FUNCTIONS if n.startswith(space))
    for name in sorted(names):
        if space != "SAFE." or "." not in name:
            label = name.removeprefix(space)
            yield Completion(label, "function", name, cursor.start, cursor.end)


def _fields(sources: Sequence[Source], path: Sequence[str]) -> Sequence[tuple[str, str]]:
    """The fields of the struct at a path: a column, or a source and its column, and so on."""
    for source in sources:
        rest = path[1:] if source.alias.casefold() == path[0].casefold() else path
        fields = fields_of(type_at(source.columns, rest))
        if fields:
            return fields
    return ()


def _anything(
    scopes: Scopes, cursor: _Cursor, offset: int, parameters: Iterable[str]
) -> Iterator[Completion]:
    start, end = cursor.start, cursor.end
    sources = scopes.visible(offset)
    for source in sources:
        yield from _columns(source.columns, source.alias, cursor)
    for source in sources:
        if source.alias:
            yield Completion(_written(source.alias, cursor), "table", "alias", start, end)
    if cursor.quoted:
        return
    for name in parameters:
        yield Completion(f"@{name}", "parameter", "", start, end)
    for name in sorted(FUNCTIONS):
        yield Completion(name, "function", "", start, end)
    for word in _KEYWORDS:
        yield Completion(word, "keyword", "", start, end)


def _columns(
    columns: Iterable[tuple[str, str]], alias: str, cursor: _Cursor
) -> Iterator[Completion]:
    for name, kind in columns:
        detail = " · ".join(part for part in (kind, alias) if part)
        label = name if cursor.quoted or _BARE.fullmatch(name) else f"`{name}`"
        yield Completion(label, "column", detail, cursor.start, cursor.end)


def _written(name: str, cursor: _Cursor) -> str:
    return name if cursor.quoted or _BARE_PATH.fullmatch(name) else f"`{name}`"


def _parts(name: str) -> list[str]:
    return name.replace("`", "").split(".")


def _ranked(found: Iterable[Completion], typed: str) -> tuple[Completion, ...]:
    """Those that begin with what is typed, then those with a part that does, each in order."""
    wanted = typed.casefold().strip("`")
    begin, within, seen = [], [], set[tuple[str, str]]()
    for one in found:
        label = one.label.casefold().strip("`@")
        key = (label, one.kind)
        if key in seen or (label == wanted and one.kind == "keyword"):
            continue
        seen.add(key)
        if label.startswith(wanted.removeprefix("@")):
            begin.append(one)
        elif any(part.startswith(wanted) for part in re.split(r"[._]", label)) or (
            "." in wanted and f".{wanted}" in f".{label}"
        ):
            within.append(one)
    return tuple((begin + within)[:MOST])
