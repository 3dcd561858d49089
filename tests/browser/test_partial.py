"""A filter that is changed: only the charts that depend on it are asked for, on every surface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Request, Route, expect

from peter_core import Peter
from tests.browser.surfaces import PATIENCE_MS, TOKEN, Window, drawn, write_notebook
from tests.small_flights import write_tables
from tools.lab import running_lab

pytestmark = pytest.mark.browser

SLUG = "two-filters"
DOCUMENT = f"""\
version: 1
slug: {SLUG}
title: Two filters
filters:
  carrier: {{type: select, options: [AA, B6, UA], default: null}}
  least: {{type: number, default: 0}}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights FROM nyc.flights
      WHERE @carrier IS NULL OR carrier = @carrier
      GROUP BY flight_date ORDER BY flight_date
  far: {{sql: "SELECT COUNT(*) AS n FROM nyc.flights WHERE distance >= @least"}}
  airlines: {{sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}}
charts:
  departures: {{type: kpi, query: daily, title: Departures, value: flights, aggregate: sum}}
  days: {{type: bar, query: daily, title: Days, x: flight_date, y: flights}}
  far: {{type: kpi, query: far, title: Far, value: n}}
  airlines: {{type: table, query: airlines, title: Airlines}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab with the dashboard published, as a file and in a notebook."""
    home = tmp_path_factory.mktemp("partial")
    root = home / "files"
    root.mkdir()
    workspace = write_tables(home / "workspace")
    (root / f"{SLUG}.peter.yaml").write_text(DOCUMENT, "utf-8")
    write_notebook(root / "board.ipynb", f"%%peter_dashboard\n{DOCUMENT}")
    with Peter.local(workspace) as peter:
        peter.publish(DOCUMENT)
    with running_lab(root, workspace, home, TOKEN) as url:
        yield url


def shows(board: Locator, *, departures: str, far: str) -> None:
    """Both numbers are those of the filters, and the chart has its bars."""
    expect(board.locator("[data-chart=departures] .v")).to_have_text(departures)
    expect(board.locator("[data-chart=far] .v")).to_have_text(far)
    expect(board.locator("[data-chart=days] .plot svg")).to_be_visible(timeout=PATIENCE_MS)
    expect(board.locator("[data-chart=airlines] tbody tr")).to_have_count(3)
    expect(board).not_to_have_class("is-busy")


def marked(board: Locator, chart: str) -> Locator:
    """What a chart is drawn with, marked so that anything drawn anew is not it."""
    body = board.locator(f"[data-chart={chart}] > :nth-child(2)")
    body.evaluate("element => { element.dataset.held = 'yes'; }")
    return board.locator(f"[data-chart={chart}] [data-held]")


def charts_of(request: Request) -> list[str]:
    """The charts that a request asks for."""
    found = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    return sorted(found["charts"][0].split(","))


@pytest.mark.parametrize("surface", ["page", "preview"])
def test_a_filter_asks_the_server_for_the_charts_it_touches_alone(
    lab: str, chromium: Browser, surface: str
) -> None:
    with Window(chromium, lab) as window:
        page = window.page
        if surface == "page":
            window.open_page(SLUG)
        else:
            window.open_preview(SLUG)
        board = page.locator("#peter" if surface == "page" else ".peter-preview .pt")
        drawn(page, "#peter" if surface == "page" else ".peter-preview .pt", 1)
        shows(board, departures="5", far="5")
        path = "/data?" if surface == "page" else "/preview?"
        kept = [marked(board, name) for name in ("far", "airlines")]
        with page.expect_response(lambda r: path in r.url and "carrier=AA" in r.url) as told:
            board.get_by_label("Carrier").select_option("AA")
        assert charts_of(told.value.request) == ["days", "departures"]
        answer: dict[str, Any] = told.value.json()
        assert sorted(answer["charts"]) == ["days", "departures"]
        shows(board, departures="2", far="5")
        for one in kept:
            expect(one).to_have_count(1)
        kept = [marked(board, name) for name in ("departures", "days", "airlines")]
        with page.expect_response(lambda r: path in r.url and "least=1100" in r.url) as told:
            board.get_by_label("Least").fill("1100")
            board.get_by_label("Least").press("Enter")
        assert charts_of(told.value.request) == ["far"]
        shows(board, departures="2", far="3")
        for one in kept:
            expect(one).to_have_count(1)
        if surface == "page":
            board.get_by_role("button", name="Options for Days").click()
            with page.expect_response(lambda r: path in r.url) as told:
                board.get_by_role("menuitem", name="Refresh data").click()
            assert charts_of(told.value.request) == ["days", "departures"]
            assert "refresh=true" in told.value.url
            shows(board, departures="2", far="3")
            with page.expect_response(lambda r: path in r.url) as told:
                page.go_back()
            assert charts_of(told.value.request) == ["far"]
            shows(board, departures="2", far="5")
        window.harmless()


def test_a_revision_that_was_published_meanwhile_is_asked_for_as_a_whole(
    lab: str, chromium: Browser
) -> None:
    with Window(chromium, lab) as window:
        page = window.page
        window.open_page(SLUG)
        board = page.locator("#peter")
        drawn(page, "#peter", 1)
        newer = {**_published(window), "revision": "f" * 64, "title": "Newer"}
        asked: list[bool] = []

        def answer(route: Route, request: Request) -> None:
            part = "charts=" in request.url
            asked.append(part)
            route.fulfill(json={**newer, "partial": part})

        page.route("**/data?**", answer)
        board.get_by_label("Carrier").select_option("AA")
        expect(board.locator("h1")).to_have_text("Newer")
        assert asked == [True, False]
        window.harmless()


def test_a_filter_of_a_notebooks_output_is_told_only_what_it_touches(
    lab: str, chromium: Browser
) -> None:
    with Window(chromium, lab) as window:
        page = window.page
        window.run_notebook("board.ipynb")
        board = page.locator("[data-peter-live]")
        expect(board).to_be_visible(timeout=PATIENCE_MS)
        drawn(page, "[data-peter-live]", 1)
        shows(board, departures="5", far="5")
        kept = [marked(board, name) for name in ("far", "airlines")]
        board.get_by_label("Carrier").select_option("AA")
        shows(board, departures="2", far="5")
        for one in kept:
            expect(one).to_have_count(1)
        told = [json.loads(text) for text in window.parcels("artifact")]
        assert [sorted(one["charts"]) for one in told] == [
            ["airlines", "days", "departures", "far"],
            ["days", "departures"],
        ]
        window.harmless()


def _published(window: Window) -> dict[str, Any]:
    url = f"{window.lab}/peter/api/v1/dashboards/{SLUG}/data"
    answer = window.page.request.get(url, headers={"Authorization": f"token {TOKEN}"})
    loaded: dict[str, Any] = answer.json()
    return loaded
