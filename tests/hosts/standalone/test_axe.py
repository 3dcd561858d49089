"""axe-core finds nothing on the pages of a real server with a login, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.test_axe import violations
from tests.hosts.standalone.house import CALLBACK, House, xsrf
from tests.http.conftest import DOCUMENT

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=Path("/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def alice(house: House) -> list[tuple[str, str]]:
    """The cookies of an author with a session, who has published a dashboard twice."""
    author = house.logged_in("alice@example.com")
    headers = {**xsrf(author), "Content-Type": "application/yaml"}
    made = author.post("/api/v1/dashboards", content=DOCUMENT, headers=headers)
    assert made.status_code == 201, made.text
    again = author.put(
        "/api/v1/dashboards/small-flights",
        content=DOCUMENT.replace("title: Small flights", "title: Few flights"),
        headers={**headers, "If-Match": made.headers["ETag"]},
    )
    assert again.status_code == 200, again.text
    return [(cookie.name, cookie.value or "") for cookie in author.cookies.jar]


@pytest.fixture(params=["light", "dark"])
def visit(
    request: pytest.FixtureRequest, chromium: Browser, house: House, alice: list[tuple[str, str]]
) -> Iterator[Visit]:
    """Open an address as Alice, or as nobody."""
    contexts = []

    def opened(path: str, *, known: bool = True) -> Page:
        # axe's script is put in as an extension's is, which no page's policy stops.
        context = chromium.new_context(color_scheme=request.param, bypass_csp=True)
        contexts.append(context)
        if known:
            context.add_cookies([{"name": n, "value": v, "url": house.url} for n, v in alice])
        page = context.new_page()
        page.goto(f"{house.url}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()


def test_the_list_with_who_is_logged_in(visit: Visit) -> None:
    page = visit("/dashboards")
    expect(page.get_by_role("link", name="Few flights")).to_be_visible()
    expect(page.get_by_role("navigation", name="Account")).to_be_visible()
    assert violations(page) == []


def test_a_dashboard_and_its_history(visit: Visit) -> None:
    page = visit("/dashboards/small-flights")
    expect(page.locator("[data-chart=delay] .plot svg")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="History").click()
    panel = page.get_by_role("dialog", name="History")
    expect(panel.locator(".revisions li")).to_have_count(2)
    expect(panel.locator(".changes li").first).to_be_visible()
    assert violations(page) == []
    panel.get_by_role("button", name="Restore: revision 1").click()
    expect(panel.get_by_role("button", name="Restore this revision")).to_be_visible()
    assert violations(page) == []


def test_the_lineage(visit: Visit) -> None:
    page = visit("/dashboards/small-flights/lineage")
    expect(page.locator(".node").first).to_be_visible()
    assert violations(page) == []


def test_the_reference_of_the_api(visit: Visit) -> None:
    page = visit("/docs")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page) == []


def test_a_page_that_is_not_there(visit: Visit) -> None:
    page = visit("/dashboards/nowhere")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page) == []


def test_a_login_that_did_not_work(visit: Visit) -> None:
    page = visit(f"{CALLBACK}?error=access_denied&state=unknown", known=False)
    expect(page.get_by_role("link").first).to_be_visible()
    assert violations(page) == []
