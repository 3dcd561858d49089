from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.plan.numbers import Separators, Specifier, write

CASES = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "formats" / "d3-format-3.1.3.json").read_text("utf-8")
)
SEPARATORS = {
    "en": Separators(),
    "de": Separators(",", ".", (3,), ("", "\u00a0€"), "\u00a0%"),
    "in": Separators(".", ",", (3, 2, 2, 2, 2, 2, 2, 2, 2, 2), ("₹", "")),
}


def text(value: float | int | Decimal, specifier: str) -> str:
    return str(write(value, Specifier.parse(specifier), Separators()))


def test_the_fixture_covers_every_type_of_the_grammar() -> None:
    types = {specifier[-1:] for _, specifier, _, _ in CASES}
    assert {"d", "f", "e", "g", "r", "s", "%", "p", "x", "X", ",", ""} <= types
    assert len(CASES) >= 150


def test_numbers_read_as_d3_format_writes_them() -> None:
    wrong = [
        (language, specifier, value, found, expected)
        for language, specifier, value, expected in CASES
        if (found := str(write(float(value), Specifier.parse(specifier), SEPARATORS[language])))
        != expected
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("value", "specifier", "expected"),
    [
        (2**63 - 1, ",d", "9,223,372,036,854,775,807"),
        (-(2**63), ",d", "−9,223,372,036,854,775,808"),
        (Decimal("99999999999999999999999999999.999999999"), ",.9f",
         "99,999,999,999,999,999,999,999,999,999.999999999"),
        (Decimal("0.285"), ".0%", "29%"),
        (Decimal("1.005"), ".2f", "1.01"),
        (1.005, ".2f", "1.00"),
        (1e21, ",.0f", "1,000,000,000,000,000,000,000"),
        (float("inf"), ",.1f", "∞"),
        (float("-inf"), "d", "−∞"),
        (Decimal("NaN"), ".1f", "NaN"),
    ],
)  # fmt: skip
def test_exact_numbers_keep_every_digit(
    value: float | int | Decimal, specifier: str, expected: str
) -> None:
    assert text(value, specifier) == expected


@pytest.mark.parametrize("specifier", ["%d", ".f", "1,2", "🙂", ",.2q", "f,"])
def test_what_is_no_specifier_says_so(specifier: str) -> None:
    with pytest.raises(ValueError, match="is no d3-format specifier"):
        Specifier.parse(specifier)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**38), max_value=10**38))
def test_fixed_decimals_are_the_value_rounded_half_up(value: Decimal) -> None:
    written = text(value, ",.9f").replace(",", "").replace("−", "-")
    assert abs(Decimal(written) - value) <= Decimal("5e-10")


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_an_integer_reads_back_as_itself(value: int) -> None:
    assert int(text(value, ",d").replace(",", "").replace("−", "-")) == value


@given(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(sorted({c[1] for c in CASES}))
)
def test_every_float_has_a_text_in_every_specifier(value: float, specifier: str) -> None:
    assert text(value, specifier)
