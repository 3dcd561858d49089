from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from typing import Any

import pytest

from peter_core.plan.charts import ChartView
from peter_core.plan.drawing import draw_svg
from tests.core.plan.chart_cases import CASES, DAYS, board, drawn

DAY = 86_400_000


def column(view: ChartView, name: str) -> list[Any]:
    data = view.view["data"]
    return data["values"][[c["name"] for c in data["columns"]].index(name)]


def param(view: ChartView, name: str) -> Any:
    return next(p["value"] for p in view.view["spec"]["params"] if p["name"] == name)


def labels(view: ChartView) -> list[str]:
    return [entry["label"] for entry in view.view["legend"]]


def bars(names: list[str], values: list[Any], type_: str = "STRING", **chart: Any) -> ChartView:
    return drawn(
        {"type": "bar", "x": "k", "y": "n", **chart}, {"k": (type_, names), "n": ("INT64", values)}
    )


def lines(days: list[Any], values: list[Any], **chart: Any) -> ChartView:
    more = {key: chart.pop(key) for key in ("earlier", "shift_days", "dashboard") if key in chart}
    return drawn(
        {"type": "line", "x": "d", "y": "n", **chart},
        {"d": ("DATE", days), "n": ("FLOAT64", values)},
        **more,
    )


@pytest.mark.parametrize("name", sorted(set(CASES) - {"text"}))
def test_no_rows_is_an_empty_card_that_says_how_to_widen_it(name: str) -> None:
    case = CASES[name]
    empty = {key: (type_, []) for key, (type_, _) in case.columns.items()}
    view = drawn(case.chart, empty)
    assert (view.state, view.view, view.problem["code"]) == ("empty", None, "empty")
    assert "filters" in view.problem["hint"]


@pytest.mark.parametrize("name", sorted(set(CASES) - {"text", "table", "kpi"}))
def test_rows_of_nulls_are_an_empty_card(name: str) -> None:
    case = CASES[name]
    nulls = {key: (type_, [None, None]) for key, (type_, _) in case.columns.items()}
    assert drawn(case.chart, nulls).state == "empty"


@pytest.mark.parametrize("name", sorted(set(CASES) - {"text", "kpi"}))
def test_one_row_can_be_drawn(name: str) -> None:
    case = CASES[name]
    one = {key: (type_, values[:1]) for key, (type_, values) in case.columns.items()}
    assert drawn(case.chart, one).state == "ready"


def test_a_missing_column_names_the_nearest() -> None:
    view = drawn({"type": "line", "x": "day", "y": "delya"},
                 {"day": ("DATE", DAYS[:2]), "delay": ("INT64", [1, 2])})  # fmt: skip
    assert view.state == "failed"
    assert "Did you mean 'delay'?" in view.problem["detail"]


def test_a_column_is_found_in_any_case() -> None:
    view = drawn({"type": "bar", "x": "K", "y": "N"},
                 {"k": ("STRING", ["a"]), "n": ("INT64", [1])})  # fmt: skip
    assert view.state == "ready"


def test_a_measure_of_texts_says_so() -> None:
    view = bars(["a"], [1], y="k")
    assert view.problem["code"] == "not_a_number"


def test_a_date_stands_at_its_midnight_in_every_zone() -> None:
    view = lines(DAYS[:2], [1.0, 2.0], dashboard=board(timezone="Asia/Tokyo"))
    assert column(view, "f0") == [1370044800000, 1370044800000 + DAY]


def test_a_moment_stands_at_the_clock_of_the_dashboards_zone() -> None:
    moment = dt.datetime(2013, 6, 1, 2, tzinfo=dt.UTC)
    view = drawn({"type": "line", "x": "t", "y": "n"},
                 {"t": ("TIMESTAMP", [moment]), "n": ("INT64", [1])},
                 dashboard=board(timezone="America/New_York"))  # fmt: skip
    assert column(view, "f0") == [1370044800000 - 2 * 3_600_000]


