"""Syntax errors in words a person can act on, with their places.

The parser reads more than BigQuery does, so its trees are looked over for what BigQuery refuses.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from peter_core.sql.positions import Span, problem_at, span_of
from peter_core.sql.reading import RESERVED_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.errors import ParseError
    from sqlglot.tokenizer_core import Token

    from peter_core.dashboard.problems import Problem

RULE = "sql-syntax"

_WORDS = """
    SELECT WITH FROM CREATE INSERT UPDATE DELETE MERGE DROP ALTER TRUNCATE CALL DECLARE SET BEGIN
    EXPORT LOAD GRANT REVOKE EXECUTE IF LOOP WHILE REPEAT ASSERT EXPLAIN DESCRIBE SHOW COMMIT
    ROLLBACK RETURN RAISE FOR UNDROP CLONE ANALYZE
"""
_STATEMENT_WORDS = _WORDS.split()
_UNCLOSED = (
    ('"""', "string"), ("'''", "string"), ('"', "string"), ("'", "string"), ("`", "name"),
    ("/*", "comment"),
)  # fmt: skip
_BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_]")
_OPENING = re.compile(r"""\"{3}|'{3}|["'`\#]|--|/\*""")
_REST = {
    '"""': re.compile(r'(?:[^\\]|\\.)*?"{3}', re.DOTALL),
    "'''": re.compile(r"(?:[^\\]|\\.)*?'{3}", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\n]|\\.)*"', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*'", re.DOTALL),
    "`": re.compile(r"(?:[^`\\\n]|\\.)*`", re.DOTALL),
    "#": re.compile(r"[^\n]*"),
    "--": re.compile(r"[^\n]*"),
    "/*": re.compile(r".*?\*/", re.DOTALL),
}
"""What follows the opening sign of a string, a quoted name or a comment, up to its end."""


def token_error_problem(text: str, error: Exception) -> Problem:
    """The problem of a text that has no tokens: something is not closed."""
    rest = blanked(text)
    places = [
        (position, opening, what)
        for opening, what in _UNCLOSED
        if (position := rest.find(opening)) >= 0
    ]
    if not places:
        return problem_at(text, None, RULE, "The statement cannot be split into words.")
    position, opening, what = min(places, key=lambda place: place[0])
    return problem_at(
        text,
        Span(position, position + len(opening)),
        RULE,
        f"The {what} that starts here is not closed.",
        hint=f"Add the closing {'*/' if opening == '/*' else opening}.",
    )


def blanked(text: str) -> str:
    """The text with blanks for its strings, quoted names and comments; no place moves.

    It ends at the first of them that is not closed: to go on from there could take the square of
    the text's length, and what follows stands inside it.
    """
    parts = []
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        rest = _REST[opening[0]].match(text, opening.end())
        if rest is None:
            break
        parts += [text[at : opening.start()], " " * (rest.end() - opening.start())]
        at = rest.end()
    return "".join([*parts, text[at:]])


def parse_problem(text: str, tokens: Sequence[Token], error: ParseError) -> Problem:
    """The problem of tokens that are no statement."""
    start = _start_problem(text, tokens)
    if start is not None:
        return start
    detail = error.errors[0] if error.errors else {}
    token = _token_ending_at(tokens, detail.get("line"), detail.get("col"))
    span = Span(token.start, token.end + 1) if token else None
    return problem_at(text, span, RULE, _sentence(str(detail.get("description") or ""), token))


def tree_problem(text: str, tokens: Sequence[Token], nodes: Sequence[exp.Expr]) -> Problem | None:
    """What the parser let through and BigQuery would not; ``nodes`` are those of its tree."""
    return (
        _start_problem(text, tokens)
        or _stray_character(text, tokens)
        or _comma_problem(text, tokens)
        or _empty_select(text, tokens, nodes)
        or _empty_clause(text, tokens, nodes)
        or _reserved_name(text, nodes)
    )


def _start_problem(text: str, tokens: Sequence[Token]) -> Problem | None:
    first = next((token for token in tokens if token.text != "("), None)
    if first is None or first.token_type is not TokenType.VAR:
        return None
    word = first.text.upper()
    if word in _STATEMENT_WORDS:
        return None
    near = get_close_matches(word, _STATEMENT_WORDS, 1, 0.6)
    return problem_at(
        text,
        Span(first.start, first.end + 1),
        RULE,
        f"A query starts with SELECT or WITH, not with `{_short(first.text)}`.",
        hint=f"Did you mean {near[0]}?" if near else None,
    )


