"""One number, what it is set against, and a small line of how it came about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from peter_core.plan.formats import formatter
from peter_core.plan.locales import MINUS, NBSP, locale
from peter_core.plan.number_formats import separators
from peter_core.plan.numbers import Specifier, write
from peter_core.plan.views.frame import Field, cell, compact_number, instant, measure
from peter_core.plan.views.problem import Undrawable
from peter_core.plan.views.sampling import peaks
from peter_core.plan.views.slots import added
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import Comparison, Dashboard, KpiChart
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.frame import Earlier, Frame

Direction = Literal["up", "down", "flat"]

_SPARK_POINTS = 120


@dataclass(frozen=True, slots=True)
class Kpi:
    """The view, and the phrases its summary is made of."""

    view: dict[str, Any]
    text: str
    change: str | None


def kpi_view(
    chart: KpiChart,
    frame: Frame,
    dashboard: Dashboard,
    earlier: Earlier,
) -> Kpi:
    """The aggregate of a column.

    Raises
    ------
    Undrawable
        When ``only`` meets more than one row, or numbers are asked of a column of texts.
    """
    field = frame.field(chart.value)
    value = aggregate(field, chart.aggregate)
    type_ = "INT64" if chart.aggregate == "count" else field.type
    written = formatter(chart.format, type_, dashboard=dashboard, name=field.name).fitted([value])
    figure = written.figure(value)
    delta = _delta(chart, frame, value, written, earlier, dashboard)
    view = {
        "kind": "kpi",
        "value": {
            "raw": cell(value, type_, dashboard.timezone),
            "text": figure.text,
            "unit": figure.unit,
            "before": figure.before,
        },
        "delta": delta,
        "sparkline": _sparkline(chart, frame, dashboard.timezone),
    }
    return Kpi(view, str(figure), _change(delta))


def aggregate(field: Field, how: str) -> object:
    """One value of a column; nulls are passed over, sums of integers and decimals are exact.

    Raises
    ------
    Undrawable
        For ``only`` and more than one row, or a sum or mean of no numbers.
    """
    if how == "only":
        if len(field.values) != 1:
            raise Undrawable(
                "not_one_row",
                say("More than one row for one number"),
                say(
                    "The query gave {rows} rows, and nothing says how they make one.",
                    rows=len(field.values),
                ),
                say(
                    "Give the chart an 'aggregate', such as sum or last, or let the query return "
                    "one row."
                ),
            )
        return field.values[0]
    known = [v for v in field.values if v is not None]
    if how == "count":
        return len(known)
    if how in ("first", "last"):
        return None if not field.values else field.values[0 if how == "first" else -1]
    if not known:
        return None
    if how in ("min", "max"):
        return _extreme(field, known, least=how == "min")
    return _total(field, known, mean=how == "mean")


def _extreme(field: Field, known: list[Any], *, least: bool) -> object:
    ordered = [v for v in known if v == v] or known
    try:
        return min(ordered) if least else max(ordered)
    except TypeError as error:
        raise Undrawable(
            "not_ordered",
            say("Column has no order"),
            say(
                "Column {name} has type {type}, whose values are neither more nor less.",
                name=repr(field.name),
                type=field.type,
            ),
            say("Choose another column, or the aggregate first, last or count."),
        ) from error


def _total(field: Field, known: list[object], *, mean: bool) -> object:
    if not field.is_number:
        raise Undrawable(
            "not_a_number", say("Column is not a number"),
            say("Column {name} has type {type}; only numbers can be added up.",
                name=repr(field.name), type=field.type),
            say("Choose a numeric column, or the aggregate count."),
        )  # fmt: skip
    if any(isinstance(v, float) for v in known):
        numbers = [float(v) for v in known if isinstance(v, (int, float, Decimal))]
        total: object = sum(numbers) if any(map(math.isinf, numbers)) else math.fsum(numbers)
    else:
        total = 0
        for value in known:
            total = added(total, value)
    if not mean:
        return total
    return total / len(known) if isinstance(total, (int, float, Decimal)) else None


def _delta(
    chart: KpiChart,
    frame: Frame,
    value: object,
    written: Formatter,
    earlier: Earlier,
    dashboard: Dashboard,
) -> dict[str, Any] | None:
    comparison = chart.comparison
    if comparison is None:
        return None
    before = _compared_value(chart, comparison, frame, earlier.frame)
    if measure(value) is None or measure(before) is None:
        return None
    text, direction = _difference(value, before, comparison.show, written, dashboard)
    good = None
    if chart.better != "neutral" and direction != "flat":
        good = (direction == "up") == (chart.better == "higher")
    name = comparison.label or earlier.label or _default_label(comparison, before, written)
    return {
        "text": text,
        "direction": direction,
        "good": good,
        "label": name if name.startswith("vs ") else say("vs {name}", name=name),
    }


def _compared_value(
    chart: KpiChart, comparison: Comparison, frame: Frame, compared: Frame | None
) -> object:
    if comparison.to == "target":
        return comparison.value
    if comparison.to == "field":
        return aggregate(frame.field(comparison.field or ""), chart.aggregate)
    if compared is None or compared.rows == 0:
        return None
    return aggregate(compared.field(chart.value), chart.aggregate)


def _default_label(comparison: Comparison, before: object, written: Formatter) -> str:
    if comparison.to == "target":
        return say("target {value}", value=str(written.figure(before)))
    if comparison.to == "field":
        return (comparison.field or "").replace("_", " ")
    return say("previous year" if comparison.to == "previous_year" else "previous period")


def _difference(
    value: object, before: object, show: str, written: Formatter, dashboard: Dashboard
) -> tuple[str, Direction]:
    now, then = measure(value) or 0.0, measure(before) or 0.0
    signs = separators(locale(dashboard.locale))
    if show == "value":
        return str(written.figure(before)), _direction(now - then)
    if written.is_rate:
        points = (now - then) * 100
        text = str(write(abs(points), Specifier.parse(_decimals(points)), signs))
        return f"{text}{NBSP}{say('pts')}", _direction(points if _shows(text) else 0.0)
    if show == "percent" and then != 0:
        change = (now - then) / abs(then)
        spec = ",.0%" if abs(change) >= 10 else ".1%"
        text = str(write(abs(change), Specifier.parse(spec), signs))
        return text, _direction(change if _shows(text) else 0.0)
    exact = added(value, _negative(before))
    text = str(written.fitted([exact]).figure(exact)).replace(MINUS, "")
    return text, _direction(now - then)


def _negative(value: object) -> object:
    return -value if isinstance(value, (int, float, Decimal)) else value


def _decimals(points: float) -> str:
    return ",.1f" if abs(points) >= 0.1 or points == 0 else ",.2f"


def _shows(text: str) -> bool:
    return any(char in "123456789" for char in text)


def _direction(difference: float) -> Direction:
    if difference == 0 or difference != difference:
        return "flat"
    return "up" if difference > 0 else "down"


def _sparkline(chart: KpiChart, frame: Frame, zone: str) -> list[float | int | None] | None:
    if chart.sparkline is None:
        return None
    x, y = frame.field(chart.sparkline.x), frame.number(chart.sparkline.y or chart.value)
    spots = [instant(v, zone) if x.is_temporal else measure(v) for v in x.values]
    rows = list(range(frame.rows))
    if x.is_temporal or x.is_number:
        rows = sorted((r for r in rows if spots[r] is not None), key=lambda r: spots[r] or 0)
    values = [measure(y.values[row]) for row in rows]
    if sum(value is not None for value in values) < 2:
        return None
    kept = [values[i] for i in peaks(values, _SPARK_POINTS)]
    return [None if value is None else compact_number(value) for value in kept]


_CHANGES = {
    "up": "up {amount} against {before}",
    "down": "down {amount} against {before}",
    "flat": "unchanged against {before}",
}


def _change(delta: dict[str, Any] | None) -> str | None:
    if delta is None:
        return None
    against = delta["label"].removeprefix("vs ").removeprefix(say("vs {name}", name=""))
    return say(_CHANGES[delta["direction"]], amount=delta["text"], before=against)