def test_a_line_runs_in_time_whatever_the_order_of_rows() -> None:
    assert column(lines(DAYS[:3][::-1], [3.0, 2.0, 1.0]), "f1") == [1, 2, 3]


def test_nan_and_infinity_are_gaps_with_a_text() -> None:
    view = lines(DAYS[:4], [1.0, float("nan"), float("inf"), 2.0])
    assert column(view, "f1") == [1, None, None, 2]
    assert column(view, "t1")[1:3] == ["NaN", "∞"]
    assert column(view, "f5") == [1, 0, 0, 1]
    json.dumps(view.view, allow_nan=False)


def test_two_thousand_points_are_the_most_and_peaks_stay() -> None:
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=i) for i in range(9000)]
    values = [float(i % 7) for i in range(9000)]
    values[4321], values[5678] = 900.0, -900.0
    view = lines(days, values)
    drawn_values = column(view, "f1")
    assert len(drawn_values) <= 2000
    assert max(drawn_values) == 900
    assert min(drawn_values) == -900
    assert "2,000 of 9,000 points" in view.note


def test_a_short_line_has_no_note() -> None:
    assert lines(DAYS, [1.0] * 8).note is None


def test_the_earlier_period_lies_on_this_ones_days() -> None:
    before = [day - dt.timedelta(days=30) for day in DAYS]
    view = lines(DAYS, [2.0] * 8, comparison={"to": "previous_period"},
                 earlier={"d": before[1:], "n": [1.0] * 7}, shift_days=30)  # fmt: skip
    grey = [x for x, s in zip(column(view, "f0"), column(view, "f2"), strict=True) if s < 0]
    assert grey == column(view, "f0")[1:8]
    assert view.view["legend"][-1] == {
        "label": "Previous period", "color": "$prev", "mark": "dash", "series": ["f2", -1],
    }  # fmt: skip
    assert "May 3, 2013" in column(view, "t0")


def test_without_a_distance_the_rows_tell_it() -> None:
    before = [day - dt.timedelta(days=8) for day in DAYS]
    view = lines(DAYS, [2.0] * 8, comparison={"to": "previous_period"},
                 earlier={"d": before, "n": [1.0] * 8})  # fmt: skip
    assert column(view, "f0")[8:] == column(view, "f0")[:8]


def test_a_year_later_is_the_same_calendar_day() -> None:
    days = [dt.date(2025, 2, 27), dt.date(2025, 2, 28), dt.date(2025, 3, 1)]
    before = [dt.date(2024, 2, 27), dt.date(2024, 2, 28), dt.date(2024, 3, 1)]
    view = lines(days, [1.0] * 3, comparison={"to": "previous_year"},
                 earlier={"d": before, "n": [1.0] * 3})  # fmt: skip
    assert column(view, "f0")[3:] == column(view, "f0")[:3]


def many(kind: str, count: int, **chart: Any) -> ChartView:
    rows = [(day, f"s{i:02}", i + 1) for day in DAYS[:2] for i in range(count)]
    return drawn(
        {"type": kind, "x": "d", "y": "n", "series": "s", **chart},
        {"d": ("DATE", [r[0] for r in rows]), "s": ("STRING", [r[1] for r in rows]),
         "n": ("INT64", [r[2] for r in rows])},
    )  # fmt: skip


def test_what_stands_behind_other_is_said() -> None:
    assert many("line", 6).note is None
    folded = many("line", 9)
    assert folded.note == "The 4 smallest of 9 series are shown as Other."
    assert [entry["series"] for entry in folded.view["legend"]] == [["f2", at] for at in range(6)]


