"""One BigQuery statement, parsed once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from peter_core.errors import SqlError
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.limits import node_problem, text_problem, token_problem, word_problem
from peter_core.sql.positions import Span, problem_at
from peter_core.sql.reading import (
    BIGQUERY,
    BigQueryReader,
    ReadTooOften,
    parameter_tokens,
    tokenize,
)
from peter_core.sql.syntax import blanked, parse_problem, token_error_problem, tree_problem
from peter_core.sql.tables import TableUse, table_uses
from peter_core.sql.trees import copy_of, nodes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

    from peter_core.dashboard.problems import Problem

VOLATILE_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.CurrentDate: "CURRENT_DATE",
    exp.CurrentDatetime: "CURRENT_DATETIME",
    exp.CurrentTime: "CURRENT_TIME",
    exp.CurrentTimestamp: "CURRENT_TIMESTAMP",
    exp.CurrentUser: "SESSION_USER",
    exp.SessionUser: "SESSION_USER",
    exp.Rand: "RAND",
    exp.Uuid: "GENERATE_UUID",
    exp.TableSample: "TABLESAMPLE",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement.

    ``text`` is as given; ``canonical`` is written from the tree, so that comments and layout do
    not count, and ``fingerprint`` is its SHA-256 in hex. ``kind`` is ``SELECT`` for every query,
    else the first keyword (``DELETE``, ``CREATE``, ...). ``tables`` are the dotted names of the
    tables that are read, as written, without CTEs; ``parameters`` the ``@names`` in order of
    appearance; ``volatile`` the functions whose value depends on when or by whom it runs. The
    tree is shared: copy it before changing it.
    """

    text: str
    kind: str
    canonical: str
    fingerprint: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...]
    volatile: frozenset[str]
    tree: exp.Expr = field(compare=False, repr=False, hash=False)


def parse(sql: str) -> Statement:
    """Read one statement. Repeated texts come from a bounded cache.

    Raises
    ------
    SqlError
        It cannot be read; ``problems`` holds one placed problem with rule ``sql-syntax``,
        ``sql-multiple-statements`` or ``sql-limit``.
    """
    outcome = _outcome(sql)
    if isinstance(outcome, Statement):
        return outcome
    raise SqlError(outcome.message, hint=outcome.hint, problems=(outcome,))


@lru_cache(maxsize=512)
def _outcome(sql: str) -> Statement | Problem:
    """The statement or its one problem; failures are cached too, they cost as much."""
    problem = text_problem(sql)
    if problem is not None:
        return problem
    try:
        return _read(sql)
    except RecursionError:
        return problem_at(
            sql,
            None,
            LIMIT,
            "The statement is nested too deeply to be read.",
            hint="Name the inner parts in a WITH clause.",
        )


def _read(sql: str) -> Statement | Problem:
    problem = word_problem(sql, blanked(sql))
    if problem is not None:
        return problem
    try:
        tokens = tokenize(sql)
    except SqlglotError as error:
        return token_error_problem(sql, error)
    problem = token_problem(sql, tokens)
    if problem is not None:
        return problem
    problem = _more_than_one(sql, tokens)
    if problem is not None:
        return problem
    try:
        trees = BigQueryReader(error_level=ErrorLevel.IMMEDIATE, dialect=BIGQUERY).parse(
            tokens, sql
        )
    except ParseError as error:
        return parse_problem(sql, tokens, error)
    except RecursionError:
        raise
    except ReadTooOften as stop:
        return problem_at(
            sql,
            Span(stop.token.start, stop.token.end + 1),
            LIMIT,
            "The statement is too entangled to be read up to here.",
            hint="Name the inner parts in a WITH clause.",
        )
    except Exception:
        # The parser trips over a few texts with an error of its own (AttributeError, KeyError).
        return _unreadable(sql, tokens)
    tree = next((tree for tree in trees if tree is not None), None)
    if tree is None:
        return problem_at(sql, None, "sql-syntax", "There is no statement in the text.")
    try:
        nodes = nodes_of(tree)
        return tree_problem(sql, tokens, nodes) or _statement(sql, tokens, tree, nodes)
    except RecursionError:
        raise
    except Exception:
        # So does the writer, over statements of other dialects inside a query.
        return _unreadable(sql, tokens)


def _unreadable(sql: str, tokens: Sequence[Token]) -> Problem:
    span = Span(tokens[0].start, tokens[0].end + 1) if tokens else None
    return problem_at(sql, span, "sql-syntax", "The statement cannot be read.")


def _more_than_one(sql: str, tokens: Sequence[Token]) -> Problem | None:
    ends = [index for index, token in enumerate(tokens) if token.text == ";"]
    following = next((i for i in ends if i + 1 < len(tokens) and tokens[i + 1].text != ";"), None)
    if following is None or following == 0:
        return None
    token = tokens[following + 1]
    return problem_at(
        sql,
        Span(token.start, token.end + 1),
        "sql-multiple-statements",
        "A second statement starts here; only one is run.",
        hint="Remove it, or make it a query of its own.",
    )


def _statement(
    sql: str, tokens: Sequence[Token], tree: exp.Expr, nodes: Sequence[exp.Expr]
) -> Statement | Problem:
    problem = node_problem(sql, len(nodes))
    if problem is not None:
        return problem
    canonical = BIGQUERY.generate(
        copy_of(tree), copy=False, comments=False, unsupported_level=ErrorLevel.IGNORE
    )
    return Statement(
        text=sql,
        kind=kind_of(tree),
        canonical=canonical,
        fingerprint=hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest(),
        tables=_names(table_uses(tree)),
        parameters=_parameters(nodes, tokens),
        volatile=_volatile(nodes),
        tree=tree,
    )


def kind_of(tree: exp.Expr) -> str:
    """``SELECT`` for every query, else the statement's first keyword."""
    if isinstance(tree, exp.Query):
        return "SELECT"
    if isinstance(tree, exp.Command):
        return str(tree.this).upper()
    return str(tree.key).upper()


def _names(uses: Sequence[TableUse]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(use.name for use in uses))


def _parameters(nodes: Sequence[exp.Expr], tokens: Sequence[Token]) -> tuple[str, ...]:
    named = {node.name for node in nodes if _is_named(node)}
    ordered = [token.text for token in parameter_tokens(tokens) if token.text in named]
    return tuple(dict.fromkeys(ordered))


def _is_named(node: exp.Expr) -> bool:
    return isinstance(node, exp.Parameter) and isinstance(node.this, exp.Var)


def _volatile(nodes: Sequence[exp.Expr]) -> frozenset[str]:
    kinds = {type(node) for node in nodes} & VOLATILE_FUNCTIONS.keys()
    return frozenset(VOLATILE_FUNCTIONS[kind] for kind in kinds)
