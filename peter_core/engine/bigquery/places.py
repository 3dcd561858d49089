"""Where BigQuery's messages about a statement point to."""

from __future__ import annotations

import re
from dataclasses import replace

from peter_core.dashboard.problems import Problem
from peter_core.sql.positions import Span, problem_at

_PLACE = re.compile(r"\s*;?\s*at \[(\d+):(\d+)\]")
_NEAR = re.compile(r";?\s*Did you mean ([^?]+)\?", re.IGNORECASE)
_WORD = re.compile(r"`[^`\n]*`|@?\w+(?:\.\w+)*|\S")
_TAB = 8
_RULES = (
    (re.compile(r"Not found: (?:Table|Dataset|Project)\b|must be qualified with a dataset", re.I),
     "unknown-table"),
    (re.compile(r"Unrecognized name|Name \S+ not found inside|does not have (?:a )?column", re.I),
     "unknown-column"),
    (re.compile(r"Query parameter \S+ not found", re.I), "unknown-parameter"),
    (re.compile(r"Function not found", re.I), "unknown-function"),
    (re.compile(r"Syntax error", re.I), "sql-syntax"),
    (re.compile(r"without a filter over column", re.I), "partition-filter"),
    (re.compile(r"No matching signature|cannot be coerced|incompatible types", re.I), "sql-type"),
)  # fmt: skip
_TABLE = re.compile(
    r"(Not found|Access Denied): (Table|View|Dataset) ([^\s:]+)[:.](\S+)", re.IGNORECASE
)
_HINTS = {
    "partition-filter": "The table asks for a WHERE on its partition column, which bounds what is "
    "read.",
}


def placed_problem(message: str, text: str) -> Problem:
    """BigQuery's message about a statement as a problem with rule, place and hint.

    ``at [line:column]`` counts characters from 1, a tab as up to eight columns.
    """
    places = list(_PLACE.finditer(message))
    said = _PLACE.sub("", message.strip().splitlines()[0] if message.strip() else "It is invalid")
    near = _NEAR.search(said)
    rule = next((rule for pattern, rule in _RULES if pattern.search(message)), "sql-invalid")
    table = _TABLE.search(message)
    if table is not None:
        return _closed_table(table, text)
    words = _NEAR.sub("", said).strip().rstrip(".") + "."
    span = _span(text, int(places[-1][1]), int(places[-1][2])) if places else None
    problem = problem_at(text, span, rule, words)
    return replace(problem, hint=f"Did you mean {near[1]}?" if near else _HINTS.get(rule))


def names_a_table(message: str) -> bool:
    """Whether the message is about one table, view or dataset."""
    return _TABLE.search(message) is not None


def _closed_table(found: re.Match[str], text: str) -> Problem:
    """BigQuery gives no place for a table it does not open; its name stands in the text."""
    name = found[4].rstrip(".,;:")
    spot = re.search(rf"(?:`[^`\n]{{0,300}}|[\w.-]{{0,300}})\b{re.escape(name)}\b`?", text)
    span = Span(spot.start(), spot.end()) if spot else None
    kind, full = found[2].lower(), f"{found[3]}.{name}"
    if found[1].lower() == "not found":
        rule, message = "unknown-table", f"No {kind} is called `{full}`."
        hint = "Check its spelling, and that it is in the location of Peter's jobs."
    else:
        rule, message = "table-denied", f"Peter's account may not read the {kind} `{full}`."
        hint = "Grant it BigQuery Data Viewer on the dataset."
    return problem_at(text, span, rule, message, hint=hint)


def _span(text: str, line: int, column: int) -> Span | None:
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    start = sum(len(one) + 1 for one in lines[: line - 1]) + _offset(lines[line - 1], column)
    word = _WORD.match(text, start)
    return Span(start, word.end() if word else start)


def _offset(line: str, column: int) -> int:
    """The character offset of a column that counts a tab to the next multiple of eight."""
    reached = 1
    for offset, character in enumerate(line):
        if reached >= column:
            return offset
        reached += _TAB - (reached - 1) % _TAB if character == "\t" else 1
    return len(line)
