"""The dashboard document as models: what ``dashboard-v1`` allows, field by field."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

SLUG_PATTERN = r"^[a-z0-9](?:-?[a-z0-9])*$"
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
RESERVED_SLUGS = frozenset(
    {"api", "auth", "cache", "dashboards", "docs", "health", "login", "logout", "new", "null",
     "ready", "static", "validate", "compile"}
)  # fmt: skip

_SIZE = re.compile(r"^([0-9]{1,15}(?:\.[0-9]{1,6})?) ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")
_SIZE_UNITS = {
    "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_AGE = re.compile(r"^([0-9]{1,9}) ?(s|m|h|d|w)$")
_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MAX_AGE = 10 * 366 * 86400
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_size(value: object) -> int:
    """Bytes of a size such as ``200MB`` or ``1GiB``; the unit is required.

    Raises
    ------
    ValueError
        When it is no positive size with a unit.
    """
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a size needs a number and a unit, such as 200MB or 1GiB")
    size = int(float(match[1]) * _SIZE_UNITS[match[2]])
    if size <= 0:
        raise ValueError("a size must be more than zero; leave it out for the default")
    return size


def parse_age(value: object) -> int:
    """Seconds of an age such as ``15m``, ``6h`` or ``28d``; the unit is required.

    Raises
    ------
    ValueError
        When it is no positive age with a unit.
    """
    match = _AGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("an age needs a number and a unit, such as 15m, 6h or 28d")
    age = int(match[1]) * _AGE_UNITS[match[2]]
    if age <= 0:
        raise ValueError("an age must be more than zero")
    if age > _MAX_AGE:
        raise ValueError("an age is at most ten years")
    return age


def _zone(value: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no IANA time zone is called {value!r}") from error
    return value


def _slug(value: str) -> str:
    if value in RESERVED_SLUGS:
        raise ValueError(f"{value!r} is a reserved word; choose another slug")
    return value


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema({"type": "string", "pattern": _SIZE.pattern, "examples": ["200MB", "1GiB"]}),
]
Age = Annotated[
    int,
    BeforeValidator(parse_age),
    WithJsonSchema({"type": "string", "pattern": _AGE.pattern, "examples": ["15m", "6h", "28d"]}),
]
Slug = Annotated[
    str,
    StringConstraints(pattern=SLUG_PATTERN, min_length=2, max_length=64),
    AfterValidator(_slug),
]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Zone = Annotated[str, AfterValidator(_zone)]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]


def _date(value: object) -> object:
    if not isinstance(value, str):
        return value
    if _DATE.fullmatch(value) is None:
        raise ValueError("a date is written as 2013-06-30")
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"the calendar has no {value}") from error


Date = Annotated[dt.date, BeforeValidator(_date)]


def _missing_part(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("missing_part", "{sentence}", {"sentence": sentence})


_TELLING = ("last", "this", "date", "tabs")


def _shape(value: object) -> str:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, tuple | list):
        return "<list>"
    if isinstance(value, dict):
        found = next((key for key in _TELLING if key in value), "mapping")
    elif isinstance(value, BaseModel):
        found = next((key for key in _TELLING if hasattr(value, key)), "mapping")
    else:
        found = "other"
    return f"<{found}>"


def _by_shape(*tags: str) -> Discriminator:
    """Choose a union's member by the shape of the value; the first one for any other shape.

    A plain union answers with the errors of all its members for one fault. Tags stand in angle
    brackets so that no key of a document is mistaken for one in an error's location.
    """

    def choose(value: object) -> str:
        shape = _shape(value)
        return shape if shape in tags else tags[0]

    return Discriminator(choose)


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError("this must be a text, a number or a boolean")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("this must be a number")
    return value


Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
Number = Annotated[int | float, BeforeValidator(_number)]


class Model(BaseModel):
    """Unknown keys are errors, values are never coerced, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# Filters ------------------------------------------------------------------------------------


class LastAge(Model):
    """The days up to and including today: ``{last: 28d}``."""

    last: Age


class ThisPeriod(Model):
    """The current calendar period so far: ``{this: month}``."""

    this: Literal["day", "week", "month", "quarter", "year"]


class DateBounds(Model):
    """Two fixed days, both included."""

    from_: Date = Field(alias="from")
    to: Date

    @model_validator(mode="after")
    def _ordered(self) -> DateBounds:
        if self.from_ > self.to:
            raise ValueError("'from' must not be after 'to'")
        return self


