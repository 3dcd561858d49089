"""The parser and tokenizer of BigQuery's SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.dialects.bigquery import BigQuery
from sqlglot.parsers.bigquery import BigQueryParser
from sqlglot.tokenizer_core import TokenType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

BIGQUERY = BigQuery()
"""The dialect; it holds no state."""

# https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
_RESERVED = """
    ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE
    CROSS CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS
    EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN
    INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT
    NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT
    RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST
    USING WHEN WHERE WINDOW WITH WITHIN
"""
RESERVED_WORDS = frozenset(_RESERVED.split())


class BigQueryReader(BigQueryParser):
    """The parser without its warnings: they would write the statement into a log."""

    def _warn_unsupported(self) -> None:
        """Say nothing: the guard refuses what is not understood."""


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text.

    Raises
    ------
    sqlglot.errors.TokenError
        A string, a name in backticks or a comment is not closed.
    """
    return BIGQUERY.tokenize(sql)


def parameter_tokens(tokens: Sequence[Token]) -> list[Token]:
    """The name tokens of ``@name`` parameters, in the order of the text."""
    return [
        tokens[index + 1]
        for index, token in enumerate(tokens[:-1])
        if token.token_type is TokenType.PARAMETER
        and tokens[index + 1].token_type is not TokenType.PARAMETER
        and (index == 0 or tokens[index - 1].token_type is not TokenType.PARAMETER)
    ]
