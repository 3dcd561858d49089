"""Filter values: defaults, what was asked for, and the parameters they bind."""

from __future__ import annotations

import datetime as dt

import pytest

from peter_core.dashboard.model import Dashboard
from peter_core.errors import InvalidRequest
from peter_core.plan.filters import (
    default_values,
    json_value,
    parameter_values,
    resolve_values,
    shifted,
)

TODAY = dt.date(2024, 3, 20)


def board(**filters: object) -> Dashboard:
    return Dashboard.model_validate(
        {
            "version": 1,
            "slug": "some-board",
            "title": "Some board",
            "filters": filters,
            "queries": {"q": {"sql": "SELECT 1 AS n"}},
            "charts": {"c": {"type": "kpi", "query": "q", "title": "N", "value": "n"}},
        }
    )


PERIOD = {"type": "date_range", "default": {"from": "2013-06-01", "to": "2013-06-30"}}


@pytest.mark.parametrize(
    ("default", "start"),
    [
        ({"last": "28d"}, dt.date(2024, 2, 22)),
        ({"last": "1d"}, TODAY),
        ({"last": "2w"}, dt.date(2024, 3, 7)),
        ({"this": "day"}, TODAY),
        ({"this": "week"}, dt.date(2024, 3, 18)),
        ({"this": "month"}, dt.date(2024, 3, 1)),
        ({"this": "quarter"}, dt.date(2024, 1, 1)),
        ({"this": "year"}, dt.date(2024, 1, 1)),
    ],
)
def test_relative_defaults_end_today(default: object, start: dt.date) -> None:
    values = default_values(board(period={"type": "date_range", "default": default}), today=TODAY)
    assert values["period"] == (start, TODAY)


def test_no_default_is_no_restriction() -> None:
    some = board(period={"type": "date_range"}, name={"type": "text"})
    values = default_values(some, today=TODAY)
    assert values == {"period": None, "name": None}
    assert parameter_values(some, values) == {
        "period_start": None, "period_end": None, "name": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        {"period": ("2014-01-01", "2014-01-31")},
        {"period": [dt.date(2014, 1, 1), dt.date(2014, 1, 31)]},
        {"period": {"from": "2014-01-01", "to": "2014-01-31"}},
        {"period": "2014-01-01..2014-01-31"},
        {"period_start": "2014-01-01", "period_end": "2014-01-31"},
    ],
)
def test_a_range_can_be_asked_for_in_every_way_a_surface_writes_it(
    asked: dict[str, object],
) -> None:
    values = resolve_values(board(period=PERIOD), asked, today=TODAY)
    assert values["period"] == (dt.date(2014, 1, 1), dt.date(2014, 1, 31))
    assert json_value(values["period"]) == ["2014-01-01", "2014-01-31"]


def test_one_end_of_a_range_keeps_the_other() -> None:
    values = resolve_values(board(period=PERIOD), {"period_end": "2013-06-10"}, today=TODAY)
    assert values["period"] == (dt.date(2013, 6, 1), dt.date(2013, 6, 10))


def test_empty_text_lifts_the_restriction() -> None:
    some = board(carrier={"type": "select", "options": ("AA", "UA"), "default": "AA"})
    assert resolve_values(some, {"carrier": ""}, today=TODAY)["carrier"] is None


@pytest.mark.parametrize(
    ("filters", "asked", "says"),
    [
        ({"period": PERIOD}, {"period": "June"}, "two days"),
        ({"period": PERIOD}, {"period_start": "June"}, "takes a day"),
        ({"period": PERIOD}, {"period": "2014-02-01..2014-01-01"}, "after its end"),
        ({"carrier": {"type": "select", "options": ("AA",)}}, {"carrier": "ZZ"}, "no option"),
        ({"least": {"type": "number"}}, {"least": "many"}, "takes a number"),
        ({"late": {"type": "boolean"}}, {"late": "perhaps"}, "true or false"),
        ({"carrier": {"type": "text"}}, {"carier": "AA"}, "no filter 'carier'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(
    filters: dict[str, object], asked: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says):
        resolve_values(board(**filters), asked, today=TODAY)


def test_an_unknown_filter_names_the_nearest() -> None:
    with pytest.raises(InvalidRequest) as caught:
        resolve_values(board(carrier={"type": "text"}), {"carier": "AA"}, today=TODAY)
    assert caught.value.hint == "Did you mean 'carrier'?"


def test_several_choices_bind_a_list() -> None:
    some = board(carrier={"type": "select", "options": ("AA", "UA"), "multiple": True})
    values = resolve_values(some, {"carrier": ["AA", "UA"]}, today=TODAY)
    assert parameter_values(some, values) == {"carrier": ["AA", "UA"]}


@pytest.mark.parametrize(
    ("bounds", "to", "expected"),
    [
        (("2013-06-01", "2013-06-30"), "previous_period", ("2013-05-02", "2013-05-31")),
        (("2013-06-10", "2013-06-10"), "previous_period", ("2013-06-09", "2013-06-09")),
        (("2024-02-01", "2024-02-29"), "previous_year", ("2023-02-01", "2023-02-28")),
    ],
)
def test_a_comparison_shifts_the_period(
    bounds: tuple[str, str], to: str, expected: tuple[str, str]
) -> None:
    days = dt.date.fromisoformat(bounds[0]), dt.date.fromisoformat(bounds[1])
    assert shifted(days, to) == tuple(dt.date.fromisoformat(day) for day in expected)