@pytest.mark.parametrize("kind", ["line", "area", "bar"])
def test_more_than_six_series_are_five_and_grey(kind: str) -> None:
    view = many(kind, 9)
    assert labels(view) == ["s08", "s07", "s06", "s05", "s04", "Other"]
    colors = [entry["color"] for entry in view.view["legend"]]
    assert sorted(colors) == ["$c1", "$c2", "$c3", "$c4", "$c5", "$other"]


def test_six_series_keep_six_colours_by_their_names() -> None:
    view = many("line", 6)
    by_name = {entry["label"]: entry["color"] for entry in view.view["legend"]}
    assert by_name == {f"s{i:02}": f"$c{i + 1}" for i in range(6)}


def test_folded_lines_stay_lines_and_folded_areas_add_up() -> None:
    assert len(column(many("line", 9), "f1")) == 18
    area = many("area", 9)
    assert column(area, "t2")[:6] == ["9", "8", "7", "6", "5", "10"]
    assert max(column(area, "f1")) == 45


def test_several_measures_are_series_by_their_titles() -> None:
    view = drawn({"type": "line", "x": "d", "y": ["dep_delay", "arr_delay"]},
                 {"d": ("DATE", DAYS[:2]), "dep_delay": ("INT64", [1, 2]),
                  "arr_delay": ("INT64", [3, 4])})  # fmt: skip
    assert labels(view) == ["Dep delay", "Arr delay"]
    assert view.view["legend"][0]["color"] == "$c1"


def test_a_share_area_ends_at_one() -> None:
    view = many("area", 3, stack="normalize")
    assert max(column(view, "f1")) == 1
    assert param(view, "y_labels")[-1] == "100\u00a0%"


def test_bars_start_at_zero_and_a_line_need_not() -> None:
    scale = bars(["a", "b"], [100, 101]).view["spec"]["layer"][0]["encoding"]["y"]["scale"]
    assert scale["domain"][0] == 0
    scale = lines(DAYS[:2], [100.0, 101.0]).view["spec"]["layer"][0]["encoding"]["y"]["scale"]
    assert scale["domain"] == [100, 101]


def test_bars_keep_the_querys_order_of_texts_and_the_order_of_numbers() -> None:
    assert param(bars(["b", "c", "a"], [1, 2, 3]), "x_labels") == ["b", "c", "a"]
    assert param(bars([9, 5, 7], [1, 2, 3], "INT64"), "x_labels") == ["5", "7", "9"]


def test_bars_can_be_sorted() -> None:
    assert param(bars(["b", "c", "a"], [1, 3, 2], sort="descending"), "x_labels") == ["c", "a", "b"]
    by_name = bars(["b", "c", "a"], [1, 3, 2], sort={"field": "k"})
    assert param(by_name, "x_labels") == ["a", "b", "c"]


def test_a_limit_folds_the_rest_into_other() -> None:
    view = bars(list("abcd"), [1, 2, 3, 4], limit=2)
    assert param(view, "x_labels") == ["d", "c", "Other"]
    assert column(view, "t1") == ["3", "4", "3"]
    assert "Other (2)" in column(view, "t0")


def test_rates_are_not_added_up_into_other() -> None:
    view = drawn({"type": "bar", "x": "k", "y": "n", "limit": 1, "format": "percent"},
                 {"k": ("STRING", ["a", "b"]), "n": ("FLOAT64", [0.5, 0.4])})  # fmt: skip
    assert param(view, "x_labels") == ["a"]
    assert "1 more categories" in view.note


def test_rows_of_one_category_are_added_up_and_that_is_said() -> None:
    view = bars(["a", "a"], [2**62, 2**62 - 1])
    assert column(view, "t1") == ["9,223,372,036,854,775,807"]
    assert "added up" in view.note


def test_a_missing_week_is_an_empty_slot() -> None:
    weeks = [dt.date(2026, 8, 3) + dt.timedelta(days=7 * i) for i in (0, 1, 3)]
    assert column(bars(weeks, [1, 1, 1], "DATE"), "f0") == [0, 1, 3]


