"""The page about the dashboard file names every key, and its example can be used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

import peter_core.dashboard.model as model
from peter_core.dashboard.loading import load_dashboard

PAGE = (Path(__file__).parents[3] / "docs" / "dashboard.md").read_text(encoding="utf-8")
MODELS = [
    value
    for value in vars(model).values()
    if isinstance(value, type) and issubclass(value, BaseModel) and value is not model.Model
]


def test_the_example_has_no_problem() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    loaded = load_dashboard(example)
    assert loaded.problems == ()
    assert loaded.dashboard is not None


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_every_key_is_on_the_page(kind: type[BaseModel]) -> None:
    code = " ".join(re.findall(r"```yaml\n.*?```|`[^`]+`", PAGE, re.DOTALL))
    words = set(re.findall(r"[a-z_]+", code))
    missing = {field.alias or name for name, field in kind.model_fields.items()} - words
    assert missing == set()


def test_every_kind_of_chart_filter_and_format_is_on_the_page() -> None:
    for schema in (model.Chart, model.Filter):
        kinds = get_args(get_args(schema)[0])
        assert len(kinds) > 5
        for kind in kinds:
            (word,) = get_args(kind.model_fields["type"].annotation)
            assert f"| `{word}` |" in PAGE
    for preset in model.FORMAT_PRESETS:
        assert f"`{preset}`" in PAGE
