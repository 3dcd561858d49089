"""What may run: one read-only query of known parts.

The guard allows, it does not forbid: a node type, a function or a table shape that it does not
know is refused, with its name and place. It reads the tree (what DuckDB will be given) and the
words of the text (what BigQuery will be given).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from peter_core.sql.foreign import FOREIGN_TOKENS, foreign_part, table_name_fault, template_span
from peter_core.sql.functions import FUNCTIONS, SYNTAX_WORDS, nearest_function
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.nodes import OPERATOR_FUNCTIONS, PLAIN_NODES
from peter_core.sql.positions import Span, problem_at, span_of
from peter_core.sql.reading import tokenize
from peter_core.sql.tables import METADATA, is_information_schema, table_uses
from peter_core.sql.trees import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot.tokenizer_core import Token

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.statement import Statement
    from peter_core.sql.tables import TableUse

RULE = "sql-refused"
_CALLED = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_FORBIDDEN_TOKENS = frozenset({TokenType.L_BRACE, TokenType.R_BRACE, TokenType.PLACEHOLDER})


def guard(
    statement: Statement,
    *,
    allowed_datasets: frozenset[str] | None = None,
    allow_information_schema: bool = False,
) -> tuple[Problem, ...]:
    """Why the statement may not run; empty when it may.

    Parameters
    ----------
    statement
        The parsed statement.
    allowed_datasets
        Datasets it may read, as ``dataset`` or ``project.dataset``; ``None`` allows all.
    allow_information_schema
        Whether the views of ``INFORMATION_SCHEMA`` may be read: those of the allowed datasets,
        those of a region or a project only where every dataset is allowed.

    Returns
    -------
    tuple of Problem
        Rule ``sql-refused``, one problem a reason, in the order of the text.
    """
    try:
        refusals = _refusals(statement, allow_information_schema)
        datasets = () if refusals else _outside(statement, allowed_datasets)
    except RecursionError:
        return (problem_at(statement.text, None, LIMIT, "The statement is nested too deeply."),)
    return refusals or tuple(datasets)


@lru_cache(maxsize=512)
def _refusals(statement: Statement, metadata: bool) -> tuple[Problem, ...]:
    if statement.kind != "SELECT":
        return (_not_a_query(statement),)
    found = [*_node_refusals(statement), *_table_refusals(statement, metadata)]
    if not found:
        found = list(_word_refusals(statement))
    unique = {(problem.line, problem.column): problem for problem in reversed(found)}
    return tuple(unique[place] for place in sorted(unique, key=lambda p: (p[0] or 0, p[1] or 0)))


def _not_a_query(statement: Statement) -> Problem:
    first = tokenize(statement.text)[0]
    return problem_at(
        statement.text,
        Span(first.start, first.end + 1),
        RULE,
        f"{statement.kind} is not allowed: only a single SELECT query may run.",
        hint="A query starts with SELECT or WITH.",
    )


def _node_refusals(statement: Statement) -> Iterator[Problem]:
    for node in nodes_of(statement.tree):
        reason = foreign_part(node, statement.text) or _reason(node)
        if reason is not None:
            message, hint = reason
            yield problem_at(statement.text, span_of(node), RULE, message, hint=hint)


def _reason(node: exp.Expr) -> tuple[str, str | None] | None:
    if isinstance(node, exp.Parameter) and not isinstance(node.this, exp.Var):
        return "System variables (@@name) are not allowed.", None
    if isinstance(node, exp.Table):
        return _table_reason(node)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
        return _function_reason(_dotted_function(node))
    if isinstance(node, exp.Func):
        return None if _is_dotted(node) else _func_reason(node)
    if type(node) in PLAIN_NODES:
        return None
    return f"{_words(type(node).__name__)} is not allowed in a query.", None


def _func_reason(node: exp.Func) -> tuple[str, str | None] | None:
    name = function_name(node)
    if name is None:
        if type(node) in OPERATOR_FUNCTIONS:
            return None
        return _function_reason(node.sql_name())
    return _function_reason(name)


def function_name(node: exp.Func) -> str | None:
    """The function's name as BigQuery spells it, upper case; ``None`` for an operator."""
    written = node.meta_get("bigquery_name")
    if isinstance(node, exp.Anonymous):
        written = node.name
    if not written:
        return None
    name = str(written).upper()
    return f"NET.{name}" if isinstance(node.parent, exp.NetFunc) else name


