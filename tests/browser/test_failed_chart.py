"""What a reader can do about a chart that failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]


def test_a_failed_chart_opens_its_query_and_is_asked_for_again(site: Site, open_page: Open) -> None:
    chart = site.artifact["charts"]["repeat"]
    chart["problem"] |= {"detail": "No column `orign` in <b>`local.nyc`</b>."}
    seen = open_page(f"{site.url}/page")
    seen.drawn()
    card = seen.page.locator("[data-chart=repeat]")
    # Names stand as code, and nothing else becomes an element.
    expect(card.locator(".state code")).to_have_text(["orign", "local.nyc"])
    expect(card.locator(".state p").first).to_have_text("No column orign in <b>local.nyc</b>.")
    expect(card.locator(".state b")).to_have_count(0)
    card.get_by_role("button", name="Open query").click()
    expect(seen.page.get_by_role("dialog")).to_be_visible()
    seen.page.keyboard.press("Escape")
    with seen.page.expect_response("**/data?*"):
        card.get_by_role("button", name="Retry").click()
    assert len(site.asked) == 1
    assert seen.faults == []
