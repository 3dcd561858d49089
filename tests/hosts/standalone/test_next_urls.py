"""A login leads to this server's own pages and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_jupyter.http.next_urls import safe_next
from tests.hosts.standalone.house import House, come_back, leave

GOOD = (
    "/dashboards",
    "/dashboards/sales",
    "/dashboards/sales?carrier=AA&carrier=UA",
    "/dashboards/sales?q=a%20b%2Fc&x=[1]|{2}^`",
    "/dashboards/a~b_c-d.e@f:g",
    "/dashboards/sales?next=https://example.com/?x",
    "/dashboards/",
    "/docs",
)
BAD = (
    "",
    "https://evil.example",
    "https://evil.example/dashboards",
    "HTTPS://EVIL.EXAMPLE",
    "http:evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/%2f..",
    "/\\evil.example",
    "\\\\evil.example",
    "/dashboards\\..\\evil",
    "/\t/evil.example",
    "/\n/evil.example",
    "\n//evil.example",
    " //evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "/%2f/evil.example",
    "/%2fevil.example",
    "/%252fevil.example",
    "/dashboards//evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/dashboards/../../evil",
    "/dashboards/%2e%2e/%2e%2e/evil",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "dashboards",
    "?next=//evil.example",
    "#//evil.example",
    "/dashboards#x",
    "/dashboards\r\nSet-Cookie: a=b",
    "/dashboards%0d%0aSet-Cookie:%20a=b",
    "/dashboards\x00",
    "/dashboards\u2028",
    "/\u2215\u2215evil.example",
    "/dashboards/\uff0fevil",
    '/dashboards"onload=x',
    "/dashboards<script>",
    "/api/v1/auth/login?next=/dashboards",
    "/api/v1/auth/logout",
    "/%61pi/v1/auth/login",
    "/dashboards/" + "a" * 3000,
)


@pytest.mark.parametrize("asked", GOOD)
def test_a_page_of_this_server_is_led_back_to(asked: str) -> None:
    assert safe_next(asked, "/") == asked


@pytest.mark.parametrize("asked", BAD)
def test_whatever_else_is_asked_for_becomes_the_list(asked: str) -> None:
    assert safe_next(asked, "/") == "/dashboards"


@pytest.mark.parametrize("asked", ["/dashboards", "/", "/peterx/dashboards", "/peter"])
def test_a_page_above_the_root_is_none_of_ours(asked: str) -> None:
    assert safe_next(asked, "/peter/") == "/peter/dashboards"


@given(st.text(st.sampled_from("/\\.%25cf0a\t\n:@?#evil htps"), max_size=24))
def test_no_text_at_all_leads_elsewhere(tail: str) -> None:
    place = safe_next(f"/{tail}", "/")
    assert place.startswith("/") and not place.startswith("//") and "\\" not in place
    assert urlsplit(place).netloc == "" and urlsplit(place).scheme == ""


@pytest.mark.parametrize("asked", BAD)
def test_a_login_with_a_bad_next_ends_at_the_list(house: House, asked: str) -> None:
    browser = house.browser()
    answer = come_back(browser, leave(browser, asked))
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/dashboards"
    assert "a" not in browser.cookies


def test_two_nexts_are_none(house: House) -> None:
    browser = house.browser()
    begun = browser.get("/api/v1/auth/login?next=/docs&next=//evil.example")
    assert come_back(browser, begun.headers["Location"]).headers["Location"] == "/dashboards"
