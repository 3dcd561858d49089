"""The artifact: one JSON document with everything a surface needs to draw (docs/artifact.md)."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from peter_core.dashboard.model import KpiChart, OptionsQuery, SelectFilter, TextChart
from peter_core.plan.charts import chart_view
from peter_core.plan.comparisons import comparison_label, shift_days
from peter_core.plan.failures import cut_problem, error_problem, needs_every_row, query_problem
from peter_core.plan.filters import default_values, json_value, today_in
from peter_core.plan.layout import layout_json
from peter_core.plan.words import catalogue_of, retold, speaking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peter_core.dashboard.model import Chart, Comparison, Filter
    from peter_core.plan.charts import ChartView
    from peter_core.plan.failures import ChartProblem
    from peter_core.plan.plan import ChartPlan, Plan, StepAnswer

FORMAT = 1

_WAITING: dict[str, Any] = {
    "state": "waiting",
    "view": None,
    "summary": None,
    "problem": None,
    "row_count": 0,
    "truncated": False,
    "note": None,
}
"""Of a chart that nobody looks at: its query was not run."""


@dataclass(frozen=True)
class Artifact:
    """A dashboard ready to draw. ``body`` is its JSON; ``etag`` changes when its content does."""

    slug: str
    revision: str
    etag: str
    body: bytes

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The JSON as Python values."""
        loaded: dict[str, Any] = orjson.loads(self.body)
        return loaded


