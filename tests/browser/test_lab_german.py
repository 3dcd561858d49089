"""JupyterLab in German: what Peter says in it is German, with the catalogue that Peter ships."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from peter_core import Peter
from peter_core.plan.words import FOLDER
from peter_core.principal import LOCAL
from tests.browser.test_lab_extension import BOARD, PATIENCE_MS, TOKEN, line, type_after
from tests.small_flights import write_tables
from tools.lab import running_lab
from tools.language_packs import said_texts

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"[^\W\d_]{3,}")
CHECKED = BOARD.replace("slug: departures", "slug: abfahrten").replace(
    "charts:\n", "    checks: [{rows: {min: 1}}]\ncharts:\n"
)
PUBLISHED = """\
version: 1
slug: abfluege
title: Abflüge
locale: de-DE
filters:
  tag: {type: date, label: Tag}
queries:
  alle: {sql: SELECT COUNT(*) AS zahl FROM nyc.flights}
charts:
  alle: {type: kpi, query: alle, title: Alle, value: zahl}
"""

# What a person reads or hears, but what is data or is said to be English.
TEXTS = """
root => {
  const texts = [];
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || node.lang === 'en') return;
    if (['SCRIPT', 'STYLE', 'PRE', 'CODE', 'TD'].includes(node.tagName)) return;
    for (const name of ['aria-label', 'title', 'placeholder'])
      if (node.hasAttribute(name)) texts.push(node.getAttribute(name));
    node.childNodes.forEach(walk);
  };
  walk(root);
  return texts;
}
"""


def write_pack(folder: Path) -> None:
    """JupyterLab's own pack of German, as far as it needs one to be set to the language."""
    names = folder / "german" / "locale" / "de_DE" / "LC_MESSAGES"
    names.mkdir(parents=True)
    (folder / "german" / "__init__.py").touch()
    about = {"domain": "jupyterlab", "language": "de-DE",
             "plural_forms": "nplurals=2; plural=(n != 1);"}  # fmt: skip
    pack = {"": about, "Other": ["Andere"], "Cancel": ["Abbrechen"]}
    (names / "jupyterlab.json").write_text(json.dumps(pack), "utf-8")
    info = folder / "german-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: german\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[jupyterlab.languagepack]\nde_DE = german\n")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab set to German, with a published dashboard and a file; its address."""
    home = tmp_path_factory.mktemp("lab")
    workspace = write_tables(home / "workspace")
    with Peter.local(workspace) as peter:
        peter.publish(PUBLISHED, principal=LOCAL)
    root = home / "files"
    root.mkdir()
    (root / "abfahrten.peter.yaml").write_text(CHECKED)
    write_pack(home / "packs")
    language = home / "settings" / "@jupyterlab" / "translation-extension"
    language.mkdir(parents=True)
    (language / "plugin.jupyterlab-settings").write_text(json.dumps({"locale": "de_DE"}))
    known = [str(home / "packs"), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, known))
    with running_lab(root, workspace, home, TOKEN, PYTHONPATH=path) as url:
        yield url


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window whose browser would rather have English; nothing throws."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    yield opened
    context.close()
    assert thrown == []


def english_of(found: Locator) -> list[str]:
    """The texts of an element that hold a word which only our English has."""
    german = json.loads((FOLDER / "de.json").read_text("utf-8"))
    english = [*said_texts(ROOT), *german["texts"]]
    told = json.dumps([german["lab"]["texts"], german["texts"]], ensure_ascii=False)
    told = " ".join(re.findall(r': "([^"]*)"', re.sub(r"\{\w+\}", "", told)))
    only = {word.lower() for text in english for word in WORD.findall(text)}
    only -= {word.lower() for word in WORD.findall(told)}
    assert {"verify", "publish", "the", "rows"} < only
    return [text for text in found.evaluate(TEXTS)
            if {word.lower() for word in WORD.findall(text)} & only]  # fmt: skip


def command(page: Page, label: str) -> None:
    """Choose one of Peter's commands from the palette."""
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill(f"Peter {label}")
    page.locator(".lm-CommandPalette-item", has_text=label).first.click()


