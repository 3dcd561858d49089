"""What Peter says in the language of a dashboard, and that a catalogue leaves nothing out."""

from __future__ import annotations

import ast
import json
import re
import string
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from peter_core.dashboard.model import Dashboard
from peter_core.engine.port import Column
from peter_core.plan import words
from peter_core.plan.charts import chart_view
from peter_core.plan.plurals import plural
from peter_core.plan.words import (
    FOLDER,
    Told,
    catalogue_of,
    chosen_language,
    in_english,
    languages,
    retold,
    say,
    say_count,
    speaking,
    tell,
)

PLAN = Path(words.__file__).parent
PACKAGES = ("peter_core", "peter_jupyter")
ROOT = PLAN.parents[1]
MESSAGES = ROOT / "labextension" / "src" / "messages.ts"
TEXT = re.compile(r"(?<!\w)[A-Za-z]{3,}")


def strings(node: ast.expr) -> list[str]:
    """The texts that an argument can be: literals, and both ends of a condition."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    return []


@cache
def trees() -> tuple[ast.Module, ...]:
    """Every module."""
    paths = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return tuple(ast.parse(path.read_text("utf-8")) for path in paths)


def imported(tree: ast.Module) -> set[str]:
    """What a module has from `words`."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {each.name for node in nodes if node.module == words.__name__ for each in node.names}


@cache
def said(name: str, place: int) -> set[str]:
    """Every literal text that a module gives to a function of ours at an argument."""
    found: set[str] = set()
    for tree in trees():
        if name not in imported(tree):
            continue
        for node in ast.walk(tree):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id == name and len(node.args) > place:  # type: ignore[attr-defined]
                found.update(strings(node.args[place]))  # type: ignore[attr-defined]
    return found


@cache
def named_texts() -> set[str]:
    """Texts that are said by a name: of a table of their module, or `said` of their function."""
    from peter_core.plan import failures, summary
    from peter_core.plan.views import kpi, series
    from peter_jupyter.hosts.standalone import login
    from peter_jupyter.http import statuses

    tables = (failures._TITLES, summary._KINDS, summary._TRENDS, kpi._CHANGES, login._TITLES,
              statuses._DETAILS)  # fmt: skip
    found = {text for table in tables for text in table.values()} | {series.OTHER}
    found |= {title for _, title in statuses.STATUSES.values()}
    for tree in (tree for tree in trees() if "say" in imported(tree)):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("said", "told"):
                found.update(text for text in strings(node.value) if " " in text)
    return found


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@cache
def written_in_code() -> set[str]:
    """Every text of the code, with ``{}`` for what is filled in."""
    found: set[str] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(re.sub(r"\{\w+\}", "{}", node.value))
            if isinstance(node, ast.JoinedStr):
                parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
                found.add("".join(parts).strip())
    return found


@pytest.fixture(params=languages())
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_german_and_french_are_there() -> None:
    assert {"de", "fr"} <= set(languages())


def test_a_catalogue_has_every_text_that_is_said(language: str) -> None:
    catalogue = catalogue_of(language)
    assert catalogue is not None
    texts = said("say", 0) | named_texts()
    assert len(texts) > 100
    assert texts - set(catalogue.texts) == set()
    assert said("say_count", 2) - set(catalogue.counts) == set()


def test_a_catalogue_translates_nothing_that_is_not_said_any_more(language: str) -> None:
    catalogue = catalogue_of(language)
    assert catalogue is not None
    written = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    code = written_in_code()
    english = [*written["texts"], *(english for english, _ in written["sentences"])]
    joints = {"and", "or", "day", "month"}
    gone = [e for e in english if re.sub(r"\{\w+\}", "{}", e) not in code and e not in joints]
    assert gone == []


def test_a_catalogue_has_the_forms_of_its_languages_plurals(language: str) -> None:
    catalogue = catalogue_of(language)
    assert catalogue is not None
    # Nobody counts to a million tables: that form may be the one of all others.
    asked = {plural(language, number) for number in range(200)}
    for english, forms in catalogue.counts.items():
        assert asked <= set(forms), english


