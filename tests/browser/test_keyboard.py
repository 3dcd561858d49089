"""A dashboard by keys alone, and charts that answer keys and pointer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from peter_jupyter.export import export_html
from tests.browser.serving import GALLERY, Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]


@pytest.fixture
def seen(open_page: Open, tmp_path: Path) -> Watched:
    """The gallery as an export, drawn."""
    path = tmp_path / "dashboard.html"
    path.write_text(export_html(GALLERY.read_bytes()), "utf-8")
    shown = open_page(path.as_uri())
    shown.drawn()
    return shown


def plot_of(page: Page, chart: str) -> Locator:
    return page.locator(f"[data-chart={chart}] .plot")


def spoken(page: Page, chart: str) -> Locator:
    return page.locator(f"[data-chart={chart}] figure [role=status]")


def focused(page: Page) -> str:
    found: str = page.evaluate(
        "() => { const e = document.activeElement;"
        " return e.getAttribute('aria-label') || e.textContent || e.tagName }"
    )
    return found


def test_every_control_is_reached_by_tab_in_reading_order_and_shows_a_ring(seen: Watched) -> None:
    page = seen.page
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the charts"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    tops, names = [], []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = focused(page)
        if name in names or page.evaluate("document.activeElement === document.body"):
            break
        names.append(name)
        ring = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle === 'solid' && parseFloat(s.outlineWidth) >= 2 })()"
        )
        assert ring, name
        card = page.evaluate(
            "document.activeElement.closest('.grid')?.getBoundingClientRect().top + scrollY"
        )
        tops.append(card)
    assert tops == sorted(tops)
    assert "Options for Revenue by channel" in names
    assert any(name.startswith("Net revenue by day: area chart") for name in names)
    assert any(name.startswith("Top products") for name in names)


def test_arrows_move_a_cursor_over_days_and_series_and_it_is_spoken(seen: Watched) -> None:
    page = seen.page
    plot = plot_of(page, "by_day")
    plot.focus()
    page.keyboard.press("ArrowRight")
    expect(spoken(page, "by_day")).to_have_text("Day Aug 25, 2026, Series Revenue, "
                                                "Revenue €37,861.42")  # fmt: skip
    expect(plot.locator(".cursor")).to_be_visible()
    expect(plot.locator(".tip")).to_contain_text("€37,861.42")
    page.keyboard.press("ArrowRight")
    expect(spoken(page, "by_day")).to_contain_text("Aug 26, 2026")
    page.keyboard.press("End")
    expect(spoken(page, "by_day")).to_contain_text("Nov 22, 2026")
    page.keyboard.press("ArrowDown")
    expect(spoken(page, "by_day")).to_contain_text("Previous")
    page.keyboard.press("Escape")
    expect(plot.locator(".cursor")).to_be_hidden()
    expect(spoken(page, "by_day")).to_have_text("")
    assert seen.faults == []


def test_the_cursor_stands_on_its_mark(seen: Watched) -> None:
    page = seen.page
    plot = plot_of(page, "channels")
    plot.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(spoken(page, "channels")).to_have_text("Channel Marketplace, Revenue €1,180,000")
    ring = plot.locator(".cursor").bounding_box()
    bar = plot.locator(".mark-rect path").nth(1).bounding_box()
    assert ring is not None
    assert bar is not None
    middle = (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    assert bar["x"] <= middle[0] <= bar["x"] + bar["width"]
    assert bar["y"] - 1 <= middle[1] <= bar["y"] + bar["height"] + 1


@pytest.mark.parametrize(
    ("chart", "keys", "text"),
    [
        ("regions", ["ArrowRight"], "Region Europe"),
        ("regions", ["ArrowRight", "ArrowDown"], "Region North America"),
        ("heat", ["ArrowRight", "ArrowRight"], "Hour 1, Weekday Mon"),
        ("heat", ["ArrowRight", "ArrowDown"], "Hour 0, Weekday Tue"),
        ("rating", ["End"], "Hours "),
        ("payment", ["ArrowRight", "ArrowRight"], "Method Invoice, Orders 21,969, Share 21.0"),
    ],
)
def test_every_kind_of_chart_is_read_by_keys(
    chart: str, keys: list[str], text: str, seen: Watched
) -> None:
    plot_of(seen.page, chart).focus()
    for key in keys:
        seen.page.keyboard.press(key)
    expect(spoken(seen.page, chart)).to_contain_text(text)


def test_enter_shows_the_table_and_escape_brings_the_chart_back(seen: Watched) -> None:
    page = seen.page
    card = page.locator("[data-chart=channels]")
    card.locator(".plot").focus()
    page.keyboard.press("Enter")
    expect(card.locator("tbody tr")).to_have_count(5)
    assert page.evaluate("document.activeElement.className") == "tbl"
    page.keyboard.press("Escape")
    expect(card.locator(".plot svg")).to_be_visible()
    assert page.evaluate("document.activeElement.className") == "plot"


def test_a_legend_entry_switches_its_series_and_the_rest_stands_on_the_ground(
    seen: Watched,
) -> None:
    page = seen.page
    card = page.locator("[data-chart=regions]")
    bars = card.locator(".plot .mark-rect path")
    expect(bars).to_have_count(52)
    europe = card.get_by_role("button", name="Europe")
    expect(europe).to_have_attribute("aria-pressed", "true")
    europe.focus()
    page.keyboard.press("Enter")
    expect(card.locator("path[fill='#c68206']")).to_have_count(0)
    expect(bars).to_have_count(39)
    expect(card.get_by_role("button", name="Europe")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.activeElement.textContent") == "Europe"
    page.keyboard.press("Enter")
    expect(bars).to_have_count(52)
    assert seen.faults == []


def test_pointing_at_a_series_dims_the_others(seen: Watched) -> None:
    card = seen.page.locator("[data-chart=regions]")
    card.get_by_role("button", name="Latin America").hover()
    bright = card.locator(".plot .mark-rect path:not([style*=opacity])")
    expect(bright).to_have_count(13)
    seen.page.mouse.move(0, 0)
    expect(bright).to_have_count(52)


def test_a_stretch_of_days_is_zoomed_and_all_comes_back(seen: Watched) -> None:
    page = seen.page
    plot = plot_of(page, "conversion")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    before = plot.locator("svg").text_content() or ""
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.55, y, steps=4)
    expect(plot.locator(".brush")).to_be_visible()
    page.mouse.up()
    back = page.locator("[data-chart=conversion]").get_by_role("button", name="Show all")
    expect(back).to_be_visible()
    expect(plot.locator("svg")).to_contain_text("2026")
    back.click()
    expect(back).to_be_hidden()
    expect(plot.locator("svg")).to_have_text(before)
    plot.focus()
    page.keyboard.press("End")
    page.keyboard.press("+")
    expect(back).to_be_visible()
    page.keyboard.press("0")
    expect(back).to_be_hidden()
    assert seen.faults == []


def test_tabs_and_menus_and_dialogs_answer_keys(seen: Watched) -> None:
    page = seen.page
    page.get_by_role("tab").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Lines")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    opener = page.get_by_role("button", name="Options for Revenue by channel")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "SQL and provenance"
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert focused(page) == "Options for Revenue by channel"


def test_a_filter_is_set_by_keys_alone(site: Site, open_page: Open) -> None:
    page = open_page(f"{site.url}/page").page
    page.get_by_label("Carrier").focus()
    with page.expect_response("**/data?*"):
        page.keyboard.press("ArrowDown")
    assert list(site.asked[-1]) == ["carrier", "tab"]
    assert json.loads(GALLERY.read_text("utf-8"))["filters"]


def test_a_reader_goes_through_the_whole_page_without_a_mouse(site: Site, open_page: Open) -> None:
    seen = open_page(f"{site.url}/page")
    seen.drawn()
    page = seen.page

    def go_to(name: str) -> None:
        for _ in range(60):
            if focused(page).startswith(name):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"Tab never came to {name!r}")

    # The filters stand ahead of the charts: one of several, and back to the default.
    go_to("Region")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_response("**/data?*"):
        page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert focused(page).startswith("Region")
    go_to("Reset")
    with page.expect_response("**/data?*"):
        page.keyboard.press("Enter")
    # A figure is read, becomes a table, is sorted, and is a figure again.
    go_to("Revenue by channel: bar chart")
    page.keyboard.press("ArrowDown")
    expect(spoken(page, "channels")).to_contain_text("Web store")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    heading = page.locator("[data-chart=channels] th").first
    expect(heading).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Escape")
    expect(page.locator("[data-chart=channels] .plot svg")).to_be_visible()
    # A legend, a menu and its dialog, a table's page, the export, another tab.
    go_to("North America")
    page.keyboard.press("Enter")
    expect(page.locator("[data-chart=regions] [aria-pressed=false]")).to_have_count(1)
    go_to("Options for Orders by region")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Home")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-chart=by_day]")).to_have_count(0)
    assert seen.faults == []
