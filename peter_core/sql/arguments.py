"""How many arguments BigQuery's functions take, counted in the text: the tree forgets some.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/functions-all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import TokenType

from peter_core.sql.positions import Span, problem_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlglot.tokenizer_core import Token

    from peter_core.dashboard.problems import Problem

RULE = "argument-count"

_COUNTS: dict[tuple[int, int | None], str] = {
    (0, 0): "RAND GENERATE_UUID ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST SESSION_USER"
    " CURRENT_TIMESTAMP",
    (0, 1): "CURRENT_DATE CURRENT_DATETIME CURRENT_TIME",
    (1, 1): "ABS ACOS ACOSH ASIN ASINH ATAN ATANH COS COSH COT COTH CSC CSCH SEC SECH SIN SINH TAN"
    " TANH SQRT CBRT EXP LN LOG10 SIGN CEIL CEILING FLOOR IS_INF IS_NAN SAFE_NEGATE"
    " ANY_VALUE AVG COUNT COUNTIF SUM MIN MAX LOGICAL_AND LOGICAL_OR BIT_AND BIT_OR BIT_XOR STDDEV"
    " STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP ARRAY_AGG ARRAY_CONCAT_AGG BIT_COUNT"
    " APPROX_COUNT_DISTINCT NTILE FIRST_VALUE LAST_VALUE GROUPING"
    " ASCII BYTE_LENGTH CHAR_LENGTH CHARACTER_LENGTH CHR CODE_POINTS_TO_BYTES"
    " CODE_POINTS_TO_STRING FROM_BASE32 FROM_BASE64 FROM_HEX LENGTH LOWER OCTET_LENGTH REVERSE"
    " SAFE_CONVERT_BYTES_TO_STRING SOUNDEX TO_BASE32 TO_BASE64 TO_CODE_POINTS TO_HEX UNICODE UPPER"
    " MD5 SHA1 SHA256 SHA512 FARM_FINGERPRINT"
    " ARRAY_LENGTH ARRAY_REVERSE ARRAY_FIRST ARRAY_LAST DATE_FROM_UNIX_DATE"
    " UNIX_DATE UNIX_SECONDS UNIX_MILLIS UNIX_MICROS TIMESTAMP_SECONDS TIMESTAMP_MILLIS"
    " TIMESTAMP_MICROS JUSTIFY_DAYS JUSTIFY_HOURS JUSTIFY_INTERVAL PARSE_NUMERIC PARSE_BIGNUMERIC"
    " JSON_TYPE LAX_BOOL LAX_FLOAT64 LAX_INT64 LAX_STRING INT64 BOOL ERROR RANGE_START RANGE_END",
    (1, 2): "TRUNC LOG LTRIM RTRIM TRIM SPLIT INITCAP NORMALIZE NORMALIZE_AND_CASEFOLD"
    " STRING_AGG PARSE_JSON FLOAT64 TIMESTAMP LAST_DAY STRING JSON_VALUE JSON_QUERY"
    " JSON_VALUE_ARRAY JSON_QUERY_ARRAY JSON_EXTRACT JSON_EXTRACT_SCALAR JSON_EXTRACT_ARRAY"
    " JSON_EXTRACT_STRING_ARRAY TO_JSON TO_JSON_STRING",
    (1, 3): "DATE DATETIME TIME LAG LEAD",
    (2, 2): "ATAN2 POW POWER MOD DIV IEEE_DIVIDE SAFE_ADD SAFE_SUBTRACT SAFE_MULTIPLY SAFE_DIVIDE"
    " IFNULL NULLIF CORR COVAR_POP COVAR_SAMP APPROX_QUANTILES APPROX_TOP_COUNT MAX_BY MIN_BY"
    " NTH_VALUE PERCENTILE_CONT PERCENTILE_DISC ENDS_WITH STARTS_WITH LEFT RIGHT REPEAT STRPOS"
    " REGEXP_CONTAINS COLLATE DATE_ADD DATE_SUB DATETIME_ADD DATETIME_SUB TIMESTAMP_ADD"
    " TIMESTAMP_SUB TIME_ADD TIME_SUB TIME_TRUNC RANGE_BUCKET RANGE_CONTAINS RANGE_OVERLAPS"
    " RANGE_INTERSECT COSINE_DISTANCE EUCLIDEAN_DISTANCE",
    (2, 3): "LPAD RPAD SUBSTR SUBSTRING ARRAY_TO_STRING"
    " GENERATE_ARRAY GENERATE_DATE_ARRAY DATE_TRUNC DATETIME_TRUNC TIMESTAMP_TRUNC"
    " FORMAT_DATE FORMAT_DATETIME FORMAT_TIMESTAMP FORMAT_TIME PARSE_TIMESTAMP"
    " CONTAINS_SUBSTR EDIT_DISTANCE",
    (2, 4): "INSTR REGEXP_EXTRACT REGEXP_SUBSTR",
    (2, 5): "REGEXP_INSTR",
    (3, 3): "IF REPLACE REGEXP_REPLACE TRANSLATE DATE_DIFF DATETIME_DIFF TIMESTAMP_DIFF TIME_DIFF"
    " GENERATE_TIMESTAMP_ARRAY ARRAY_SLICE",
    (1, None): "CONCAT COALESCE GREATEST LEAST FORMAT ARRAY_CONCAT",
}  # fmt: skip
ARGUMENT_COUNTS: dict[str, tuple[int, int | None]] = {
    name: counts for counts, names in _COUNTS.items() for name in names.split()
}
ARGUMENT_COUNTS |= {
    "PARSE_DATE": (2, 2), "PARSE_DATETIME": (2, 2), "PARSE_TIME": (2, 2), "DATETIME": (1, 6),
    "ROUND": (1, 3), "APPROX_TOP_SUM": (3, 3), "REGEXP_EXTRACT_ALL": (2, 2),
}  # fmt: skip
"""Least and most arguments by the function's name, ``None`` for any number."""

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_QUERY = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.FROM})
_TYPE_WORDS = frozenset({"ARRAY", "STRUCT", "RANGE"})
_NOT_A_CALL = frozenset({TokenType.STAR, TokenType.R_PAREN, TokenType.ALIAS})