def open_file(page: Page, lab: str) -> None:
    page.goto(f"{lab}/lab/workspaces/datei/tree/abfahrten.peter.yaml?token={TOKEN}&reset")
    expect(page.locator(".peter-preview figure svg").first).to_be_visible(timeout=PATIENCE_MS)


def test_sidebar_and_commands_are_german(lab: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.headers.get("accept-language", ""))
            if "/peter/api/" in r.url else None)  # fmt: skip
    page.goto(f"{lab}/lab/workspaces/leiste?token={TOKEN}&reset")
    page.locator(".jp-Launcher").click(timeout=PATIENCE_MS)
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill("Peter")
    items = page.locator(".lm-CommandPalette-item")
    for label in ("Veröffentlichen …", "Mit dem Veröffentlichten vergleichen", "Herkunft"):
        expect(items.filter(has_text=label).first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator('.lm-TabBar-tab[title^="Peter"]').click()
    sidebar = page.locator(".peter-sidebar")
    expect(sidebar.locator("h3").first).to_contain_text("Dieser Server")
    expect(sidebar.get_by_role("searchbox")).to_have_attribute(
        "placeholder", "Dashboards durchsuchen"
    )
    expect(sidebar.locator(".peter-meta").first).to_contain_text("gerade eben")
    sidebar.get_by_role("searchbox").fill("zzz")
    expect(sidebar).to_contain_text("Kein Dashboard passt zur Suche.")
    assert english_of(sidebar) == []
    assert asked != [] and set(asked) == {"de-DE"}
    # Beside JupyterLab's own tiles of that section, which it names in its own words.
    section = page.locator(".jp-Launcher-section", has_text="Andere")
    tiles = section.locator(".jp-LauncherCard")
    expect(tiles.filter(has_text="Neues Dashboard aus Vorlage")).to_have_count(1)
    expect(tiles).not_to_have_count(1)


def test_a_file_its_problems_and_its_verification_are_told_in_german(lab: str, page: Page) -> None:
    open_file(page, lab)
    line(page, "slug: abfahrten").click()
    command(page, "Prüfen")
    report = page.locator(".peter-report:visible")
    expect(report).to_contain_text("Prüfung bestanden: 1 von 1 Abfragen",
                                   timeout=PATIENCE_MS)  # fmt: skip
    expect(report).to_contain_text("Mindestens 1 Zeile: Das Ergebnis hat 3 Zeilen.")
    assert english_of(report.locator(".pt")) == []
    page.locator(".lm-TabBar-tab", has_text="abfahrten.peter.yaml").first.click()
    line(page, "slug: abfahrten").click()
    command(page, "Kosten")
    expect(page.locator(".peter-report:visible")).to_contain_text("Die eingebaute Engine",
                                                                  timeout=PATIENCE_MS)  # fmt: skip
    assert english_of(page.locator(".peter-report:visible .pt")) == []
    page.locator(".lm-TabBar-tab", has_text="abfahrten.peter.yaml").first.click()
    type_after(page, "y: delay", "s")
    page.keyboard.press("Escape")
    expect(page.locator(".peter-strip")).to_have_text("1 Fehler · das letzte gültige Bild")
    page.locator(".cm-lintRange-error").hover()
    expect(page.locator(".peter-problem")).to_have_attribute("lang", "en")


def test_a_page_says_in_its_own_language_why_it_could_not_be_loaded(lab: str, page: Page) -> None:
    # The browser asks for English; the dashboard is a German one.
    page.goto(f"{lab}/peter/dashboards/abfluege?token={TOKEN}&tag=gestern")
    alone = page.locator(".alone")
    expect(alone).to_contain_text("Der Filter 'tag' braucht einen Tag, nicht 'gestern'.",
                                  timeout=PATIENCE_MS)  # fmt: skip
    expect(alone).to_contain_text("Die Anfrage ist fehlerhaft")
    assert english_of(alone) == []