def _function_reason(name: str) -> tuple[str, str | None] | None:
    if name.upper() in FUNCTIONS or name.upper() == "WEEK":
        return None
    near = nearest_function(name)
    return (
        f"The function {name[:80]} is not allowed.",
        f"Did you mean {near}?" if near else "Only BigQuery's own read-only functions may be used.",
    )


def _dotted_function(node: exp.Dot) -> str:
    return ".".join(part.name for part in node.flatten() if part.name)


def _is_dotted(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Dot) and node.arg_key == "expression"


def _table_reason(node: exp.Table) -> tuple[str, str | None] | None:
    if not isinstance(node.this, exp.Expr):
        return "A table's name is missing.", None
    if not isinstance(node.this, exp.Identifier | exp.Dot):
        name = node.this.name or type(node.this).__name__
        return (
            f"The table function {str(name)[:80].upper()} is not allowed.",
            "Read tables by their names, and arrays by UNNEST.",
        )
    return table_name_fault(node)


def _table_refusals(statement: Statement, metadata: bool) -> Iterator[Problem]:
    if METADATA.isdisjoint(".".join(statement.tables).lower().split(".")):
        return
    for use in table_uses(statement.tree):
        allowed = metadata and is_information_schema(use.name)
        if METADATA.intersection(use.name.lower().split(".")) and not allowed:
            yield _refuse_table(statement, use, f"`{use.name}` is metadata and cannot be read.")


def _outside(statement: Statement, allowed_datasets: frozenset[str] | None) -> tuple[Problem, ...]:
    if allowed_datasets is None:
        return ()
    found = []
    for use in table_uses(statement.tree):
        place = use.name.split(".")[: -2 if is_information_schema(use.name) else -1]
        names = {".".join(place), place[-1]} if place else set()
        if not names & allowed_datasets:
            found.append(
                _refuse_table(statement, use, f"`{use.name}` is outside the allowed datasets.")
            )
    return tuple(found)


def _refuse_table(statement: Statement, use: TableUse, message: str) -> Problem:
    return problem_at(statement.text, span_of(use.node), RULE, message)


def _word_refusals(statement: Statement) -> Iterator[Problem]:
    tokens = tokenize(statement.text)
    if (place := template_span(statement.text, tokens)) is not None:
        yield _template(statement, place, "{")
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind in FOREIGN_TOKENS:
            message = f"`{token.text}` is not BigQuery SQL."
            yield problem_at(statement.text, _span(token), RULE, message)
        elif kind in _FORBIDDEN_TOKENS:
            yield _template(statement, _span(token), token.text)
        elif kind in _CALLED and _opens(tokens, index + 1):
            reason = _call_reason(tokens, index)
            if reason is not None:
                message, hint = reason
                yield problem_at(statement.text, _span(token), RULE, message, hint=hint)


def _call_reason(tokens: list[Token], index: int) -> tuple[str, str | None] | None:
    word = tokens[index].text
    name = word.upper()
    prefix = tokens[index - 2].text.upper() if _after_dot(tokens, index) else None
    full = f"{prefix}.{name}" if prefix not in (None, "SAFE") else name
    known = full in FUNCTIONS or (prefix is None and name in SYNTAX_WORDS)
    # A dotless i becomes a plain one in upper case; BigQuery tells them apart.
    if known and word.isascii():
        return None
    return _function_reason(full) or (f"The function {word} is unknown.", None)


def _template(statement: Statement, span: Span, sign: str) -> Problem:
    return problem_at(
        statement.text,
        span,
        RULE,
        f"`{sign}` is not allowed: text is never filled into a statement.",
        hint="Use a named parameter, @name.",
    )


def _span(token: Token) -> Span:
    return Span(token.start, token.end + 1)


def _opens(tokens: list[Token], index: int) -> bool:
    return index < len(tokens) and tokens[index].token_type is TokenType.L_PAREN


def _after_dot(tokens: list[Token], index: int) -> bool:
    return index > 1 and tokens[index - 1].token_type is TokenType.DOT


def _words(name: str) -> str:
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
    return spaced.upper()