def argument_problems(text: str, tokens: Sequence[Token]) -> Iterator[Problem]:
    """Problems with rule ``argument-count``: calls with too few or too many arguments."""
    for index, token in enumerate(tokens[:-1]):
        counts = ARGUMENT_COUNTS.get(token.text.upper())
        if counts is None or not _is_call(tokens, index):
            continue
        given = _given(tokens, index + 1)
        least, most = counts
        if given is None or (given >= least and (most is None or given <= most)):
            continue
        yield problem_at(
            text,
            Span(token.start, token.end + 1),
            RULE,
            f"{token.text.upper()} takes {_takes(least, most)}, not {given}.",
        )


def _is_call(tokens: Sequence[Token], index: int) -> bool:
    if tokens[index + 1].token_type is not TokenType.L_PAREN:
        return False
    if tokens[index].token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return False
    if index == 0:
        return True
    before = tokens[index - 1]
    if before.token_type is TokenType.DOT:
        return index > 1 and tokens[index - 2].text.upper() == "SAFE"
    # `* REPLACE (x AS y)` and `* EXCEPT (a) REPLACE (x AS y)` are no calls.
    is_replace = tokens[index].text.upper() == "REPLACE"
    return not (before.token_type in _NOT_A_CALL and (is_replace or before.text.upper() == "AS"))


def _given(tokens: Sequence[Token], start: int) -> int | None:
    """The number of arguments between parentheses, ``None`` when they are not a plain list."""
    depth = angles = commas = 0
    for index in range(start, len(tokens)):
        kind = tokens[index].token_type
        if kind in _OPEN:
            depth += 1
        elif kind in _CLOSE:
            depth -= 1
            if depth == 0:
                return 0 if index == start + 1 else commas + 1
        elif depth == 1:
            if kind in _QUERY and index == start + 1:
                return None
            if kind is TokenType.ORDER_BY:
                return commas + 1
            angles = _angles(tokens, index, angles)
            commas += kind is TokenType.COMMA and not angles
    return None


def _angles(tokens: Sequence[Token], index: int, angles: int) -> int:
    """How many type brackets, as of ``STRUCT<a INT64, b INT64>``, are open after a token."""
    text = tokens[index].text
    if text == "<" and (angles or tokens[index - 1].text.upper() in _TYPE_WORDS):
        return angles + 1
    if angles and set(text) == {">"}:
        return max(0, angles - len(text))
    return angles


def _takes(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {_arguments(least)}"
    if least == most:
        return _arguments(least)
    return f"{least} to {_arguments(most)}"


def _arguments(count: int) -> str:
    return "no arguments" if count == 0 else f"{count} argument{'' if count == 1 else 's'}"
