"""What BigQuery's functions and operators accept and give, as far as it is the same for all calls.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/functions-all
A function or an argument that is not listed is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from peter_core.sql.data_types import DAYS, EXACT, NUMBERS, TEMPORAL, TEXTS


@dataclass(frozen=True, slots=True)
class Accepts:
    """The types a part of a call may have, and how to say so."""

    types: frozenset[str]
    words: str


NUMBER = Accepts(NUMBERS, "a number")
INTEGER = Accepts(frozenset({"INT64"}), "an INT64")
TEXT = Accepts(TEXTS, "a STRING")
STRING = Accepts(frozenset({"STRING"}), "a STRING")
CONDITION = Accepts(frozenset({"BOOL"}), "a BOOL")
DAY = Accepts(DAYS, "a DATE, DATETIME or TIMESTAMP")
CLOCK = Accepts(frozenset({"TIME"}), "a TIME")
MOMENT = Accepts(TEMPORAL, "a DATE, DATETIME, TIMESTAMP or TIME")
ARRAY = Accepts(frozenset({"ARRAY"}), "an ARRAY")
ADDABLE = Accepts(NUMBERS | {"INTERVAL"}, "a number")
EXACT_NUMBER = Accepts(EXACT, "an INT64 or NUMERIC")
_ORDERED = Accepts(
    NUMBERS | TEXTS | TEMPORAL | {"BOOL", "INTERVAL", "RANGE", "ARRAY"}, "a value with an order"
)

_NUMERIC_CALLS = (
    exp.StddevSamp, exp.StddevPop, exp.Stddev, exp.Variance, exp.VariancePop, exp.Abs, exp.Sign,
    exp.Ceil, exp.Floor, exp.Round, exp.Sqrt, exp.Exp, exp.Ln, exp.Log, exp.Cos, exp.Sin, exp.Tan,
    exp.Acos, exp.Asin, exp.Atan, exp.Cosh, exp.Sinh, exp.Tanh, exp.Cbrt, exp.IsNan, exp.IsInf,
    exp.Trunc, exp.SafeNegate,
)  # fmt: skip
_NUMERIC_PAIRS = (
    exp.Corr, exp.CovarPop, exp.CovarSamp, exp.Pow, exp.SafeDivide, exp.SafeAdd, exp.SafeSubtract,
    exp.SafeMultiply, exp.Atan2,
)  # fmt: skip
_TEXT_CALLS = (exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.ByteLength, exp.Initcap)
_TEXT_PAIRS = (
    exp.Like, exp.StartsWith, exp.EndsWith, exp.RegexpLike, exp.RegexpExtract, exp.Split,
    exp.RegexpExtractAll, exp.RegexpReplace, exp.Replace,
)  # fmt: skip

ARGUMENTS: dict[type[exp.Expr], dict[str, Accepts]] = {
    **{kind: {"this": NUMBER} for kind in _NUMERIC_CALLS},
    **{kind: {"this": NUMBER, "expression": NUMBER} for kind in _NUMERIC_PAIRS},
    **{kind: {"this": TEXT} for kind in _TEXT_CALLS},
    **{kind: {"this": TEXT, "expression": TEXT} for kind in _TEXT_PAIRS},
    exp.Sum: {"this": ADDABLE},
    exp.Avg: {"this": ADDABLE},
    exp.Min: {"this": _ORDERED},
    exp.Max: {"this": _ORDERED},
    exp.CountIf: {"this": CONDITION},
    exp.LogicalAnd: {"this": CONDITION},
    exp.LogicalOr: {"this": CONDITION},
    exp.Mod: {"this": EXACT_NUMBER, "expression": EXACT_NUMBER},
    exp.IntDiv: {"this": EXACT_NUMBER, "expression": EXACT_NUMBER},
    exp.Substring: {"this": TEXT, "start": INTEGER, "length": INTEGER},
    exp.Left: {"this": TEXT, "expression": INTEGER},
    exp.Right: {"this": TEXT, "expression": INTEGER},
    exp.Pad: {"this": TEXT, "expression": INTEGER},
    exp.Repeat: {"this": TEXT, "times": INTEGER},
    exp.StrPosition: {"this": TEXT, "substr": TEXT},
    exp.GroupConcat: {"this": TEXT},
    exp.DateAdd: {"this": DAY},
    exp.DateSub: {"this": DAY},
    exp.DatetimeAdd: {"this": DAY},
    exp.DatetimeSub: {"this": DAY},
    exp.TimestampAdd: {"this": DAY},
    exp.TimestampSub: {"this": DAY},
    exp.TimeAdd: {"this": CLOCK},
    exp.TimeSub: {"this": CLOCK},
    exp.DateDiff: {"this": DAY, "expression": DAY},
    exp.DatetimeDiff: {"this": DAY, "expression": DAY},
    exp.TimestampDiff: {"this": DAY, "expression": DAY},
    exp.TimeDiff: {"this": CLOCK, "expression": CLOCK},
    exp.DateTrunc: {"this": DAY},
    exp.DatetimeTrunc: {"this": DAY},
    exp.TimestampTrunc: {"this": DAY},
    exp.LastDay: {"this": DAY},
    exp.Extract: {"expression": Accepts(TEMPORAL | {"INTERVAL"}, MOMENT.words)},
    exp.UnixSeconds: {"this": DAY},
    exp.UnixMillis: {"this": DAY},
    exp.UnixMicros: {"this": DAY},
    exp.UnixDate: {"this": DAY},
    exp.UnixToTime: {"this": INTEGER},
    exp.DateFromUnixDate: {"this": INTEGER},
    exp.DateFromParts: {"year": INTEGER, "month": INTEGER, "day": INTEGER},
    exp.StrToDate: {"this": STRING},
    exp.StrToTime: {"this": STRING},
    exp.ParseDatetime: {"this": STRING},
    exp.ParseTime: {"this": STRING},
    exp.ArraySize: {"this": ARRAY},
    exp.ArrayReverse: {"this": ARRAY},
    exp.ArrayToString: {"this": ARRAY},
    exp.GenerateSeries: {"start": NUMBER, "end": NUMBER, "step": NUMBER},
    exp.Neg: {"this": ADDABLE},
    exp.And: {"this": CONDITION, "expression": CONDITION},
    exp.Or: {"this": CONDITION, "expression": CONDITION},
    exp.Not: {"this": CONDITION},
    exp.Where: {"this": CONDITION},
    exp.Having: {"this": CONDITION},
    exp.Qualify: {"this": CONDITION},
}
"""By the kind of node: the accepted types of its parts."""

OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.And: "AND", exp.Or: "OR",
    exp.Not: "NOT", exp.Neg: "-", exp.Like: "LIKE", exp.Where: "WHERE", exp.Having: "HAVING",
    exp.Qualify: "QUALIFY",
}  # fmt: skip

FORMATTED = (exp.TsOrDsToDate, exp.TsOrDsToDatetime, exp.TsOrDsToTime, exp.TsOrDsToTimestamp)
"""What the parser puts around the value that FORMAT_DATE and its like format."""

GIVES: dict[type[exp.Expr], str] = {
    **dict.fromkeys(
        (
            exp.Count,
            exp.CountIf,
            exp.ApproxDistinct,
            exp.RowNumber,
            exp.Rank,
            exp.DenseRank,
            exp.Ntile,
            exp.Length,
            exp.ByteLength,
            exp.StrPosition,
            exp.ArraySize,
            exp.DateDiff,
            exp.DatetimeDiff,
            exp.TimestampDiff,
            exp.TimeDiff,
            exp.UnixSeconds,
            exp.UnixMillis,
            exp.UnixMicros,
            exp.UnixDate,
            exp.FarmFingerprint,
            exp.RangeBucket,
            exp.Unicode,
            exp.Ascii,
            exp.Int64,
            exp.LaxInt64,
        ),
        "INT64",
    ),
    **dict.fromkeys(
        (
            exp.Stddev,
            exp.StddevPop,
            exp.StddevSamp,
            exp.Corr,
            exp.Rand,
            exp.CumeDist,
            exp.PercentRank,
            exp.Cos,
            exp.Sin,
            exp.Tan,
            exp.Acos,
            exp.Asin,
            exp.Atan,
            exp.Atan2,
            exp.Float64,
            exp.LaxFloat64,
        ),
        "FLOAT64",
    ),
    **dict.fromkeys(
        (
            exp.Like,
            exp.StartsWith,
            exp.EndsWith,
            exp.RegexpLike,
            exp.And,
            exp.Or,
            exp.Not,
            exp.EQ,
            exp.NEQ,
            exp.LT,
            exp.LTE,
            exp.GT,
            exp.GTE,
            exp.In,
            exp.Between,
            exp.Is,
            exp.Exists,
            exp.LogicalAnd,
            exp.LogicalOr,
            exp.IsNan,
            exp.IsInf,
            exp.Boolean,
            exp.LaxBool,
            exp.NullSafeEQ,
            exp.NullSafeNEQ,
        ),
        "BOOL",
    ),
    **dict.fromkeys(
        (
            exp.TimeToStr,
            exp.Format,
            exp.String,
            exp.ArrayToString,
            exp.JSONExtractScalar,
            exp.LowerHex,
            exp.MD5,
            exp.ToBase64,
            exp.LaxString,
            exp.Uuid,
            exp.Chr,
            exp.RawString,
            exp.Host,
            exp.RegDomain,
            exp.Normalize,
        ),
        "STRING",
    ),
    exp.MD5Digest: "BYTES",
    exp.CurrentDate: "DATE",
    exp.Date: "DATE",
    exp.DateFromParts: "DATE",
    exp.DateFromUnixDate: "DATE",
    exp.StrToDate: "DATE",
    exp.LastDay: "DATE",
    exp.CurrentDatetime: "DATETIME",
    exp.Datetime: "DATETIME",
    exp.ParseDatetime: "DATETIME",
    exp.CurrentTimestamp: "TIMESTAMP",
    exp.Timestamp: "TIMESTAMP",
    exp.StrToTime: "TIMESTAMP",
    exp.UnixToTime: "TIMESTAMP",
    exp.CurrentTime: "TIME",
    exp.Time: "TIME",
    exp.ParseTime: "TIME",
    exp.ParseJSON: "JSON",
    exp.Interval: "INTERVAL",
    exp.GenerateDateArray: "ARRAY<DATE>",
    exp.GenerateTimestampArray: "ARRAY<TIMESTAMP>",
    exp.TsOrDsToDatetime: "DATETIME",
    exp.TsOrDsToTime: "TIME",
    exp.TsOrDsToTimestamp: "TIMESTAMP",
    exp.TsOrDsToDate: "DATE",
}
"""By the kind of node: the type of its value, whatever its parts are."""

SAME_AS_THIS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Min, exp.Max, exp.AnyValue, exp.FirstValue, exp.LastValue, exp.NthValue, exp.Lag,
        exp.Lead, exp.ArgMax, exp.ArgMin, exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Left,
        exp.Right, exp.Pad, exp.Repeat, exp.Replace, exp.RegexpExtract, exp.RegexpReplace, exp.Abs,
        exp.DateAdd, exp.DateSub, exp.DatetimeAdd, exp.DatetimeSub, exp.TimestampAdd,
        exp.TimestampSub, exp.TimeAdd, exp.TimeSub, exp.DateTrunc, exp.DatetimeTrunc,
        exp.TimestampTrunc, exp.Neg, exp.SafeNegate, exp.Window, exp.IgnoreNulls, exp.RespectNulls,
        exp.Order, exp.Limit, exp.HavingMax, exp.SafeFunc, exp.Paren, exp.Alias, exp.Initcap,
        exp.GroupConcat, exp.Nullif,
    }
)  # fmt: skip
"""Nodes whose value has the type of their first part."""

LITERAL_GIVES: dict[type[exp.Expr], str] = {
    exp.DateAdd: "DATE", exp.DateSub: "DATE", exp.DateTrunc: "DATE", exp.DatetimeAdd: "DATETIME",
    exp.DatetimeSub: "DATETIME", exp.DatetimeTrunc: "DATETIME", exp.TimestampAdd: "TIMESTAMP",
    exp.TimestampSub: "TIMESTAMP", exp.TimestampTrunc: "TIMESTAMP", exp.TimeAdd: "TIME",
    exp.TimeSub: "TIME",
}  # fmt: skip
"""What those of a string literal give."""
