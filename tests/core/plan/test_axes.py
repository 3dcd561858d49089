"""Axes stay close to the values they show."""

from __future__ import annotations

import re

import pytest

from peter_core.dashboard.model import Dashboard
from peter_core.plan.drawing import draw_svg
from peter_core.plan.formats import formatter
from peter_core.plan.views.axes import ticks
from tests.core.plan.chart_cases import DAYS, drawn

BOARD = Dashboard.model_validate(
    {
        "version": 1,
        "slug": "axes",
        "title": "Axes",
        "queries": {"q": {"sql": "SELECT 1 AS n"}},
        "charts": {"c": {"type": "kpi", "query": "q", "title": "N", "value": "n"}},
    }
)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([0.0, 50.0], 0, 50),
        ([-0.6, 50.0], -2.6, 60),  # barely below zero: no empty step down there
        ([-18.0, 50.0], -20, 60),  # well below zero: the step is needed
        ([-50.0, 0.5], -60, 2.5),
    ],
)
def test_values_that_barely_cross_zero_leave_no_empty_step(
    values: list[float], low: float, high: float
) -> None:
    made = ticks(values, formatter("number", "FLOAT64", dashboard=BOARD), zero=False)
    assert (made.low, made.high) == pytest.approx((low, high))
    assert made.low <= min(values)
    assert made.high >= max(values)
    assert all(made.low <= value <= made.high for value in made.values)
    assert len(made.values) == len(made.labels)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1.0, 1.0], ("0", "1", "2")),
        ([0.0, 1.0, 2.0], ("0", "1", "2")),
        ([0.0, 0.5], ("0", "0.1", "0.2", "0.3", "0.4", "0.5")),
    ],
)
def test_between_whole_numbers_no_mark_stands_at_a_fraction(
    values: list[float], labels: tuple[str, ...]
) -> None:
    written = formatter("number", "INT64", dashboard=BOARD)
    assert ticks(values, written, zero=False).labels == labels


def test_a_rate_that_is_nothing_or_all_is_marked_between() -> None:
    rate = formatter("percent", "FLOAT64", dashboard=BOARD)
    assert len(ticks([0.0, 1.0], rate, zero=True).labels) > 3


@pytest.mark.parametrize("height", [60, 90, 120, 150, 220, 400])
def test_a_label_stands_at_its_value_however_low_the_plot_is(height: int) -> None:
    columns = {"d": ("DATE", DAYS), "n": ("INT64", [750, 800, 850, 900, 950, 980, 990, 1000])}
    view = drawn({"type": "line", "x": "d", "y": "n"}, columns)
    svg = draw_svg(view.view, width=400, height=height)
    found = re.findall(r'translate\(-8,(-?[\d.]+)\)"[^>]*>(?:<tspan>)?([\d,]+)<', svg)
    marks = [(float(text.replace(",", "")), float(y)) for y, text in found]
    assert len(marks) >= 2
    (first, low), (last, high) = marks[0], marks[-1]
    for value, y in marks:
        assert y == pytest.approx(low + (high - low) * (value - first) / (last - first), abs=0.2)
    scale = (low - high) / (last - first)
    path = max(re.findall(r' d="(M[^"]+)"', svg), key=len)
    line = [float(y) for _, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
    assert line[0] - line[-1] == pytest.approx(250 * scale, abs=0.5)
