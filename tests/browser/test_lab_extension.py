"""A person writes a dashboard in JupyterLab: drawn while typed, mended, published, opened again."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from peter_core.engine.port import Column
from peter_core.verify.verification import Finding, Verification
from peter_jupyter.display.bundles import verification_bundle
from tests.small_flights import write_tables
from tools.lab import running_lab

pytestmark = pytest.mark.browser

TOKEN = "a-token-of-the-test"  # noqa: S105 (the server is this test's own)
PATIENCE_MS = 60_000
BOARD = """\
version: 1
slug: departures
title: Departures
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights, AVG(dep_delay) AS delay
      FROM nyc.flights
      GROUP BY flight_date ORDER BY flight_date
charts:
  flights: {type: kpi, query: daily, title: All departures, value: flights, aggregate: sum}
  delay:
    type: line
    query: daily
    title: Average delay
    x: flight_date
    y: delay
"""
VERIFIED = Verification(
    verdict="passed",
    statement_type="SELECT",
    sql="SELECT name FROM nyc.airlines",
    fingerprint="f" * 16,
    engine="duckdb",
    schema=(Column("name", "STRING"),),
    row_count=1,
    sample_rows=({"name": "<img src=x onerror=boom()>"},),
    findings=(Finding("constant", "warning", "Every row is the same."),),
    cap_bytes=1_000_000,
)
CELL = "%%peter_sql\nSELECT carrier\nFROM nyc.flights"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab over two small tables, with a dashboard file and a notebook; its address."""
    home = tmp_path_factory.mktemp("lab")
    workspace = write_tables(home / "workspace")
    root = home / "files"
    root.mkdir()
    for name in ("departures", "broken", "sql", "keys", "theme"):
        text = BOARD.replace("slug: departures", f"slug: {name}")
        (root / f"{name}.peter.yaml").write_text(text)
    (root / "cells.ipynb").write_text(json.dumps(notebook(CELL)))
    (root / "output.ipynb").write_text(json.dumps(notebook("found", VERIFIED)))
    with running_lab(root, workspace, home, TOKEN) as url:
        yield url


@pytest.fixture
def page(lab: str, chromium: Browser) -> Iterator[Page]:
    """A window of JupyterLab of its own; nothing leaves the server, nothing throws."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    outside: list[str] = []
    thrown: list[str] = []
    opened.on("request", lambda r: None if r.url.startswith((lab, "data:", "blob:"))
              else outside.append(r.url))  # fmt: skip
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    yield opened
    context.close()
    assert outside == []
    assert thrown == []


def notebook(source: str, *shown: Verification) -> dict[str, object]:
    outputs = [{"output_type": "display_data", "metadata": {}, "data": verification_bundle(one)}
               for one in shown]  # fmt: skip
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": source,
            "outputs": outputs, "execution_count": None}  # fmt: skip
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def open_file(page: Page, lab: str, name: str) -> None:
    """Open a dashboard file in a fresh workspace and wait for its picture."""
    page.goto(f"{lab}/lab/workspaces/{name}/tree/{name}.peter.yaml?token={TOKEN}&reset")
    expect(page.locator(".peter-preview figure svg").first).to_be_visible(timeout=PATIENCE_MS)


def line(page: Page, text: str) -> Locator:
    return page.locator(".peter-editor .cm-line", has_text=text).first


def type_after(page: Page, text: str, typed: str) -> None:
    """Put the cursor to the end of a line and type."""
    line(page, text).click()
    page.keyboard.press("End")
    page.keyboard.type(typed)


def command(page: Page, label: str) -> None:
    """Choose one of Peter's commands from the palette."""
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill(f"Peter {label}")
    page.locator(".lm-CommandPalette-item", has_text=label).first.click()


def show_sidebar(page: Page) -> None:
    page.locator('.lm-TabBar-tab[title^="Peter"]').click()
    expect(page.locator(".peter-sidebar h3").first).to_be_visible()


def test_a_dashboard_file_opens_with_its_picture_and_is_drawn_again_while_typed(
    lab: str, page: Page
) -> None:
    open_file(page, lab, "departures")
    heading = page.locator(".peter-preview h1")
    expect(heading).to_have_text("Departures")
    type_after(page, "title: Departures", " of three days")
    expect(heading).to_have_text("Departures of three days")
    assert page.locator(".peter-preview .card").count() == 2


