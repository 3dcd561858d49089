"""The parser and tokenizer of BigQuery's SQL."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp, parser
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.parsers.bigquery import BigQueryParser
from sqlglot.tokenizer_core import TokenType

from peter_core.errors import ConfigError
from peter_core.sql.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token


def require_plain(module_file: str) -> None:
    """Raise ``ConfigError`` when sqlglot's parser is its compiled build, which none can extend."""
    if not module_file.endswith((".py", ".pyc")):
        raise ConfigError(
            "Peter extends sqlglot's parser, and the compiled build that is installed here "
            "(sqlglotc) allows that to nobody.",
            hint="Run `pip uninstall sqlglotc`; the plain sqlglot stays.",
        )


require_plain(str(parser.__file__))

BIGQUERY = BigQuery()
"""The dialect; it holds no state."""

_RAW_BYTES = tuple(
    (prefix + quote, quote)
    for quote in ("'", '"', '"""', "'''")
    for prefix in ("rb", "rB", "Rb", "RB", "br", "bR", "Br", "BR")
)


class _Words(BigQuery.Tokenizer):
    """The tokenizer, knowing raw bytes (``rb'...'``) too."""

    RAW_STRINGS: ClassVar[list[Any]] = [*BigQuery.Tokenizer.RAW_STRINGS, *_RAW_BYTES]


_WORDS = _Words(dialect=BIGQUERY)
_ONE_AT_A_TIME = Lock()

_PAIRS = {
    ("GROUP", "BY"): TokenType.GROUP_BY,
    ("ORDER", "BY"): TokenType.ORDER_BY,
    ("PARTITION", "BY"): TokenType.PARTITION_BY,
    ("GROUPING", "SETS"): TokenType.GROUPING_SETS,
}
_WORD_TOKENS = (TokenType.VAR, TokenType.PARTITION)
_STATEMENTS = (TokenType.INSERT,)

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
_PATH = ("this", "table", "db", "catalog")
_NAME_TOKENS = (TokenType.VAR, TokenType.IDENTIFIER)
_NAMES = {name.rpartition(".")[2] for name in FUNCTIONS} | {"WEEK"}


class ReadTooOften(Exception):  # noqa: N818 - the statement's reader turns it into a problem
    """The parser went back so often that it would not end; ``token`` is where it stood."""

    def __init__(self, token: Token) -> None:
        super().__init__("the parser went back too often")
        self.token = token


def _json_object(arguments: list[Any]) -> exp.Expr:
    """Pairs of keys and values; one pair of arrays is told by its types."""
    if len(arguments) % 2:
        return exp.Anonymous(this="JSON_OBJECT", expressions=arguments)
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    return exp.JSONObject(
        expressions=[exp.JSONKeyValue(this=key, expression=value) for key, value in pairs]
    )


