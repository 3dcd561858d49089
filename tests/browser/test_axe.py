"""axe-core finds nothing on any surface, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from peter_jupyter.export import export_html
from tests.browser.serving import GALLERY, ROOT, Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]
AXE = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
async root => {
  const found = await axe.run(root, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  });
  return found.violations.map(one => ({
    id: one.id,
    impact: one.impact,
    nodes: one.nodes.slice(0, 4).map(node => `${node.target.join(' ')}: ${node.failureSummary}`),
  }));
}
"""


def violations(page: Page, root: str = "body") -> list[dict[str, Any]]:
    """What axe finds below an element; its script is put in as a browser extension's is."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN, root)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_has_nothing_that_axe_knows(theme: str, site: Site, open_page: Open) -> None:
    seen = open_page(f"{site.url}/page", theme=theme)
    seen.drawn()
    assert violations(seen.page) == []
    seen.page.get_by_role("tab", name="Lines").click()
    seen.drawn()
    assert violations(seen.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_export_has_nothing_that_axe_knows(theme: str, tmp_path: Path, open_page: Open) -> None:
    path = tmp_path / "dashboard.html"
    path.write_text(export_html(GALLERY.read_bytes()), "utf-8")
    seen = open_page(path.as_uri(), theme=theme)
    seen.drawn()
    assert violations(seen.page) == []


def test_what_opens_over_a_page_has_nothing_that_axe_knows(site: Site, open_page: Open) -> None:
    seen = open_page(f"{site.url}/page")
    seen.drawn()
    page = seen.page
    page.get_by_role("button", name="Region All").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    opener = page.get_by_role("button", name="Options for Revenue by channel")
    opener.click()
    assert violations(page) == []
    page.get_by_role("menuitem", name="View as table").click()
    assert violations(page) == []
    opener.click()
    page.get_by_role("menuitem", name="SQL and provenance").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_list_has_nothing_that_axe_knows(theme: str, site: Site, open_page: Open) -> None:
    site.entries = [
        {"slug": "sales", "title": "Sales overview", "tags": ["finance"], "url": "/page",
         "owner": "ana@example.com", "revision": "4f2c91a7", "description": "All of it",
         "published_at": "2026-11-20T10:00:00Z"},
        {"slug": "away", "title": "Elsewhere", "url": "https://example.com/"},
    ]  # fmt: skip
    seen = open_page(f"{site.url}/dashboards", theme=theme)
    expect(seen.page.locator(".entry").first).to_be_visible()
    assert violations(seen.page) == []
