"""The types of a statement's expressions, and the calls BigQuery refuses for their types.

Conservative: what is not known to be wrong is right. A value of unknown type is never judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.data_types import (
    NUMBERS,
    TEMPORAL,
    array_of,
    common_type,
    data_type,
    fits,
    is_flexible,
    may_cast,
    may_equal,
    may_order,
    meet,
    type_name,
)
from peter_core.sql.signatures import (
    ARGUMENTS,
    ARRAY,
    CONDITION,
    FORMATTED,
    GIVES,
    LITERAL_GIVES,
    MOMENT,
    OPERATORS,
    SAME_AS_THIS,
    Accepts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Kind = exp.DataType | None
COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_CONDITIONS = frozenset({"WHERE", "HAVING", "QUALIFY", "JOIN … ON"})
_WRAPPERS = (exp.Distinct, exp.Order, exp.Limit, exp.HavingMax, exp.IgnoreNulls, exp.RespectNulls)
_NOT_JOINED = frozenset({"ARRAY", "BYTES", None})
_NEVER_ADDED = frozenset({"BOOL", "BYTES", "JSON", "ARRAY", "STRUCT", "GEOGRAPHY", "STRING"})


class Inference:
    """The rules, over types that were found for a node's parts before.

    ``kind_of`` gives the type of a part; ``report`` takes a place, what is wrong with it and a
    hint; ``clash`` takes two values that cannot be compared.
    """

    def __init__(
        self,
        kind_of: Callable[[exp.Expr | None], Kind],
        report: Callable[[exp.Expr, str, str | None], None],
        clash: Callable[[exp.Expr, str, exp.Expr, str], None],
    ) -> None:
        self._kind = kind_of
        self._report = report
        self._clash = clash

    def judge(self, node: exp.Expr) -> Kind:
        """The type of a node whose parts are known; reports what is wrong with the node itself."""
        self._arguments(node)
        if isinstance(node, COMPARISONS):
            self._compared(node, ordered=not isinstance(node, exp.EQ | exp.NEQ))
        elif isinstance(node, exp.Between):
            for bound in (node.args["low"], node.args["high"]):
                self._pair(node.this, bound)
        elif isinstance(node, exp.In):
            self._members(node)
        elif isinstance(node, exp.Nullif):
            self._pair(node.this, node.expression)
        elif isinstance(node, exp.Cast):
            self._cast(node)
        elif isinstance(node, exp.Ordered):
            self._ordered(node)
        elif isinstance(node, exp.If):
            self._condition(node)
        elif isinstance(node, exp.Unnest):
            for array in node.expressions:
                self.accept(array, ARRAY, "UNNEST")
        return self._result(node)

    # What is accepted ------------------------------------------------------------------------

    def _arguments(self, node: exp.Expr) -> None:
        parent = node.parent
        if isinstance(parent, exp.TimeToStr) and isinstance(node, FORMATTED):
            # FORMAT_DATE and its like: the parser casts what is formatted.
            self.accept(node.this, MOMENT, _called(parent))
            return
        accepted = ARGUMENTS.get(type(node))
        if accepted is None or isinstance(parent, exp.Contains):
            return
        for key, accepts in accepted.items():
            part = node.args.get(key)
            if isinstance(part, exp.Expr):
                self.accept(part, accepts, _called(node))

    def accept(self, part: exp.Expr, accepts: Accepts, who: str) -> None:
        """Report a part whose type is none of the accepted ones."""
        value = unwrapped(part)
        name = type_name(self._kind(value))
        if name is None or fits(name, accepts.types, flexible=is_flexible(value)):
            return
        wanted = "a condition (BOOL)" if who in _CONDITIONS else accepts.words
        self._report(value, f"{who} needs {wanted}, not {name}.", _cast_hint(name, accepts))

    def _condition(self, node: exp.If) -> None:
        """The condition of an IF or of a WHEN, or what WHEN compares CASE's operand with."""
        case = node.parent if isinstance(node.parent, exp.Case) else None
        if case is not None and case.this is not None:
            self._pair(case.this, node.this)
        else:
            self.accept(node.this, CONDITION, "IF" if case is None else "WHEN")

    def _compared(self, node: exp.Expr, *, ordered: bool) -> None:
        left, right = node.this, node.expression
        if isinstance(right, exp.Any | exp.All):
            return
        for side in (left, right):
            name = type_name(self._kind(side))
            if name is not None and not (may_equal(name) and (may_order(name) or not ordered)):
                self._report(side, f"Values of type {name} cannot be compared.", _part_hint(name))
                return
        self._pair(left, right)

    def _pair(self, left: exp.Expr, right: exp.Expr) -> None:
        one, other = type_name(self._kind(left)), type_name(self._kind(right))
        if one is None or other is None:
            return
        flexible = {"flexible_left": is_flexible(left), "flexible_right": is_flexible(right)}
        if not meet(one, other, **flexible):
            self._clash(left, one, right, other)

    def _members(self, node: exp.In) -> None:
        for item in node.expressions:
            self._pair(node.this, item)
        unnest = node.args.get("unnest")
        if isinstance(unnest, exp.Unnest) and unnest.expressions:
            array = unnest.expressions[0]
            kind = self._kind(array)
            element = kind.expressions[0] if kind is not None and kind.expressions else None
            one = type_name(self._kind(node.this))
            other = type_name(element) if type_name(kind) == "ARRAY" else None
            both = one is not None and other is not None
            if both and not meet(
                one or "", other or "", flexible_left=is_flexible(node.this), flexible_right=True
            ):
                self._clash(node.this, one or "", array, other or "")
        query = node.args.get("query")
        if query is not None:
            self._pair(node.this, query)

    def _cast(self, node: exp.Cast) -> None:
        source, target = type_name(self._kind(node.this)), type_name(node.to)
        if source is None or target is None or may_cast(source, target):
            return
        if isinstance(node.this.unnest(), exp.Null):
            return
        self._report(node.this, f"{source} cannot be cast to {target}.", None)

    def _ordered(self, node: exp.Ordered) -> None:
        name = type_name(self._kind(node.this))
        if name is not None and not may_order(name) and isinstance(node.parent, exp.Order):
            self._report(node.this, f"Values of type {name} have no order.", _part_hint(name))

    # What is given ---------------------------------------------------------------------------

    def _result(self, node: exp.Expr) -> Kind:
        given = GIVES.get(type(node))
        if given is not None:
            return data_type(given)
        if isinstance(node, exp.Literal):
            whole = node.this.isdigit() or node.this[:2].lower() == "0x"
            return data_type("STRING" if node.is_string else "INT64" if whole else "FLOAT64")
        if isinstance(node, exp.Cast):
            return node.to
        if isinstance(node, _ARITHMETIC):
            return self._arithmetic(node)
        if isinstance(node, exp.Distinct):
            return self._kind(node.expressions[0]) if node.expressions else None
        if type(node) in SAME_AS_THIS:
            return self._same(node)
        branches = _branches(node)
        if branches:
            return self._branches(node, branches)
        return self._special(node)

    def _same(self, node: exp.Expr) -> Kind:
        part = unwrapped(node.this) if isinstance(node.this, exp.Expr) else None
        kind = self._kind(part)
        literal = LITERAL_GIVES.get(type(node))
        if literal is not None and type_name(kind) not in TEMPORAL:
            return data_type(literal) if part is not None and is_flexible(part) else None
        return kind

    def _special(self, node: exp.Expr) -> Kind:
        if isinstance(node, exp.Sum | exp.Avg):
            kind = self._kind(unwrapped(node.this))
            integer = type_name(kind) == "INT64"
            if type_name(kind) not in NUMBERS:
                return None
            return data_type("FLOAT64") if isinstance(node, exp.Avg) and integer else kind
        if isinstance(node, exp.Round | exp.Ceil | exp.Floor):
            kind = self._kind(node.this)
            return data_type("FLOAT64") if type_name(kind) == "INT64" else kind
        if isinstance(node, exp.Concat | exp.DPipe):
            parts = node.expressions or [node.this, node.expression]
            names = {type_name(self._kind(part)) for part in parts}
            return data_type("STRING") if "STRING" in names and not names & _NOT_JOINED else None
        if isinstance(node, exp.SafeDivide):
            return self._division(node)
        if isinstance(node, exp.Extract):
            part = node.name.upper()
            return data_type(part if part in ("DATE", "DATETIME", "TIME") else "INT64")
        if isinstance(node, exp.ArrayAgg):
            return array_of(self._kind(unwrapped(node.this)))
        if isinstance(node, exp.Split):
            return array_of(self._kind(node.this))
        if isinstance(node, exp.Bracket):
            kind = self._kind(node.this)
            is_array = type_name(kind) == "ARRAY" and kind is not None and kind.expressions
            element = kind.expressions[0] if is_array and kind is not None else None
            return element if isinstance(element, exp.DataType) else None
        return None

    def _arithmetic(self, node: exp.Expr) -> Kind:
        left, right = node.this, node.expression
        one, other = type_name(self._kind(left)), type_name(self._kind(right))
        wrong = next((side for side in (left, right) if self._never_added(side, node)), None)
        sign = OPERATORS[type(node)]
        if one is None or other is None:
            if wrong is not None:
                name = type_name(self._kind(wrong))
                self._report(wrong, f"`{sign}` does not work on {name}.", _number_hint(name))
            return None
        if one in NUMBERS and other in NUMBERS:
            return self._division(node) if sign == "/" else self._common((left, right))
        result = _temporal(sign, one, other, is_flexible(left), is_flexible(right))
        if result is None:
            place = wrong or node
            name = type_name(self._kind(wrong)) if wrong is not None else None
            message = f"`{sign}` does not work on {one} and {other}."
            self._report(place, message, _number_hint(name))
        return data_type(result) if result else None

    def _never_added(self, side: exp.Expr, node: exp.Expr) -> bool:
        name = type_name(self._kind(side))
        if isinstance(side.unnest(), exp.Null) or name not in _NEVER_ADDED:
            return False
        if name == "STRING" and is_flexible(side):
            return isinstance(node, exp.Mul | exp.Div)
        return True

    def _division(self, node: exp.Expr) -> Kind:
        kind = self._common((node.this, node.expression))
        return data_type("FLOAT64") if type_name(kind) == "INT64" else kind

    def _common(self, parts: Sequence[exp.Expr]) -> Kind:
        return common_type((self._kind(part), is_flexible(part)) for part in parts)

    def _branches(self, node: exp.Expr, branches: list[exp.Expr]) -> Kind:
        values = [one for one in branches if not isinstance(one.unnest(), exp.Null)]
        for before, after in _pairs(values):
            one, other = type_name(self._kind(before)), type_name(self._kind(after))
            if one is None or other is None:
                continue
            if not meet(
                one, other, flexible_left=is_flexible(before), flexible_right=is_flexible(after)
            ):
                what = _called(node)
                self._report(after, f"{what} has values of {one} and of {other}.", _CAST_ONE)
                return None
        kind = self._common(values)
        if isinstance(node, exp.Array):
            return array_of(kind)
        return kind


