"""The form of a word beside a number, against the Unicode data of a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peter_core.plan.plurals import plural

# What Intl.PluralRules says of each number (CLDR 48).
FIXTURE = Path(__file__).parents[2] / "fixtures" / "formats" / "plurals.json"
KNOWN = json.loads(FIXTURE.read_text("utf-8"))


@pytest.mark.parametrize("language", KNOWN["categories"])
def test_python_chooses_the_form_that_a_browser_chooses(language: str) -> None:
    told = [plural(language, number) for number in KNOWN["numbers"]]
    assert told == KNOWN["categories"][language].split()


def test_a_region_has_the_rule_of_its_language_and_an_unknown_language_that_of_english() -> None:
    assert plural("ru-RU", 21) == "one"
    assert plural("pt-BR", 0) == "one"
    assert plural("pt-PT", 0) == "other"
    assert [plural("xx", number) for number in (0, 1, 2)] == ["other", "one", "other"]
    assert plural("de", -1) == "one"