def test_a_problem_is_underlined_at_its_place_with_its_hint_until_it_is_mended(
    lab: str, page: Page
) -> None:
    open_file(page, lab, "broken")
    type_after(page, "y: delay", "s")
    page.keyboard.press("Escape")
    wrong = page.locator(".cm-lintRange-error")
    expect(wrong).to_have_text("delays")
    expect(page.locator(".peter-strip")).to_have_text("1 error · the last valid picture")
    expect(page.locator(".peter-preview figure svg").first).to_be_visible()
    wrong.hover()
    expect(page.locator(".peter-problem")).to_contain_text("Did you mean 'delay'?")
    page.keyboard.press("Backspace")
    expect(wrong).to_have_count(0)
    expect(page.locator(".peter-strip")).to_be_hidden()


def test_a_problem_inside_sql_stands_in_the_line_of_the_file(lab: str, page: Page) -> None:
    open_file(page, lab, "sql")
    type_after(page, "FROM nyc.flights", "x")
    page.keyboard.press("Escape")
    expect(line(page, "FROM nyc.flightsx").locator(".cm-lintRange-error")).to_have_count(1)


def test_keys_columns_and_sql_are_completed_as_one_types(lab: str, page: Page) -> None:
    open_file(page, lab, "keys")
    options = page.locator(".peter-completion li")
    type_after(page, "title: Departures", "\nown")
    expect(options.first).to_contain_text("owner")
    page.wait_for_timeout(200)  # a list that just opened takes no key
    page.keyboard.press("Tab")
    expect(line(page, "owner:")).to_be_visible()
    page.keyboard.type("a@example.com")
    type_after(page, "y: delay", "")
    for _ in "delay":
        page.keyboard.press("Backspace")
    page.keyboard.type("fli")
    expect(options.first).to_contain_text("flight_date")
    expect(options).to_have_count(2)
    page.keyboard.press("Escape")
    type_after(page, "FROM nyc.flights", " WHERE dep")
    expect(options.first).to_contain_text("dep_delay")
    keyword = line(page, "FROM nyc.flights").get_by_text("FROM", exact=True)
    assert keyword.evaluate("e => getComputedStyle(e).fontWeight") == "700"


def test_a_dashboard_is_published_compared_and_opened_from_the_sidebar(
    lab: str, page: Page
) -> None:
    open_file(page, lab, "departures")
    show_sidebar(page)
    expect(page.locator(".peter-sidebar")).to_contain_text("Nothing is published yet.")
    line(page, "slug: departures").click()
    command(page, "Publish")
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Publish departures")
    dialog.locator("input").fill("The first one")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published departures @")).to_be_visible(timeout=PATIENCE_MS)
    entry = page.locator(".peter-open", has_text="Departures")
    expect(entry).to_contain_text("Fresh")
    entry.click()
    expect(page.locator("#peter-dashboard-departures figure svg").first).to_be_visible()
    page.locator(".peter-search input").fill("nothing like it")
    expect(page.locator(".peter-sidebar")).to_contain_text("No dashboard matches the search.")
    page.locator(".lm-TabBar-tab", has_text="departures.peter.yaml").first.click()
    type_after(page, "title: Departures", " now")
    command(page, "Compare")
    expect(page.locator(".peter-report")).to_contain_text("title")
    expect(page.locator(".peter-report .pt-pill").first).to_have_text("1 change")


def test_cost_verification_and_lineage_open_beside_the_file(lab: str, page: Page) -> None:
    open_file(page, lab, "departures")
    for label, words in (
        ("Cost", "Cost of departures"),
        ("Verify", "1 of 1 queries passed"),
        ("Lineage", "Lineage of departures"),
    ):
        page.locator(".lm-TabBar-tab", has_text="departures.peter.yaml").first.click()
        line(page, "slug: departures").click()
        command(page, label)
        report = page.locator(".peter-report:visible")
        expect(report).to_contain_text(words, timeout=PATIENCE_MS)
    table = page.locator(".peter-report .node.table", has_text="nyc.flights")
    table.click()
    assert page.locator(".lineage-stage path.lit").count() >= 2
    page.get_by_role("button", name="Columns").click()
    expect(page.locator(".peter-report .node.column", has_text="dep_delay")).to_be_visible()
    page.get_by_role("searchbox", name="Search tables, queries, charts").fill("delay")
    expect(table).to_have_attribute("aria-pressed", "true")


