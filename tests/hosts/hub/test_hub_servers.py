"""A user's own server beside the service: both serve the API, and one publishes to the other."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from peter_jupyter.client import PeterClient
from tests.hosts.hub.people import People, bearer, who, xsrf_of
from tests.servers.hub import Hub, wait_for
from tests.servers.kernels import run_in_kernel
from tests.small_flights import write_tables

BOARD = """\
version: 1
slug: from-a-notebook
title: From a notebook
owner: ann@example.com
queries:
  daily: {sql: "SELECT flight_date, COUNT(*) AS flights FROM nyc.flights GROUP BY flight_date"}
charts:
  flights: {type: kpi, query: daily, title: Departures, value: flights, aggregate: sum}
"""

PUBLISH = f"""
import pathlib
from peter_jupyter.client import PeterClient
pathlib.Path("board.peter.yaml").write_text({BOARD!r})
with PeterClient.from_env() as peter:
    print(peter.me().email, peter.url)
get_ipython().run_line_magic("load_ext", "peter_jupyter")
get_ipython().run_line_magic("peter", "publish board.peter.yaml --to " + peter.url)
"""


@pytest.fixture(scope="module")
def own_server(hub: Hub, people: People) -> Iterator[str]:
    """Ann's own server, as the hub starts it."""
    home = hub.folder / "hub" / "homes" / "ann@example.com"
    write_tables(home)
    started = people.at_hub("ann", "POST", f"users/{who('ann')}/server")
    assert started.status_code in (201, 202), started.text
    server = f"{hub.url}/user/ann@example.com"
    headers = bearer(people.token("ann"))

    def up() -> bool:
        return httpx.get(f"{server}/api/status", headers=headers).status_code == 200

    wait_for(up, 120, hub.said)
    yield server
    people.at_hub("ann", "DELETE", f"users/{who('ann')}/server")


def test_the_service_and_a_users_server_both_serve_the_api(
    hub: Hub, people: People, own_server: str
) -> None:
    headers = bearer(people.token("ann"))
    own = httpx.get(f"{own_server}/peter/api/v1/auth/me", headers=headers).json()
    served = httpx.get(f"{hub.peter}api/v1/auth/me", headers=headers).json()
    assert (own["email"], own["host"]) == ("ann@example.com", "jupyter")
    assert (served["email"], served["host"]) == ("ann@example.com", "hub")
    body = {"sql": "SELECT COUNT(*) AS n FROM nyc.flights"}
    for base in (f"{own_server}/peter/", hub.peter):
        ran = httpx.post(f"{base}api/v1/sql/run", headers=headers, json=body, timeout=60)
        assert ran.json()["verdict"] == "passed", ran.text


def test_another_users_token_opens_no_server_of_mine(
    hub: Hub, people: People, own_server: str
) -> None:
    response = httpx.get(f"{own_server}/peter/api/v1/auth/me", headers=bearer(people.token("vera")))
    assert response.status_code in (401, 403)


def test_a_notebook_publishes_to_the_hub_and_another_user_reads_it(
    hub: Hub, people: People, own_server: str
) -> None:
    ran = run_in_kernel(own_server, people.token("ann"), PUBLISH)
    assert ran.error is None, ran.error
    assert "ann@example.com" in ran.text
    vera = people.browser("vera")
    page = vera.get(f"{hub.peter}dashboards/from-a-notebook")
    assert page.status_code == 200
    assert "From a notebook" in page.text
    listed = vera.get(f"{hub.peter}api/v1/dashboards").json()["dashboards"]
    assert "from-a-notebook" in [entry["slug"] for entry in listed]
    data = vera.get(f"{hub.peter}api/v1/dashboards/from-a-notebook/data").json()
    assert data["charts"]["flights"]["state"] == "ready", data["charts"]["flights"]
    history = httpx.get(
        f"{hub.peter}api/v1/dashboards/from-a-notebook/revisions",
        headers=bearer(people.token("ann")),
    ).json()
    assert history["revisions"][0]["published_by"] == "ann@example.com"
    changed = vera.delete(f"{hub.peter}api/v1/dashboards/from-a-notebook", headers=xsrf_of(vera))
    assert changed.status_code == 403


def test_a_notebooks_own_token_does_not_administer(
    hub: Hub, people: People, own_server: str
) -> None:
    code = "import os; print(os.environ['JUPYTERHUB_API_TOKEN'])"
    token = run_in_kernel(own_server, people.token("ann"), code).text.strip()
    me = httpx.get(f"{hub.peter}api/v1/auth/me", headers=bearer(token)).json()
    assert (me["email"], me["roles"]) == ("ann@example.com", ["viewer", "author"])
    users = httpx.get(f"{hub.url}/hub/api/users", headers=bearer(token))
    assert users.status_code == 403


def test_a_script_publishes_with_the_cookies_of_a_browser(hub: Hub, people: People) -> None:
    browser = people.browser("ann")
    browser.get(f"{hub.peter}dashboards")
    own = [c for c in browser.cookies.jar if c.path in ("/", "/services/peter/")]
    for wanted in (own, [cookie for cookie in own if cookie.name != "_xsrf"]):
        header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in wanted)
        with PeterClient(hub.peter, session=header) as client:
            slug = f"by-cookies-{len(wanted)}"
            client.publish(BOARD.replace("from-a-notebook", slug))
            assert client.me().email == "ann@example.com"


@pytest.mark.browser
def test_a_person_logs_in_through_google_and_sees_the_numbers(
    hub: Hub, people: People, own_server: str
) -> None:
    headers = bearer(people.token("ann"))
    board = BOARD.replace("from-a-notebook", "in-a-browser")
    made = httpx.post(
        f"{hub.peter}api/v1/dashboards", content=board,
        headers={**headers, "Content-Type": "application/yaml"}, timeout=60,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.on("console", lambda m: faults.append(m.text) if _ours(m, hub) else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{hub.peter}dashboards/in-a-browser")
        page.fill("input[name=sub]", "vera@example.com")
        page.click("button[value=authorize], button[type=submit]")
        page.wait_for_url(f"{hub.peter}dashboards/in-a-browser")
        page.get_by_text("Departures").first.wait_for()
        _wait_for_number(page)
        account = page.get_by_role("navigation", name="Account")
        assert "vera@example.com" in account.inner_text()
        account.get_by_role("button", name="Log out").click()
        # The hub's own session ends with it, or the next click would log in again.
        page.wait_for_url(re.compile("/hub/(logout|login)"))
        page.goto(f"{hub.peter}dashboards")
        page.locator("input[name=sub]").wait_for()
        browser.close()
    assert not faults


def _ours(message: ConsoleMessage, hub: Hub) -> bool:
    """Whether a fault is of our page; the stand-in's login page has some of its own."""
    return message.type == "error" and message.location["url"].startswith(hub.peter)


def _wait_for_number(page: Page) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(character.isdigit() for character in page.inner_text("main")):
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.inner_text("body"))


def _chromium() -> str:
    return next(p for p in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(p).exists())