def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    written = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    pairs = [*written["texts"].items(), *written["sentences"]]
    pairs += [(one, form) for one, forms in written["counts"].items() for form in forms.values()]
    for english, told in pairs:
        assert places(told) == places(english), english
        assert told.strip() == told, english


def test_a_catalogue_has_every_word_of_a_surface_and_no_other(language: str) -> None:
    catalogue = catalogue_of(language)
    assert catalogue is not None
    keys = set(re.findall(r"^  (\w+):", MESSAGES.read_text("utf-8"), re.MULTILINE))
    assert len(keys) > 100
    assert set(catalogue.surface) == keys


def test_a_text_without_a_translation_is_said_in_english() -> None:
    with speaking("de-AT"):
        assert say("No data") == "Keine Daten"
        assert say("Nobody wrote this down, {name}.", name="Ana") == "Nobody wrote this down, Ana."
    assert say("No data") == "No data"


def test_a_language_nobody_translated_is_english_with_its_own_numbers() -> None:
    with speaking("sv-SE"):
        assert say_count(1, "{n} row", "{n} rows") == "1 row"
        assert re.fullmatch(r"1\s204 rows", say_count(1204, "{n} row", "{n} rows"))


def test_values_with_braces_stay_as_they_are() -> None:
    with speaking("de"):
        assert say("vs {name}", name="{days} {0.__class__}") == "ggü. {days} {0.__class__}"


def test_a_sentence_of_another_part_keeps_its_values() -> None:
    with speaking("de"):
        told = retold("There is no table called sales.orders.")
        assert told == "Es gibt keine Tabelle sales.orders."
        assert retold("There is no table called day.") == "Es gibt keine Tabelle day."
        assert retold("Syntax error: unexpected `FORM`.") == "Syntax error: unexpected `FORM`."
        assert retold(None) is None


@pytest.mark.parametrize(
    ("english", "told"),
    [
        ("The query would bill 10.5 MB, and its cap is 1 MB.",
         "Die Abfrage würde 10,5 MB abrechnen, ihre Grenze ist 1 MB."),
        ("BigQuery refused the query: it would bill more than its cap of 1.2 GB (1,234,567,890 "
         "bytes). Nothing was run or billed.",
         "BigQuery hat die Abfrage abgelehnt: Sie würde mehr als ihre Grenze von 1,2 GB "
         "(1.234.567.890 Bytes) abrechnen. Nichts wurde ausgeführt oder abgerechnet."),
        ("It was computed 1.5 h ago; it counts for 3 d.",
         "Vor 1,5 Std. berechnet; bis zum Alter von 3 Tagen gilt es als aktuell."),
        ("The filter 'tag' starts on 2013-06-03, after its end on 2013-06-31.",
         "Der Filter 'tag' beginnt am 03.06.2013, nach seinem Ende am 2013-06-31."),
        ("BigQuery has not answered since 2026-11-23 03:00 UTC, so it is not asked at the moment.",
         "BigQuery antwortet seit 23.11.2026, 03:00 UTC nicht und wird deshalb im Moment nicht "
         "gefragt."),
        ("It was computed 61 s ago; it counts for 1 min.",
         "Vor 61 s berechnet; bis zum Alter von 1 Min. gilt es als aktuell."),
        ("nyc.flights changed at 2026-11-23 03:00:09 UTC, after it was computed.",
         "nyc.flights hat sich nach der Berechnung geändert: 23.11.2026, 03:00:09 UTC."),
        ("It cannot be told when a.b, c.d and 2 more last changed.",
         "Für a.b, c.d und 2 weitere lässt sich nicht sagen, wann sich die Daten zuletzt geändert "
         "haben."),
        ("Did you mean nyc.flights or nyc.and?", "War nyc.flights oder nyc.and gemeint?"),
        ("The refresh failed: The query did not finish within 1.5 s.",
         "Die Aktualisierung ist fehlgeschlagen: Die Abfrage wurde nicht innerhalb von 1,5 s "
         "fertig."),
        ("The statement may cost $0.02, and the budget of $1,234.50 a month for dashboard umsatz "
         "has $1.00 left: $1,233.50 is spent and < $0.01 is reserved by running statements. "
         "It begins anew at 2026-12-01 00:00 UTC.",
         "Die Abfrage kann 0,02 $ kosten, und vom Budget von 1.234,50 $ je Monat für das Dashboard "
         "umsatz sind noch 1,00 $ übrig: 1.233,50 $ sind ausgegeben und < 0,01 $ für laufende "
         "Abfragen vorgemerkt. Es beginnt neu am 01.12.2026, 00:00 UTC."),
        ("The statement may cost $0.02, and the budget of $1.00 a day for everything has $0.01 "
         "left: $0.99 is spent. It begins anew at 2026-12-01 00:00 UTC.",
         "Die Abfrage kann 0,02 $ kosten, und vom Budget von 1,00 $ je Tag für alles sind noch "
         "0,01 $ übrig: 0,99 $ sind ausgegeben. Es beginnt neu am 01.12.2026, 00:00 UTC."),
    ],
)  # fmt: skip
def test_quantities_in_a_sentence_stand_as_the_language_writes_them(
    english: str, told: str
) -> None:
    with speaking("de-DE"):
        assert (retold(english) or "").replace("\u00a0", " ") == told
    assert retold(english) == english


