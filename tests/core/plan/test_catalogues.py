"""A language is one file: with it every surface speaks, and what it lacks stays English."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peter_core import Peter
from peter_core.plan import words
from peter_core.plan.words import catalogue_of, chosen_language, languages, say, say_count, speaking
from peter_jupyter.export import export_html
from peter_jupyter.export.svg import export_svg
from peter_jupyter.lineage_widget import LineageWidget
from peter_jupyter.page import Addresses, dashboard_page, lineage_page, list_page
from tests.small_flights import write_tables

# Of the range that is kept for private use: nobody will ever translate Peter into it.
TAG = "qaa"
BOARD = f"""
version: 1
slug: flights
title: Flights
locale: {TAG}
queries:
  all: {{sql: "SELECT carrier, COUNT(*) AS flights FROM nyc.flights GROUP BY 1"}}
  none: {{sql: "SELECT carrier FROM nyc.flights WHERE carrier = 'ZZ'"}}
charts:
  all: {{type: bar, query: all, title: All, x: carrier, y: flights}}
  none: {{type: table, query: none, title: None}}
"""


def shouted(told: Any) -> Any:
    """A text with signs around it, in every form that a catalogue has."""
    if isinstance(told, dict):
        return {form: one if form == "by" else shouted(one) for form, one in told.items()}
    return f"¡{told}!"


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Adds a language that was never there, as a file in a folder of catalogues."""
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    catalogue_of.cache_clear()

    def add(**parts: Any) -> None:
        (tmp_path / f"{TAG}.json").write_text(json.dumps(parts), "utf-8")

    yield add
    catalogue_of.cache_clear()


def whole() -> dict[str, Any]:
    """A catalogue with all that German has, each English text in signs."""
    german = json.loads((Path(words.__file__).parent / "catalogues" / "de.json").read_text("utf-8"))
    return {
        "texts": {english: shouted(english) for english in german["texts"]},
        "counts": {english: {"other": shouted(english)} for english in german["counts"]},
        "sentences": [[english, shouted(english)] for english, _ in german["sentences"]],
        "surface": {key: shouted(told) for key, told in german["surface"].items()},
    }


def test_a_file_is_all_that_a_language_needs(made_up: Callable[..., None], tmp_path: Path) -> None:
    made_up(**whole())
    assert languages() == (TAG,)
    assert chosen_language(f"{TAG}-XX, de, en") == TAG
    with Peter.local(write_tables(tmp_path / "workspace")) as peter:
        artifact = peter.preview(BOARD)
    board = artifact.payload
    assert board["charts"]["none"]["problem"]["title"] == "¡No data!"
    assert "¡bar chart!" in board["charts"]["all"]["summary"]
    assert board["words"]["language"] == TAG
    static = "/static"
    pages = [
        dashboard_page("Flights", Addresses(data_url="/d", static_url=static),
                       artifact_json=None, language=TAG),
        lineage_page(title="Flights", data_url="/d", board_url="/b", static_url=static,
                     language=TAG),
        list_page([], static_url=static, language=TAG),
        export_html(artifact.body),
    ]  # fmt: skip
    for page in pages:
        assert f'<html lang="{TAG}"' in page
        assert "¡Noch einmal!" in page, "its words are not in the page"
    assert f'xml:lang="{TAG}"' in export_svg(artifact.body)


def test_a_widget_of_a_lineage_is_given_the_words(made_up: Callable[..., None]) -> None:
    made_up(**whole())
    widget = LineageWidget(None, None, None, language=TAG)  # type: ignore[arg-type]
    told = json.loads(widget._reply("words") or "")
    assert told["words"]["impact"] == "¡Auswirkung!"
    widget.close()


def test_what_a_catalogue_lacks_is_said_in_english(made_up: Callable[..., None]) -> None:
    made_up(texts={"No data": "¡nada!"})
    with speaking(TAG):
        assert [say("No data"), say("Share")] == ["¡nada!", "Share"]
        assert say_count(2, "{n} row", "{n} rows") == "2 rows"
    catalogue = catalogue_of(TAG)
    assert catalogue is not None
    assert catalogue.for_surface() == {"language": TAG, "words": {}}
