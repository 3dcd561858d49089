"""What the parser reads for other dialects, and BigQuery does not have or reads differently.

It understands thirty dialects. Where it understands more than BigQuery does, the tree that the
guard looks at is not what BigQuery would run, so such a statement is refused.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from peter_core.sql.positions import Span
from peter_core.sql.syntax import blanked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

FOREIGN_TOKENS = frozenset({TokenType.COLON_EQ, TokenType.DCOLON})
"""Signs of other dialects that the parser gives a meaning."""

_KINDS = frozenset({"", "INNER", "OUTER", "CROSS"})
_SIDES = frozenset({"", "LEFT", "RIGHT", "FULL"})
# https://cloud.google.com/bigquery/docs/tables#table_naming; projects may have a domain before ":".
_TABLE_CATEGORIES = frozenset({"L", "M", "N"})
_METADATA = "information_schema"
_TABLE_SIGNS = frozenset("_-.:* ")


def foreign_part(node: exp.Expr, text: str) -> tuple[str, str | None] | None:
    """Why a part of a tree is none of BigQuery's, and a hint; ``None`` when it may be.

    Parameters
    ----------
    node
        Any part.
    text
        The statement it was read from.
    """
    if isinstance(node, exp.Identifier):
        return _name(node, text)
    if isinstance(node, exp.Join):
        return _join(node)
    if isinstance(node, exp.CTE) and not isinstance(node.this, exp.Query):
        return "WITH names queries only.", f"Write {node.alias or 'name'} AS (SELECT ...)."
    if isinstance(node, exp.Alias) and isinstance(node.parent, exp.Paren | exp.Array):
        return "A name cannot be given inside parentheses.", "Write (expression) AS name."
    if isinstance(node, exp.Subquery) and _is_lone_table(node):
        return "A table cannot stand in parentheses alone.", "Leave out the parentheses."
    if isinstance(node, exp.Pivot) and node.arg_key != "pivots":
        return "PIVOT is no statement in BigQuery.", "Write FROM table PIVOT (...)."
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        return "DISTINCT ON is not BigQuery SQL.", "Use QUALIFY ROW_NUMBER() OVER (...) = 1."
    if isinstance(node, exp.Select) and node.args.get("sample"):
        return "USING SAMPLE is not BigQuery SQL.", "Write TABLESAMPLE SYSTEM (1 PERCENT)."
    return None


def table_name_fault(node: exp.Table) -> tuple[str, str | None] | None:
    """Why a table's name cannot be one of BigQuery's: empty parts, paths, escapes, decorators."""
    names = [part.name for part in node.parts]
    if any(not part.strip() for name in names for part in name.split(".")):
        return "A table name has an empty part.", None
    strange = next((sign for name in names for sign in name if not _may_name(sign)), None)
    if strange is None:
        return None
    return (
        f"The character {strange!r} cannot be part of a table's name.",
        "A table is named `project.dataset.table`; files and partitions cannot be named.",
    )


def template_span(text: str, tokens: Sequence[Token]) -> Span | None:
    """Where a template's comment ``{# #}`` stands, which the tokenizer leaves out silently."""
    if "{#" not in text:
        return None
    position = blanked(text).find("{")
    if position < 0 or any(token.start <= position <= token.end for token in tokens):
        return None
    return Span(position, position + 1)


def _name(node: exp.Identifier, text: str) -> tuple[str, str | None] | None:
    start = node.meta_get("start")
    quoted = node.quoted and isinstance(start, int) and text[start : start + 1] != "`"
    # The parser makes one quoted name of INFORMATION_SCHEMA and its view.
    if quoted and text[start : start + len(_METADATA)].lower() != _METADATA:
        return "A string cannot be a name.", "Put names in backticks: `name`."
    if "`" in node.name:
        return "A name cannot contain a backtick.", None
    if not node.quoted and any(sign.isspace() for sign in node.name):
        # The parser takes a few statements (BEGIN TRANSACTION) for the name of a table.
        return f"{node.name[:80].upper()} is not allowed in a query.", None
    return None


def _join(node: exp.Join) -> tuple[str, str | None] | None:
    words = [str(node.args.get(part) or "").upper() for part in ("method", "side", "kind")]
    method, side, kind = words
    if not method and side in _SIDES and kind in _KINDS:
        return None
    return (
        f"{' '.join(word for word in words if word)} is no kind of join in BigQuery.",
        "Join with INNER, LEFT, RIGHT, FULL or CROSS JOIN; a table's alias may follow AS.",
    )


def _is_lone_table(node: exp.Subquery) -> bool:
    return isinstance(node.this, exp.Table) and not node.this.args.get("joins")


def _may_name(sign: str) -> bool:
    return sign in _TABLE_SIGNS or unicodedata.category(sign)[0] in _TABLE_CATEGORIES
