"""What is printed: every tab of a dashboard, and who verified it when."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from peter_jupyter.export import export_html
from tests.browser.serving import GALLERY, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]

# Chromium tells of the print before it lays out the paper, as it does for a reader's own.
WATCH = """
() => addEventListener('beforeprint', () => {
  const all = query => [...document.querySelectorAll(query)];
  window.printed = {
    titles: all('h2.tab').map(title => title.textContent),
    cards: all('.card').map(card => card.dataset.chart),
    plots: all('.plot').length,
    drawn: all('.plot:has(svg)').length,
  };
})
"""


@pytest.fixture
def board(open_page: Open, tmp_path: Path) -> Page:
    """An export with figures on both of its tabs."""
    artifact: dict[str, Any] = json.loads(GALLERY.read_text("utf-8"))
    first, second = artifact["layout"]["tabs"]
    second["rows"] += [first["rows"].pop(), first["rows"].pop(1)]
    path = tmp_path / "dashboard.html"
    path.write_text(export_html(json.dumps(artifact).encode()), "utf-8")
    seen = open_page(path.as_uri(), theme="dark")
    seen.drawn()
    return seen.page


def test_all_tabs_are_printed_each_with_its_title(board: Page) -> None:
    shown = board.locator(".card").count()
    board.evaluate(WATCH)
    paper = board.pdf(prefer_css_page_size=True, print_background=True)
    printed = board.evaluate("window.printed")
    assert printed["titles"] == ["Overview", "Lines"]
    assert set(json.loads(GALLERY.read_text("utf-8"))["charts"]) == set(printed["cards"])
    assert printed["drawn"] == printed["plots"] == 7
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) >= 3
    # After it the reader has the tab that was open.
    expect(board.locator("h2.tab")).to_have_count(0)
    assert board.locator(".card").count() == shown


def test_what_the_reader_did_in_the_open_tab_is_printed_and_stays(board: Page) -> None:
    board.get_by_role("tab", name="Lines").click()
    table = board.locator("[data-chart=lines]")
    table.get_by_role("button", name="Next page").click()
    expect(table.locator(".pager")).to_contain_text("11–20")
    board.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(table.locator(".pager")).to_contain_text("11–20")
    expect(board.locator(".plot:not(:has(svg))")).to_have_count(0)
    expect(board.locator("[data-chart=revenue]")).to_be_visible()
    board.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(table.locator(".pager")).to_contain_text("11–20")
    expect(board.locator("[data-chart=revenue]")).to_have_count(0)


@pytest.mark.parametrize("medium", ["picture", "print", "paper"])
def test_no_control_stands_where_none_can_be_used(board: Page, medium: str) -> None:
    if medium == "paper":
        board.emulate_media(media="print")
        board.evaluate("dispatchEvent(new Event('beforeprint'))")
    else:
        address = board.url + ("#light" if medium == "picture" else "#print")
        board.goto("about:blank")
        board.goto(address)
    expect(board.locator("[data-chart=lines] .pager")).to_have_text("1–10 of 1,200")
    controls = board.locator("main, header.top").locator("input, select, .menu, .btn, .icon, .seg")
    expect(controls.filter(visible=True)).to_have_count(0)


def test_the_print_dialog_opens_once_every_tab_is_drawn(board: Page) -> None:
    board.evaluate(WATCH)
    board.evaluate("window.print = () => dispatchEvent(new Event('beforeprint'))")
    board.get_by_role("button", name="Export").click()
    board.get_by_role("menuitem", name="Print or save as PDF").click()
    board.wait_for_function("() => window.printed !== undefined")
    printed = board.evaluate("window.printed")
    assert printed["drawn"] == printed["plots"] == 7


def test_who_verified_it_when_is_printed_below_it(board: Page) -> None:
    foot = board.locator("footer")
    told = foot.get_by_text("Last verified")
    expect(told).to_be_hidden()
    board.emulate_media(media="print")
    expect(told).to_be_visible()
    expect(told).to_contain_text("Nov 23, 2026")
    expect(told).to_contain_text("by ada@example.com")
