"""A login through the provider: what is sent there, and what a browser has afterwards."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx

from tests.hosts.standalone.house import (
    CALLBACK,
    LOGIN,
    ME,
    House,
    account,
    approve,
    come_back,
    leave,
)
from tests.servers.openid import CLIENT, OpenIdProvider


def _set_cookies(answer: httpx.Response) -> dict[str, str]:
    lines = answer.headers.get_list("Set-Cookie")
    return {line.partition("=")[0]: line for line in lines}


def test_a_listed_person_logs_in_and_is_who_the_provider_says(house: House) -> None:
    browser = house.browser()
    assert browser.get(ME).status_code == 401
    answer = come_back(browser, leave(browser))
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/dashboards"
    me = browser.get(ME).json()
    assert me.pop("expires_at") is not None
    assert me == {
        "email": "ada@example.com", "name": "Ada", "roles": ["viewer", "author", "admin"],
        "host": "standalone",
    }  # fmt: skip
    assert browser.get("/dashboards").status_code == 200


def test_a_login_carries_state_nonce_pkce_and_the_exact_redirect_uri(house: House) -> None:
    first, second = leave(house.browser()), leave(house.browser())
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first).query).items()}
    assert asked["redirect_uri"] == f"{house.url}{CALLBACK}"
    assert asked["client_id"] == CLIENT
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert {"openid", "email"} <= set(asked["scope"].split())
    other = parse_qs(urlsplit(second).query)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) == 43
        assert other[name] != [asked[name]]


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    browser = house.browser()
    begun = browser.get(LOGIN)
    ((name, attempt),) = _set_cookies(begun).items()
    assert name.startswith("peter-login-")
    assert "HttpOnly" in attempt and "SameSite=Lax" in attempt and "Max-Age=600" in attempt
    answer = come_back(browser, begun.headers["Location"])
    cookies = _set_cookies(answer)
    assert "HttpOnly" in cookies["peter-session"] and "SameSite=Lax" in cookies["peter-session"]
    assert "Path=/" in cookies["peter-session"] and "Domain" not in cookies["peter-session"]
    assert "1970" in cookies[name]
    assert "peter-session" in browser.cookies and name not in browser.cookies


def test_a_page_leads_through_the_login_and_back_to_itself(house: House) -> None:
    browser = house.browser()
    page = browser.get("/dashboards/sales?carrier=AA&day_start=2024-01-01")
    assert page.status_code == 302
    assert page.headers["Location"].startswith(f"{LOGIN}?next=")
    sent = browser.get(page.headers["Location"])
    answer = come_back(browser, sent.headers["Location"])
    assert answer.headers["Location"] == "/dashboards/sales?carrier=AA&day_start=2024-01-01"


def test_a_program_is_told_401_and_never_sent_to_a_page(house: House) -> None:
    answer = house.browser().get("/api/v1/dashboards")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_two_tabs_log_in_at_the_same_time(house: House) -> None:
    browser = house.browser()
    first, second = leave(browser, "/dashboards/one"), leave(browser, "/dashboards/two")
    assert come_back(browser, first).headers["Location"] == "/dashboards/one"
    assert come_back(browser, second).headers["Location"] == "/dashboards/two"


def test_a_browser_keeps_no_more_than_a_few_logins_under_way(house: House) -> None:
    browser = house.browser()
    for _ in range(12):
        leave(browser)
    under_way = [name for name in browser.cookies if name.startswith("peter-login-")]
    assert 1 <= len(under_way) <= 5
    assert come_back(browser, leave(browser)).status_code == 302


def test_another_name_of_this_machine_leads_to_the_one_the_provider_knows(house: House) -> None:
    port = urlsplit(house.url).port
    answer = httpx.get(f"http://localhost:{port}{LOGIN}", params={"next": "/dashboards/a"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{house.url}{LOGIN}?next=%2Fdashboards%2Fa"
    assert "Set-Cookie" not in answer.headers


def test_an_address_is_the_same_person_in_any_case_of_letters(
    house: House, google: OpenIdProvider
) -> None:
    google.account = account("Alice@Example.COM")
    browser = house.browser()
    come_back(browser, leave(browser))
    assert browser.get(ME).json()["email"] == "alice@example.com"


def test_a_listed_domain_lets_its_people_in(house: House, google: OpenIdProvider) -> None:
    google.account = account("zoe@corp.example", hd="corp.example")
    browser = house.browser()
    come_back(browser, leave(browser))
    assert browser.get(ME).json()["roles"] == ["viewer"]


def test_a_head_of_the_callback_uses_nothing_up(house: House) -> None:
    browser = house.browser()
    query = approve(leave(browser))
    assert browser.head(f"{CALLBACK}?{query}").status_code == 405
    assert browser.get(f"{CALLBACK}?{query}").status_code == 302


def test_neither_codes_nor_ids_nor_addresses_are_in_the_log(
    house: House, google: OpenIdProvider
) -> None:
    browser = house.logged_in()
    query = parse_qs(approve(leave(browser)))
    browser.get(ME)
    secret = browser.cookies["peter-session"]
    written = "\n".join(house.lines)
    assert "a login worked" in written
    for hidden in (secret, query["code"][0], query["state"][0], "ada@example.com", "nonce="):
        assert hidden not in written
