"""Limits on a statement's text, checked on its tokens before a parser sees them.

The parser recurses on nesting and backtracks on joins that wait for their ``ON``: a hundred
characters can exhaust the stack, and thirty bare joins take longer than anyone waits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import islice, pairwise
from typing import TYPE_CHECKING, TypeAlias

from sqlglot.tokenizer_core import TokenType

from peter_core.sql.positions import Span, problem_at
from peter_core.sql.reading import BigQueryReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

    from peter_core.dashboard.problems import Problem

Kinds: TypeAlias = list[TokenType]
Counts: TypeAlias = Counter[TokenType]

MAX_TEXT_BYTES = 100_000
MAX_TOKENS = 8_000
MAX_NODES = 5_000
MAX_NESTING = 30
MAX_WAITING_JOINS = 4
MAX_SET_OPERATIONS = 100
MAX_READINGS = 40_000
MAX_PIPES = 50
MAX_FIELDS = 20_000
"""Columns of all parts of a statement together, stars written out."""

_PART_KINDS = frozenset(
    {
        TokenType.VAR, TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.STRING, TokenType.AND,
        TokenType.OR, TokenType.NOT, TokenType.PLUS, TokenType.DASH, TokenType.STAR,
        TokenType.SLASH, TokenType.DPIPE, TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.GT,
        TokenType.LTE, TokenType.GTE, TokenType.CASE, TokenType.WHEN, TokenType.SELECT,
        TokenType.NULL, TokenType.TRUE, TokenType.FALSE,
    }
)  # fmt: skip
"""Words and signs that each become a part of the tree, or nearly always do."""
_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END})
_PREFIX = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE})
_CHAINED = frozenset({*_PREFIX, TokenType.DOT, TokenType.L_BRACKET})
_ANGLED = frozenset({TokenType.STRUCT, TokenType.ARRAY})
_SET = frozenset({TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT})
_JOINS = frozenset({TokenType.JOIN, TokenType.STRAIGHT_JOIN})
_TYPE_WORDS = frozenset({*BigQueryReader.TYPE_TOKENS, *BigQueryReader.STRUCT_TYPE_TOKENS})
_WORD = re.compile(r"\w+(?:\.\d+)*|[-+()\[\],;]|\{\{?")
RULE = "sql-limit"


def text_problem(text: str) -> Problem | None:
    """The problem of a text that is too long to be read at all."""
    # A character is at most four bytes: most texts need no encoding to be told apart.
    if len(text) * 4 > MAX_TEXT_BYTES:
        size = len(text.encode("utf-8", "replace"))
        if size > MAX_TEXT_BYTES:
            return problem_at(
                text,
                None,
                RULE,
                f"The statement has {size:,} bytes; at most {MAX_TEXT_BYTES:,} are read.",
                hint="Move a part of it into a view, or select fewer things.",
            )
    return None


def word_problem(text: str, bare: str) -> Problem | None:
    """The problem of a text with far more words than may be read, told before it is tokenized.

    Parameters
    ----------
    bare
        The text with blanks for its strings and comments.
    """
    if len(text) < MAX_TOKENS:
        return None
    most = MAX_TOKENS + MAX_TOKENS // 2  # a few keywords are two words and one token
    beyond = next(islice(_WORD.finditer(bare), most, None), None)
    if beyond is None:
        return None
    return problem_at(
        text,
        Span(*beyond.span()),
        RULE,
        f"The statement has more than {MAX_TOKENS:,} words and signs.",
        hint="Move a part of it into a view, or select fewer things.",
    )


def token_problem(text: str, tokens: Sequence[Token]) -> Problem | None:
    """The first limit the tokens of a statement go past."""
    if len(tokens) > MAX_TOKENS:
        return _at(
            text,
            tokens[MAX_TOKENS],
            f"The statement has more than {MAX_TOKENS:,} words and signs.",
            "Move a part of it into a view, or select fewer things.",
        )
    kinds = [token.token_type for token in tokens]
    counts = Counter(kinds)
    parts = sum(counts[kind] for kind in _PART_KINDS)
    if parts > MAX_NODES:
        return node_problem(text, parts)
    for find, message, hint in _LIMITS:
        index = find(kinds, counts)
        if index is not None:
            return _at(text, tokens[index], message, hint)
    return None


def node_problem(text: str, nodes: int) -> Problem | None:
    """The problem of a parsed statement with too many parts."""
    if nodes <= MAX_NODES:
        return None
    return problem_at(
        text,
        None,
        RULE,
        f"The statement has about {nodes:,} parts; at most {MAX_NODES:,} are read.",
        hint="Move a part of it into a view, or select fewer things.",
    )


def _too_deep(kinds: Kinds, _: Counts) -> int | None:
    depth = angles = chain = 0
    previous: TokenType | None = None
    for index, kind in enumerate(kinds):
        if kind in _OPEN:
            depth += 1
        elif kind in _CLOSE:
            depth = max(0, depth - 1)
        elif kind in _ANGLED and _next(kinds, index) is TokenType.LT:
            angles += 1
        elif kind is TokenType.GT:
            angles = max(0, angles - 1)
        if chain or kind in _CHAINED:
            chain = _chain(chain, previous, kind)
        if depth > MAX_NESTING or angles > MAX_NESTING or chain > MAX_NESTING:
            return index
        previous = kind
    return None


def _chain(chain: int, last: TokenType | None, kind: TokenType) -> int:
    """How many prefix signs, dots or subscripts follow one another: each is a level of the tree."""
    if kind in _PREFIX:
        return chain + 1 if last in _PREFIX else 1
    if kind is TokenType.DOT:
        return chain + 1
    if kind is TokenType.L_BRACKET:
        return chain + 1 if last is TokenType.R_BRACKET else 1
    if last in (TokenType.DOT, TokenType.L_BRACKET) or kind is TokenType.R_BRACKET:
        return chain
    return 0


def _too_many_waiting_joins(kinds: Kinds, counts: Counts) -> int | None:
    if sum(counts[kind] for kind in _JOINS) <= MAX_WAITING_JOINS:
        return None
    waiting = [0]
    for index, kind in enumerate(kinds):
        if kind is TokenType.L_PAREN:
            waiting.append(0)
        elif kind is TokenType.R_PAREN and len(waiting) > 1:
            waiting.pop()
        elif kind in (TokenType.SELECT, TokenType.WHERE):
            waiting[-1] = 0
        elif kind in (TokenType.ON, TokenType.USING):
            waiting[-1] = max(0, waiting[-1] - 1)
        elif kind in _JOINS and not _joins_alone(kinds, index):
            waiting[-1] += 1
            if sum(waiting) > MAX_WAITING_JOINS:
                return index
    return None


def _read_too_often(kinds: Kinds, _: Counts) -> int | None:
    """Where the parser would have read more than ``MAX_READINGS`` tokens.

    It reads ``DATE(...)`` as a type first and as a call then, ``a.f(...)`` twice as well, and what
    follows a join without ``ON`` once for each such join.
    """
    opened: list[tuple[bool, int]] = []
    twice = waiting = readings = 0
    for index, kind in enumerate(kinds):
        if kind is TokenType.L_PAREN:
            doubles = _is_read_twice(kinds, index)
            opened.append((doubles, waiting))
            twice += doubles
        elif kind is TokenType.R_PAREN and opened:
            doubles, waiting = opened.pop()
            twice -= doubles
        elif kind in (TokenType.ON, TokenType.USING):
            waiting = max(0, waiting - 1)
        elif kind in _JOINS and not _joins_alone(kinds, index):
            waiting += 1
        readings += 1 << min(twice + waiting, 30)
        if readings > MAX_READINGS:
            return index
    return None


def _is_read_twice(kinds: Kinds, index: int) -> bool:
    if index and kinds[index - 1] in _TYPE_WORDS:
        return True
    return index > 1 and kinds[index - 2] is TokenType.DOT


def _joins_alone(kinds: Kinds, index: int) -> bool:
    if index and kinds[index - 1] is TokenType.CROSS:
        return True
    return _next(kinds, index) is TokenType.UNNEST


def _too_many_pipes(kinds: Kinds, counts: Counts) -> int | None:
    if counts[TokenType.PIPE_GT] <= MAX_PIPES:
        return None
    return [index for index, kind in enumerate(kinds) if kind is TokenType.PIPE_GT][MAX_PIPES]


def _too_many_sets(kinds: Kinds, _: Counts) -> int | None:
    sets = [
        index + 1
        for index, (previous, kind) in enumerate(pairwise(kinds))
        if kind in _SET and previous is not TokenType.STAR
    ]
    return sets[MAX_SET_OPERATIONS] if len(sets) > MAX_SET_OPERATIONS else None


def _next(kinds: Kinds, index: int) -> TokenType | None:
    return kinds[index + 1] if index + 1 < len(kinds) else None


_LIMITS: tuple[tuple[Callable[[Kinds, Counts], int | None], str, str], ...] = (
    (
        _too_deep,
        f"The statement is nested more than {MAX_NESTING} levels deep here.",
        "Name the inner parts in a WITH clause.",
    ),
    (
        _too_many_waiting_joins,
        f"More than {MAX_WAITING_JOINS} joins before this one have no ON or USING.",
        "Give each JOIN its ON or USING, or write CROSS JOIN.",
    ),
    (
        _read_too_often,
        "Structs, type conversions or joins are nested too often up to here.",
        "Name the inner parts in a WITH clause.",
    ),
    (
        _too_many_pipes,
        f"The statement has more than {MAX_PIPES} pipes.",
        "Write some of the steps as one.",
    ),
    (
        _too_many_sets,
        f"The statement has more than {MAX_SET_OPERATIONS} set operations.",
        "Read the rows from one table.",
    ),
)
"""Where a limit is passed, and what is said of it, in the order they are looked for."""


def _at(text: str, token: Token, message: str, hint: str) -> Problem:
    return problem_at(text, Span(token.start, token.end + 1), RULE, message, hint=hint)
