from __future__ import annotations

import json
import re

import pytest

from peter_core.plan.tokens import Theme, themed, tokens, vega_config
from tests.core.plan.chart_cases import CASES

VIEWS = {name: case.view().view for name, case in CASES.items()}
PLOTS = {name: view for name, view in VIEWS.items() if view["kind"] == "vega"}


def test_both_themes_name_the_same_colours() -> None:
    assert tokens("light").keys() == tokens("dark").keys()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_token_is_a_colour(theme: Theme) -> None:
    colour = re.compile(r"#[0-9a-f]{6}|rgba\(\d+, \d+, \d+, 0\.\d+\)")
    assert all(colour.fullmatch(value) for value in tokens(theme).values())


@pytest.mark.parametrize("name", PLOTS)
def test_every_colour_a_view_names_is_a_token(name: str) -> None:
    view = PLOTS[name]
    spec = {key: view["spec"][key] for key in view["spec"] if key not in ("$schema", "params")}
    text = json.dumps([spec, view["legend"], vega_config()])
    used = set(re.findall(r'"\$([a-z][a-z0-9-]*)"', text))
    assert used and used <= tokens("light").keys()
    assert not re.findall(r'"#[0-9a-fA-F]{3,8}"', text)


def test_texts_of_the_data_are_no_tokens() -> None:
    spec = {"params": [{"name": "x_labels", "value": ["$c1"]}], "mark": {"color": "$c1"}}
    assert themed(spec, "light") == {
        "params": [{"name": "x_labels", "value": ["$c1"]}],
        "mark": {"color": "#3366d6"},
    }
    assert themed("$nothing", "light") == "$nothing"


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_stand_out_and_texts_can_be_read(theme: Theme) -> None:
    named = tokens(theme)
    surface = named["surface"]
    assert all(contrast(named[f"c{i}"], surface) >= 2.9 for i in range(1, 7))
    for ink in ("ink", "ink-2", "ink-3"):
        assert contrast(named[ink], surface) >= 4.5
    for step in range(4):
        ink = named["seq-ink-low" if step < 3 else "seq-ink-high"]
        assert contrast(named[f"seq{step}"], ink) >= 4.5
