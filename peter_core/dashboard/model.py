"""The dashboard document as models: what ``dashboard-v1`` allows, field by field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, Tag

from peter_core.dashboard.charts import (
    FORMAT_PRESETS,
    Aggregate,
    AreaChart,
    BarChart,
    Chart,
    Comparison,
    DateFormat,
    Format,
    HeatmapChart,
    KpiChart,
    LineChart,
    NumberFormat,
    Order,
    PieChart,
    Reference,
    ScatterChart,
    Sort,
    Sparkline,
    TableChart,
    TableColumn,
    TextChart,
)
from peter_core.dashboard.filters import (
    BooleanFilter,
    DateBounds,
    DateFilter,
    DateRangeFilter,
    Filter,
    LastAge,
    NumberFilter,
    Option,
    OptionsQuery,
    SelectFilter,
    TextFilter,
    ThisPeriod,
)
from peter_core.dashboard.queries import (
    CHECK_KINDS,
    AcceptedCheck,
    Bound,
    Check,
    EqualsCheck,
    MaxAgeCheck,
    Query,
    RangeCheck,
    RowsCheck,
)
from peter_core.dashboard.values import (
    NAME_PATTERN,
    RESERVED_ARGUMENTS,
    RESERVED_SLUGS,
    SLUG_PATTERN,
    Age,
    Column,
    Date,
    Email,
    Link,
    Locale,
    Model,
    Name,
    Number,
    Scalar,
    Size,
    Slug,
    Text,
    Title,
    Zone,
    by_shape,
    parse_age,
    parse_size,
)

__all__ = [
    "CHECK_KINDS",
    "FORMAT_PRESETS",
    "NAME_PATTERN",
    "RESERVED_ARGUMENTS",
    "RESERVED_SLUGS",
    "SLUG_PATTERN",
    "AcceptedCheck",
    "Age",
    "Aggregate",
    "AreaChart",
    "BarChart",
    "BooleanFilter",
    "Bound",
    "Chart",
    "Check",
    "Column",
    "Comparison",
    "Dashboard",
    "Date",
    "DateBounds",
    "DateFilter",
    "DateFormat",
    "DateRangeFilter",
    "Defaults",
    "Email",
    "EqualsCheck",
    "Filter",
    "Format",
    "HeatmapChart",
    "KpiChart",
    "LastAge",
    "LineChart",
    "Link",
    "Locale",
    "MaxAgeCheck",
    "Model",
    "Name",
    "Number",
    "NumberFilter",
    "NumberFormat",
    "Option",
    "OptionsQuery",
    "Order",
    "PieChart",
    "Query",
    "RangeCheck",
    "Reference",
    "Refresh",
    "Row",
    "Rows",
    "RowsCheck",
    "Scalar",
    "ScatterChart",
    "SelectFilter",
    "Size",
    "Slug",
    "Sort",
    "Sparkline",
    "Tab",
    "TableChart",
    "TableColumn",
    "Tabs",
    "Text",
    "TextChart",
    "TextFilter",
    "ThisPeriod",
    "Tile",
    "Title",
    "Zone",
    "json_schema",
    "parse_age",
    "parse_size",
]


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
    managed: Link | None = None
    tags: tuple[Annotated[str, StringConstraints(min_length=1, max_length=50)], ...] = ()
    timezone: Zone = "UTC"
    locale: Locale = "en-US"
    defaults: Defaults = Defaults()
    refresh: Refresh | None = None
    filters: dict[Name, Filter] = Field(default_factory=dict)
    queries: dict[Name, Query] = Field(min_length=1, max_length=50)
    charts: dict[Name, Chart] = Field(min_length=1, max_length=100)
    layout: (
        Annotated[
            Annotated[Rows, Tag("<list>")] | Annotated[Tabs, Tag("<tabs>")],
            by_shape("<list>", "<tabs>"),
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
