"""The pages of a live Jupyter Server: the history panel of authors, and the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from peter_jupyter.client import PeterClient
from tests.browser.serving import Watched
from tests.jupyter.live import board
from tests.servers.jupyter import JupyterServer, jupyter_server
from tests.servers.people import COOKIE, token_of
from tests.small_flights import write_tables

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.__pwn=1>"
WITH_WORST = (
    "AVG(dep_delay) AS delay\n",
    "AVG(dep_delay) AS delay,\n             MAX(dep_delay) AS worst\n",
)

Visit = Callable[..., Watched]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder = write_tables(tmp_path_factory.mktemp("server") / "workspace")
    with jupyter_server(folder, base_url="/user/alice/") as running:
        yield running


@pytest.fixture
def alice(server: JupyterServer) -> Iterator[PeterClient]:
    with PeterClient(server.url, token_of("alice")) as client:
        yield client


@pytest.fixture
def bob(server: JupyterServer) -> Iterator[PeterClient]:
    with PeterClient(server.url, token_of("bob")) as client:
        yield client


@pytest.fixture
def visit(server: JupyterServer, open_page: Callable[..., Watched]) -> Visit:
    """Open a page of the server as somebody who is logged in."""

    def opened(path: str, *, who: str = "alice", **more: Any) -> Watched:
        cookie = {"name": COOKIE, "value": who, "domain": str(urlsplit(server.url).hostname),
                  "path": "/", "expires": -1, "httpOnly": False, "secure": False,
                  "sameSite": "Lax"}  # fmt: skip
        state = {"cookies": [cookie], "origins": []}
        return open_page(f"{server.url}/{path}", storage_state=state, **more)

    return opened


def three_revisions(slug: str, alice: PeterClient, bob: PeterClient) -> list[str]:
    """Revisions of a dashboard, the oldest first."""
    first = alice.publish(board(slug), message="First version")
    second = bob.publish(
        board(slug, title="Departures").replace(*WITH_WORST),
        if_match=first.revision,
        message=f"Say what it is {HOSTILE}",
    )
    third = alice.publish(board(slug, title="Departures in June"), if_match=second.revision)
    return [first.revision, second.revision, third.revision]


def panel(page: Page) -> Any:
    return page.get_by_role("dialog", name="History")


def test_a_viewer_sees_no_history(visit: Visit, alice: PeterClient, bob: PeterClient) -> None:
    three_revisions("for-viewers", alice, bob)
    seen = visit("dashboards/for-viewers", who="vera")
    expect(seen.page.locator("h1")).to_have_text("Departures in June")
    expect(seen.page.get_by_role("button", name="Export")).to_be_visible()
    expect(seen.page.get_by_role("button", name="History")).to_have_count(0)
    assert "peter-history" not in seen.page.content()
    assert seen.faults == []


def test_an_author_reads_who_changed_what(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    _, second, third = three_revisions("who-what", alice, bob)
    seen = visit("dashboards/who-what")
    seen.page.get_by_role("button", name="History").click()
    rows = panel(seen.page).locator("li:has(.who)")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text(third[:7])
    expect(rows.nth(0)).to_contain_text("Published now")
    expect(rows.nth(1)).to_contain_text(f"Say what it is {HOSTILE}")
    expect(rows.nth(1)).to_contain_text("bob · just now")
    assert rows.nth(1).locator("code").get_attribute("title") == second
    changes = panel(seen.page).locator(".changes")
    expect(changes).to_contain_text('title: "Departures" -> "Departures in June"')
    expect(changes.locator("del").nth(1)).to_contain_text("MAX(dep_delay) AS worst")
    assert seen.page.evaluate("window.__pwn") is None
    assert seen.faults == []


def test_any_two_revisions_are_compared(visit: Visit, alice: PeterClient, bob: PeterClient) -> None:
    three_revisions("any-two", alice, bob)
    page = visit("dashboards/any-two").page
    page.get_by_role("button", name="History").click()
    panel(page).get_by_role("button", name="Compare: revision 1").click()
    earlier = panel(page).get_by_label("From", exact=True)
    expect(earlier).to_be_focused()
    changes = panel(page).locator(".outcome")
    expect(changes).to_contain_text('"Small flights" -> "Departures in June"')
    panel(page).get_by_label("To", exact=True).select_option("2")
    expect(changes).to_contain_text('"Small flights" -> "Departures"')
    earlier.select_option("2")
    expect(changes).to_have_text("Nothing differs in meaning.")


def test_the_panel_is_worked_with_the_keyboard_alone(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    first, *_ = three_revisions("keyboard", alice, bob)
    page = visit("dashboards/keyboard").page
    opener = page.get_by_role("button", name="History")
    opener.focus()
    page.keyboard.press("Enter")
    expect(panel(page).locator(".changes")).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    again = panel(page).get_by_role("button", name="Restore: revision 1")
    expect(again).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if again.evaluate("it => it === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("button", name="Restore this revision")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("status")).to_have_text("Revision 1 is published again.")
    page.keyboard.press("Escape")
    expect(page.locator("h1")).to_have_text("Small flights")
    assert alice.get("keyboard").revision == first


def test_a_restore_is_confirmed_with_what_it_changes(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    _, second, third = three_revisions("confirmed", alice, bob)
    seen = visit("dashboards/confirmed")
    page = seen.page
    page.get_by_role("button", name="History").click()
    panel(page).get_by_role("button", name="Restore: revision 2").click()
    question = panel(page).get_by_role("group", name="Restore revision 2 by bob?")
    expect(question).to_contain_text('"Departures in June" -> "Departures"')
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    assert alice.get("confirmed").revision == third
    panel(page).get_by_role("button", name="Restore: revision 2").click()
    panel(page).get_by_role("button", name="Restore this revision").click()
    expect(panel(page).locator("li:has(.who)")).to_have_count(4)
    expect(panel(page).locator("li:has(.who)").first).to_contain_text(f"Restored {second[:12]}")
    expect(page.locator("h1")).to_have_text("Departures")
    assert [entry.revision for entry in alice.history("confirmed")][:2] == [second, third]
    assert alice.history("confirmed")[0].published_by == "alice"
    assert seen.faults == []


def test_who_was_overtaken_sees_what_the_other_changed(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    *_, third = three_revisions("overtaken-page", alice, bob)
    seen = visit("dashboards/overtaken-page")
    page = seen.page
    page.get_by_role("button", name="History").click()
    panel(page).get_by_role("button", name="Restore: revision 1").click()
    newer = bob.publish(board("overtaken-page", title=f"By Bob {HOSTILE}"), if_match=third)
    panel(page).get_by_role("button", name="Restore this revision").click()
    alert = panel(page).get_by_role("alert")
    expect(alert).to_contain_text("Somebody else changed the dashboard")
    expect(alert).to_contain_text("Nothing was restored.")
    expect(alert).to_contain_text(f'"Departures in June" -> "By Bob {HOSTILE}"')
    assert alice.get("overtaken-page").revision == newer.revision
    alert.get_by_role("button", name="Show the history as it is now").click()
    expect(panel(page).locator("li:has(.who)").first).to_contain_text(newer.revision[:7])
    panel(page).get_by_role("button", name="Restore: revision 1").click()
    panel(page).get_by_role("button", name="Restore this revision").click()
    expect(panel(page).get_by_role("status")).to_have_text("Revision 1 is published again.")
    assert page.evaluate("window.__pwn") is None
    assert [fault for fault in seen.faults if "412" not in fault] == []


def test_a_server_that_goes_away_is_told_in_the_panel(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    three_revisions("gone-away", alice, bob)
    page = visit("dashboards/gone-away").page
    page.route("**/revisions*", lambda route: route.abort())
    page.get_by_role("button", name="History").click()
    alert = panel(page).get_by_role("alert")
    expect(alert).to_contain_text("The server does not answer.")
    page.unroute("**/revisions*")
    alert.get_by_role("button", name="Retry").click()
    expect(panel(page).locator("li:has(.who)")).to_have_count(3)


def test_the_history_is_there_when_the_dashboard_is_not(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    three_revisions("not-there", alice, bob)
    page = visit("dashboards").page
    page.route("**/data?*", lambda route: route.abort())
    page.goto(f"{alice.url}/dashboards/not-there?carrier=B6")
    expect(page.locator(".state.failed")).to_contain_text("The server does not answer.")
    page.get_by_role("button", name="History").click()
    expect(panel(page).locator("li:has(.who)")).to_have_count(3)


def test_a_restore_needs_the_xsrf_token(visit: Visit, alice: PeterClient, bob: PeterClient) -> None:
    first, _, third = three_revisions("forged", alice, bob)
    page = visit("dashboards/forged").page
    asked = (
        "([url, head, revision]) => fetch(url, {method: 'POST', body: JSON.stringify({revision}),"
        " headers: {'Content-Type': 'application/json', 'If-Match': `\"${head}\"`}})"
        ".then(answer => answer.status)"
    )
    url = f"{alice.url}/api/v1/dashboards/forged/restore"
    assert page.evaluate(asked, [url, third, first]) == 403
    assert alice.get("forged").revision == third


def test_what_is_kept_in_git_is_not_restored_from_its_page(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    place = f"https://git.example/acme/boards/blob/main/{'a-long-name-' * 9}.peter.yaml"
    *_, third = three_revisions("kept", alice, bob)
    alice.publish(board("kept", managed=place), if_match=third)
    seen = visit("dashboards/kept", width=480)
    seen.page.get_by_role("button", name="History").click()
    kept = panel(seen.page).get_by_text("Its file is kept elsewhere and changed there:")
    link = kept.get_by_role("link", name=place)
    expect(link).to_have_attribute("href", place)
    assert link.get_attribute("rel") == "noopener noreferrer"
    expect(panel(seen.page).get_by_role("button", name="Compare: revision 1")).to_be_visible()
    expect(panel(seen.page).get_by_role("button", name="Restore")).to_have_count(0)
    assert panel(seen.page).evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    assert seen.faults == []


def test_who_restores_what_has_moved_to_git_meanwhile_is_told_where(
    visit: Visit, alice: PeterClient, bob: PeterClient
) -> None:
    place = "https://git.example/acme/moved.peter.yaml"
    *_, third = three_revisions("moved", alice, bob)
    page = visit("dashboards/moved").page
    page.get_by_role("button", name="History").click()
    panel(page).get_by_role("button", name="Restore: revision 1").click()
    kept = bob.publish(board("moved", managed=place), if_match=third).revision
    panel(page).get_by_role("button", name="Restore this revision").click()
    alert = panel(page).get_by_role("alert")
    expect(alert).to_contain_text(f"is kept at {place} and is not changed here")
    alert.get_by_role("button", name="Retry").click()
    expect(panel(page).get_by_role("link", name=place)).to_be_visible()
    expect(panel(page).get_by_role("button", name="Restore")).to_have_count(0)
    assert alice.get("moved").revision == kept


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (480, "light"), (360, "dark")])
def test_the_panel_fits_every_width(
    visit: Visit, alice: PeterClient, bob: PeterClient, width: int, theme: str
) -> None:
    three_revisions(f"fits-{width}", alice, bob)
    page = visit(f"dashboards/fits-{width}", width=width, theme=theme).page
    page.get_by_role("button", name="History").click()
    expect(panel(page).locator(".changes")).to_be_visible()
    box = panel(page).bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    inside = "dialog => dialog.scrollWidth <= dialog.clientWidth"
    assert panel(page).evaluate(inside)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_list_says_how_fresh_and_how_dear_each_dashboard_is(
    visit: Visit, alice: PeterClient
) -> None:
    alice.publish(board("listed", title="Listed flights", owner="lists@example.com"))
    seen = visit("dashboards?q=listed+flights", who="vera")
    card = seen.page.locator(".entry")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("computed")
    expect(card).to_contain_text("last $0")
    expect(card).to_contain_text("lists@example.com")
    assert seen.faults == []


def test_the_list_is_narrowed_by_tag_and_owner_and_the_address_keeps_that(
    visit: Visit, alice: PeterClient
) -> None:
    for slug, tags, owner in (
        ("fares", "[finance, monthly]", "ann@example.com"),
        ("crews", "[people]", "ann@example.com"),
        ("gates", "[people]", "cem@example.com"),
    ):
        text = board(slug, title=f"Narrow {slug}", owner=owner)
        alice.publish(text.replace("tags: [operations]", f"tags: {tags}"))
    page = visit("dashboards", who="vera").page
    page.get_by_label("Search dashboards").fill("narrow")
    expect(page.locator(".entry")).to_have_count(3)
    page.get_by_role("button", name="people", exact=True).click()
    expect(page.locator(".entry h2")).to_have_text(["Narrow crews", "Narrow gates"])
    expect(page.get_by_role("button", name="people", exact=True)).to_be_focused()
    page.get_by_label("Owner").select_option("cem@example.com")
    expect(page.locator(".entry h2")).to_have_text(["Narrow gates"])
    assert page.url.endswith("/dashboards?q=narrow&tag=people&owner=cem%40example.com")
    page.reload()
    expect(page.locator(".entry h2")).to_have_text(["Narrow gates"])
    expect(page.get_by_label("Owner")).to_have_value("cem@example.com")
    page.get_by_role("button", name="people", exact=True).press("Enter")
    page.get_by_label("Owner").select_option("")
    expect(page.locator(".entry")).to_have_count(3)
    assert page.url.endswith("/dashboards?q=narrow")
