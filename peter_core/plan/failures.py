"""Charts that show nothing: why, in the words of a state block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.dashboard.model import KpiChart, ScatterChart, TableChart
from peter_core.errors import BytesCapExceeded
from peter_core.plan.words import Told, in_english, say, tell

if TYPE_CHECKING:
    from peter_core.dashboard.model import Chart
    from peter_core.engine.port import Result
    from peter_core.errors import PeterError
    from peter_core.plan.plan import Plan

    ChartProblem = dict[str, str | None]

_TITLES = {
    "bytes_cap_exceeded": "Query stopped by its byte cap",
    "budget_exceeded": "Query stopped by a budget",
    "overloaded": "Too many queries at once",
    "query_timeout": "Query took too long",
    "query_cancelled": "Query was cancelled",
    "query_failed": "Query failed",
    "sql_invalid": "Query has an error",
    "sql_refused": "Query was refused",
    "table_not_found": "Table not found",
    "result_cut": "Too many rows",
    "engine_unavailable": "Warehouse cannot be reached",
}


def query_problem(plan: Plan, query: str) -> ChartProblem:
    """The first error of a query that could not be compiled."""
    path = f"queries.{query}"
    found = (p for p in plan.problems if p.is_error and f"{p.path}.".startswith(f"{path}."))
    problem = next(found, None)
    if problem is None:
        return _problem("sql_invalid", Told(say("The query could not be compiled.")), None)
    # What is wrong with a text is said in English, to whoever writes it.
    place = f"Line {problem.line}, column {problem.column}: " if problem.line else ""
    hint = in_english(problem.hint) if problem.hint else None
    return _problem("sql_invalid", in_english(f"{place}{problem.message}"), hint)


def error_problem(error: PeterError | None, plan: Plan, query: str) -> ChartProblem:
    """What the engine said of a query that was run, and whose its byte cap is."""
    if error is None:
        return _problem("engine_failed", Told(say("The query gave no result.")), None)
    hint = tell(error.hint) if error.hint else None
    if isinstance(error, BytesCapExceeded):
        owner = _cap_owner(plan, query)
        hint = Told(f"{hint.text} {owner}", hint.lang) if hint else Told(owner)
    return _problem(error.code, tell(error.message), hint)


def told_error(error: PeterError, title: str) -> ChartProblem:
    """An error under a title of ours, in the language spoken as far as it can be said in it."""
    hint = tell(error.hint).named("hint") if error.hint else {"hint": None}
    return {"code": error.code, "title": title, **tell(error.message).named("detail"), **hint}


def needs_every_row(chart: Chart) -> bool:
    """Whether a chart of the first rows alone says something else than one of all of them."""
    if isinstance(chart, KpiChart):
        return chart.aggregate not in ("first", "only")
    return not isinstance(chart, TableChart | ScatterChart)


def cut_problem(result: Result) -> ChartProblem:
    """That more rows came than are kept."""
    said = "The result has {rows} rows and {kept} were kept: drawn from those, it would be wrong."
    detail = say(said, rows=result.row_count, kept=result.table.num_rows)
    hint = say("Group or filter further in SQL, so that every row is kept.")
    return _problem("result_cut", Told(detail), Told(hint))


def _cap_owner(plan: Plan, query: str) -> str:
    if plan.dashboard.queries[query].max_bytes:
        return say("The cap is `max_bytes` of the query `{query}`.", query=query)
    if plan.dashboard.defaults.max_bytes:
        return say("The cap is `max_bytes` of the dashboard's `defaults`.")
    return say("The cap is the server's own, as the dashboard sets no `max_bytes`.")


def _problem(code: str, detail: Told, hint: Told | None) -> ChartProblem:
    title = say(_TITLES.get(code, "Query failed"))
    below = hint.named("hint") if hint else {"hint": None}
    return {"code": code, "title": title, **detail.named("detail"), **below}
