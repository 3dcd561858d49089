from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.core.plan.chart_cases import DAYS, FLIGHTS, board, drawn

NB = "\u00a0"


def kpi(values: list[Any], type_: str = "INT64", **chart: Any) -> Any:
    more = {key: chart.pop(key) for key in ("earlier", "comparison_label") if key in chart}
    return drawn({"type": "kpi", "value": "v", **chart}, {"v": (type_, values)}, **more)


def delta(now: Any, before: Any, type_: str = "FLOAT64", **chart: Any) -> Any:
    comparison = {"to": "previous_period", **chart.pop("comparison", {})}
    view = kpi([now], type_, comparison=comparison, earlier={"v": [before]}, **chart)
    return view.view["delta"]


@pytest.mark.parametrize(
    ("how", "raw"),
    [("sum", 9), ("mean", 3.0), ("min", 1), ("max", 6), ("first", 2), ("last", None), ("count", 3)],
)
def test_an_aggregate_passes_over_nulls(how: str, raw: object) -> None:
    assert kpi([2, 1, 6, None], aggregate=how).view["value"]["raw"] == raw


@pytest.mark.parametrize("rows", [[1, 2], [None, None]])
def test_one_number_of_many_rows_is_a_problem_that_says_what_to_do(rows: list[Any]) -> None:
    view = kpi(rows)
    assert (view.state, view.view) == ("failed", None)
    assert view.problem["code"] == "not_one_row"
    assert "2 rows" in view.problem["detail"]
    assert "aggregate" in view.problem["hint"]


def test_no_rows_is_empty_but_a_count_is_zero() -> None:
    assert kpi([], aggregate="sum").state == "empty"
    assert kpi([]).state == "empty"
    assert kpi([], aggregate="count").view["value"]["text"] == "0"


def test_a_null_is_a_dash_without_a_change() -> None:
    view = kpi([None], comparison={"to": "target", "value": 3})
    assert view.view["value"] == {"raw": None, "text": "–", "unit": "", "before": ""}
    assert view.view["delta"] is None
    assert view.summary == "Chart: –."


def test_a_sum_of_large_integers_is_exact() -> None:
    assert kpi([2**62, 2**62 - 1], aggregate="sum").view["value"]["raw"] == str(2**63 - 1)


def test_a_sum_of_decimals_is_exact() -> None:
    view = kpi([Decimal("0.10")] * 3, "NUMERIC", aggregate="sum")
    assert view.view["value"]["raw"] == "0.3"


def test_texts_cannot_be_added_up() -> None:
    assert kpi(["a", "b"], "STRING", aggregate="sum").problem["code"] == "not_a_number"
    assert kpi(["a", "b"], "STRING", aggregate="max").view["value"]["text"] == "b"


def test_the_example_of_the_look() -> None:
    view = kpi([4_260_000.0], "FLOAT64", format="currency:EUR")
    assert view.view["value"] == {"raw": 4260000.0, "text": "4.26", "unit": "M", "before": "€"}


@pytest.mark.parametrize(
    ("now", "before", "chart", "text", "direction", "good"),
    [
        (112.4, 100, {"better": "higher"}, f"12.4{NB}%", "up", True),
        (87.6, 100, {"better": "higher"}, f"12.4{NB}%", "down", False),
        (87.6, 100, {"better": "lower"}, f"12.4{NB}%", "down", True),
        (112.4, 100, {}, f"12.4{NB}%", "up", None),
        (100, 100, {"better": "higher"}, f"0.0{NB}%", "flat", None),
        (100.01, 100, {"better": "higher"}, f"0.0{NB}%", "flat", None),
        (-50, -100, {"better": "higher"}, f"50.0{NB}%", "up", True),
        (5, 0, {}, "5", "up", None),
        (0.031, 0.027, {"format": "percent", "better": "lower"}, f"0.4{NB}pts", "up", False),
        (0.031, 0.0306, {"format": "percent"}, f"0.04{NB}pts", "up", None),
        (30, 20, {"comparison": {"show": "absolute"}}, "10", "up", None),
        (10, 20, {"comparison": {"show": "absolute"}}, "10", "down", None),
        (30, 20, {"comparison": {"show": "value"}}, "20", "up", None),
        (2000, 100, {}, f"1,900{NB}%", "up", None),
    ],
)
def test_a_change_has_size_direction_and_judgement(
    now: float, before: float, chart: dict[str, Any], text: str, direction: str, good: bool | None
) -> None:
    change = delta(float(now), float(before), **chart)
    assert (change["text"], change["direction"], change["good"]) == (text, direction, good)


def test_a_change_says_against_what() -> None:
    assert delta(2.0, 1.0)["label"] == "vs previous period"
    assert delta(2.0, 1.0, comparison={"to": "previous_year"})["label"] == "vs previous year"
    assert delta(2.0, 1.0, comparison={"label": "last June"})["label"] == "vs last June"
    target = kpi([30], comparison={"to": "target", "value": 25})
    assert target.view["delta"]["label"] == "vs target 25"
    named = kpi([3], earlier={"v": [2]}, comparison_label="previous 30 days",
                comparison={"to": "previous_period"})  # fmt: skip
    assert named.summary == f"Chart: 3, up 50.0{NB}% against previous 30 days."


def test_a_field_can_be_compared_with() -> None:
    view = drawn(
        {"type": "kpi", "value": "v", "comparison": {"to": "field", "field": "plan_total"}},
        {"v": ("INT64", [12]), "plan_total": ("INT64", [10])},
    )
    assert view.view["delta"] == {
        "text": f"20.0{NB}%", "direction": "up", "good": None, "label": "vs plan total",
    }  # fmt: skip


def test_an_earlier_period_without_rows_has_no_change() -> None:
    view = kpi([3], comparison={"to": "previous_period"}, earlier={"v": []})
    assert view.view["delta"] is None


def test_a_sparkline_runs_in_time_and_keeps_gaps() -> None:
    view = drawn(
        {"type": "kpi", "value": "n", "aggregate": "sum", "sparkline": {"x": "day"}},
        {"day": ("DATE", DAYS[::-1]), "n": ("INT64", [None, *FLIGHTS[1:]])},
        dashboard=board(),
    )
    assert view.view["sparkline"] == [*FLIGHTS[:0:-1], None]


def test_one_row_has_no_sparkline() -> None:
    view = drawn(
        {"type": "kpi", "value": "n", "sparkline": {"x": "day"}},
        {"day": ("DATE", DAYS[:1]), "n": ("INT64", [3])},
    )
    assert view.view["sparkline"] is None
