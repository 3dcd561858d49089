"""The lineage of a dashboard, drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Site, Watched
from tests.browser.test_axe import violations
from tests.browser.test_page import PAYLOADS

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]


@pytest.fixture
def lineage(site: Site) -> Site:
    """A dashboard of two charts over two queries of one table."""
    nodes = [
        ("dashboard:sales", "dashboard", "sales", "Sales"),
        ("chart:sales/revenue", "chart", "revenue", "Revenue by day"),
        ("chart:sales/orders", "chart", "orders", "Orders"),
        ("query:sales/daily", "query", "daily", None),
        ("query:sales/counts", "query", "counts", None),
        ("table:local.shop.orders", "table", "local.shop.orders", None),
        ("table:local.shop.days", "table", "local.shop.days", None),
    ]
    edges = [
        ("table:local.shop.orders", "query:sales/daily", "reads"),
        ("table:local.shop.days", "query:sales/daily", "reads"),
        ("table:local.shop.orders", "query:sales/counts", "reads"),
        ("query:sales/daily", "chart:sales/revenue", "feeds"),
        ("query:sales/counts", "chart:sales/orders", "feeds"),
        ("chart:sales/revenue", "dashboard:sales", "shows"),
        ("chart:sales/orders", "dashboard:sales", "shows"),
    ]
    keys = ("id", "kind", "name", "title")
    site.graph = {
        "nodes": [dict(zip(keys, node, strict=True)) for node in nodes],
        "edges": [{"source": s, "target": t, "kind": k, "detail": None} for s, t, k in edges],
    }
    return site


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_drawn_followed_by_keys_and_free_of_what_axe_knows(
    theme: str, lineage: Site, open_page: Open
) -> None:
    seen = open_page(f"{lineage.url}/lineage", theme=theme)
    page = seen.page
    expect(page.locator(".node")).to_have_count(7)
    expect(page.locator(".lineage-stage path")).to_have_count(7)
    expect(page.get_by_role("status")).to_have_text("1 dashboard, 2 charts, 2 queries, 2 tables")
    assert violations(page) == []
    page.locator(".node.dashboard").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.classList.contains('chart')")
    days = page.locator(".node[data-id='table:local.shop.days']")
    page.get_by_role("button", name="Impact").click()
    days.click()
    expect(page.get_by_role("status")).to_have_text(
        "Depends on local.shop.days: 1 dashboard, 1 chart, 1 query"
    )
    expect(page.locator(".node.dim")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator(".dim")).to_have_count(0)
    page.get_by_label("Search tables, queries, charts").fill("revenue")
    expect(page.locator(".node.dim")).to_have_count(6)
    with page.expect_response("**/graph?columns=true"):
        page.get_by_role("button", name="Columns").click()
    assert seen.faults == []


def test_its_names_are_never_run(lineage: Site, open_page: Open) -> None:
    for node, payload in zip(lineage.graph["nodes"], PAYLOADS, strict=False):
        node["title"] = node["name"] = payload
    seen = open_page(f"{lineage.url}/lineage")
    expect(seen.page.locator(".node")).to_have_count(7)
    seen.page.locator(".node").first.click()
    assert seen.page.evaluate("window.__pwn") is None
    assert seen.faults == []
    assert all(a.startswith(lineage.url) or a == "data:," for a in seen.requests)


def test_a_graph_that_cannot_be_had_says_why(lineage: Site, open_page: Open) -> None:
    lineage.graph = {"nodes": None, "edges": []}
    page = open_page(f"{lineage.url}/lineage").page
    expect(page.locator(".state.failed")).to_be_visible()
