"""Lines across a plot and where their labels stand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from peter_core.plan.charts import ChartView
from peter_core.plan.drawing import draw_svg
from peter_core.plan.views.covered import Box, Span
from tests.core.plan.chart_cases import drawn

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(day) for day in range(40)]
LONG = "A plan that was agreed with everybody who has ever had to do with the numbers here " * 2


def line(values: list[float], **chart: Any) -> ChartView:
    columns = {"d": ("DATE", DAYS[: len(values)]), "n": ("FLOAT64", values)}
    return drawn({"type": "line", "x": "d", "y": "n", **chart}, columns)


def bars(values: list[int], **chart: Any) -> ChartView:
    columns = {"k": ("STRING", list("ABCDEFGH")[: len(values)]), "n": ("INT64", values)}
    return drawn({"type": "bar", "x": "k", "y": "n", **chart}, columns)


def layers(view: ChartView, kind: str) -> list[dict[str, Any]]:
    """The layers of reference lines, which have rows of their own."""
    found = view.view["spec"]["layer"]
    return [layer for layer in found if "data" in layer and layer["mark"]["type"] == kind]


def label(view: ChartView) -> dict[str, Any]:
    mark: dict[str, Any] = layers(view, "text")[-1]["mark"]
    return mark


def test_a_label_stands_at_the_end_where_the_data_is_not() -> None:
    falling = [float(90 - day) for day in range(40)]
    reference = [{"y": 86, "label": "Plan"}]
    assert label(line(falling, reference=reference))["align"] == "right"
    assert label(line(falling[::-1], reference=reference))["align"] == "left"


def test_a_label_goes_below_its_line_where_both_ends_above_are_covered() -> None:
    bowl = [abs(day - 19.5) + 60 for day in range(40)]
    view = line(bowl, reference=[{"y": 76, "label": "Plan"}])
    above = line([100 - value for value in bowl], reference=[{"y": 24, "label": "Plan"}])
    assert (label(view)["dy"] > 0, label(above)["dy"] > 0) == (True, False)


def test_a_label_leaves_tall_bars_and_stands_above_short_ones() -> None:
    reference = [{"y": 40, "label": "Goal"}]
    assert label(bars([90, 80, 20, 10], reference=reference))["align"] == "right"
    assert label(bars([10, 20, 80, 90], reference=reference))["align"] == "left"


def test_two_lines_at_one_height_have_their_labels_apart() -> None:
    flat = [50.0] * 40
    view = line(flat, reference=[{"y": 80, "label": "Plan"}, {"y": 81, "label": "Forecast"}])
    places = {(layer["mark"]["align"], layer["mark"]["dy"]) for layer in layers(view, "text")}
    assert len(places) == 2


def test_a_card_coloured_halo_lies_behind_every_label_and_below_every_line() -> None:
    view = line([1.0, 2.0, 3.0], reference=[{"y": 2}, {"x": "2026-01-02"}])
    own = [layer for layer in view.view["spec"]["layer"] if "data" in layer]
    kinds = [layer["mark"]["type"] for layer in own]
    assert kinds == ["text", "text", "rule", "text", "rule", "text"]
    for halo, label_ in [(own[0], own[3]), (own[1], own[5])]:
        assert halo["mark"]["stroke"] == "$surface"
        assert "stroke" not in label_["mark"]
        assert halo["encoding"] == label_["encoding"]


@pytest.mark.parametrize("day", ["2026-01-02", "2026-01-20", "2026-02-08"])
def test_a_label_of_an_upright_line_stands_above_the_plot_and_within_it(day: str) -> None:
    mark = label(line([1.0] * 40, reference=[{"x": day, "label": "New prices since then"}]))
    expected = {"2026-01-02": "left", "2026-01-20": "center", "2026-02-08": "right"}
    assert (mark["align"], mark["baseline"]) == (expected[day], "bottom")


def test_labels_of_neighbouring_upright_lines_stand_above_each_other() -> None:
    lines = [{"x": f"2026-01-{day}", "label": "Something changed"} for day in (19, 20, 30)]
    heights = [layer["mark"]["dy"] for layer in layers(line([1.0] * 40, reference=lines), "text")]
    assert heights == [-2, -17, -2] * 2


@pytest.mark.parametrize("reference", [{"y": 20}, {"x": "2026-02-08"}, {"x": "2026-01-02"}])
def test_a_long_label_leaves_the_plot_its_width(reference: dict[str, Any]) -> None:
    values = [float(day) for day in range(40)]
    told = draw_svg(line(values, reference=[{**reference, "label": LONG}]).view, width=480)
    plain = draw_svg(line(values).view, width=480)
    assert LONG not in told
    assert "A plan that was" in told
    assert plot_width(told) == plot_width(plain)


def test_the_whole_label_is_in_its_tooltip() -> None:
    view = line([1.0, 2.0], reference=[{"y": 1.5, "label": LONG}])
    assert label(view)["tooltip"] == {"expr": "[['', reference_0]]"}
    params = {param["name"]: param["value"] for param in view.view["spec"]["params"]}
    assert params["reference_0"] == LONG


def test_who_does_not_see_a_line_is_told_of_it() -> None:
    lines = [{"y": 2.5, "label": "Plan"}, {"y": 3}, {"x": "2026-01-02", "label": "New prices"}]
    told = line([1.0, 2.0, 4.0], reference=lines).summary
    assert told.endswith(" Reference lines: Plan at 2.5, 3, New prices at 2026-01-02.")
    out_of_sight = line([1.0, 2.0], reference=[{"x": "2030-01-01", "label": "Later"}])
    assert "Later" not in out_of_sight.summary


def test_a_line_at_a_category_stands_where_the_category_was_sorted_to() -> None:
    view = bars([10, 40, 20], sort="descending", reference=[{"x": "C", "label": "New"}])
    assert layers(view, "rule")[0]["data"]["values"] == [{"f0": 1}]


def test_no_line_stands_at_a_category_that_is_not_drawn() -> None:
    view = bars([10, 40, 20], sort="descending", limit=2, reference=[{"x": "A", "label": "New"}])
    assert layers(view, "rule") == []


def test_an_upright_line_of_lying_bars_has_its_label_above_them() -> None:
    view = bars([90, 80], horizontal=True, reference=[{"y": 40, "label": "Goal"}])
    assert (label(view)["baseline"], label(view)["align"]) == ("bottom", "center")


def test_boxes_that_only_touch_do_not_overlap() -> None:
    assert Box(0, 0.5, 0, 1).overlap(Box(0.5, 1, 0, 1)) == 0
    assert Box(0, 0.5, 0, 1).overlap(Box(0.25, 1, 0, 0.5)) == pytest.approx(0.125)
    assert Span(3.5, -0.5).share(0) == pytest.approx(0.875)


def plot_width(svg: str) -> float:
    """How long the longest path straight across a drawing is: a line of its grid."""
    import re

    return max(abs(float(b)) for b in re.findall(r'x2="(-?[\d.]+)"', svg))
