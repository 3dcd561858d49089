"""What was run and paid, and where the budgets stand, as rows, HTML and text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.billing import bytes_text
from peter_core.costs import usd_text
from peter_core.store.records import CostLine, CostReport
from peter_jupyter.display.markup import (
    Heading,
    Tone,
    block,
    card,
    fold,
    foot,
    page,
    pill,
    status,
    table,
)
from peter_jupyter.display.values import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.store.budgets import BudgetState, Level

Rows = list[tuple[str, ...]]

BUDGET_HEADINGS = ("Budget", "Limit", "Spent", "Reserved", "Left", "State", "Begins anew")
BUDGET_FIGURES = frozenset({"Limit", "Spent", "Reserved", "Left"})
_LEVELS: dict[Level, tuple[str, Tone]] = {
    "within": ("within", "good"),
    "near": ("near its limit", "warn"),
    "used_up": ("used up", "bad"),
}


def cost_headings(report: CostReport) -> tuple[str, ...]:
    """What the columns of a report are; slot time only where there was some."""
    figures = ("Answers", "Cached", "Scanned", "Billed", "Cost", "Saved")
    slots = ("Slot time",) if report.slot_ms else ()
    return (report.group_by.capitalize(), *figures, *slots)


def cost_rows(report: CostReport) -> Rows:
    """A report's lines, the last one their sum, in the columns of its headings."""
    lines = [(line.key or "(no dashboard)", *_figures(line)) for line in report.breakdown]
    total = ("total", *_figures(report))
    return [row[: len(cost_headings(report))] for row in (*lines, total)]


def budget_rows(states: Sequence[BudgetState]) -> Rows:
    """A budget a line, in the columns of ``BUDGET_HEADINGS``."""
    return [
        (
            _budget_name(state),
            *map(usd_text, (state.limit_usd, state.spent_usd, state.reserved_usd, state.left_usd)),
            _LEVELS[state.level][0],
            f"{state.begins_anew:%Y-%m-%d %H:%M} UTC",
        )
        for state in states
    ]


def costs_html(report: CostReport) -> str:
    """A card of what was paid, with the budgets."""
    headings = [Heading(name, numeric=n > 0) for n, name in enumerate(cost_headings(report))]
    *lines, total = cost_rows(report)
    ran = fold("Costs", f"by {report.group_by}", table(headings, lines, total=total))
    return page(
        card(
            status(pill(f"{usd_text(report.cost_usd)} paid", "info"), cost_items(report)),
            ran if report.query_count else block("Nothing was run."),
            _budgets(report.budgets),
            foot([f"{report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} UTC"]),
        )
    )


def costs_text(report: CostReport) -> str:
    """The same, a line of the report a line."""
    lines = [f"{usd_text(report.cost_usd)} paid · {' · '.join(cost_items(report))}"]
    names = cost_headings(report)[1:]
    if report.query_count:
        for key, *figures in cost_rows(report):
            told = (f"{name.lower()} {figure}" for name, figure in zip(names, figures, strict=True))
            lines.append(f"  {key}: {', '.join(told)}")
    lines += map(_budget_line, report.budgets)
    return "\n".join(lines)


def cost_items(report: CostReport) -> list[str]:
    """What stands beside the sum."""
    return [
        f"{usd_text(report.saved_usd)} saved by the cache",
        count_text(report.query_count, "answer"),
        f"{report.cache_hit_ratio:.0%} cached",
        f"{bytes_text(report.total_bytes_billed)} billed",
    ]


def _budgets(states: Sequence[BudgetState]) -> str:
    if not states:
        return ""
    headings = [Heading(name, numeric=name in BUDGET_FIGURES) for name in BUDGET_HEADINGS]
    place = BUDGET_HEADINGS.index("State")
    rows = [
        [*row[:place], pill(*_LEVELS[state.level]), *row[place + 1 :]]
        for state, row in zip(states, budget_rows(states), strict=True)
    ]
    return fold("Budgets", "at this moment", table(headings, rows))


def _budget_line(state: BudgetState) -> str:
    name, limit, spent, reserved, left, level, anew = budget_rows([state])[0]
    return (
        f"Budget {name}: {level}, {spent} spent and {reserved} reserved of {limit}, {left} left;"
        f" begins anew {anew}"
    )


def _budget_name(state: BudgetState) -> str:
    whose = {"whole": "all", "user": state.subject, "dashboard": f"dashboard {state.subject}"}
    return f"{whose[state.scope]}, a {state.period}"


def _figures(of: CostLine | CostReport) -> tuple[str, ...]:
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
