"""The parser and tokenizer of BigQuery's SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot.dialects.bigquery import BigQuery
from sqlglot.parsers.bigquery import BigQueryParser
from sqlglot.tokenizer_core import TokenType

from peter_core.sql.functions import FUNCTIONS

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


_STEPS = 2_000
_STEPS_A_TOKEN = 20
_NAMES = {name.rpartition(".")[2] for name in FUNCTIONS} | {"WEEK"}


class ReadTooOften(Exception):  # noqa: N818 - the statement's reader turns it into a problem
    """The parser went back so often that it would not end; ``token`` is where it stood."""

    def __init__(self, token: Token) -> None:
        super().__init__("the parser went back too often")
        self.token = token


class BigQueryReader(BigQueryParser):
    """The parser, knowing BigQuery's own functions only and writing no log.

    It knows those of thirty dialects; some of them are read or written in exponential time. A
    function of another dialect stays a plain call, which the guard refuses by its name.
    """

    FUNCTIONS: ClassVar[dict[str, Any]] = {
        name: build for name, build in BigQueryParser.FUNCTIONS.items() if name in _NAMES
    }

    _steps = 0

    def _advance(self, times: int = 1) -> None:
        # Ordinary statements take two or three steps a token, forth and back.
        self._steps += 1
        if self._steps > _STEPS + _STEPS_A_TOKEN * self._tokens_size:
            raise ReadTooOften(self._curr)
        super()._advance(times)

    def _warn_unsupported(self) -> None:
        """Say nothing: a warning would hold the statement, and the guard refuses it anyway."""


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