Option = Annotated[str, StringConstraints(max_length=1000)]


class OptionsQuery(Model):
    """Options read from a query of the dashboard."""

    query: Name
    value: Column
    label: Column | None = None


class _Filter(Model):
    label: Title | None = None


class DateRangeFilter(_Filter):
    """Binds ``@<name>_start`` and ``@<name>_end`` as DATE."""

    type: Literal["date_range"]
    default: (
        Annotated[
            Annotated[DateBounds, Tag("<mapping>")]
            | Annotated[LastAge, Tag("<last>")]
            | Annotated[ThisPeriod, Tag("<this>")],
            _by_shape("<mapping>", "<last>", "<this>"),
        ]
        | None
    ) = None


class DateFilter(_Filter):
    """Binds ``@<name>`` as DATE."""

    type: Literal["date"]
    default: (
        Annotated[
            Annotated[Date, Tag("<text>")]
            | Annotated[LastAge, Tag("<last>")]
            | Annotated[ThisPeriod, Tag("<this>")],
            _by_shape("<text>", "<last>", "<this>"),
        ]
        | None
    ) = None


class SelectFilter(_Filter):
    """Binds ``@<name>`` as STRING, or ARRAY<STRING> with ``multiple``."""

    type: Literal["select"]
    options: Annotated[
        Annotated[tuple[Option, ...], Field(min_length=1, max_length=1000), Tag("<list>")]
        | Annotated[OptionsQuery, Tag("<mapping>")],
        _by_shape("<list>", "<mapping>"),
    ]
    multiple: bool = False
    default: (
        Annotated[
            Annotated[Option, Tag("<text>")] | Annotated[tuple[Option, ...], Tag("<list>")],
            _by_shape("<text>", "<list>"),
        ]
        | None
    ) = None


class NumberFilter(_Filter):
    """Binds ``@<name>`` as FLOAT64."""

    type: Literal["number"]
    default: Number | None = None


class TextFilter(_Filter):
    """Binds ``@<name>`` as STRING."""

    type: Literal["text"]
    default: str | None = None


class BooleanFilter(_Filter):
    """Binds ``@<name>`` as BOOL."""

    type: Literal["boolean"]
    default: bool | None = None


Filter = Annotated[
    DateRangeFilter | DateFilter | SelectFilter | NumberFilter | TextFilter | BooleanFilter,
    Field(discriminator="type"),
]

# Queries ------------------------------------------------------------------------------------


