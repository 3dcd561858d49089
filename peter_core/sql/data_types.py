"""BigQuery's types by name, and which of them meet: in a comparison, a branch, a cast."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.reading import BIGQUERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_T = exp.DType
_NAMES: dict[exp.DType, str] = {
    _T.BIGINT: "INT64", _T.INT: "INT64", _T.SMALLINT: "INT64", _T.TINYINT: "INT64",
    _T.DOUBLE: "FLOAT64", _T.FLOAT: "FLOAT64", _T.DECIMAL: "NUMERIC", _T.BIGDECIMAL: "BIGNUMERIC",
    _T.BOOLEAN: "BOOL", _T.TEXT: "STRING", _T.VARCHAR: "STRING", _T.BINARY: "BYTES",
    _T.VARBINARY: "BYTES", _T.DATE: "DATE", _T.DATETIME: "DATETIME", _T.TIMESTAMP: "DATETIME",
    _T.TIMESTAMPTZ: "TIMESTAMP", _T.TIMESTAMPLTZ: "TIMESTAMP", _T.TIME: "TIME",
    _T.INTERVAL: "INTERVAL", _T.JSON: "JSON", _T.GEOGRAPHY: "GEOGRAPHY", _T.ARRAY: "ARRAY",
    _T.STRUCT: "STRUCT", _T.RANGE: "RANGE",
}  # fmt: skip

NUMBERS = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
EXACT = frozenset({"INT64", "NUMERIC", "BIGNUMERIC"})
TEXTS = frozenset({"STRING", "BYTES"})
DAYS = frozenset({"DATE", "DATETIME", "TIMESTAMP"})
TEMPORAL = DAYS | {"TIME"}

# https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#casting
_CASTS: dict[str, frozenset[str]] = {
    "INT64": NUMBERS | {"BOOL", "STRING"},
    "NUMERIC": NUMBERS | {"STRING"},
    "BIGNUMERIC": NUMBERS | {"STRING"},
    "FLOAT64": NUMBERS | {"STRING"},
    "BOOL": frozenset({"BOOL", "INT64", "STRING"}),
    "BYTES": TEXTS,
    "DATE": DAYS | {"STRING"},
    "DATETIME": TEMPORAL | {"STRING"},
    "TIMESTAMP": TEMPORAL | {"STRING"},
    "TIME": frozenset({"TIME", "STRING"}),
    "JSON": frozenset({"JSON"}),
    "STRING": NUMBERS | TEXTS | TEMPORAL | {"BOOL", "INTERVAL", "RANGE"},
}
_UNEQUAL = frozenset({"JSON", "GEOGRAPHY"})
_UNORDERED = frozenset({"JSON", "GEOGRAPHY", "STRUCT"})


@lru_cache(maxsize=4096)
def data_type(kind: str) -> exp.DataType | None:
    """A BigQuery type as the parser's type, ``None`` when it is none."""
    try:
        built = exp.DataType.build(kind, dialect=BIGQUERY)
    except Exception:  # the parser has many ways to fail on a text that is no type
        return None
    return built if isinstance(built, exp.DataType) else None


def type_name(kind: exp.DataType | None) -> str | None:
    """The type's plain name without its parts, ``None`` when it is not known."""
    return _NAMES.get(kind.this) if kind is not None else None


def array_of(element: exp.DataType | None) -> exp.DataType | None:
    """The array of a known element."""
    if element is None:
        return None
    return exp.DataType(this=exp.DType.ARRAY, expressions=[element.copy()], nested=True)


def is_flexible(node: exp.Expr) -> bool:
    """Whether it is a literal, a parameter or NULL: those take the type of what they meet."""
    inner = node.unnest()
    if isinstance(inner, exp.Neg):
        inner = inner.this
    return isinstance(inner, exp.Literal | exp.RawString | exp.Parameter | exp.Null)


def fits(name: str, accepted: frozenset[str], *, flexible: bool) -> bool:
    """Whether a value of a type may stand where some types are accepted."""
    if name in accepted:
        return True
    if name == "INT64":
        return bool(accepted & NUMBERS)
    if name in NUMBERS:
        return flexible and bool(accepted & (NUMBERS - {"INT64"}))
    if name == "DATE":
        return "DATETIME" in accepted
    return flexible and name == "STRING" and bool(accepted & (TEMPORAL | {"BYTES"}))


def meet(left: str, right: str, *, flexible_left: bool, flexible_right: bool) -> bool:
    """Whether two types have a common one, as a comparison and the branches of a CASE need."""
    if left == right or {left, right} <= NUMBERS or {left, right} == {"DATE", "DATETIME"}:
        return True
    literal = (flexible_left and left == "STRING", flexible_right and right == "STRING")
    others = TEMPORAL | {"BYTES"}
    return (literal[0] and right in others) or (literal[1] and left in others)


def may_equal(name: str) -> bool:
    """Whether values of the type can be compared for being equal."""
    return name not in _UNEQUAL


def may_order(name: str) -> bool:
    """Whether values of the type can be put in order."""
    return name not in _UNORDERED


def may_cast(source: str, target: str) -> bool:
    """Whether CAST knows a way between two types; types outside its table are not judged."""
    targets = _CASTS.get(source)
    return targets is None or target in targets or target not in _CASTS


def common_type(kinds: Iterable[tuple[exp.DataType | None, bool]]) -> exp.DataType | None:
    """The common type of values given with their being flexible; ``None`` when one is unknown."""
    rigid: list[exp.DataType] = []
    flexible: list[exp.DataType] = []
    for kind, is_free in kinds:
        if kind is None:
            return None
        (flexible if is_free else rigid).append(kind)
    return _widest(rigid) if rigid and not _floats(flexible) else _widest([*rigid, *flexible])


def _floats(kinds: Sequence[exp.DataType]) -> bool:
    return any(type_name(kind) == "FLOAT64" for kind in kinds)


def _widest(kinds: Sequence[exp.DataType]) -> exp.DataType | None:
    names = [type_name(kind) for kind in kinds]
    if not names or None in names:
        return None
    if len(set(names)) == 1:
        return kinds[0]
    for order in (("FLOAT64", "BIGNUMERIC", "NUMERIC", "INT64"), ("DATETIME", "DATE")):
        if set(names) <= set(order):
            return kinds[min(range(len(names)), key=lambda at: order.index(names[at] or ""))]
    return None
