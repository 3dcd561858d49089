"""How charts come into a page, and how they answer the pointer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

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
