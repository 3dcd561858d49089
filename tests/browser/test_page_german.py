"""A dashboard with a German locale: no word of ours on it is English."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from peter_core import Peter
from peter_core.plan.words import FOLDER
from tests.browser.serving import ROOT, Site, Watched
from tests.small_flights import write_tables

pytestmark = pytest.mark.browser

MESSAGES = ROOT / "labextension" / "src" / "messages.ts"
WORD = re.compile(r"[^\W\d_]{3,}")

BOARD = """
version: 1
slug: starts
title: Abflüge
locale: de-DE
timezone: Europe/Berlin
filters:
  zeitraum: {type: date_range, label: Zeitraum, default: {from: 2013-06-02, to: 2013-06-03}}
  linie: {type: select, label: Linie, options: [AA, B6, UA], multiple: true}
  tag: {type: date, label: Tag}
  strecke: {type: number, label: Strecke}
  ort: {type: text, label: Ort}
  gut: {type: boolean, label: Gut}
queries:
  tage:
    sql: |
      SELECT flight_date AS tag, COUNT(*) AS starts, AVG(dep_delay) AS warten FROM nyc.flights
      WHERE flight_date BETWEEN @zeitraum_start AND @zeitraum_end GROUP BY 1
  linien:
    sql: SELECT carrier AS linie, COUNT(*) AS starts, SUM(distance) AS strecke FROM nyc.flights
         GROUP BY 1
  nichts: {sql: "SELECT carrier AS linie, COUNT(*) AS starts FROM nyc.flights WHERE carrier = 'ZZ'
                 GROUP BY 1"}
  teuer: {sql: SELECT carrier AS linie FROM nyc.flights, max_bytes: 1MB}
charts:
  starts: {type: kpi, query: tage, title: Starts, value: starts, aggregate: sum,
           comparison: {to: previous_period}}
  ziel: {type: kpi, query: tage, title: Warten, value: warten, aggregate: mean,
         comparison: {to: target, value: 3}}
  verlauf: {type: area, query: tage, title: Je Tag, x: tag, y: starts,
            comparison: {to: previous_period}}
  balken: {type: bar, query: linien, title: Je Linie, x: linie, y: starts, limit: 2}
  ring: {type: pie, query: linien, title: Anteile, category: linie, value: starts, limit: 2}
  punkte: {type: scatter, query: linien, title: Punkte, x: starts, y: [strecke, starts]}
  raster: {type: heatmap, query: linien, title: Raster, x: linie, y: starts, color: strecke}
  tabelle: {type: table, query: linien, title: Linien}
  leer: {type: bar, query: nichts, title: Leer, x: linie, y: starts}
  teuer: {type: table, query: teuer, title: Teuer}
  falsch: {type: kpi, query: linien, title: Falsch, value: starts}
  worte: {type: text, title: Worte, markdown: Nur Worte.}
"""

# Everything a person reads or hears but what is data: SQL, file names, units.
TEXTS = """
() => {
  const texts = [];
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (['SCRIPT', 'STYLE', 'PRE', 'CODE', 'DD'].includes(node.tagName)) return;
    for (const name of ['aria-label', 'aria-description', 'aria-roledescription', 'title',
                        'placeholder', 'alt'])
      // Vega marks its own SVG, which is hidden from who listens.
      if (node.hasAttribute(name) && !node.closest('.vega')) texts.push(node.getAttribute(name));
    node.childNodes.forEach(walk);
  };
  walk(document.querySelector('#peter'));
  return [document.title, ...texts];
}
"""


def english_words() -> set[str]:
    """Words that only our English has."""
    catalogue = json.loads((FOLDER / "de.json").read_text("utf-8"))
    source = re.sub(r"\$\{[^}]*\}", " ", MESSAGES.read_text("utf-8"))
    said = re.findall(r'"([^"]*)"|`([^`]*)`', source)
    english = [*catalogue["texts"], *catalogue["counts"], *("".join(pair) for pair in said)]
    english = [re.sub(r"\{\w+\}", " ", text) for text in english]
    words = {word.lower() for text in english for word in WORD.findall(text)}
    said_too = values([catalogue["texts"], catalogue["surface"]])
    return words - {word.lower() for text in said_too for word in WORD.findall(text)}


def values(tree: object) -> list[str]:
    """Every text of a tree that is no key."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        return [text for item in tree for text in values(item)]
    return [re.sub(r"\{\w+\}", " ", tree)] if isinstance(tree, str) else []


