"""A person logs in with a browser, reads, and logs out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.hosts.standalone.house import CALLBACK, House, xsrf
from tests.http.conftest import DOCUMENT
from tests.servers.openid import OpenIdProvider

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=Path("/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module", autouse=True)
def published(house: House) -> None:
    """Alice publishes a dashboard."""
    author = house.logged_in("alice@example.com")
    made = author.post(
        "/api/v1/dashboards", content=DOCUMENT,
        headers={**xsrf(author), "Content-Type": "application/yaml"},
    )  # fmt: skip
    assert made.status_code == 201, made.text


@pytest.fixture
def page(chromium: Browser, house: House) -> Iterator[Page]:
    """A page of a browser that was never here; a complaint about the server's pages is a fault."""
    context = chromium.new_context()
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))

    def told(said: ConsoleMessage) -> None:
        if said.type == "error" and said.location["url"].startswith(house.url):
            faults.append(said.text)

    opened.on("console", told)
    yield opened
    context.close()
    assert not faults


def test_a_person_logs_in_reads_the_list_and_logs_out(
    house: House, google: OpenIdProvider, page: Page
) -> None:
    google.interactive = True
    page.goto(f"{house.url}/dashboards/small-flights")
    assert page.url.startswith(f"{google.issuer}/authorize")
    page.get_by_role("link", name="Continue as ada@example.com").click()
    page.wait_for_url(f"{house.url}/dashboards/small-flights")
    expect(page.get_by_text("Average delay")).to_be_visible()
    assert CALLBACK not in page.evaluate("history.state ?? location.href")

    page.goto(f"{house.url}/")
    expect(page).to_have_url(f"{house.url}/dashboards")
    expect(page.get_by_role("link", name="Small flights")).to_be_visible()
    # No script reads the session; the page's token is for its own requests.
    cookies = page.evaluate("document.cookie")
    assert "_xsrf=" in cookies and "session" not in cookies

    # The way out is said with who goes, and a keyboard reaches it.
    account = page.get_by_role("navigation", name="Account")
    expect(account).to_contain_text("ada@example.com")
    page.keyboard.press("Tab")
    expect(account.get_by_role("button", name="Log out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are logged out")).to_be_focused()
    expect(page.get_by_role("link", name="Small flights")).to_have_count(0)
    again = page.get_by_role("link", name="Log in again")
    expect(again).to_have_attribute("href", "/api/v1/auth/login?account=choose")
    page.goto(f"{house.url}/dashboards")
    assert page.url.startswith(f"{google.issuer}/authorize")
    page.go_back()
    # What was read is not in the browser's cache for whoever comes next.
    expect(page.get_by_role("link", name="Small flights")).to_have_count(0)


@pytest.mark.parametrize("place", ["", "/small-flights", "/small-flights/lineage"])
def test_every_page_says_who_is_logged_in_and_a_log_out_that_fails_says_so(
    house: House, google: OpenIdProvider, chromium: Browser, place: str
) -> None:
    session = house.logged_in("vera@example.com").cookies["peter-session"]
    context = chromium.new_context()
    context.add_cookies([{"name": "peter-session", "value": session, "url": house.url}])
    page = context.new_page()
    page.goto(f"{house.url}/dashboards{place}")
    account = page.get_by_role("navigation", name="Account")
    expect(account).to_contain_text("vera@example.com")
    page.route("**/auth/logout", lambda route: route.fulfill(status=503, body="{}"))
    account.get_by_role("button", name="Log out").click()
    expect(account.get_by_role("alert")).to_contain_text("still logged in")
    expect(account.get_by_role("button", name="Log out")).to_be_focused()
    page.unroute("**/auth/logout")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    google.interactive = True
    page.goto(f"{house.url}/dashboards{place}")
    assert page.url.startswith(f"{google.issuer}/authorize")
    context.close()
