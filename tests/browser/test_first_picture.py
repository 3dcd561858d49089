"""What a page shows before its script has run: at once, in its theme, and at its final size."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from peter_core.plan.tokens import Theme, tokens
from peter_jupyter.first_picture import first_picture
from peter_jupyter.page import Account, Addresses, dashboard_page
from tests.browser.serving import GALLERY, Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]

PLACES = """
() => [...document.querySelectorAll(
    '.page > header, main .card, .legend, .plot, .tbl, .kpi .v, .kpi .d, .prose')]
  .map(part => {
    const { left, top, width, height } = part.getBoundingClientRect();
    const box = [left, top + scrollY, width, height].map(Math.round);
    return [part.className, part.closest('.card')?.querySelector('h2')?.textContent, ...box];
  })
"""

PAINTED = """
() => new Promise(
  done => new PerformanceObserver(done).observe({ type: 'paint', buffered: true })
).then(() => null)
"""


def without(page: Page, *names: str) -> None:
    """From its next load on, a page gets none of these files."""
    for name in names:
        page.route(f"**/{name}*", lambda route: route.abort())


def places_of(page: Page) -> list[list[Any]]:
    """Where everything stands in a page, in whole pixels."""
    found: list[list[Any]] = page.evaluate(PLACES)
    return found


def is_same(one: list[Any], other: list[Any]) -> bool:
    """Whether two parts are of one kind and card, and no more than a pixel apart."""
    pixels = zip(one[2:], other[2:], strict=True)
    return one[:2] == other[:2] and all(abs(a - b) <= 1 for a, b in pixels)


@pytest.mark.parametrize("width", [1280, 900, 480, 360])
def test_what_is_drawn_stands_where_the_first_picture_had_it(
    site: Site, open_page: Open, width: int
) -> None:
    seen = open_page(f"{site.url}/page", width=width)
    seen.drawn()
    drawn = places_of(seen.page)
    without(seen.page, "page.js", "peter.css")
    seen.page.reload()
    first = places_of(seen.page)
    assert len(first) > 30
    pairs = zip(first, drawn, strict=False)  # Below the fold more may be drawn.
    assert [pair for pair in pairs if not is_same(*pair)] == []


def test_who_is_logged_in_stands_where_the_first_picture_had_it(
    site: Site, open_page: Open
) -> None:
    html = dashboard_page(
        "Sales",
        Addresses(data_url="/data", static_url="/static"),
        artifact_json=json.dumps(site.artifact).encode(),
        account=Account("ada@example.com", "/logout", "/login"),
    )
    seen = open_page("about:blank")
    seen.page.route("**/mine", lambda route: route.fulfill(body=html, content_type="text/html"))
    seen.page.goto(f"{site.url}/mine")
    seen.drawn()
    bar = "parts => parts.map(part => Object.values(part.getBoundingClientRect().toJSON()))"
    parts = seen.page.locator("#peter-account, #peter-account > :not([role]), h1")
    drawn = parts.evaluate_all(bar)
    without(seen.page, "page.js", "account.js", "peter.css")
    seen.page.reload()
    assert parts.evaluate_all(bar) == drawn
    assert len(drawn) == 4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_picture_has_the_theme_of_the_reader(
    site: Site, open_page: Open, theme: Theme
) -> None:
    seen = open_page("about:blank", theme=theme)
    without(seen.page, "page.js", "peter.css")
    seen.page.goto(f"{site.url}/page")
    expect(seen.page.locator(".kpi .v").first).to_be_visible()
    for place, token, rule in [("#peter", "bg", "background-color"), ("h1", "ink", "color")]:
        probe = f"part => getComputedStyle(part).getPropertyValue('{rule}')"
        shown = seen.page.locator(place).evaluate(probe)
        value = tokens(theme)[token].lstrip("#")
        assert shown == f"rgb({', '.join(str(int(value[at : at + 2], 16)) for at in (0, 2, 4))})"


def test_the_first_picture_does_not_wait_for_the_stylesheet_and_cards_do(
    site: Site, open_page: Open
) -> None:
    seen = open_page("about:blank")
    held: list[Route] = []
    seen.page.route("**/peter.css*", lambda route: held.append(route))
    seen.page.goto(f"{site.url}/page", wait_until="commit")
    seen.page.evaluate(PAINTED)
    expect(seen.page.locator(".kpi .v").first).to_be_visible()
    # Nothing of the script is there without the styles it needs.
    expect(seen.page.locator(".menu")).to_have_count(0)
    assert len(held) == 1
    held[0].continue_()
    seen.drawn()
    assert seen.faults == []


def test_a_page_without_data_starts_with_its_title_alone() -> None:
    assert first_picture("A & B", None) == (
        '<div class="page"><header class="top"><div class="titles"><h1>A &amp; B</h1></div>'
        "</header></div>"
    )


def test_no_text_of_the_data_is_markup_in_the_first_picture() -> None:
    known = json.loads(GALLERY.read_text("utf-8"))
    evil = "<b onclick=x>\"'"

    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: poisoned(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [poisoned(item, key) for item in value]
        kept = ("type", "kind", "chart", "state", "direction", "mark", "verdict", "freshness")
        return evil if isinstance(value, str) and key not in kept else value

    shown = first_picture(evil, json.dumps(poisoned(known)).encode(), up=(evil, evil))
    assert "<b onclick" not in shown
    assert shown.count("&lt;b onclick=x&gt;&quot;&#x27;") > 30
