"""Commands that trace numbers and account for money."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.store.records import CostLine, CostReport
from peter_jupyter.cli.command import UNDERSTAND, command
from peter_jupyter.cli.options import Folder, Json, Slug
from peter_jupyter.cli.terminal import print_json, print_table, say
from peter_jupyter.cli.work import open_peter, run
from peter_jupyter.display_values import count_text

if TYPE_CHECKING:
    from peter_core.lineage.impact import Impact


class By(StrEnum):
    """What costs are summed by."""

    DASHBOARD = "dashboard"
    USER = "user"
    QUERY = "query"
    DATE = "date"


@command("lineage", section=UNDERSTAND, example="peter lineage shop-orders --columns")
def lineage(
    slug: Slug,
    columns: Annotated[
        bool, typer.Option("--columns", help="Down to the columns of the tables.")
    ] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show what a published dashboard is made from: charts, queries, tables."""
    from peter_jupyter.display_reports import graph_text

    with open_peter(folder) as peter:
        graph = run(f"Tracing {slug}", lambda *_: peter.lineage(slug, columns=columns))
    if as_json:
        print_json(graph)
    else:
        say(graph_text(graph))


@command("impact", section=UNDERSTAND, example="peter impact --drop shop.orders/total")
def impact(
    drop: Annotated[
        str | None,
        typer.Option("--drop", metavar="NAME", help="A table, or table/column, to go away."),
    ] = None,
    rename: Annotated[
        tuple[str, str] | None,
        typer.Option("--rename", metavar="OLD NEW", help="A table or table/column, its new name."),
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Say which published charts a dropped or renamed table or column breaks."""
    with open_peter(folder) as peter:
        found = peter.impact(drop=drop, rename=rename)
    if as_json:
        print_json(found)
    else:
        _print_impact(found)


@command("costs", section=UNDERSTAND, example="peter costs --days 7 --by query")
def costs(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=3660, help="So many days until now.")
    ] = 30,
    by: Annotated[By, typer.Option("--by", help="What to sum by.")] = By.DASHBOARD,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Say what was scanned, billed and paid, and how much the cache answered."""
    # A moment later than now, so that what was just recorded counts.
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    with open_peter(folder) as peter:
        report = peter.costs(end - dt.timedelta(days=days), end, group_by=by.value)
    if as_json:
        print_json(_report_json(report))
    else:
        _print_report(report, by, days)


def _print_impact(found: Impact) -> None:
    what = found.node if found.new_name is None else f"{found.node} -> {found.new_name}"
    broken = count_text(len(found.charts), "chart or filter", "charts and filters")
    boards = count_text(len(found.dashboards), "dashboard")
    say(f"To {found.change} {what} breaks {broken} of {boards}.")
    charts = [
        (f"{chart.dashboard}/{chart.chart}", ", ".join(chart.queries),
         "; ".join(chart.encodings) or "(its query)")
        for chart in found.charts
    ]  # fmt: skip
    if charts:
        print_table(("CHART", "QUERY", "ENCODINGS"), charts)
    say("To change:")
    for query in found.queries:
        say(f"  {query.dashboard}: queries.{query.query} ({', '.join(query.uses)})")
        if found.new_name is not None and query.carried:
            alias = " and ".join(f"{found.new_name} AS {name}" for name in query.carried)
            say(f"    keep its encodings by {alias}")


def _report_json(report: CostReport) -> dict[str, object]:
    names = ("start", "end", "group_by", "total_bytes_scanned", "total_bytes_billed", "cost_usd",
             "query_count", "cache_hit_ratio", "saved_usd", "slot_ms")  # fmt: skip
    line_names = ("key", "bytes_scanned", "bytes_billed", "cost_usd", "query_count",
                  "cache_hit_ratio", "saved_usd", "slot_ms")  # fmt: skip
    lines = [{name: getattr(line, name) for name in line_names} for line in report.breakdown]
    return {**{name: getattr(report, name) for name in names}, "breakdown": lines}


def _print_report(report: CostReport, by: By, days: int) -> None:
    if not report.query_count:
        say(f"Nothing was run in the last {days} days.")
        return
    lines = [(line.key or "(no dashboard)", *_figures(line)) for line in report.breakdown]
    total = ("total", *_figures(report))
    figures = ["ANSWERS", "CACHED", "SCANNED", "BILLED", "COST", "SAVED"]
    if report.slot_ms:
        figures.append("SLOT TIME")
    headings = (by.value.upper(), *figures)
    rows = [row[: len(headings)] for row in (*lines, total)]
    print_table(headings, rows, right=",".join(figures))


def _figures(of: CostLine | CostReport) -> tuple[str, ...]:
    from peter_core.billing import bytes_text
    from peter_core.costs import usd_text

    # A report's totals have longer names than a line's.
    scanned = of.total_bytes_scanned if isinstance(of, CostReport) else of.bytes_scanned
    billed = of.total_bytes_billed if isinstance(of, CostReport) else of.bytes_billed
    return (
        f"{of.query_count:,}",
        f"{of.cache_hit_ratio:.0%}",
        bytes_text(scanned),
        bytes_text(billed),
        usd_text(of.cost_usd),
        usd_text(of.saved_usd),
        f"{of.slot_ms / 1000:,.1f} s",
    )