def english_of(page: Page) -> list[str]:
    """The texts on a page that hold a word of our English, each with that word."""
    english = english_words()
    found = [(text, {word.lower() for word in WORD.findall(text)} & english)
             for text in page.evaluate(TEXTS)]  # fmt: skip
    return [f"{sorted(words)}: {text}" for text, words in found if words]


@pytest.fixture
def german(tmp_path: Path, site: Site, open_page: Callable[..., Watched]) -> Iterator[Watched]:
    """The German dashboard on a page of a German reader."""
    flights = "flight_date,carrier,dep_delay,distance\n" + "".join(
        f"2013-06-0{1 + n % 3},{('AA', 'UA', 'B6', 'DL')[n % 4]},{n},{1000 + n}\n"
        for n in range(24)
    )
    with Peter.local(write_tables(tmp_path / "workspace", flights=flights)) as peter:
        site.artifact = peter.preview(BOARD).payload
    chart = site.artifact["charts"]["balken"]
    chart.update(freshness="stale", freshness_reason=None, truncated=True, row_count=1_204_311)
    now = dt.datetime.now(dt.UTC).isoformat()
    chart["receipt"] = {"id": "r", "verified_at": now, "verified_by": "ana@example.com",
                        "verdict": "passed", "matches": False}  # fmt: skip
    yield open_page(f"{site.url}/page", locale="de-DE")


def test_no_word_of_ours_is_english(german: Watched) -> None:
    page = german.page
    assert {"rows", "table", "verified", "lowest", "previous", "options"} < english_words()
    german.drawn()
    for state in ("Keine Daten", "Abfrage an ihrer Bytegrenze gestoppt", "Veraltet"):
        expect(page.get_by_text(state).first).to_be_visible()
    expect(page.locator("[data-chart=starts]")).to_contain_text("ggü. Vorzeitraum (2 Tage)")
    expect(page.locator("[data-chart=balken]")).to_contain_text("Übrige")
    expect(page.locator("[data-chart=ziel]")).to_contain_text("ggü. Ziel 3")
    expect(page.locator("[data-chart=balken]")).to_contain_text("von 1,2 Mio. Zeilen")
    assert page.locator("html").get_attribute("lang") == "de"
    assert english_of(page) == []


def test_nothing_english_opens_over_it(german: Watched) -> None:
    page = german.page
    german.drawn()
    page.get_by_role("button", name="Exportieren").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    assert english_of(page) == []
    page.keyboard.press("Escape")
    opener = page.get_by_role("button", name="Optionen für Je Linie")
    opener.click()
    assert english_of(page) == []
    page.get_by_role("menuitem", name="Als Tabelle ansehen").click()
    assert english_of(page) == []
    opener.click()
    page.get_by_role("menuitem", name="SQL und Herkunft").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Geprüft gerade eben von")
    expect(dialog).to_contain_text("seitdem geändert")
    assert english_of(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Linie Alle").click()
    assert english_of(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("group", name="Zeitraum").get_by_role("button").last.click()
    assert english_of(page) == []
    assert german.faults == []


def test_the_list_speaks_german_too(site: Site, open_page: Callable[..., Watched]) -> None:
    site.artifact["locale"] = "de-DE"
    site.entries = [
        {"slug": "starts", "title": "Abflüge", "url": "/page", "owner": "ana@example.com",
         "published_at": "2026-11-20T10:00:00Z", "computed_at": None, "last_cost_usd": "0.12"},
    ]  # fmt: skip
    page = open_page(f"{site.url}/dashboards", locale="de-DE").page
    expect(page.locator(".entry")).to_contain_text("zuletzt 0,12")
    expect(page.get_by_role("heading", name="Dashboards")).to_be_visible()
    assert english_of(page) == []
    page.get_by_role("searchbox").fill("zzz")
    expect(page.get_by_text("Kein Dashboard passt.")).to_be_visible()
    assert english_of(page) == []


def test_a_page_without_its_data_waits_and_fails_in_german(
    site: Site, open_page: Callable[..., Watched]
) -> None:
    site.artifact["locale"] = "de-DE"
    site.first_paint = False
    site.answer = lambda _: (500, "text/plain", b"")
    page = open_page(f"{site.url}/page", locale="de-DE").page
    alone = page.locator(".alone")
    expect(alone).to_contain_text("Das Dashboard konnte nicht geladen werden")
    expect(alone.get_by_role("button", name="Noch einmal")).to_be_visible()
