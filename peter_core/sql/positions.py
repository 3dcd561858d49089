"""Where a part of a statement stands in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.dashboard.problems import Problem, Severity

if TYPE_CHECKING:
    from sqlglot import exp

_END = re.compile(r"\s*END\b", re.IGNORECASE)
_BRACKETS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()]""")
# The parser marks the names of functions, not the words of these.
_UNMARKED = {
    "Case": re.compile(r"\bCASE(?:\s+WHEN)?\s*\Z", re.IGNORECASE),
    "If": re.compile(r"\bIF\s*\(\s*\Z", re.IGNORECASE),
    "Cast": re.compile(r"\bCAST\s*\(\s*\Z", re.IGNORECASE),
    "TryCast": re.compile(r"\bSAFE_CAST\s*\(\s*\Z", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A range of characters, ``end`` exclusive."""

    start: int
    end: int


def span_of(node: exp.Expr | None) -> Span | None:
    """The range of a node, or of its first descendant or nearest ancestor that has one.

    The parser marks identifiers, function names, literals and stars, not every node.
    """
    if node is None:
        return None
    own = _own(node)
    if own is not None:
        return own
    spans = [span for child in node.walk() if (span := _own(child)) is not None]
    if spans:
        return min(spans, key=lambda span: span.start)
    parent = node.parent
    while parent is not None:
        if (span := _own(parent)) is not None:
            return span
        parent = parent.parent
    return None


def extent_of(text: str, node: exp.Expr) -> Span | None:
    """The range from the first to the last part of a node, with the parentheses it closes."""
    spans = [span for child in node.walk() if (span := _own(child)) is not None]
    if not spans:
        return span_of(node)
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    opening = _opening(text, node, start)
    if opening is not None:
        start, end = opening.start(), _closing(text, opening, end)
    missing = text.count("(", start, end) - text.count(")", start, end)
    for _ in range(missing):
        at = end
        while at < len(text) and text[at].isspace():
            at += 1
        if text[at : at + 1] != ")":
            break
        end = at + 1
    return Span(start, end)


def _opening(text: str, node: exp.Expr, start: int) -> re.Match[str] | None:
    """The words before the first marked part that belong to the node."""
    unmarked = _UNMARKED.get(type(node).__name__)
    return unmarked.search(text, max(0, start - 200), start) if unmarked else None


def _closing(text: str, opening: re.Match[str], end: int) -> int:
    if not opening[0].rstrip().endswith("("):
        found = _END.match(text, end)
        return found.end() if found else end
    depth = 0
    for match in _BRACKETS.finditer(text, opening.start()):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == ")" and depth == 0:
            return match.end()
    return end


def line_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character offset."""
    offset = max(0, min(offset, len(text)))
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def problem_at(
    text: str,
    span: Span | None,
    rule: str,
    message: str,
    *,
    hint: str | None = None,
    severity: Severity = "error",
) -> Problem:
    """A problem placed at a span of ``text``; without one it speaks of the whole statement."""
    if span is None:
        return Problem(rule, severity, message, line=1, column=1, hint=hint)
    line, column = line_column(text, span.start)
    end_line, end_column = line_column(text, max(span.end, span.start))
    return Problem(
        rule,
        severity,
        message,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        hint=hint,
    )


def _own(node: exp.Expr) -> Span | None:
    start, end = node.meta_get("start"), node.meta_get("end")
    if isinstance(start, int) and isinstance(end, int):
        return Span(start, end + 1)
    return None
