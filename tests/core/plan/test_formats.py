from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peter_core.dashboard.model import Dashboard, DateFormat, NumberFormat
from peter_core.plan.formats import formatter
from peter_core.plan.locales import locale
from tests.core.plan.chart_cases import board

NB = "\u00a0"
ENGLISH = board()
GERMAN = board("de-DE", "Europe/Berlin")


def full(value: object, chosen: Any, type_: str, locale_tag: str = "en-US") -> str:
    return formatter(chosen, type_, dashboard=board(locale_tag)).fitted([value]).text(value)


def short(value: object, chosen: Any, locale_tag: str = "en-US") -> tuple[str, str, str]:
    return tuple(formatter(chosen, "FLOAT64", dashboard=board(locale_tag)).figure(value))


@pytest.mark.parametrize(
    ("value", "chosen", "type_", "expected"),
    [
        (28243, None, "INT64", "28,243"),
        (28243, "compact", "INT64", "28,243"),
        (2**62, None, "INT64", "4,611,686,018,427,387,904"),
        (12.583333, None, "FLOAT64", "12.58"),
        (12.5, None, "FLOAT64", "12.5"),
        (0.000123456, None, "FLOAT64", "0.000123"),
        (Decimal("1234567.10"), "currency:EUR", "NUMERIC", "€1,234,567.10"),
        (412300, "currency:EUR", "INT64", "€412,300"),
        (-3.2, "currency:CHF", "FLOAT64", f"−CHF{NB}3.20"),
        (1999.0, "currency:JPY", "FLOAT64", "¥1,999"),
        (0.0314, "percent", "FLOAT64", f"3.1{NB}%"),
        (0.00314, "percent", "FLOAT64", f"0.31{NB}%"),
        (2_700_000, "bytes", "INT64", f"2.7{NB}MB"),
        (999_999, "bytes", "INT64", f"1{NB}MB"),
        (0, "bytes", "INT64", f"0{NB}B"),
        (3900, "duration", "INT64", f"1{NB}h 5{NB}min"),
        (59.97, "duration", "FLOAT64", f"1{NB}min"),
        (0.85, "duration", "FLOAT64", f"850{NB}ms"),
        (-90, "duration", "INT64", f"−1{NB}min 30{NB}s"),
        (12.34, NumberFormat(number=",.1f", unit="min"), "FLOAT64", f"12.3{NB}min"),
        (12.34, NumberFormat(number=",.1f", currency="GBP"), "FLOAT64", "£12.3"),
        (True, None, "BOOL", "true"),
        (["a", "<b>"], None, "ARRAY<STRING>", "a, <b>"),
        ({"a": 1}, None, "STRUCT<a INT64>", '{"a": 1}'),
        (float("nan"), None, "FLOAT64", "NaN"),
        (float("inf"), "bytes", "FLOAT64", f"∞{NB}B"),
        ("12", "number", "STRING", "12"),
        (dt.date(2013, 6, 1), "number", "DATE", "Jun 1, 2013"),
    ],
)  # fmt: skip
def test_a_value_in_full(value: object, chosen: Any, type_: str, expected: str) -> None:
    assert full(value, chosen, type_) == expected


@pytest.mark.parametrize(
    ("value", "chosen", "expected"),
    [
        (4_260_000, "currency:EUR", ("€", "4.26", "M")),
        (40.73, "currency:EUR", ("€", "40.73", "")),
        (104_612, "number", ("", "104,612", "")),
        (28_243, "compact", ("", "28.2", "k")),
        (999_950, "compact", ("", "1", "M")),
        (-4.2e9, "compact", ("−", "4.2", "B")),
        (999_400_000_000_000, "compact", ("", "999", "T")),
        (999_500_000_000_000, "compact", ("", "1", "e15")),
        (9_223_372_036_854_775_807, "number", ("", "9.22", "e18")),
        (1.7976931348623157e308, "compact", ("", "180", "e306")),
        (312, "compact", ("", "312", "")),
        (0.031, "percent", ("", "3.1", f"{NB}%")),
        (2_700_000, "bytes", ("", "2.7", f"{NB}MB")),
        (None, "compact", ("", "–", "")),
    ],
)
def test_a_figure_has_its_unit_apart(
    value: object, chosen: str, expected: tuple[str, str, str]
) -> None:
    assert short(value, chosen)[1:] == expected[1:]
    assert short(value, chosen)[0].replace("-", "−") == expected[0]


