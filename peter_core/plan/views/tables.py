"""The table view: rows as they are, and the data behind every other chart."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from peter_core.plan.number_formats import DASH
from peter_core.plan.views.frame import MAX_POINTS, Field, Frame, cell, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.model import Dashboard, Sort, TableChart, TableColumn
    from peter_core.plan.formats import Formatter

PAGE_SIZE = 25


def table_view(chart: TableChart, frame: Frame, dashboard: Dashboard) -> dict[str, Any]:
    """Rows in the order of ``sort``, at most ``MAX_POINTS`` of them."""
    from peter_core.dashboard.model import TableColumn

    shown = chart.columns or tuple(TableColumn(field=name) for name in frame.names)
    fields = [frame.field(column.field) for column in shown]
    order = sorted_rows(frame, chart.sort)[:MAX_POINTS]
    columns: list[dict[str, Any]] = []
    values: list[list[object]] = []
    texts: list[list[str] | None] = []
    for column, field in zip(shown, fields, strict=True):
        written = field.formatter(column.format, dashboard)
        columns.append(_column(column, field, written, frame))
        add_cells(values, texts, field, written, order, dashboard.timezone)
    for name in _unseen_links(shown, columns):
        field = frame.field(name)
        columns.append({**_head(field, field.title, "left"), "hidden": True})
        add_cells(values, texts, field, field.formatter(None, dashboard), order,
                  dashboard.timezone)  # fmt: skip
    return {
        "kind": "table",
        "columns": columns,
        "values": values,
        "texts": texts,
        "page_size": chart.page_size or PAGE_SIZE,
        "sort": _sort(chart.sort, frame),
    }


def data_table(
    fields: Sequence[tuple[Field, Formatter]], rows: int, dashboard: Dashboard
) -> dict[str, Any]:
    """The table behind a chart: the fields it draws, at most ``MAX_POINTS`` rows."""
    order = list(range(min(rows, MAX_POINTS)))
    columns: list[dict[str, Any]] = []
    values: list[list[object]] = []
    texts: list[list[str] | None] = []
    seen: set[str] = set()
    for field, written in fields:
        if field.name in seen:
            continue
        seen.add(field.name)
        columns.append(_head(field, field.title, written.align))
        add_cells(values, texts, field, written, order, dashboard.timezone)
    return {
        "kind": "table", "columns": columns, "values": values, "texts": texts,
        "page_size": PAGE_SIZE, "sort": None,
    }  # fmt: skip


def add_cells(
    values: list[list[object]],
    texts: list[list[str] | None],
    field: Field,
    written: Formatter,
    order: Sequence[int],
    zone: str,
) -> None:
    """Append a column's values and, where a person reads something else, its texts."""
    picked = [field.values[i] for i in order]
    values.append([cell(value, field.type, zone) for value in picked])
    if field.type == "STRING" and all(isinstance(value, str) for value in picked):
        texts.append(None)
    else:
        texts.append([written.text(value) for value in picked])


def sorted_rows(frame: Frame, sort: Sort | None) -> list[int]:
    """Row numbers in the order of a field, nulls last; equal rows keep their order."""
    order = list(range(frame.rows))
    if sort is None:
        return order
    values = frame.field(sort.field).values
    present = [i for i in order if values[i] is not None]
    absent = [i for i in order if values[i] is None]

    def compare(a: int, b: int) -> int:
        return _compare(values[a], values[b])

    present.sort(key=functools.cmp_to_key(compare), reverse=sort.order == "descending")
    return present + absent


def _compare(a: Any, b: Any) -> int:
    # NaN is smaller than every number, as in BigQuery's own ORDER BY.
    nan_a, nan_b = a != a, b != b
    if nan_a or nan_b:
        return int(nan_b) - int(nan_a)
    try:
        return int(a > b) - int(a < b)
    except TypeError:
        return int(str(a) > str(b)) - int(str(a) < str(b))


def _column(column: TableColumn, field: Field, written: Formatter, frame: Frame) -> dict[str, Any]:
    drawn = _head(field, column.title or field.title, column.align or written.align)
    numbers = [n for n in map(measure, field.values) if n is not None]
    if numbers and column.bar:
        drawn["bar"] = [0, max(0.0, *numbers, 0.0)]
    if numbers and column.color_scale:
        drawn["color_scale"] = [min(numbers), max(numbers)]
    if column.link:
        drawn["link"] = frame.field(column.link).name
    return drawn


def _head(field: Field, title: str, align: str) -> dict[str, Any]:
    return {
        "field": field.name, "title": title or DASH, "type": field.type, "align": align,
        "bar": None, "color_scale": None, "link": None,
    }  # fmt: skip


def _unseen_links(shown: Sequence[TableColumn], columns: Sequence[dict[str, Any]]) -> list[str]:
    seen = {column["field"] for column in columns}
    links = dict.fromkeys(str(column["link"]) for column in columns if column["link"])
    return [link for link in links if link not in seen]


def _sort(sort: Sort | None, frame: Frame) -> dict[str, str] | None:
    if sort is None:
        return None
    return {"field": frame.field(sort.field).name, "order": sort.order}
