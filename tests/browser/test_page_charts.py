"""How charts come into a page, and how they answer the pointer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.serving import Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]

# The dots that stand for values and are seen.
SEEN = """
dots => dots.filter(dot => getComputedStyle(dot).opacity === '1').length
"""


def test_the_dot_nearest_to_the_pointer_is_shown_and_named(site: Site, open_page: Open) -> None:
    seen = open_page(f"{site.url}/page")
    seen.drawn()
    plot = seen.page.locator("[data-chart=by_day] .plot")
    dots = plot.locator(".hover_marks path")
    assert dots.count() == 180
    assert dots.evaluate_all(SEEN) == 0
    plot.hover(position={"x": 300, "y": 90})
    expect(plot.locator(".tip")).to_contain_text("Revenue")
    assert dots.evaluate_all(SEEN) == 1
    # Below the axis there is nothing to point at.
    box = plot.bounding_box()
    assert box is not None
    plot.hover(position={"x": 300, "y": box["height"] - 4})
    expect(plot.locator(".tip")).to_be_hidden()
    assert dots.evaluate_all(SEEN) == 0
    assert seen.faults == []


def test_pointing_at_a_series_dims_the_others_and_no_unseen_dot(
    site: Site, open_page: Open
) -> None:
    seen = open_page(f"{site.url}/page")
    seen.drawn()
    page = seen.page
    page.locator("[data-chart=by_day] .legend button").last.hover()
    plot = page.locator("[data-chart=by_day] .plot")
    dimmed = "marks => marks.filter(mark => getComputedStyle(mark).opacity === '0.3').length"
    assert plot.locator(".mark-line path").evaluate_all(dimmed) == 1
    assert plot.locator(".hover_marks path").evaluate_all(dimmed) == 0
    assert seen.faults == []


# A reader who is at the end of a page before its charts are: their order is written down.
AT_THE_END = """
window.__order = [];
new MutationObserver(() => {
  const cards = [...document.querySelectorAll('.card[data-chart]')];
  if (cards.length > 0 && scrollY === 0) scrollTo(0, document.documentElement.scrollHeight);
  for (const card of cards) {
    const name = card.dataset.chart;
    if (card.querySelector('.plot svg') && !window.__order.includes(name)) {
      window.__order.push(name);
    }
  }
}).observe(document, { childList: true, subtree: true });
"""

IN_SIGHT = """
plots => plots.filter(plot => {
  const { top, bottom } = plot.getBoundingClientRect();
  return bottom >= 0 && top <= innerHeight;
}).map(plot => plot.closest('.card').dataset.chart)
"""


def test_a_long_page_draws_what_is_in_sight_first_and_the_rest_by_and_by(
    site: Site, chromium: Browser
) -> None:
    names = [f"day_{at}" for at in range(24)]
    site.artifact["charts"] = dict.fromkeys(names, site.artifact["charts"]["conversion"])
    tiles = [[{"chart": name, "width": 12, "height": None}] for name in names]
    site.artifact["layout"] = {"tabs": [{"title": None, "rows": tiles}]}
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(AT_THE_END)
    page.goto(f"{site.url}/page")
    expect(page.locator(".plot:not(:has(svg))")).to_have_count(0, timeout=60_000)
    order = page.evaluate("window.__order")
    seen = set(page.locator(".plot").evaluate_all(IN_SIGHT))
    assert sorted(order) == sorted(names)
    assert names[-1] in seen
    assert names[0] not in seen
    assert set(order[: len(seen)]) == seen
    context.close()


def test_a_long_page_that_is_printed_at_once_holds_every_chart(site: Site, open_page: Open) -> None:
    names = [f"day_{at}" for at in range(12)]
    site.artifact["charts"] = dict.fromkeys(names, site.artifact["charts"]["conversion"])
    tiles = [[{"chart": name, "width": 12, "height": None}] for name in names]
    site.artifact["layout"] = {"tabs": [{"title": None, "rows": tiles}]}
    seen = open_page(f"{site.url}/page")
    expect(seen.page.locator(".plot svg").first).to_be_visible()
    seen.page.emulate_media(media="print")
    seen.drawn()
    assert seen.page.locator(".plot svg").count() == len(names)
    assert seen.faults == []


# A card that is not shown when its chart's turn comes, as in a tab of JupyterLab behind another.
HIDE_HEAT = """
new MutationObserver((_, observer) => {
  const card = document.querySelector('[data-chart=heat]');
  if (!card) return;
  card.style.display = 'none';
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""

FILLED = """
plot => {
  const { top, height } = plot.getBoundingClientRect();
  const cells = [...plot.querySelectorAll('.mark-rect path')].map(e => e.getBoundingClientRect());
  const low = Math.max(...cells.map(cell => cell.bottom)) - top;
  return cells.length > 100 && low > height * 0.7 && low < height;
}
"""


def test_a_chart_that_was_hidden_fills_its_card_once_it_is_shown(
    site: Site, chromium: Browser
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 3000})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.add_init_script(HIDE_HEAT)
    page.goto(f"{site.url}/page")
    card = page.locator("[data-chart=heat]")
    expect(card.locator(".plot svg")).to_have_count(1)
    expect(card).to_be_hidden()
    card.evaluate("card => { card.style.display = ''; }")
    plot = card.locator(".plot").element_handle()
    page.wait_for_function(FILLED, arg=plot)
    assert said == []
    context.close()