@pytest.mark.parametrize(
    ("tag", "expected", "million"),
    [
        ("en-US", "€1,234.50", "€4.26M"),
        ("de-DE", f"1.234,50{NB}€", f"4,26{NB}Mio.{NB}€"),
        ("fr-FR", f"1\u202f234,50{NB}€", f"4,26{NB}M{NB}€"),
        ("nl-NL", f"€{NB}1.234,50", f"€{NB}4,26{NB}mln."),
        ("de-CH", f"€{NB}1’234.50", f"€{NB}4.26{NB}Mio."),
        ("xx-YY", "€1,234.50", "€4.26M"),
        ("en-ZA", "€1,234.50", "€4.26M"),
    ],
)
def test_money_follows_the_language(tag: str, expected: str, million: str) -> None:
    assert full(1234.5, "currency:EUR", "FLOAT64", tag) == expected
    assert "".join(short(4_260_000, "currency:EUR", tag)) == million


def test_an_unknown_region_has_its_language() -> None:
    assert locale("de-LU").tag == "de"
    assert locale("xx").tag == "en"


def test_a_column_has_one_number_of_decimals() -> None:
    written = formatter(None, "FLOAT64", dashboard=ENGLISH).fitted([1.5, 2.25, 3.0])
    assert [written.text(v) for v in (1.5, 2.25, 3.0)] == ["1.50", "2.25", "3.00"]


@pytest.mark.parametrize("name", ["year", "flight_year", "customer_id", "ID"])
def test_years_and_ids_are_no_amounts(name: str) -> None:
    assert formatter(None, "INT64", dashboard=ENGLISH, name=name).text(2013) == "2013"


@pytest.mark.parametrize(
    ("chosen", "values", "expected"),
    [
        ("currency:EUR", [0, 20000, 40000], ["€0", "€20k", "€40k"]),
        (None, [0, 500, 1000], ["0", "500", "1,000"]),
        ("percent", [0.026, 0.028, 0.03], [f"2.6{NB}%", f"2.8{NB}%", f"3.0{NB}%"]),
        ("bytes", [0, 5e8, 1e9], [f"0{NB}GB", f"0.5{NB}GB", f"1.0{NB}GB"]),
        ("duration", [0, 7200, 14400], [f"0{NB}h", f"2{NB}h", f"4{NB}h"]),
        (NumberFormat(number=",.0f", unit="min"), [0, 2.5], [f"0{NB}min", f"2.5{NB}min"]),
        (NumberFormat(number=".1%"), [0, 0.5], [f"0{NB}%", f"50{NB}%"]),
        (NumberFormat(number=".3s"), [0, 1500], ["0", "1.5k"]),
    ],
)
def test_an_axis_has_one_unit(chosen: Any, values: list[float], expected: list[str]) -> None:
    assert formatter(chosen, "FLOAT64", dashboard=ENGLISH).ticks(values) == expected


def test_a_date_is_never_shifted_and_a_moment_always() -> None:
    midnight = dt.datetime(2026, 3, 1, 0, 30, tzinfo=dt.UTC)
    new_york = board(timezone="America/New_York")
    assert formatter(None, "DATE", dashboard=new_york).text(dt.date(2026, 3, 1)) == "Mar 1, 2026"
    written = formatter(None, "TIMESTAMP", dashboard=new_york)
    assert written.text(midnight) == "Feb 28, 2026, 7:30 PM"
    naive = midnight.replace(tzinfo=None)
    assert formatter(None, "DATETIME", dashboard=new_york).text(naive) == "Mar 1, 2026, 12:30 AM"


def test_dates_have_the_names_of_their_language() -> None:
    written = formatter(DateFormat(date="%A, %-d. %B %Y (%V)"), "DATE", dashboard=GERMAN)
    assert written.text(dt.date(2026, 3, 1)) == "Sonntag, 1. März 2026 (09)"


@pytest.mark.parametrize("dashboard", [GERMAN, ENGLISH])
def test_an_axis_past_the_words_people_know_has_powers_of_ten(dashboard: Dashboard) -> None:
    ticks = formatter(None, "INT64", dashboard=dashboard).ticks
    assert ticks([0, 4e18, 8e18]) == ["0", "4e18", "8e18"]
    assert ticks([-2e15, 0, 2e15]) == ["−2e15", "0", "2e15"]


@pytest.mark.parametrize("type_", ["INT64", "DATE", "STRING", "TIMESTAMP", "BOOL"])
@pytest.mark.parametrize("chosen", [None, "percent", "duration", "bytes", "date"])
def test_a_null_is_a_dash(type_: str, chosen: str | None) -> None:
    assert full(None, chosen, type_) == "–"


@example(1.7976931348623157e308, "compact")
@example(1.7976931348623157e308, "percent")
@given(
    st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(), st.decimals(allow_nan=None)),
    st.sampled_from([None, "compact", "percent", "bytes", "duration", "currency:EUR"]),
)
def test_every_number_has_a_text(value: Any, chosen: str | None) -> None:
    if isinstance(value, Decimal) and value.is_snan():
        return
    written = formatter(chosen, "NUMERIC", dashboard=GERMAN).fitted([value])
    assert written.text(value) and written.figure(value).text and written.short(value)