def test_what_a_command_cannot_do_is_told_in_peters_words(lab: str, page: Page) -> None:
    open_file(page, lab, "broken")
    line(page, "slug: broken").click()
    command(page, "Compare")
    expect(page.locator(".Toastify")).to_contain_text("broken")
    expect(page.locator(".Toastify .jp-mod-error, .Toastify__toast--error")).to_be_visible()
    command(page, "Export")
    expect(page.get_by_text("broken is not published yet.")).to_be_visible()


def test_the_picture_and_the_sidebar_follow_the_theme(lab: str, page: Page) -> None:
    open_file(page, lab, "theme")
    board = page.locator(".peter-board")
    expect(board).to_have_attribute("data-theme", "light")
    show_sidebar(page)
    light = board.evaluate("e => getComputedStyle(e).backgroundColor")
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Theme", exact=True).hover()
    page.locator(".lm-Menu-itemLabel").get_by_text("JupyterLab Dark", exact=True).click()
    expect(board).to_have_attribute("data-theme", "dark", timeout=PATIENCE_MS)
    assert board.evaluate("e => getComputedStyle(e).backgroundColor") != light


def test_a_new_dashboard_is_made_from_the_template_and_drawn(lab: str, page: Page) -> None:
    page.goto(f"{lab}/lab/workspaces/new?token={TOKEN}&reset")
    show_sidebar(page)
    page.get_by_role("button", name="New dashboard from a template").click()
    page.locator(".jp-Dialog input").fill("Café sales 2026")
    page.locator(".jp-Dialog").get_by_role("button", name="Create").click()
    expect(page.locator(".peter-preview figure svg").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".peter-preview h1")).to_have_text("Café sales 2026")
    expect(line(page, "slug:")).to_have_text("slug: cafe-sales-2026")


def test_sql_cells_are_coloured_completed_and_verified(lab: str, page: Page) -> None:
    page.goto(f"{lab}/lab/workspaces/cells/tree/cells.ipynb?token={TOKEN}&reset")
    ask = page.locator(".jp-Dialog").get_by_role("button", name="Select Kernel")
    page.add_locator_handler(ask, lambda: ask.click())
    code = page.locator(".jp-Notebook .cm-line", has_text="SELECT").first
    expect(code).to_be_visible(timeout=PATIENCE_MS)
    keyword = code.get_by_text("SELECT", exact=True)
    expect(keyword).to_be_visible()
    assert keyword.evaluate("e => getComputedStyle(e).fontWeight") == "700"
    last = page.locator(".jp-Notebook .cm-line", has_text="FROM").first
    last.click()
    page.keyboard.press("End")
    page.keyboard.type("\nWHERE dep_d")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer-item").first).to_contain_text("dep_delay")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Notebook .cm-line").last).to_have_text("WHERE dep_delay")
    page.keyboard.type(" > 5")
    page.locator('.jp-NotebookPanel-toolbar [data-command="peter:verify"]').click()
    report = page.locator(".peter-report")
    expect(report).to_contain_text("passed", timeout=PATIENCE_MS)
    expect(report).to_contain_text("local.nyc.flights")


def test_a_verification_in_an_output_is_drawn_in_the_theme_of_the_lab(lab: str, page: Page) -> None:
    page.goto(f"{lab}/lab/workspaces/output/tree/output.ipynb?token={TOKEN}&reset")
    output = page.locator(".jp-OutputArea .peter-report")
    expect(output.locator(".pt-pill").first).to_have_text("passed", timeout=PATIENCE_MS)
    expect(output).to_contain_text("Every row is the same.")
    expect(output.locator("td", has_text="<img src=x onerror=boom()>")).to_be_visible()
    light = page.evaluate("document.body.dataset.jpThemeLight") == "true"
    expect(output.locator(".pt")).to_have_attribute("data-theme", "light" if light else "dark")
    assert output.locator("img").count() == 0


def test_the_extension_is_enabled_and_asks_nothing_before_something_is_shown(
    lab: str, page: Page
) -> None:
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/peter/" in r.url else None)
    page.goto(f"{lab}/lab/workspaces/quiet?token={TOKEN}&reset")
    expect(page.locator('.lm-TabBar-tab[title^="Peter"]')).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_timeout(1500)
    assert asked == []
    answer = urllib.request.urlopen(f"{lab}/lab/api/extensions?token={TOKEN}")  # noqa: S310
    mine = [one for one in json.load(answer) if one["name"] == "peter-lab"]
    assert [(one["enabled"], one["status"]) for one in mine] == [(True, "ok")]