def test_a_missing_month_is_an_empty_slot() -> None:
    months = [dt.date(2026, month, 1) for month in (1, 2, 4)]
    view = bars(months, [1, 1, 1], "DATE")
    assert param(view, "x_labels") == ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"]


def test_negative_parts_stack_downwards() -> None:
    view = drawn({"type": "bar", "x": "k", "y": "n", "series": "s"},
                 {"k": ("STRING", ["a", "a"]), "s": ("STRING", ["p", "q"]),
                  "n": ("INT64", [5, -3])})  # fmt: skip
    assert column(view, "f1") == [5, -3]
    assert column(view, "f4") == [0, 0]


def test_a_pie_refuses_what_is_no_share() -> None:
    view = drawn({"type": "pie", "category": "k", "value": "n"},
                 {"k": ("STRING", ["a", "b"]), "n": ("INT64", [5, -3])})  # fmt: skip
    assert (view.state, view.problem["code"]) == ("failed", "negative_share")


def test_a_pie_of_zeros_has_no_shares() -> None:
    view = drawn({"type": "pie", "category": "k", "value": "n"},
                 {"k": ("STRING", ["a"]), "n": ("INT64", [0])})  # fmt: skip
    assert labels(view) == ["a 0.0\u00a0%"]


def test_a_grid_no_screen_can_show_is_refused() -> None:
    view = drawn({"type": "heatmap", "x": "x", "y": "y", "color": "n"},
                 {"x": ("INT64", list(range(200))), "y": ("INT64", list(range(200))),
                  "n": ("INT64", list(range(200)))})  # fmt: skip
    assert view.problem["code"] == "too_many_cells"


def test_a_table_says_how_much_it_leaves_out() -> None:
    view = drawn({"type": "table"}, {"n": ("INT64", list(range(2345)))})
    assert view.truncated
    assert view.note == "First 2,000 of 2,345 rows."
    assert len(view.view["values"][0]) == 2000


def test_a_table_sorts_nulls_last() -> None:
    for order, expected in (("ascending", [1, 2, None]), ("descending", [2, 1, None])):
        view = drawn({"type": "table", "sort": {"field": "n", "order": order}},
                     {"n": ("INT64", [2, None, 1])})  # fmt: skip
        assert view.view["values"] == [expected]


def test_a_table_carries_exact_numbers_as_strings() -> None:
    view = drawn({"type": "table"}, {"n": ("INT64", [2**60])})
    assert view.view["values"] == [[str(2**60)]]
    assert view.view["texts"] == [["1,152,921,504,606,846,976"]]


def test_every_plot_has_its_table_and_a_sentence() -> None:
    for name, case in CASES.items():
        view = case.view()
        assert view.summary.startswith("Chart: ")
        if view.view["kind"] == "vega":
            table = view.view["table"]
            assert table["kind"] == "table", name
            assert len(table["values"][0]) == len(next(iter(case.columns.values()))[1])


