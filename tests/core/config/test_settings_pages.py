"""The pages about settings name every setting, its variable and its default."""

from __future__ import annotations

import re
from pathlib import Path

from peter_core.config import read_settings
from peter_core.config.reading import FIELDS
from peter_core.config.settings import Settings
from peter_core.config.sources import variables
from tools import settings_pages

NOWHERE = Path("/nonexistent/peter.toml")


def variables_of_the_example() -> dict[str, str]:
    text = settings_pages.EXAMPLE.read_text(encoding="utf-8")
    return dict(re.findall(r"^#([A-Z_]+)=(.+)$", text, re.MULTILINE))


def test_the_pages_are_what_the_settings_say_today() -> None:
    again = "run python -m tools.settings_pages"
    assert settings_pages.PAGE.read_text(encoding="utf-8") == settings_pages.page(), again
    assert settings_pages.EXAMPLE.read_text(encoding="utf-8") == settings_pages.example(), again


def test_the_example_has_a_variable_for_every_setting() -> None:
    named = list(variables_of_the_example())
    assert len(named) == len(FIELDS)
    for name, field in zip(named, FIELDS, strict=True):
        assert name in variables(field)


def test_everything_in_the_example_can_be_used_as_it_stands() -> None:
    class Reader:
        def read(self, path: object) -> str:
            return "5f0e8c3a7b1d9264f0a1b2c3d4e5f607"

    reading = read_settings(environment=variables_of_the_example(), file=NOWHERE, secrets=Reader())
    assert reading.faults == ()
    assert set(reading.sources) == set(FIELDS)


def test_a_default_in_the_tables_is_the_default() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| [^|]+(?:\\\|[^|]+)* \| `([^`]+)` \|",
        settings_pages.PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len(rows) > 30
    for field, variable, default in rows:
        if field in ("project", "engine"):
            continue
        known = read_settings(environment={variable: default}, file=NOWHERE).require()
        assert getattr(known, field) == Settings.model_fields[field].default, field