@dataclass(frozen=True, slots=True)
class ReceiptMark:
    """What a chart says of its query's verification.

    ``matches`` is false once the query or its columns changed, and ``reason`` says which.
    """

    id: str
    verified_at: str
    verified_by: str
    verdict: str
    matches: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A declared check that the shown result does not meet."""

    check: str
    detail: str
    severity: str


def build_artifact(
    plan: Plan,
    answers: Mapping[str, StepAnswer],
    *,
    receipts: Mapping[str, ReceiptMark] | None = None,
    failed_checks: Mapping[str, Sequence[FailedCheck]] | None = None,
    duration_ms: float = 0.0,
) -> Artifact:
    """Draw every chart of the plan from its steps' answers; a broken one carries its problem.

    Parameters
    ----------
    answers
        By step key; a chart whose step has none is waiting.
    receipts, failed_checks
        By query name.
    """
    board = plan.dashboard
    with speaking(board.locale):
        charts = {
            name: _chart(plan, name, chart, answers, receipts or {}, failed_checks or {})
            for name, chart in board.charts.items()
            if name in plan.charts
        }
    catalogue = catalogue_of(board.locale)
    payload: dict[str, Any] = {
        "format": FORMAT,
        "slug": board.slug,
        "revision": plan.revision,
        "title": board.title,
        "description": board.description,
        "owner": board.owner,
        "tags": list(board.tags),
        "timezone": board.timezone,
        "locale": board.locale,
        **({"words": catalogue.for_surface()} if catalogue else {}),
        "filters": _filters(plan, answers),
        "layout": layout_json(board),
        "charts": charts,
        **({"partial": True} if len(charts) < len(board.charts) else {}),
        "as_of": _oldest(answer.computed_at for answer in answers.values()),
        "source_updated_at": _oldest(answer.source_updated_at for answer in answers.values()),
        "refreshing": any(answer.refreshing for answer in answers.values()),
        "cache_hit": bool(answers) and all(answer.cache_hit for answer in answers.values()),
        "bytes_scanned": sum(answer.bytes_scanned for answer in answers.values()),
        "queries": len(answers),
        "queries_cached": sum(answer.cache_hit for answer in answers.values()),
        "duration_ms": round(duration_ms, 1),
    }
    body = orjson.dumps(payload, default=str)
    etag = artifact_etag(plan, answers, receipts or {})
    return Artifact(board.slug, plan.revision, etag, body)


def artifact_etag(
    plan: Plan, answers: Mapping[str, StepAnswer], receipts: Mapping[str, ReceiptMark]
) -> str:
    """A tag of what is shown: revision, filters, charts, every answer's state, every receipt."""
    parts = [plan.revision, repr(sorted(plan.values.items())), " ".join(plan.charts)]
    for key, answer in sorted(answers.items()):
        code = answer.error.code if answer.error else ""
        state = f"{answer.freshness} {code} {answer.refreshing}"
        parts.append(f"{key} {answer.computed_at} {state}")
    parts += [f"{query} {mark.id} {mark.matches}" for query, mark in sorted(receipts.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _chart(
    plan: Plan,
    name: str,
    chart: Chart,
    answers: Mapping[str, StepAnswer],
    receipts: Mapping[str, ReceiptMark],
    failed_checks: Mapping[str, Sequence[FailedCheck]],
) -> dict[str, Any]:
    bound = plan.charts[name]
    answer = answers.get(bound.step) if bound.step else None
    compared = answers.get(bound.compared) if bound.compared else None
    query = None if isinstance(chart, TextChart) else chart.query
    read = [item for item in (answer, compared) if item is not None]
    drawn: dict[str, Any] = {
        "type": chart.type,
        "title": chart.title,
        "description": chart.description,
        "link": chart.link,
        "query": query,
        "filters": list(bound.filters),
        **_view(plan, chart, bound, answer, compared),
        "computed_at": _oldest(item.computed_at for item in read),
        "source_updated_at": _oldest(item.source_updated_at for item in read),
        "freshness": _worst(read),
        "freshness_reason": retold(
            next((i.freshness_reason for i in read if i.freshness_reason), None)
        ),
        "refreshing": any(item.refreshing for item in read),
        "cache_hit": bool(read) and all(item.cache_hit for item in read),
        "bytes_scanned": sum(item.bytes_scanned for item in read),
        "receipt": _receipt(receipts.get(query or "")),
        "failed_checks": [_check(item) for item in failed_checks.get(query or "", ())],
        "sql": answer.step.statement.text if answer else None,
        "tables": [table.id for table in answer.step.tables] if answer else [],
    }
    return drawn


def _view(
    plan: Plan,
    chart: Chart,
    bound: ChartPlan,
    answer: StepAnswer | None,
    compared: StepAnswer | None,
) -> dict[str, Any]:
    if isinstance(chart, TextChart):
        return _shown(chart_view(chart, None, (), dashboard=plan.dashboard), 0, False)
    if bound.step is None:
        return _failed(query_problem(plan, chart.query), chart)
    if answer is None or (bound.compared in plan.steps and compared is None):
        return dict(_WAITING)
    result, before = answer.result, compared.result if compared else None
    if result is None:
        return _failed(error_problem(answer.error, plan, chart.query), chart)
    cut = next((one for one in (result, before) if one is not None and one.truncated), None)
    if cut is not None and needs_every_row(chart):
        return _failed(cut_problem(cut), chart)
    comparison = getattr(chart, "comparison", None)
    view = chart_view(
        chart,
        result.table,
        result.columns,
        compared=before.table if before else None,
        dashboard=plan.dashboard,
        comparison_label=_label(plan, chart, comparison) if comparison else None,
        shift_days=shift_days(plan, comparison) if comparison else None,
    )
    return _shown(view, result.row_count, result.truncated)


def _label(plan: Plan, chart: Chart, comparison: Comparison) -> str | None:
    """What the comparison is called; a KPI says the value of its target or field itself."""
    if isinstance(chart, KpiChart) and not comparison.is_period:
        return comparison.label
    return comparison_label(plan, comparison)


def _shown(view: ChartView, row_count: int, truncated: bool) -> dict[str, Any]:
    return {
        "state": view.state,
        "view": view.view,
        "summary": view.summary,
        "problem": view.problem,
        "row_count": row_count,
        "truncated": truncated or view.truncated,
        "note": view.note,
    }


def _failed(problem: ChartProblem, chart: Chart) -> dict[str, Any]:
    return {
        "state": "failed",
        "view": None,
        "summary": f"{chart.title}: {problem['title']}.",
        "problem": problem,
        "row_count": 0,
        "truncated": False,
        "note": None,
    }


def _filters(plan: Plan, answers: Mapping[str, StepAnswer]) -> list[dict[str, Any]]:
    defaults = default_values(plan.dashboard, today=today_in(plan.dashboard.timezone))
    found = []
    for name, filter_ in plan.dashboard.filters.items():
        drawn: dict[str, Any] = {
            "name": name,
            "type": filter_.type,
            "label": filter_.label or name.replace("_", " ").capitalize(),
            "value": json_value(plan.values[name]),
            "default": json_value(defaults[name]),
        }
        if isinstance(filter_, SelectFilter):
            drawn["multiple"] = filter_.multiple
            drawn["options"] = _options(plan, filter_, answers)
        found.append(drawn)
    return found


def _options(
    plan: Plan, filter_: Filter, answers: Mapping[str, StepAnswer]
) -> list[dict[str, str]]:
    options = filter_.options if isinstance(filter_, SelectFilter) else ()
    if not isinstance(options, OptionsQuery):
        return [{"value": option, "label": option} for option in options]
    answer = answers.get(plan.query_steps.get(options.query, ""))
    if answer is None or answer.result is None:
        return []
    names = {column.lower(): column for column in answer.result.table.column_names}
    table = answer.result.table
    values = table.column(names[options.value.lower()]).to_pylist()
    labels = table.column(names[(options.label or options.value).lower()]).to_pylist()
    return [
        {"value": str(value), "label": str(value if label is None else label)}
        for value, label in zip(values, labels, strict=True)
        if value is not None
    ]


def _receipt(mark: ReceiptMark | None) -> dict[str, object] | None:
    if mark is None:
        return None
    return asdict(mark)


def _check(item: FailedCheck) -> dict[str, str]:
    return {"check": item.check, "detail": item.detail, "severity": item.severity}


def _worst(answers: Sequence[StepAnswer]) -> str:
    states = {answer.freshness for answer in answers}
    if not answers:
        return "fresh"
    return "stale" if "stale" in states else "unknown" if "unknown" in states else "fresh"


def _oldest(stamps: Any) -> str | None:
    known = [stamp for stamp in stamps if stamp is not None]
    return rfc3339(min(known)) if known else None


def rfc3339(moment: dt.datetime) -> str:
    """A moment in UTC as the API writes it: ``2026-11-23T03:00:00Z``."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