def test_what_stays_english_in_another_language_says_so() -> None:
    unknown = "Syntax error: unexpected `FORM`."
    with speaking("de-CH"):
        assert tell("There is no dashboard sales.") == Told("Es gibt kein Dashboard sales.")
        assert tell(unknown).named("detail") == {"detail": unknown, "detail_lang": "en"}
        assert in_english("x") == Told("x", "en")
    for english in ("en-GB", "sv"):
        with speaking(english):
            assert tell(unknown).named("hint") == {"hint": unknown}


def test_a_sentence_is_not_told_in_two_languages() -> None:
    with speaking("de"):
        assert tell("Peter could not sing: no voice.").lang == "en"
        told = tell("Peter could not read dashboard sales: no room is left on the device.")
    assert told.text == (
        "Peter konnte das nicht: das Dashboard sales lesen (auf dem Datenträger ist kein Platz "
        "mehr)."
    )


def test_a_text_longer_than_any_of_ours_is_not_looked_through() -> None:
    with speaking("de"):
        long = "The statement may cost " + " and the budget of a for has left: " * 2000
        assert retold(long) == long


@pytest.mark.parametrize("tag", ["../de", "de/../de", "", "x" * 300, "d", "de.json"])
def test_a_tag_is_no_path(tag: str) -> None:
    assert catalogue_of(tag) is None


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("sv,de;q=0.5", "de"),
        ("en;q=0.4, de;q=0.8", "de"),
        ("de;q=0, sv", "en"),
        ("", "en"),
        ("*", "en"),
        (";;q=,,de;q=a", "de"),
    ],
)
def test_a_page_is_said_in_the_first_language_that_is_known(accepted: str, language: str) -> None:
    assert chosen_language(accepted) == language


def test_a_chart_of_a_german_dashboard_says_no_english_word() -> None:
    chart = {"type": "line", "query": "q", "title": "Umsatz", "x": "tag", "y": "betrag",
             "comparison": {"to": "previous_period"}}  # fmt: skip
    board = Dashboard.model_validate(
        {"version": 1, "slug": "umsatz", "title": "Umsatz", "locale": "de-DE",
         "filters": {"zeitraum": {"type": "date_range", "default": {"last": "7d"}}},
         "queries": {"q": {"sql": "SELECT 1"}}, "charts": {"umsatz": chart}}
    )  # fmt: skip
    rows = pa.table({"tag": [1, 2, 3], "betrag": [1.5, 2.5, 1234.5]})
    columns = [Column("tag", "INT64"), Column("betrag", "FLOAT64")]
    view = chart_view(board.charts["umsatz"], rows, columns, dashboard=board)
    assert view.summary == (
        "Umsatz: Liniendiagramm, 3 Punkte, steigend von 1,5 bei 1 auf 1.234,5 bei 3; "
        "niedrigster Wert 1,5 bei 1, höchster 1.234,5 bei 3."
    )
