"""The parts of a query's tree that the guard knows: exact types, so that no subclass slips in."""

from __future__ import annotations

from sqlglot import exp

PLAIN_NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        # Names and values
        exp.Alias, exp.Aliases, exp.Boolean, exp.ByteString, exp.Column, exp.DataType,
        exp.DataTypeParam, exp.Dot, exp.HexString, exp.Identifier, exp.Interval, exp.IntervalSpan,
        exp.Kwarg, exp.Literal, exp.Null, exp.Parameter, exp.PropertyEQ, exp.RawString, exp.Star,
        exp.Tuple, exp.Var, exp.ColumnDef,
        # Queries
        exp.CTE, exp.Except, exp.From, exp.Group, exp.GroupingSets, exp.Cube, exp.Rollup,
        exp.Having, exp.HavingMax, exp.Intersect, exp.Join, exp.Limit, exp.Offset, exp.Order,
        exp.Ordered, exp.Pivot, exp.PivotAlias, exp.PivotAny, exp.Qualify, exp.Select, exp.Subquery,
        exp.Table, exp.TableAlias, exp.TableSample, exp.Union, exp.UnpivotColumns, exp.Version,
        exp.Where, exp.With, exp.Window, exp.WindowSpec, exp.WithinGroup,
        # Operators
        exp.Add, exp.All, exp.Any, exp.AtTimeZone, exp.Between, exp.BitwiseAnd,
        exp.BitwiseLeftShift, exp.BitwiseNot, exp.BitwiseOr, exp.BitwiseRightShift, exp.BitwiseXor,
        exp.Bracket, exp.Distinct, exp.Div, exp.DPipe, exp.EQ, exp.Escape, exp.GT, exp.GTE,
        exp.IgnoreNulls, exp.In, exp.IntDiv, exp.Is, exp.LT, exp.LTE, exp.Like, exp.Mod, exp.Mul,
        exp.NEQ, exp.Neg, exp.Not, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Paren, exp.RespectNulls,
        exp.Slice, exp.Sub,
        # Parsed paths and formats inside a call
        exp.JSONKeyValue, exp.JSONPath, exp.JSONPathKey, exp.JSONPathRecursive, exp.JSONPathRoot,
        exp.JSONPathSlice, exp.JSONPathSubscript, exp.JSONPathUnion, exp.JSONPathWildcard,
    }
)  # fmt: skip
"""Parts that are no function call."""

OPERATOR_FUNCTIONS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.And, exp.Array, exp.Case, exp.Cast, exp.Ceil, exp.Chr, exp.Collate, exp.CurrentDate,
        exp.CurrentDatetime, exp.CurrentTime, exp.CurrentTimestamp, exp.Exists, exp.Extract,
        exp.Floor, exp.GroupConcat, exp.If, exp.Initcap, exp.JSONArray, exp.JSONObject,
        exp.MakeInterval, exp.NetFunc, exp.Normalize, exp.Or, exp.SafeFunc, exp.StrPosition,
        exp.Struct, exp.Substring, exp.Translate, exp.Trim, exp.TryCast, exp.TsOrDsToDate,
        exp.TsOrDsToDatetime, exp.TsOrDsToTime, exp.TsOrDsToTimestamp, exp.Unnest, exp.WeekStart,
        exp.ArgMax, exp.ArgMin, exp.SessionUser, exp.Rand, exp.Uuid, exp.StrToDate, exp.Xor,
    }
)  # fmt: skip
"""Calls that the parser makes without keeping the written name; the words of the text are
checked besides."""
