"""Commands that trace numbers and account for money."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import InvalidRequest
from peter_jupyter.cli.command import UNDERSTAND, command
from peter_jupyter.cli.options import Folder, Json, Slug
from peter_jupyter.cli.terminal import print_json, print_table, say
from peter_jupyter.cli.work import open_peter, run
from peter_jupyter.display.values import count_text

if TYPE_CHECKING:
    from peter_core.lineage.impact import Impact
    from peter_core.store.records import CostReport


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
    from peter_jupyter.display.reports import graph_text

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
    if (drop is None) == (rename is None):
        raise InvalidRequest(
            "Say what changes, one thing at a time.", hint="Give --drop NAME or --rename OLD NEW."
        )
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
    """Say what was scanned, billed and paid, what the cache saved, and where budgets stand."""
    # A moment later than now, so that what was just recorded counts.
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    with open_peter(folder) as peter:
        report = peter.costs(end - dt.timedelta(days=days), end, group_by=by.value)
    if as_json:
        print_json(_report_json(report))
    else:
        _print_report(report, days)


def _print_impact(found: Impact) -> None:
    kind, _, name = found.node.partition(":")
    what = f"the {kind} {name}" + (f" to {found.new_name}" if found.new_name is not None else "")
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
    budget_names = ("scope", "period", "subject", "limit_usd", "spent_usd", "reserved_usd",
                    "left_usd", "level", "begins_anew")  # fmt: skip
    budgets = [{name: getattr(state, name) for name in budget_names} for state in report.budgets]
    report_values = {name: getattr(report, name) for name in names}
    return {**report_values, "breakdown": lines, "budgets": budgets}


def _print_report(report: CostReport, days: int) -> None:
    from peter_jupyter.display import costs as shown

    if report.query_count:
        headings = [name.upper() for name in shown.cost_headings(report)]
        print_table(headings, shown.cost_rows(report), right=",".join(headings[1:]))
    else:
        say(f"Nothing was run in the last {days} days.")
    if report.budgets:
        say("")
        figures = ",".join(name.upper() for name in shown.BUDGET_FIGURES)
        headings = [name.upper() for name in shown.BUDGET_HEADINGS]
        print_table(headings, shown.budget_rows(report.budgets), right=figures)