def test_a_reference_line_is_always_in_sight() -> None:
    view = lines(DAYS[:2], [1.0, 2.0], reference=[{"y": 50, "label": "Plan"}])
    domain = view.view["spec"]["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert domain[1] >= 50
    assert param(view, "reference_0") == "Plan"


def test_a_reference_day_outside_the_period_is_left_out() -> None:
    view = lines(DAYS[:2], [1.0, 2.0], reference=[{"x": "2013-06-02"}, {"x": "2014-01-01"}])
    names = [p["name"] for p in view.view["spec"]["params"]]
    assert "reference_0" in names
    assert "reference_1" not in names


def test_an_area_of_one_series_has_a_gap_where_it_has_no_value() -> None:
    view = drawn({"type": "area", "x": "d", "y": "n"},
                 {"d": ("DATE", DAYS[:4]), "n": ("INT64", [3, None, 4, 5])})  # fmt: skip
    assert column(view, "f1") == [3, None, 4, 5]
    assert column(view, "f5") == [1, 0, 0, 0]


def test_a_series_without_a_value_keeps_its_name_in_the_stack() -> None:
    columns = {"d": ("DATE", [DAYS[0], DAYS[0], DAYS[1]]), "s": ("STRING", ["a", "b", "a"]),
               "n": ("INT64", [1, 2, 3])}  # fmt: skip
    view = drawn({"type": "area", "x": "d", "y": "n", "series": "s"}, columns)
    names, texts = column(view, "t1"), column(view, "t2")
    assert sorted(zip(names, texts, strict=True)) == [
        ("a", "1"),
        ("a", "3"),
        ("b", "2"),
        ("b", "–"),
    ]


def test_a_stack_at_one_place_is_drawn_as_dots() -> None:
    columns = {"d": ("DATE", DAYS[:1] * 2), "s": ("STRING", ["a", "b"]), "n": ("INT64", [1, 2])}
    view = drawn({"type": "area", "x": "d", "y": "n", "series": "s"}, columns)
    assert column(view, "f5") == [1, 1]


@pytest.mark.parametrize(("values", "drawn_"), [([3, -2], True), ([3, 2], False), ([-3, 0], False)])
def test_a_line_marks_zero_where_bars_go_both_ways(values: list[int], drawn_: bool) -> None:
    layers = bars(["a", "b"], values).view["spec"]["layer"]
    assert any(layer["encoding"].get("y", {}).get("datum") == 0 for layer in layers) is drawn_


def test_a_pie_of_zeros_is_an_empty_ring() -> None:
    view = drawn({"type": "pie", "category": "k", "value": "n"},
                 {"k": ("STRING", ["a", "b"]), "n": ("INT64", [0, 0])})  # fmt: skip
    assert labels(view) == ["a 0.0\u00a0%", "b 0.0\u00a0%"]
    ring = view.view["spec"]["layer"][-1]
    assert (ring["mark"]["type"], ring["mark"]["color"]) == ("arc", "$grid")


def test_every_other_day_stays_every_other_day_from_one_month_into_the_next() -> None:
    days = [dt.date(2026, 8, 25) + dt.timedelta(day) for day in range(15)]
    axis = lines(days, [1.0] * 15).view["spec"]["layer"][0]["encoding"]["x"]["axis"]
    places = json.loads(axis["values"]["expr"])
    assert [b - a for a, b in itertools.pairwise(places)] == [2 * DAY] * 7


@pytest.mark.parametrize("kind", ["bar", "heatmap"])
def test_long_names_leave_the_plot_more_than_half_of_its_card(kind: str) -> None:
    name = "A name that nobody would ever have thought to be this long, and it goes on " * 3
    columns = {"k": ("STRING", [name, "b"]), "n": ("INT64", [1, -2]), "x": ("STRING", ["p", "q"])}
    chart = {"x": "k", "y": "n", "horizontal": True} if kind == "bar" else {
        "x": "x", "y": "k", "color": "n"}  # fmt: skip
    svg = draw_svg(drawn({"type": kind, **chart}, columns).view, width=240, height=160)
    plot = re.search(r'class="background" d="M0,0h([\d.]+)v', svg)
    assert plot is not None
    assert float(plot[1]) > 120
    assert name[:6] in svg
    assert name not in svg


def test_texts_of_cells_are_left_out_where_the_cells_have_no_room() -> None:
    columns = {"x": ("STRING", list("abcdefgh")), "y": ("STRING", ["r"] * 8),
               "n": ("FLOAT64", [1.25 * n for n in range(8)])}  # fmt: skip
    view = drawn({"type": "heatmap", "x": "x", "y": "y", "color": "n"}, columns).view
    narrow, wide = (draw_svg(view, width=width, height=80) for width in (200, 600))
    assert ('opacity="0"' in narrow, 'opacity="0"' in wide) == (True, False)
