"""The models and the JSON Schema made from them."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from pydantic import ValidationError

from peter_core.dashboard.charts import NumberFormat
from peter_core.dashboard.model import (
    Comparison,
    Dashboard,
    DateBounds,
    LastAge,
    json_schema,
    parse_age,
    parse_size,
)


def test_the_published_schema_is_the_one_of_the_models() -> None:
    """On failure write ``json_schema()`` to the file, with an indent of two."""
    published = resources.files("peter_core.dashboard") / "peter-dashboard-1.json"
    text = published.read_text(encoding="utf-8")
    assert text == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("text", "size"),
    [("1B", 1), ("200MB", 200_000_000), ("1.5GB", 1_500_000_000), ("1 GiB", 2**30),
     ("0.001KB", 1), ("2TiB", 2**41)],
)  # fmt: skip
def test_sizes_are_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["200", "0MB", "0.0001KB", "MB", 200, None, True])
def test_a_size_needs_a_unit_and_more_than_zero(text: object) -> None:
    with pytest.raises(ValueError, match=r"size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "age"), [("90s", 90), ("15m", 900), ("6h", 21600), ("28d", 2419200), ("1w", 604800)]
)
def test_ages_are_seconds(text: str, age: int) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["6", "0h", "6 hours", "-1d", "1.5h", 6, None, "9999w"])
def test_an_age_needs_a_unit_and_a_bound(text: object) -> None:
    with pytest.raises(ValueError, match=r"age"):
        parse_age(text)


@pytest.mark.parametrize("text", ["", ",.0f", "$,.2f", ".1%", "-12,.10~s", "+.3e", "(,.0f", "08d"])
def test_a_number_format_may_be_any_of_the_grammar(text: str) -> None:
    assert NumberFormat(number=text).number == text


@pytest.mark.parametrize(
    "text",
    ["999,.0f", ".999f", ",.0f\n", ",.0f ", "%s", "{0}", "%(x)s", ",.0q", "f,", "*>9f", "((,.0f",
     "0" * 2_000 + "f", ",.0f" * 2_000],
)  # fmt: skip
def test_a_number_format_is_short_and_of_the_grammar(text: str) -> None:
    with pytest.raises(ValidationError, match="number"):
        NumberFormat(number=text)


def test_models_do_not_change_after_loading() -> None:
    comparison = Comparison(to="previous_period")
    with pytest.raises(ValidationError):
        comparison.to = "target"  # type: ignore[misc]


def test_a_dashboard_can_be_built_from_models_as_well_as_from_text() -> None:
    built = Dashboard.model_validate(
        {
            "version": 1,
            "slug": "ab",
            "title": "T",
            "filters": {"p": {"type": "date_range", "default": LastAge(last="28d")}},  # type: ignore[arg-type]
            "queries": {"q": {"sql": "SELECT 1 AS a"}},
            "charts": {"c": {"type": "table", "query": "q", "title": "C"}},
        }
    )
    assert built.filters["p"].default == LastAge(last="28d")  # type: ignore[arg-type]
    assert Dashboard.model_validate(built) is built


def test_bounds_are_a_first_and_a_last_day() -> None:
    with pytest.raises(ValidationError, match="must not be after"):
        DateBounds.model_validate({"from": "2013-02-01", "to": "2013-01-01"})