_CAST_ONE = "Cast one of them, so that all have the same type."


def unwrapped(part: exp.Expr) -> exp.Expr:
    """The value inside DISTINCT, ORDER BY, LIMIT and NULL handling of an aggregate."""
    while isinstance(part, _WRAPPERS):
        inner = next(iter(part.expressions), None) if isinstance(part, exp.Distinct) else part.this
        if not isinstance(inner, exp.Expr):
            return part
        part = inner
    return part


def _branches(node: exp.Expr) -> list[exp.Expr]:
    """The parts of which one becomes the value."""
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        found = [one.args["true"] for one in node.args.get("ifs") or ()]
        return [*found, default] if default is not None else found
    if isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        false = node.args.get("false")
        return [node.args["true"], false] if false is not None else [node.args["true"]]
    if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least):
        return [node.this, *node.expressions]
    if isinstance(node, exp.Array) and not any(isinstance(e, exp.Query) for e in node.expressions):
        return list(node.expressions)
    return []


def _pairs(values: Sequence[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Every value with the first rigid one, which decides."""
    first = next((one for one in values if not is_flexible(one)), values[0] if values else None)
    if first is not None:
        yield from ((first, one) for one in values if one is not first)


def _temporal(sign: str, one: str, other: str, free_one: bool, free_other: bool) -> str | None:
    """The type of a sum, difference or product that is not one of numbers."""
    if sign in "+-" and one in TEMPORAL and other == "INTERVAL":
        return "DATETIME" if one == "DATE" else one
    if sign == "+" and one == "INTERVAL" and other in TEMPORAL:
        return "DATETIME" if other == "DATE" else other
    if one == other == "INTERVAL" and sign in "+-":
        return "INTERVAL"
    if sign in "+-" and one == "DATE" and other == "INT64":
        return "DATE"
    if sign == "+" and one == "INT64" and other == "DATE":
        return "DATE"
    if sign in "*/" and one == "INTERVAL" and other == "INT64":
        return "INTERVAL"
    if sign == "*" and one == "INT64" and other == "INTERVAL":
        return "INTERVAL"
    either = meet(one, other, flexible_left=free_one, flexible_right=free_other)
    if sign == "-" and either and {one, other} & TEMPORAL:
        return "INTERVAL"
    return None


def _called(node: exp.Expr) -> str:
    """What a person calls the node."""
    sign = OPERATORS.get(type(node))
    if sign is not None:
        return sign
    if isinstance(node, exp.Array):
        return "The array"
    name = node.meta_get("bigquery_name")
    if name:
        return str(name).upper()
    if isinstance(node, exp.GroupConcat):
        return "STRING_AGG"
    return str(node.sql_name() if isinstance(node, exp.Func) else type(node).__name__.upper())


def _cast_hint(name: str, accepts: Accepts) -> str | None:
    if name == "STRING" and "FLOAT64" in accepts.types:
        return "Turn the text into a number first, for example SAFE_CAST(… AS FLOAT64)."
    if name == "STRING" and "DATE" in accepts.types:
        return "Turn the text into a date first, for example DATE(…) or PARSE_DATE('%Y-%m-%d', …)."
    if "STRING" in accepts.types:
        return "Turn it into text first: CAST(… AS STRING)."
    if accepts.types == {"BOOL"}:
        return "Compare it with something, for example `… > 0`."
    return None


def _number_hint(name: str | None) -> str | None:
    if name == "STRING":
        return "Turn the text into a number first with SAFE_CAST(… AS FLOAT64); `||` joins texts."
    if name == "BOOL":
        return "Turn the BOOL into a number first: CAST(… AS INT64)."
    return None


def _part_hint(name: str) -> str | None:
    if name == "JSON":
        return "Take a value out of it first, for example JSON_VALUE(…)."
    return "Name one of its fields." if name == "STRUCT" else None
