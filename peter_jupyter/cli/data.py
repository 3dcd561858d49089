"""Commands over a published dashboard's data: compute it, judge its age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from peter_jupyter.cli.command import FAILED, SERVE, command
from peter_jupyter.cli.options import Filters, Folder, Json, Slug
from peter_jupyter.cli.terminal import print_json, print_table, say
from peter_jupyter.cli.values import filter_values
from peter_jupyter.cli.work import open_peter, run

if TYPE_CHECKING:
    from peter_core.plan.plan import StepAnswer
    from peter_core.service.reports import ChartFreshness, Precomputation
    from peter_jupyter.cli.terminal import Tone


@command("precompute", section=SERVE, example="peter precompute shop-orders --force")
def precompute(
    slug: Slug,
    filters: Filters = None,
    force: Annotated[
        bool, typer.Option("--force", help="Run what is cached and fresh, too.")
    ] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Put every result of a dashboard into the cache; a line for each query on standard error."""
    asked = filter_values(filters)
    with open_peter(folder) as peter:
        done = run(
            f"Computing {slug}",
            lambda cancel, progress: peter.precompute(
                slug,
                filters=asked,
                force=force,
                on_answer=lambda answer: progress.line(_answered(answer)),
                cancel=cancel,
            ),
        )
    if as_json:
        print_json(done)
    else:
        _print_precomputation(slug, done)
    if done.errors:
        raise typer.Exit(FAILED)


def _answered(answer: StepAnswer) -> str:
    from peter_core.billing import bytes_text
    from peter_jupyter.display.values import seconds_text

    key = answer.step.key
    if answer.error is not None:
        return f"✕ {key}: {answer.error.message}"
    if answer.cache_hit:
        return f"✓ {key}: from the cache"
    return f"✓ {key}: {bytes_text(answer.bytes_scanned)}, {seconds_text(answer.duration_ms)}"


def _print_precomputation(slug: str, done: Precomputation) -> None:
    from peter_core.billing import bytes_text
    from peter_jupyter.display.values import count_text, seconds_text

    parts = [
        f"{count_text(done.queries_executed, 'query', 'queries')} run",
        f"{done.queries_cached} from the cache",
        bytes_text(done.bytes_scanned),
        seconds_text(done.duration_ms),
    ]
    tone: Tone = "good" if done.status == "success" else "bad"
    say(f"{slug}: {done.status} · {' · '.join(parts)}", tone)
    for failure in done.errors:
        say(f"  {failure.query}: {failure.message} [{failure.code}]")


@command("freshness", section=SERVE, example="peter freshness shop-orders")
def freshness(
    slug: Slug, filters: Filters = None, folder: Folder = None, as_json: Json = False
) -> None:
    """Say how old what each chart shows is; nothing is run."""
    asked = filter_values(filters)
    with open_peter(folder) as peter:
        charts = run(f"Looking at {slug}", lambda *_: peter.freshness(slug, filters=asked))
    if as_json:
        print_json({"slug": slug, "charts": charts})
        return
    headings = ("CHART", "STATUS", "AGE", "COMPUTED", "SOURCE CHANGED", "REASON")
    print_table(headings, [_freshness_row(chart) for chart in charts], right="AGE")


def _freshness_row(chart: ChartFreshness) -> tuple[str, ...]:
    from peter_jupyter.display.values import NULL, moment_text

    return (
        chart.chart,
        chart.status,
        NULL if chart.age_seconds is None else _age_text(chart.age_seconds),
        NULL if chart.computed_at is None else moment_text(chart.computed_at),
        moment_text(chart.source_updated_at),
        chart.reason or "",
    )


def _age_text(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3.5 h``, ``2.1 d``."""
    for unit, size in (("d", 86_400), ("h", 3600)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{max(seconds, 0):.0f} s"
