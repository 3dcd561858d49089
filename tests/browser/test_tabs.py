"""A dashboard of several tabs: the queries of a tab are run when somebody looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from peter_core import Peter
from tests.browser.surfaces import HEADERS, PATIENCE_MS, TOKEN, Window
from tests.small_flights import write_tables
from tools.lab import running_lab

pytestmark = pytest.mark.browser

SLUG = "three-tabs"
DOCUMENT = f"""\
version: 1
slug: {SLUG}
title: Three tabs
filters:
  carrier: {{type: select, options: [AA, B6, UA], default: null}}
queries:
  all:
    sql: "SELECT COUNT(*) AS n FROM nyc.flights WHERE @carrier IS NULL OR carrier = @carrier"
  days:
    sql: |
      SELECT flight_date, COUNT(*) AS flights FROM nyc.flights
      WHERE @carrier IS NULL OR carrier = @carrier
      GROUP BY flight_date ORDER BY flight_date
  airlines: {{sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}}
charts:
  departures: {{type: kpi, query: all, title: Departures, value: n}}
  days: {{type: bar, query: days, title: Days, x: flight_date, y: flights}}
  airlines: {{type: table, query: airlines, title: Airlines}}
layout:
  tabs:
    - {{title: Overview, rows: [[departures]]}}
    - {{title: By day, rows: [[days]]}}
    - {{title: Airlines, rows: [[airlines]]}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab and the pages, with the dashboard published."""
    home = tmp_path_factory.mktemp("tabs")
    root = home / "files"
    root.mkdir()
    workspace = write_tables(home / "workspace")
    with Peter.local(workspace) as peter:
        peter.publish(DOCUMENT)
    with running_lab(root, workspace, home, TOKEN) as url:
        yield url


@pytest.fixture
def window(lab: str, chromium: Browser) -> Iterator[Window]:
    """A window on a server that holds nothing of the dashboard."""
    with Window(chromium, lab) as opened:
        cache = f"{lab}/peter/api/v1/cache?slug={SLUG}"
        assert opened.page.request.delete(cache, headers=HEADERS).ok
        yield opened
        opened.harmless()


def asked(response: Response) -> dict[str, str]:
    """What a request for data asks for."""
    found = parse_qs(urlsplit(response.url).query)
    return {name: values[0] for name, values in found.items() if name != "token"}


def is_data(response: Response) -> bool:
    return "/data" in urlsplit(response.url).path


def open_tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title).click()


def test_a_page_asks_for_a_tab_when_it_is_opened(window: Window) -> None:
    page = window.page
    seen: list[dict[str, str]] = []
    page.on("response", lambda told: seen.append(asked(told)) if is_data(told) else None)
    window.open_page(SLUG)
    expect(page.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    open_tab(page, "By day")
    expect(page.locator("[data-chart=days] .plot svg")).to_be_visible(timeout=PATIENCE_MS)
    open_tab(page, "Overview")
    open_tab(page, "By day")
    expect(page.locator("[data-chart=days] .plot svg")).to_be_visible(timeout=PATIENCE_MS)
    assert seen == [{"tab": "1"}, {"charts": "days"}]
    # Of the third tab nothing was computed yet, and a changed filter computes no more of it.
    with page.expect_response(is_data) as told:
        page.get_by_label("Carrier").select_option("AA")
    assert asked(told.value) == {"carrier": "AA", "charts": "departures,days", "tab": "2"}
    states = {name: chart["state"] for name, chart in told.value.json()["charts"].items()}
    assert states == {"departures": "waiting", "days": "ready"}
    with page.expect_response(is_data) as told:
        open_tab(page, "Overview")
    assert asked(told.value) == {"carrier": "AA", "charts": "departures"}
    expect(page.locator("[data-chart=departures] .v")).to_have_text("2")


def test_a_page_whose_first_tab_is_held_is_painted_at_once(window: Window, lab: str) -> None:
    page = window.page
    data = f"{lab}/peter/api/v1/dashboards/{SLUG}/data?tab=1"
    assert page.request.get(data, headers=HEADERS).ok
    seen: list[dict[str, str]] = []
    page.on("response", lambda told: seen.append(asked(told)) if is_data(told) else None)
    window.open_page(SLUG)
    expect(page.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    open_tab(page, "Airlines")
    expect(page.locator("[data-chart=airlines] tbody tr")).to_have_count(3, timeout=PATIENCE_MS)
    assert seen == [{"charts": "airlines"}]


def test_the_address_names_the_open_tab(window: Window) -> None:
    page = window.page
    window.open_page(SLUG)
    expect(page.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    open_tab(page, "Airlines")
    expect(page.locator("[data-chart=airlines] tbody tr")).to_have_count(3, timeout=PATIENCE_MS)
    page.get_by_label("Carrier").select_option("AA")
    expect(page).to_have_url(re.compile(r"\?carrier=AA&tab=3$"))
    open_tab(page, "By day")
    expect(page.locator("[data-chart=days] .plot svg")).to_be_visible(timeout=PATIENCE_MS)
    expect(page).to_have_url(re.compile(r"\?carrier=AA&tab=2$"))
    page.go_back()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Airlines")
    expect(page.get_by_label("Carrier")).to_have_value("AA")
    page.go_back()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Airlines")
    expect(page.get_by_label("Carrier")).not_to_have_value("AA")
    page.go_forward()
    page.go_forward()
    expect(page.get_by_role("tab", selected=True)).to_have_text("By day")
    expect(page.locator("[data-chart=days] .plot svg")).to_be_visible(timeout=PATIENCE_MS)


def test_a_page_opens_at_the_tab_of_its_address(window: Window) -> None:
    page = window.page
    address = f"{window.lab}/peter/dashboards/{SLUG}?tab=3&token={TOKEN}"
    with page.expect_response(is_data) as told:
        page.goto(address)
    assert asked(told.value) == {"tab": "3"}
    expect(page.get_by_role("tab", selected=True)).to_have_text("Airlines")
    expect(page.locator("[data-chart=airlines] tbody tr")).to_have_count(3, timeout=PATIENCE_MS)
    # Held by now: painted at once, and where there are fewer tabs the last one is open.
    for tab in ("3", "9"):
        page.goto(address.replace("tab=3", f"tab={tab}"))
        expect(page.locator("[data-chart=airlines] tbody tr")).to_have_count(3)
        assert page.evaluate("JSON.parse(document.querySelector('#peter-artifact').text).slug")
    page.goto(address.replace("tab=3", "tab=first"))
    expect(page.get_by_text("The argument 'tab' cannot be 'first'.")).to_be_visible()


def test_printing_has_every_tab_loaded_first(window: Window) -> None:
    page = window.page
    page.add_init_script("window.print = () => { document.body.dataset.printed = 'yes'; }")
    window.open_page(SLUG)
    expect(page.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Export").click()
    with page.expect_response(is_data) as told:
        page.get_by_role("menuitem", name="Print").click()
    assert asked(told.value) == {"charts": "days,airlines"}
    expect(page.locator("body[data-printed]")).to_be_attached(timeout=PATIENCE_MS)
    expect(page.locator("[data-chart=days] .plot svg")).to_be_visible()
    expect(page.locator("[data-chart=airlines] tbody tr")).to_have_count(3)


def test_paper_says_what_nobody_loaded(window: Window) -> None:
    page = window.page
    window.open_page(SLUG)
    expect(page.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    told = page.locator("[data-chart=days] .waiting")
    expect(told).to_have_text("Not loaded yet. Open this tab, or print from the menu.")
    expect(told.locator(".paper")).to_be_visible()
    page.emulate_media(media="screen")
    expect(told.locator(".paper")).to_be_hidden()


def test_a_tab_that_cannot_be_loaded_says_so_and_is_asked_for_again(window: Window) -> None:
    page = window.page
    window.open_page(SLUG)
    expect(page.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    page.route("**/data?*", lambda route: route.abort())
    open_tab(page, "By day")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("The server does not answer.", timeout=PATIENCE_MS)
    expect(page.locator("[data-chart=days] .waiting")).to_be_attached()
    page.unroute_all()
    notice.get_by_role("button", name="Retry").click()
    expect(page.locator("[data-chart=days] .plot svg")).to_be_visible(timeout=PATIENCE_MS)
    expect(notice).to_be_hidden()


def test_a_dashboard_in_jupyterlab_asks_for_a_tab_when_it_is_opened(window: Window) -> None:
    page = window.page
    page.goto(f"{window.lab}/lab/workspaces/tabs?token={TOKEN}&reset")
    page.locator('.lm-TabBar-tab[title^="Peter"]').click(timeout=PATIENCE_MS)
    with page.expect_response(is_data, timeout=PATIENCE_MS) as told:
        page.locator(".peter-open", has_text="Three tabs").click()
    assert asked(told.value) == {"tab": "1"}
    board = page.locator(".peter-board")
    expect(board.locator("[data-chart=departures] .v")).to_have_text("5", timeout=PATIENCE_MS)
    with page.expect_response(is_data) as told:
        board.get_by_role("tab", name="Airlines").click()
    assert asked(told.value) == {"charts": "airlines"}
    expect(board.locator("[data-chart=airlines] tbody tr")).to_have_count(3)
