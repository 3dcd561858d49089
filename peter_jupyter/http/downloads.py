"""The rows behind one chart: JSON, CSV or an Arrow stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.engine.values import json_column
from peter_core.errors import NotFound, SqlError
from peter_jupyter.http.accepting import ARROW, CSV, JSON
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.data import ChartRows
from peter_jupyter.http.models.plan import ColumnItem
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pouring import pour
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.row_streams import arrow_pieces, csv_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peter_core.engine.port import Result
    from peter_core.plan.plan import Plan, StepAnswer
    from peter_core.service import Peter


class ChartDataResource(Resource):
    """The result that a chart reads."""

    @needs("viewer")
    @operation("get_chart_data", {JSON: ChartRows, CSV: None, ARROW: None}, tag="data",
               filters=True,
               errors=("sql_invalid", "query_failed", "engine_failed", "query_timeout",
                       "bytes_cap_exceeded", "budget_exceeded", "sql_refused"))  # fmt: skip
    async def get(self, slug: str, chart: str) -> None:
        """As JSON column by column, as CSV, or as an Arrow IPC stream."""
        kind = self.wanted(JSON, CSV, ARROW)
        filters, who = self.filters(), self.who

        def made(peter: Peter) -> tuple[Iterator[bytes], Result]:
            plan, answers = peter.answers(slug, filters=filters, cancel=self.cancel, principal=who)
            answer, result = _answer_of(plan, answers, chart)
            if kind != JSON:
                return csv_pieces(result) if kind == CSV else arrow_pieces(result), result
            rows = chart_rows(plan, chart, answer, result, author=who.may("author"))
            return iter([rows.model_dump_json().encode()]), result

        pieces, result = await self.call(made)
        if kind != JSON:
            suffix = "csv" if kind == CSV else "arrows"
            name = f'attachment; filename="{slug}-{chart}.{suffix}"'
            self.set_header("Content-Disposition", name)
            self.set_header("X-Peter-Truncated", "true" if result.truncated else "false")
            self.set_header("X-Peter-Row-Count", str(result.row_count))
        await pour(self, pieces, kind)


def chart_rows(
    plan: Plan, chart: str, answer: StepAnswer, result: Result, *, author: bool
) -> ChartRows:
    """The result behind a chart as plain JSON values."""
    reason = answer.freshness_reason
    if answer.error is not None and not author:
        reason = "The refresh failed."
    return ChartRows(
        slug=plan.dashboard.slug,
        revision=plan.revision,
        chart=chart,
        columns=tuple(ColumnItem.model_validate(column) for column in result.columns),
        values=tuple(
            json_column(result.table.column(index), column.type)
            for index, column in enumerate(result.columns)
        ),
        row_count=result.row_count,
        truncated=result.truncated,
        computed_at=answer.computed_at,
        source_updated_at=answer.source_updated_at,
        freshness=answer.freshness,
        freshness_reason=reason,
        cache_hit=answer.cache_hit,
        bytes_scanned=answer.bytes_scanned,
    )


def _answer_of(
    plan: Plan, answers: Mapping[str, StepAnswer], chart: str
) -> tuple[StepAnswer, Result]:
    bound = plan.charts.get(chart)
    slug = plan.dashboard.slug
    if bound is None:
        known = ", ".join(plan.charts)
        raise NotFound(f"{slug} has no chart {chart[:64]!r}.", hint=f"It has {known}.")
    if plan.dashboard.charts[chart].type == "text":
        raise NotFound(f"The chart {chart} of {slug} is a text and has no data.")
    if bound.step is None or bound.step not in answers:
        problems = [problem for problem in plan.problems if problem.is_error]
        raise SqlError(f"The query of the chart {chart} has an error.", problems=problems)
    answer = answers[bound.step]
    if answer.result is None:
        raise answer.error or SqlError(f"The query of the chart {chart} gave no result.")
    return answer, answer.result
