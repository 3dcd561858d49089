"""The artifact (docs/artifact.md): its bytes are sent as they are, these classes say what is in it.

Texts are plain text; times are RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from peter_core.plan.plan import Status
from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.shapes import Answer

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class OptionItem(Answer):
    """A value that a filter may take, and what it is called."""

    value: object
    label: str


class FilterItem(Answer):
    """A filter with the value the artifact was made at."""

    name: str
    type: str
    label: str
    value: object
    default: object
    multiple: bool | None = None
    options: tuple[OptionItem, ...] | None = None


class LayoutCell(Answer):
    """A chart's place in a row of twelve columns; ``height`` is in pixels."""

    chart: str
    width: int
    height: int | None


class LayoutTab(Answer):
    """Rows of charts, under a title where there are several tabs."""

    title: str | None
    rows: tuple[tuple[LayoutCell, ...], ...]


class Layout(Answer):
    """Where every chart stands."""

    tabs: tuple[LayoutTab, ...]


class NumberText(Answer):
    """A number as it is read."""

    raw: object
    text: str
    unit: str | None
    before: str


class Delta(Answer):
    """A change against an earlier period; ``good`` is ``null`` where neither is better."""

    text: str
    direction: Literal["up", "down", "flat"]
    good: bool | None
    label: str


class KpiView(Answer):
    """One number."""

    kind: Literal["kpi"]
    value: NumberText
    delta: Delta | None
    sparkline: tuple[float | None, ...] | None


class ViewColumn(Answer):
    """A column of a figure's data."""

    name: str
    type: str


class ViewData(Answer):
    """What a figure draws, column by column."""

    columns: tuple[ViewColumn, ...]
    values: tuple[tuple[object, ...], ...]


class LegendItem(Answer):
    """A line of the legend; ``color`` is a token of the theme.

    ``series`` is a column of the data and its value in the rows the line stands for.
    """

    label: str
    color: str
    mark: Literal["square", "line", "dash"]
    series: tuple[str, int] | None


class TableColumn(Answer):
    """A column of a table; ``link`` names the column that holds its address."""

    field: str
    title: str
    type: str
    align: str
    bar: tuple[object, object] | None = None
    color_scale: tuple[object, object] | None = None
    link: str | None = None
    hidden: bool = False


class SortItem(Answer):
    """How a table is sorted."""

    field: str
    order: Literal["asc", "desc"]


class TableView(Answer):
    """A table, column by column; ``texts`` are what a person reads of a column."""

    kind: Literal["table"]
    columns: tuple[TableColumn, ...]
    values: tuple[tuple[object, ...], ...]
    texts: tuple[tuple[str | None, ...] | None, ...]
    page_size: int
    sort: SortItem | None


class VegaView(Answer):
    """A figure: a Vega-Lite specification without data, its data, and the same as a table."""

    kind: Literal["vega"]
    spec: dict[str, object]
    data: ViewData
    legend: tuple[LegendItem, ...]
    table: TableView | None
    min_height: int | None


class TextView(Answer):
    """Paragraphs, lists and headings; see docs/artifact.md."""

    kind: Literal["text"]
    blocks: tuple[dict[str, object], ...]


View = Annotated[KpiView | VegaView | TableView | TextView, Field(discriminator="kind")]


class ChartProblem(Answer):
    """Why a chart shows nothing; a ``lang`` is a text's that is not in the dashboard's."""

    code: str
    title: str
    detail: str
    hint: str | None = None
    detail_lang: str | None = None
    hint_lang: str | None = None
    problems: tuple[ProblemItem, ...] = ()


class ChartReceipt(Answer):
    """The proof that a chart's query was verified; ``reason`` says why it fits no more."""

    id: str
    verified_at: Time
    verified_by: str
    verdict: str
    matches: bool
    reason: str | None


class ChartCheck(Answer):
    """A declared check that the result does not meet."""

    check: str
    detail: str
    severity: str


class ArtifactChart(Answer):
    """One chart, ready to draw; ``filters`` are those that decide what it shows."""

    type: str
    title: str | None
    description: str | None
    link: str | None
    query: str | None
    filters: tuple[str, ...] = ()
    state: Literal["ready", "empty", "failed", "waiting"]
    view: View | None
    summary: str | None
    problem: ChartProblem | None
    row_count: int
    truncated: bool
    note: str | None
    computed_at: Time | None
    source_updated_at: Time | None
    freshness: Status
    freshness_reason: str | None
    refreshing: bool
    cache_hit: bool
    bytes_scanned: int
    receipt: ChartReceipt | None
    failed_checks: tuple[ChartCheck, ...]
    sql: str | None
    tables: tuple[str, ...]


class ArtifactAnswer(Answer):
    """A dashboard ready to draw, at one choice of filter values; or some of its charts."""

    format: Literal[1]
    slug: str
    revision: str
    title: str
    description: str | None
    owner: str | None
    tags: tuple[str, ...]
    timezone: str
    locale: str
    filters: tuple[FilterItem, ...]
    layout: Layout
    charts: dict[str, ArtifactChart]
    partial: bool = False
    as_of: Time | None
    source_updated_at: Time | None
    refreshing: bool
    cache_hit: bool
    bytes_scanned: int
    queries: int
    queries_cached: int
    duration_ms: float