class BigQueryReader(BigQueryParser):
    """The parser, knowing BigQuery's own functions only and writing no log.

    It knows those of thirty dialects; some of them are read or written in exponential time. A
    function of another dialect stays a plain call, which the guard refuses by its name.
    """

    FUNCTIONS: ClassVar[dict[str, Any]] = {
        **{name: build for name, build in BigQueryParser.FUNCTIONS.items() if name in _NAMES},
        "JSON_OBJECT": _json_object,
    }
    # Other dialects write JSON_OBJECT(KEY a VALUE b); here a column may be called ``key``.
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: read
        for name, read in BigQueryParser.FUNCTION_PARSERS.items()
        if name != "JSON_OBJECT"
    }

    _steps = 0

    def _advance(self, times: int = 1) -> None:
        # Ordinary statements take two or three steps a token, forth and back.
        self._steps += 1
        if self._steps > _STEPS + _STEPS_A_TOKEN * self._tokens_size:
            raise ReadTooOften(self._curr)
        super()._advance(times)

    def _parse_table(self, *args: Any, **kwargs: Any) -> exp.Expr | None:
        """``FROM t, t.items AS item WITH OFFSET AS place`` unnests like UNNEST(t.items) does."""
        table = super()._parse_table(*args, **kwargs)
        if not isinstance(table, exp.Table) or not self._match_pair(
            TokenType.WITH, TokenType.OFFSET
        ):
            return table
        self._match(TokenType.ALIAS)
        offset = self._parse_id_var(
            any_token=False, tokens=self.UNNEST_OFFSET_ALIAS_TOKENS
        ) or exp.to_identifier("offset")
        column = exp.Column(
            **{key: part.copy() for key, part in zip(_PATH, reversed(table.parts), strict=False)}
        )
        name = table.args["alias"].this if table.args.get("alias") else table.this.copy()
        return exp.Unnest(expressions=[column], alias=exp.TableAlias(columns=[name]), offset=offset)

    def _implicit_unnests_to_explicit(self, this: Any) -> Any:
        """``FROM t, t.items`` unnests; looked for where it may be, since all tables are copied."""
        for join in this.args.get("joins") or ():
            item = join.this
            if isinstance(item, exp.Table) and len(item.parts) > 1 and not join.args.get("on"):
                return super()._implicit_unnests_to_explicit(this)
        return this

    def _parse_cast(self, strict: bool, safe: bool | None = None) -> exp.Expr:
        """``CAST(a AS DATE FORMAT 'YYYY')`` stays a cast, and no function of another dialect."""
        this = self._parse_assignment()
        if not self._match(TokenType.ALIAS):
            self.raise_error("Expected AS after CAST")
        to = self._parse_types(with_collation=True)
        if not to:
            self.raise_error("Expected TYPE after CAST")
        if isinstance(to, exp.Identifier):
            to = exp.DataType.from_str(to.name, dialect=self.dialect, udt=True)
        model = None
        if self._match(TokenType.FORMAT):
            model = self._parse_at_time_zone(self._parse_unary())
        return self.build_cast(strict=strict, this=this, to=to, format=model, safe=safe)

    def _parse_lambda(self, *args: Any, **kwargs: Any) -> exp.Expr | None:
        """``MODEL path`` among arguments is read, so that the guard can refuse its function."""
        if self._curr.token_type is TokenType.MODEL and self._next.token_type in _NAME_TOKENS:
            self._advance()
            path = self._parse_table_parts()
            return exp.Var(this=f"MODEL {path.sql(dialect=BIGQUERY)}") if path else None
        return super()._parse_lambda(*args, **kwargs)

    def _warn_unsupported(self) -> None:
        """Say nothing: a warning would hold the statement, and the guard refuses it anyway."""


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text; those of the last few texts are kept, for they are asked for thrice.

    Raises
    ------
    sqlglot.errors.TokenError
        A string, a name in backticks or a comment is not closed.
    """
    return list(_tokens(sql))


@lru_cache(maxsize=4)
def _tokens(sql: str) -> list[Token]:
    # A tokenizer keeps the text it reads in itself.
    with _ONE_AT_A_TIME:
        tokens = _WORDS.tokenize(sql)
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.RAW_STRING and sql[token.start + 1] in "bBrR":
            token.token_type = TokenType.BYTE_STRING
        elif token.token_type in _STATEMENTS and _is_name(tokens, index):
            token.token_type = TokenType.VAR
    return _joined(tokens)


def _is_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether the word of a statement, which BigQuery does not reserve, names a column here.

    The first word of a statement does not, nor does one that is called.
    """
    if index == 0 or tokens[index - 1].token_type is TokenType.SEMICOLON:
        return False
    return index + 1 == len(tokens) or tokens[index + 1].token_type is not TokenType.L_PAREN


def _joined(tokens: list[Token]) -> list[Token]:
    """The tokens with ``GROUP BY`` and the like as one, also where a comment stands between."""
    if not any(token.comments for token in tokens):
        return tokens
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        kind = before and before.comments and _PAIRS.get((before.text.upper(), token.text.upper()))
        plain = before and before.token_type in _WORD_TOKENS and token.token_type is TokenType.VAR
        if before is not None and kind and plain:
            before.token_type = kind
            before.text = f"{before.text} {token.text}"
            before.end, before.line, before.col = token.end, token.line, token.col
        else:
            joined.append(token)
    return joined


def parameter_tokens(tokens: Sequence[Token]) -> list[Token]:
    """The name tokens of ``@name`` parameters, in the order of the text."""
    return [
        tokens[index + 1]
        for index, token in enumerate(tokens[:-1])
        if token.token_type is TokenType.PARAMETER
        and tokens[index + 1].token_type is not TokenType.PARAMETER
        and (index == 0 or tokens[index - 1].token_type is not TokenType.PARAMETER)
    ]
