"""What comes back from a login and is not what was asked for never becomes a session."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512
from joserfc import jwt
from tornado.web import create_signed_value

from peter_jupyter.hosts.standalone.cookies import Cookies
from tests.hosts.standalone.house import (
    CALLBACK,
    KEY,
    ME,
    House,
    account,
    approve,
    callback,
    come_back,
    leave,
)
from tests.servers.openid import CLIENT, OpenIdProvider, Reply, b64, rsa_key, signed

Claims = dict[str, Any]


def _require_no_session(house: House, browser: httpx.Client, answer: httpx.Response) -> None:
    assert "Location" not in answer.headers
    assert "peter-session" not in browser.cookies
    assert not any("session" in line for line in answer.headers.get_list("Set-Cookie"))
    assert browser.get(ME).status_code == 401
    assert "Traceback" not in answer.text and "Trace " not in answer.text
    assert "Log in again" in answer.text


# What a browser brings ---------------------------------------------------------------------------

Brought = Callable[[House, httpx.Client], httpx.Response]


def _answers(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _changed(**changes: str | None) -> Brought:
    def brought(house: House, browser: httpx.Client) -> httpx.Response:
        given = _answers(approve(leave(browser))) | changes
        return callback(browser, **{name: v for name, v in given.items() if v is not None})

    return brought


def _repeated(name: str) -> Brought:
    def brought(house: House, browser: httpx.Client) -> httpx.Response:
        given: dict[str, Any] = _answers(approve(leave(browser)))
        return callback(browser, **{**given, name: [given[name], given[name]]})

    return brought


def _in_another_browser(house: House, browser: httpx.Client) -> httpx.Response:
    return browser.get(f"{CALLBACK}?{approve(leave(house.browser()))}")


def _with_anothers_cookie(house: House, browser: httpx.Client) -> httpx.Response:
    """The victim's browser has a login under way; the attacker's answer is put into it."""
    leave(browser)
    return _in_another_browser(house, browser)


def _with_anothers_code(house: House, browser: httpx.Client) -> httpx.Response:
    code = _answers(approve(leave(house.browser())))["code"]
    given = _answers(approve(leave(browser)))
    return callback(browser, **{**given, "code": code})


def _cookie_of(browser: httpx.Client) -> str:
    return next(name for name in browser.cookies if name.startswith("peter-login-"))


def _with_changed_cookie(house: House, browser: httpx.Client) -> httpx.Response:
    query = approve(leave(browser))
    name = _cookie_of(browser)
    value = browser.cookies[name]
    browser.cookies.set(name, value[:-4] + "0000", domain="127.0.0.1", path="/")
    return browser.get(f"{CALLBACK}?{query}")


def _signed_cookie(house: House, browser: httpx.Client, key: str, age_s: float) -> httpx.Response:
    query = approve(leave(browser))
    state = _answers(query)["state"]
    name = _cookie_of(browser)
    value = json.dumps([state, "nonce", "v" * 43, "/dashboards"])
    forged = create_signed_value(key, name, value, clock=lambda: time.time() - age_s)
    browser.cookies.set(name, forged.decode(), domain="127.0.0.1", path="/")
    return browser.get(f"{CALLBACK}?{query}")


def _with_forged_cookie(house: House, browser: httpx.Client) -> httpx.Response:
    return _signed_cookie(house, browser, "another key", 0)


def _with_late_cookie(house: House, browser: httpx.Client) -> httpx.Response:
    key = Cookies(KEY.encode(), secure=False)._key
    return _signed_cookie(house, browser, key, 601)


def _with_session_as_cookie(house: House, browser: httpx.Client) -> httpx.Response:
    query = approve(leave(browser))
    secret = house.logged_in().cookies["peter-session"]
    browser.cookies.set(_cookie_of(browser), secret, domain="127.0.0.1", path="/")
    return browser.get(f"{CALLBACK}?{query}")


BROUGHT: dict[str, Brought] = {
    "nothing": lambda house, browser: callback(browser),
    "no_cookie": lambda house, browser: callback(browser, state="s" * 43, code="c"),
    "no_state": _changed(state=None),
    "empty_state": _changed(state=""),
    "wrong_state": _changed(state="s" * 43),
    "state_with_more": _changed(state="\x00\n\u212a"),
    "state_twice": _repeated("state"),
    "no_code": _changed(code=None),
    "empty_code": _changed(code=""),
    "unknown_code": _changed(code="another"),
    "long_code": _changed(code="c" * 3000),
    "code_twice": _repeated("code"),
    "denied": _changed(error="access_denied", code=None),
    "denied_with_a_code": _changed(error="<script>alert(1)</script>"),
    "another_issuer": _changed(iss="https://evil.example"),
    "another_browser": _in_another_browser,
    "anothers_cookie": _with_anothers_cookie,
    "anothers_code": _with_anothers_code,
    "changed_cookie": _with_changed_cookie,
    "forged_cookie": _with_forged_cookie,
    "late_cookie": _with_late_cookie,
    "session_as_cookie": _with_session_as_cookie,
}


NOT_STATE = {
    "no_code": "code_missing",
    "empty_code": "code_missing",
    "unknown_code": "code",
    "long_code": "code_missing",
    "code_twice": "code_missing",
    "denied": "denied",
    "denied_with_a_code": "denied",
    "another_issuer": "issuer",
    "anothers_code": "code",
}
"""Which check ends a case, where it is not the one of the state."""


@pytest.mark.parametrize("case", BROUGHT)
def test_what_a_browser_brings_back_wrong_is_no_login(house: House, case: str) -> None:
    browser = house.browser()
    answer = BROUGHT[case](house, browser)
    assert answer.status_code == 400
    assert house.why(answer) == NOT_STATE.get(case, "state")
    assert "script" not in answer.text
    _require_no_session(house, browser, answer)


def test_a_cookie_under_the_servers_own_key_counts_while_it_is_young(house: House) -> None:
    """What the late and the forged cookie are held against: this one passes the check of the
    state, and only the provider refuses its verifier.
    """
    answer = _signed_cookie(house, house.browser(), Cookies(KEY.encode(), secure=False)._key, 590)
    assert (answer.status_code, house.why(answer)) == (400, "code")


def test_a_finished_login_cannot_be_finished_again(house: House, google: OpenIdProvider) -> None:
    browser = house.browser()
    place = leave(browser)
    cookie = _cookie_of(browser)
    value = browser.cookies[cookie]
    query = approve(place)
    assert browser.get(f"{CALLBACK}?{query}").status_code == 302
    again = house.browser()
    again.cookies.set(cookie, value, domain="127.0.0.1", path="/")
    _require_no_session(house, again, again.get(f"{CALLBACK}?{query}"))
    # Not even with a new code for the same state, from a provider that gives one.
    last = house.browser()
    last.cookies.set(cookie, value, domain="127.0.0.1", path="/")
    answer = last.get(f"{CALLBACK}?{approve(place)}")
    assert answer.status_code == 400
    _require_no_session(house, last, answer)


# What the provider says --------------------------------------------------------------------------


def _claims(**changes: Any) -> Callable[[OpenIdProvider, Claims], str]:
    """A token with other claims; ``None`` leaves one out."""

    def sign(provider: OpenIdProvider, claims: Claims) -> str:
        made = {**claims, **changes}
        return signed({name: value for name, value in made.items() if value is not None})

    return sign


def _later(**seconds: int) -> Callable[[OpenIdProvider, Claims], str]:
    def sign(provider: OpenIdProvider, claims: Claims) -> str:
        now = int(time.time())
        return signed({**claims, **{name: now + by for name, by in seconds.items()}})

    return sign


def _raw(header: Claims, claims: Claims, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(b64(part) for part in parts)


def _with_public_key_as_secret(provider: OpenIdProvider, claims: Claims) -> str:
    secret = rsa_key("first").as_pem(private=False)
    unsigned = _raw({"alg": "HS256", "kid": "first"}, claims).rpartition(".")[0]
    return f"{unsigned}.{b64(hmac.digest(secret, unsigned.encode(), 'sha256'))}"


def _with_rs512(provider: OpenIdProvider, claims: Claims) -> str:
    unsigned = _raw({"alg": "RS512", "kid": "first"}, claims).rpartition(".")[0]
    key = rsa_key("first").private_key
    assert key is not None
    return f"{unsigned}.{b64(key.sign(unsigned.encode(), PKCS1v15(), SHA512()))}"


def _under_another_key(provider: OpenIdProvider, claims: Claims) -> str:
    header = {"alg": "RS256", "kid": "first"}
    return jwt.encode(header, claims, rsa_key("another"))


def _with_own_key_inside(provider: OpenIdProvider, claims: Claims) -> str:
    header = {"alg": "RS256", "kid": "first", "jwk": rsa_key("another").as_dict(private=False)}
    return jwt.encode(header, claims, rsa_key("another"))


def _changed_afterwards(provider: OpenIdProvider, claims: Claims) -> str:
    head, _, signature = signed({**claims, "email": "vera@example.com"}).split(".")
    return f"{head}.{b64(json.dumps(claims).encode())}.{signature}"


TOKENS: dict[str, Callable[[OpenIdProvider, Claims], str]] = {
    "alg_none": lambda p, c: _raw({"alg": "none", "kid": "first"}, c),
    "alg_None": lambda p, c: _raw({"alg": "None", "kid": "first"}, c, b"x"),
    "hs256_under_the_public_key": _with_public_key_as_secret,
    "rs512": _with_rs512,
    "no_algorithm": lambda p, c: _raw({"kid": "first"}, c, b"x"),
    "another_key": _under_another_key,
    "own_key_inside": _with_own_key_inside,
    "unknown_key": lambda p, c: signed(c, key="another"),
    "no_key_id": lambda p, c: jwt.encode({"alg": "RS256"}, c, rsa_key("first")),
    "changed_afterwards": _changed_afterwards,
    "no_signature": lambda p, c: signed(c).rpartition(".")[0] + ".",
    "two_parts": lambda p, c: signed(c).rpartition(".")[0],
    "no_token_at_all": lambda p, c: "not a token",
    "not_ascii": lambda p, c: "\u212a.\u212a.\u212a",
    "huge": lambda p, c: signed({**c, "more": "m" * 20_000}),
    "claims_are_a_list": lambda p, c: signed(c).split(".")[0] + "." + b64(b"[]") + ".eA",
    "unknown_critical_header": lambda p, c: _raw(
        {"alg": "RS256", "kid": "first", "crit": ["exp"], "exp": 1}, c, b"x"),
    "another_issuer": _claims(iss="https://accounts.evil.example"),
    "googles_name_for_another": _claims(iss="accounts.google.com"),
    "no_issuer": _claims(iss=None),
    "another_audience": _claims(aud="another.apps.example"),
    "no_audience": _claims(aud=None),
    "several_audiences": _claims(aud=[CLIENT, "another.apps.example"]),
    "audience_is_true": _claims(aud=True),
    "another_party": _claims(azp="another.apps.example"),
    "expired": _later(iat=-7200, exp=-3600),
    "never_expires": _claims(exp=None),
    "expiry_is_a_word": _claims(exp="tomorrow"),
    "expiry_is_true": _claims(exp=True),
    "issued_tomorrow": _later(iat=86_400, exp=90_000),
    "issued_long_ago": _later(iat=-7200, exp=3600),
    "not_issued": _claims(iat=None),
    "not_yet_valid": _later(nbf=3600),
    "another_nonce": _claims(nonce="another"),
    "no_nonce": _claims(nonce=None),
    "nonce_is_a_list": _claims(nonce=["n"]),
    "nobody": _claims(sub=None),
    "another_access_token": _claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}  # fmt: skip


WHY = {
    "alg_none": "algorithm",
    "alg_None": "algorithm",
    "hs256_under_the_public_key": "algorithm",
    "rs512": "algorithm",
    "no_algorithm": "id_token_format",
    "another_key": "signature",
    "own_key_inside": "id_token_format",
    "unknown_key": "key_unknown",
    "no_key_id": "algorithm",
    "changed_afterwards": "signature",
    "no_signature": "signature",
    "two_parts": "id_token_format",
    "no_token_at_all": "id_token_format",
    "not_ascii": "id_token_format",
    "huge": "id_token_size",
    "claims_are_a_list": "signature",
    "unknown_critical_header": "signature",
    "another_issuer": "claim_iss",
    "googles_name_for_another": "claim_iss",
    "no_issuer": "claim_iss",
    "another_audience": "claim_aud",
    "no_audience": "claim_aud",
    "several_audiences": "claim_aud",
    "audience_is_true": "claim_aud",
    "another_party": "claim_azp",
    "expired": "claim_exp",
    "never_expires": "claim_exp",
    "expiry_is_a_word": "claim_exp",
    "expiry_is_true": "claim_exp",
    "issued_tomorrow": "claim_iat",
    "issued_long_ago": "claim_iat",
    "not_issued": "claim_iat",
    "not_yet_valid": "claim_nbf",
    "another_nonce": "claim_nonce",
    "no_nonce": "claim_nonce",
    "nonce_is_a_list": "claim_nonce",
    "nobody": "claim_sub",
    "another_access_token": "claim_at_hash",
}
"""Which check ends a case."""


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_is_not_the_one_asked_for_is_no_login(
    house: House, google: OpenIdProvider, case: str
) -> None:
    google.sign = TOKENS[case]
    browser = house.browser()
    before = house.sessions()
    answer = come_back(browser, leave(browser))
    assert answer.status_code == 400
    assert house.why(answer) == WHY[case]
    assert house.sessions() == before
    _require_no_session(house, browser, answer)


ACCOUNTS: dict[str, Claims] = {
    "unlisted": {"email": "eve@example.com"},
    "no_email": {"email": None},
    "email_is_a_list": {"email": ["ada@example.com"]},
    "unverified": {"email_verified": False},
    "verified_is_a_word": {"email_verified": "true"},
    "verified_is_one": {"email_verified": 1},
    "verified_is_missing": {"email_verified": None},
    "domain_as_a_part": {"email": "eve@corp.example.evil"},
    "domain_before": {"email": "eve@evil-corp.example"},
    "subdomain": {"email": "eve@sub.corp.example"},
    "kelvin_sign": {"email": "eve@\u212aorp.example"},
    "long_s": {"email": "vera@example.com".replace("e", "\u0435")},
    "two_ats": {"email": "eve@evil.example@corp.example"},
    "comma": {"email": "eve@evil.example,ada@example.com"},
    "space": {"email": "ada@example.com "},
    "line_feed": {"email": "ada@example.com\n"},
    "null": {"email": "ada@example.com\x00"},
    "dot_at_the_end": {"email": "eve@corp.example."},
    "only_the_domain": {"email": "@corp.example"},
}


UNLISTED = frozenset({"domain_as_a_part", "domain_before", "subdomain", "unlisted"})


@pytest.mark.parametrize("case", ACCOUNTS)
def test_an_account_that_is_not_on_the_list_is_shown_the_door(
    house: House, google: OpenIdProvider, case: str
) -> None:
    made = {**account("ada@example.com"), **ACCOUNTS[case]}
    google.account = {name: value for name, value in made.items() if value is not None}
    browser = house.browser()
    before = house.sessions()
    answer = come_back(browser, leave(browser))
    assert answer.status_code == 403
    assert house.why(answer) == ("unlisted" if case in UNLISTED else "email_unverified")
    assert house.sessions() == before
    _require_no_session(house, browser, answer)
    # Without being asked for another account the provider would choose the same one again.
    assert "account=choose" in answer.text


def test_another_account_can_be_chosen(house: House) -> None:
    place = house.browser().get("/api/v1/auth/login?account=choose").headers["Location"]
    assert parse_qs(urlsplit(place).query)["prompt"] == ["select_account"]


# The provider itself -----------------------------------------------------------------------------


def _replying(status: int, body: bytes, kind: str = "application/json") -> Callable[[], Reply]:
    return lambda: (status, {"Content-Type": kind, "Location": "https://evil.example/"}, body)


REPLIES = {
    "error": (503, _replying(500, b"{}")),
    "not_json": (503, _replying(200, b"<html>", "text/html")),
    "a_list": (503, _replying(200, b"[]")),
    "huge": (503, _replying(200, b'"' + b"x" * 400_000 + b'"')),
    "redirect": (503, _replying(302, b"")),
    "refused": (400, _replying(400, b'{"error": "invalid_grant"}')),
    "refused_in_odd_words": (400, _replying(400, b'{"error": "invalid_client"}')),
    "no_id_token": (400, _replying(200, b'{"access_token": "a", "token_type": "Bearer"}')),
    "id_token_is_a_number": (400, _replying(200, b'{"access_token": "a", "id_token": 7}')),
}


@pytest.mark.parametrize("case", REPLIES)
def test_a_provider_that_answers_wrongly_lets_nobody_in(
    house: House, google: OpenIdProvider, case: str
) -> None:
    browser = house.browser()
    place = leave(browser)
    status, google.replies["/token"] = REPLIES[case]
    answer = come_back(browser, place)
    assert answer.status_code == status
    _require_no_session(house, browser, answer)