def _stray_character(text: str, tokens: Sequence[Token]) -> Problem | None:
    """A name outside backticks has only ASCII letters, digits and underscores."""
    for token in tokens:
        if token.token_type is not TokenType.VAR or _BARE_NAME.fullmatch(token.text):
            continue
        written = enumerate(token.text)
        offset = next((i for i, one in written if not _NAME_CHARACTER.match(one)), 0)
        start = token.start + offset
        return problem_at(
            text,
            Span(start, start + 1),
            RULE,
            f"The character {token.text[offset]!r} is not expected here.",
            hint="Put a name with such a character in backticks.",
        )
    return None


def _comma_problem(text: str, tokens: Sequence[Token]) -> Problem | None:
    for before, after in pairwise(tokens):
        doubled = after.token_type is TokenType.COMMA and before.token_type in (
            TokenType.COMMA,
            TokenType.SELECT,
            TokenType.L_PAREN,
        )
        if doubled:
            return problem_at(
                text,
                Span(after.start, after.end + 1),
                RULE,
                "An expression is expected before this comma.",
            )
    return None


def _empty_select(text: str, tokens: Sequence[Token], nodes: Sequence[exp.Expr]) -> Problem | None:
    for select in nodes:
        if not isinstance(select, exp.Select):
            continue
        if not select.expressions and not _is_from_first(tokens):
            token = _empty_select_token(tokens)
            return problem_at(
                text,
                Span(token.start, token.end + 1) if token else span_of(select),
                RULE,
                "SELECT names no columns.",
                hint="Name the columns, or write SELECT *.",
            )
    return None


def _empty_clause(text: str, tokens: Sequence[Token], nodes: Sequence[exp.Expr]) -> Problem | None:
    if all(any(group.args.values()) for group in nodes if isinstance(group, exp.Group)):
        return None
    token = next((t for t in reversed(tokens) if t.token_type is TokenType.GROUP_BY), None)
    span = Span(token.start, token.end + 1) if token else None
    return problem_at(text, span, RULE, "Something is missing after `GROUP BY`.")


def _is_from_first(tokens: Sequence[Token]) -> bool:
    """Whether the statement uses pipes: their FROM stands without a SELECT."""
    return any(token.token_type is TokenType.PIPE_GT for token in tokens)


def _empty_select_token(tokens: Sequence[Token]) -> Token | None:
    ends = {TokenType.FROM, TokenType.R_PAREN, TokenType.SEMICOLON, TokenType.WHERE}
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.SELECT:
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            if following is None or following.token_type in ends:
                return token
    return None


def _reserved_name(text: str, nodes: Sequence[exp.Expr]) -> Problem | None:
    for name in nodes:
        if not isinstance(name, exp.Identifier):
            continue
        if name.quoted or name.name.upper() not in RESERVED_WORDS:
            continue
        span = span_of(name)
        if span is None or not _is_bare(text, span, name):
            continue
        return problem_at(
            text,
            span,
            RULE,
            f"`{name.name}` is a reserved word and cannot stand here.",
            hint=f"Put it in backticks if it is a name: `{name.name}`.",
        )
    return None


def _is_bare(text: str, span: Span, name: exp.Identifier) -> bool:
    """Whether the word was written as it is here, and not after a dot, where any word may stand."""
    written = text[span.start : span.end]
    before = text[: span.start].rstrip()
    return written.upper() == name.name.upper() and not before.endswith(".")


def _token_ending_at(tokens: Sequence[Token], line: object, col: object) -> Token | None:
    found = [token for token in tokens if token.line == line and token.col == col]
    return found[0] if found else (tokens[-1] if tokens else None)


def _sentence(description: str, token: Token | None) -> str:
    word = f"`{_short(token.text)}`" if token else "the end"
    if description.startswith("Expected table name"):
        return f"A table name is expected after {word}."
    if description.startswith("Required"):
        return f"Something is missing after {word}."
    if description.startswith(("Expecting (", "Expected (", "Missing (")):
        return f"An opening parenthesis is expected at {word}."
    if description.startswith(("Expecting )", "Expected )", "Missing )")):
        return f"A closing parenthesis is expected at {word}."
    if description.startswith("Expected END"):
        return f"CASE is not closed by END; {word} cannot stand here."
    if description.startswith("Expected DISTINCT or ALL"):
        return f"A set operation needs ALL or DISTINCT before {word}."
    if description.startswith("Invalid expression"):
        return f"{word} is not expected here."
    return f"The statement cannot be read at {word}."


def _short(word: str) -> str:
    flat = " ".join(word.split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
