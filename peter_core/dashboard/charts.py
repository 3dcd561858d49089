"""Charts: what is drawn from the columns of a query, and how it is written."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, Tag, model_validator

from peter_core.dashboard.values import (
    Column,
    Link,
    Model,
    Name,
    Number,
    Scalar,
    Text,
    Title,
    by_shape,
    missing_part,
)

Aggregate = Literal["only", "sum", "mean", "min", "max", "first", "last", "count"]
FORMAT_PRESETS = ("number", "compact", "percent", "bytes", "duration", "date", "datetime")


def _preset(value: str) -> str:
    if value in FORMAT_PRESETS or re.fullmatch(r"currency:[A-Z]{3}", value):
        return value
    raise ValueError(f"a format is one of {', '.join(FORMAT_PRESETS)} or currency:EUR")


class NumberFormat(Model):
    """A d3-format specifier with an optional unit or ISO 4217 currency."""

    number: Annotated[
        str, StringConstraints(pattern=r"^[-+( ]?[$]?0?\d{0,2},?(\.\d{1,2})?~?[efgrs%pdX]?$")
    ]
    unit: Annotated[str, StringConstraints(max_length=20)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None


class DateFormat(Model):
    """A strftime pattern."""

    date: Annotated[str, StringConstraints(min_length=1, max_length=50)]


Format = Annotated[
    Annotated[str, AfterValidator(_preset), Tag("<text>")]
    | Annotated[NumberFormat, Tag("<mapping>")]
    | Annotated[DateFormat, Tag("<date>")],
    by_shape("<text>", "<mapping>", "<date>"),
]


class Sparkline(Model):
    """A small line beside a KPI; ``y`` defaults to the KPI's value."""

    x: Column
    y: Column | None = None


class Comparison(Model):
    """What a value is set against.

    The period kinds run the query once more with the date filter's bounds shifted.
    """

    to: Literal["previous_period", "previous_year", "target", "field"]
    filter: Name | None = None
    value: Number | None = None
    field: Column | None = None
    show: Literal["percent", "absolute", "value"] = "percent"
    label: Title | None = None

    @property
    def is_period(self) -> bool:
        """Whether it needs a step of its own with shifted dates."""
        return self.to in ("previous_period", "previous_year")

    @model_validator(mode="after")
    def _complete(self) -> Comparison:
        if self.to == "target" and self.value is None:
            raise missing_part("a comparison to a target needs 'value'")
        if self.to == "field" and self.field is None:
            raise missing_part("a comparison to a field needs 'field'")
        return self


class Reference(Model):
    """A labelled line across the plot at one value of ``x`` or ``y``."""

    x: Scalar | None = None
    y: Number | None = None
    label: Title | None = None

    @model_validator(mode="after")
    def _one_axis(self) -> Reference:
        if (self.x is None) == (self.y is None):
            raise ValueError("a reference line has either 'x' or 'y'")
        return self


Order = Literal["ascending", "descending"]


class Sort(Model):
    """Order by a field."""

    field: Column
    order: Order = "ascending"


class _Chart(Model):
    title: Title
    description: Text | None = None
    link: Link | None = None


class KpiChart(_Chart):
    """One number."""

    type: Literal["kpi"]
    query: Name
    value: Column
    aggregate: Aggregate = "only"
    format: Format | None = None
    comparison: Comparison | None = None
    sparkline: Sparkline | None = None
    better: Literal["higher", "lower", "neutral"] = "neutral"


class _XYChart(_Chart):
    query: Name
    x: Column
    y: Annotated[
        Annotated[Column, Tag("<text>")]
        | Annotated[tuple[Column, ...], Field(min_length=1, max_length=12), Tag("<list>")],
        by_shape("<text>", "<list>"),
    ]
    series: Column | None = None
    sort: (
        Annotated[
            Annotated[Order, Tag("<text>")] | Annotated[Sort, Tag("<mapping>")],
            by_shape("<text>", "<mapping>"),
        ]
        | None
    ) = None
    limit: int | None = Field(default=None, ge=1, le=1000)
    format: Format | None = None
    x_format: Format | None = None
    reference: tuple[Reference, ...] = ()

    @property
    def ys(self) -> tuple[str, ...]:
        """The y fields, always as a tuple."""
        return (self.y,) if isinstance(self.y, str) else self.y


class LineChart(_XYChart):
    """Values over an ordered axis."""

    type: Literal["line"]
    comparison: Comparison | None = None


class AreaChart(_XYChart):
    """Values over an ordered axis, filled to zero."""

    type: Literal["area"]
    stack: Literal["none", "zero", "normalize"] = "zero"
    comparison: Comparison | None = None


class BarChart(_XYChart):
    """Values by category."""

    type: Literal["bar"]
    stack: Literal["none", "zero", "normalize"] = "zero"
    horizontal: bool = False


class ScatterChart(_XYChart):
    """One point a row."""

    type: Literal["scatter"]
    size: Column | None = None


class PieChart(_Chart):
    """Shares of a whole."""

    type: Literal["pie"]
    query: Name
    category: Column
    value: Column
    limit: int | None = Field(default=None, ge=1, le=50)
    format: Format | None = None


class HeatmapChart(_Chart):
    """A grid of cells coloured by value."""

    type: Literal["heatmap"]
    query: Name
    x: Column
    y: Column
    color: Column
    format: Format | None = None


class TableColumn(Model):
    """How one column of a table is shown."""

    field: Column
    title: Title | None = None
    format: Format | None = None
    align: Literal["left", "right", "center"] | None = None
    bar: bool = False
    color_scale: bool = False
    link: Column | None = None


def _table_column(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


class TableChart(_Chart):
    """Rows as they are."""

    type: Literal["table"]
    query: Name
    columns: (
        Annotated[
            tuple[
                Annotated[
                    TableColumn,
                    BeforeValidator(_table_column, json_schema_input_type=str | TableColumn),
                ],
                ...,
            ],
            Field(min_length=1),
        ]
        | None
    ) = None
    sort: Sort | None = None
    page_size: int | None = Field(default=None, ge=1, le=500)


class TextChart(_Chart):
    """Words, from a small Markdown."""

    type: Literal["text"]
    title: Title | None = None  # type: ignore[assignment]  # a text may stand without one
    markdown: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


Chart = Annotated[
    KpiChart
    | LineChart
    | AreaChart
    | BarChart
    | ScatterChart
    | PieChart
    | HeatmapChart
    | TableChart
    | TextChart,
    Field(discriminator="type"),
]