def _bound(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a bound is a number, or a date as text")
    return value


Bound = Annotated[int | float | str, BeforeValidator(_bound)]


def _require_bounds(low: float | str | None, high: float | str | None) -> None:
    if low is None and high is None:
        raise ValueError("this check needs 'min' or 'max'")
    if low is None or high is None:
        return
    if isinstance(low, str) != isinstance(high, str):
        raise ValueError("'min' and 'max' must both be numbers or both be texts")
    if low > high:  # type: ignore[operator]
        raise ValueError("'min' must not be more than 'max'")


class RowsCheck(Model):
    """How many rows the result may have."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _bounded(self) -> RowsCheck:
        _require_bounds(self.min, self.max)
        return self


class AcceptedCheck(Model):
    """The only values a column may hold (nulls pass)."""

    column: Column
    values: tuple[Scalar, ...] = Field(min_length=1)


class RangeCheck(Model):
    """The bounds of a column, both included (nulls pass)."""

    column: Column
    min: Bound | None = None
    max: Bound | None = None

    @model_validator(mode="after")
    def _bounded(self) -> RangeCheck:
        _require_bounds(self.min, self.max)
        return self


class MaxAgeCheck(Model):
    """The newest value of a date or timestamp column is at most this old."""

    column: Column
    age: Age


class EqualsCheck(Model):
    """An aggregate of a column equals the same aggregate of another query's column."""

    query: Name
    column: Column
    aggregate: Literal["sum", "mean", "min", "max", "count"] = "sum"
    tolerance: float = Field(default=0.0, ge=0, strict=False)


class Check(Model):
    """Exactly one kind of check, and how severe a failure is."""

    rows: RowsCheck | None = None
    not_null: tuple[Column, ...] | None = Field(default=None, min_length=1)
    unique: tuple[Column, ...] | None = Field(default=None, min_length=1)
    accepted: AcceptedCheck | None = None
    range: RangeCheck | None = None
    max_age: MaxAgeCheck | None = None
    equals: EqualsCheck | None = None
    severity: Literal["error", "warning"] = "error"

    @property
    def kind(self) -> str:
        """The one check that is set: ``rows``, ``not_null``, ..."""
        return next(name for name in CHECK_KINDS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_kind(self) -> Check:
        if sum(getattr(self, name) is not None for name in CHECK_KINDS) != 1:
            raise ValueError(f"a check is exactly one of {', '.join(CHECK_KINDS)}")
        return self


CHECK_KINDS = ("rows", "not_null", "unique", "accepted", "range", "max_age", "equals")


def _relative(value: str) -> str:
    parts = value.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(c in value for c in "\\:\0\n\r"):
        raise ValueError("a file is a path inside the dashboard's folder, such as sql/daily.sql")
    return value


class Query(Model):
    """One BigQuery statement, written here (``sql``) or beside the document (``file``)."""

    description: Text | None = None
    sql: Annotated[str, StringConstraints(min_length=1)] | None = None
    file: Annotated[str, StringConstraints(max_length=300), AfterValidator(_relative)] | None = None
    max_bytes: Size | None = None
    ttl: Age | None = None
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Query:
        if self.sql is None and self.file is None:
            raise _missing_part("a query needs 'sql' or 'file'")
        if self.sql is not None and self.file is not None:
            raise ValueError("a query has either 'sql' or 'file', not both")
        return self


# Charts -------------------------------------------------------------------------------------

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
    _by_shape("<text>", "<mapping>", "<date>"),
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
            raise _missing_part("a comparison to a target needs 'value'")
        if self.to == "field" and self.field is None:
            raise _missing_part("a comparison to a field needs 'field'")
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
        _by_shape("<text>", "<list>"),
    ]
    series: Column | None = None
    sort: (
        Annotated[
            Annotated[Order, Tag("<text>")] | Annotated[Sort, Tag("<mapping>")],
            _by_shape("<text>", "<mapping>"),
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

# Layout and the whole -----------------------------------------------------------------------


class Tile(Model):
    """One chart in a row of twelve columns; ``height`` in pixels."""

    chart: Name
    width: int | None = Field(default=None, ge=1, le=12)
    height: int | None = Field(default=None, ge=80, le=1200)


def _tile(value: object) -> object:
    return {"chart": value} if isinstance(value, str) else value


Row = Annotated[
    tuple[Annotated[Tile, BeforeValidator(_tile, json_schema_input_type=str | Tile)], ...],
    Field(min_length=1, max_length=12),
]
Rows = Annotated[tuple[Row, ...], Field(min_length=1)]


class Tab(Model):
    """Rows under a title of their own."""

    title: Title
    rows: Rows


class Tabs(Model):
    """A layout of several pages."""

    tabs: Annotated[tuple[Tab, ...], Field(min_length=1, max_length=20)]


class Defaults(Model):
    """What holds for every query that says nothing else."""

    max_bytes: Size | None = None
    ttl: Age | None = None
    fresh_for: Age | None = None


class Refresh(Model):
    """How often the dashboard is computed anew: the basis of its monthly cost."""

    every: Age


class Dashboard(Model):
    """One dashboard file."""

    version: Literal[1]
    slug: Slug
    title: Title
    description: Text | None = None
    owner: Email | None = None
    tags: tuple[Annotated[str, StringConstraints(min_length=1, max_length=50)], ...] = ()
    timezone: Zone = "UTC"
    locale: Locale = "en-US"
    defaults: Defaults = Defaults()
    refresh: Refresh | None = None
    filters: dict[Name, Filter] = {}
    queries: dict[Name, Query] = Field(min_length=1, max_length=50)
    charts: dict[Name, Chart] = Field(min_length=1, max_length=100)
    layout: (
        Annotated[
            Annotated[Rows, Tag("<list>")] | Annotated[Tabs, Tag("<tabs>")],
            _by_shape("<list>", "<tabs>"),
        ]
        | None
    ) = None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a dashboard file, for editors."""
    schema = Dashboard.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "peter-dashboard-1.json",
        **schema,
    }
