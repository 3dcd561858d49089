"""A server that would not be safe does not start, and says why."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.standalone.house import KEY, ME, TOML, approve, environment, start
from tests.servers.openid import CLIENT, SECRET, OpenIdProvider

GOOD = {
    "SESSION_SECRET_KEY": KEY,
    "GOOGLE_OAUTH_CLIENT_ID": CLIENT,
    "GOOGLE_OAUTH_CLIENT_SECRET": SECRET,
    "ALLOWED_EMAILS": "ada@example.com",
}
REFUSED: dict[str, tuple[dict[str, str | None], tuple[str, ...], str]] = {
    "no_key": ({"SESSION_SECRET_KEY": None}, (), "SESSION_SECRET_KEY is not set"),
    "short_key": ({"SESSION_SECRET_KEY": "s" * 31}, (), "32 bytes or more"),
    "dull_key": ({"SESSION_SECRET_KEY": "a" * 64}, (), "easily guessed"),
    "default_key": (
        {"SESSION_SECRET_KEY": "change-me-change-me-change-me-please"}, (), "easily guessed"),
    "sample_key": (
        {"SESSION_SECRET_KEY": "your-secret-key-goes-here-0123456789"}, (), "easily guessed"),
    "no_client": (
        {"GOOGLE_OAUTH_CLIENT_ID": None, "GOOGLE_OAUTH_CLIENT_SECRET": None}, (),
        "GOOGLE_OAUTH_CLIENT_ID"),
    "half_a_client": ({"GOOGLE_OAUTH_CLIENT_SECRET": None}, (), "set together"),
    "everybody": ({}, ("--host", "0.0.0.0"), "PETER_PUBLIC_URL is not set"),  # noqa: S104
    "plain_http": (
        {"PETER_PUBLIC_URL": "http://peter.example.com"}, (), "begins with http:"),
    "another_path": (
        {"PETER_PUBLIC_URL": "https://peter.example.com/peter"}, (), "PETER_BASE_URL"),
    "plain_issuer": (
        {"PETER_OPENID_ISSUER": "http://accounts.example.com"}, (), "PETER_OPENID_ISSUER"),
    "wrong_list": ({"ALLOWED_EMAILS": "ada"}, (), "e-mail address"),
    "open_to_all": ({}, ("--no-auth", "--host", "0.0.0.0"), "this machine only"),  # noqa: S104
    "open_to_a_name": ({}, ("--no-auth", "--host", "peter.example.com"), "this machine only"),
    "open_to_ipv6": ({}, ("--no-auth", "--host", "::"), "this machine only"),
    "no_such_address": ({}, ("--no-auth", "--host", "127.0.0.1", "--folder", "gone"), "gone"),
    "no_workers": ({}, ("--workers", "0"), "workers"),
}  # fmt: skip


def _serve(folder: Path, known: dict[str, str | None], *options: str) -> tuple[int, str]:
    given = {name: value for name, value in {**GOOD, **known}.items() if value is not None}
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "peter_jupyter.cli", "serve", "--port", "0", *options],
            cwd=folder, env=environment(**given), text=True, capture_output=True, timeout=120,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as running:
        return 0, f"it runs: {running.stdout!r} {running.stderr!r}"
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("case", [name for name in REFUSED if name != "no_such_address"])
def test_what_is_not_safe_does_not_start(tmp_path: Path, case: str) -> None:
    known, options, words = REFUSED[case]
    code, written = _serve(tmp_path, known, *options)
    assert code in (1, 2), written
    assert words in written
    for secret in (KEY, SECRET, "s" * 31):
        assert secret not in written
    assert "Traceback" not in written and "Peter serves" not in written


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_that_others_may_read_is_none(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "peter.toml"
    file.write_text(f'session_secret_key = "{KEY}"\n')
    file.chmod(mode)
    code, written = _serve(tmp_path, {"SESSION_SECRET_KEY": None})
    assert code == 2, written
    assert "chmod 600 peter.toml" in written and f"{mode:04o}" in written


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, written = _serve(tmp_path, {}, "--port", port)
    assert code == 2
    assert f"cannot listen at 127.0.0.1, port {port}" in written


def test_an_empty_list_lets_nobody_in_and_is_said(tmp_path: Path, google: OpenIdProvider) -> None:
    house = start(tmp_path, google, toml='admins = "ada@example.com"\n', ALLOWED_EMAILS="")
    try:
        with pytest.raises(AssertionError, match="may not use this server"):
            house.logged_in("ada@example.com")
        assert house.sessions() == 0
    finally:
        assert house.terminate() == 0
    assert any("nobody may come in" in line for line in house.lines)


def test_without_a_login_it_serves_this_machine_and_says_so(tmp_path: Path) -> None:
    house = start(tmp_path, None, "--no-auth", toml=None)
    try:
        browser = house.browser()
        assert browser.get(ME).json()["roles"] == ["viewer", "author"]
        assert browser.get("/dashboards").status_code == 200
        body = {"yaml": "version: 1"}
        path = "/api/v1/dashboards/validate?mode=offline"
        assert browser.post(path, json=body).status_code == 200
        # What a page of another site, or another site's name for this machine, may not do.
        for headers in (
            {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
            {"Host": "evil.example"}, {"Host": "127.0.0.1"}, {"Origin": "null"},
        ):  # fmt: skip
            assert house.browser().post(path, headers=headers).status_code == 403, headers
        rebound = {"Host": f"evil.example:{house.url.rpartition(':')[2]}"}
        assert browser.get(ME, headers=rebound).status_code == 403
        assert browser.get("/api/v1/auth/login").status_code == 404
    finally:
        assert house.terminate() == 0
    assert any("There is no login" in line for line in house.lines)


def test_it_serves_below_a_path_behind_a_proxy(tmp_path: Path, google: OpenIdProvider) -> None:
    house = start(
        tmp_path, google, PETER_PUBLIC_URL="https://peter.example.com/peter",
        PETER_BASE_URL="/peter/", toml=TOML,
    )  # fmt: skip
    try:
        browser = house.browser()
        begun = browser.get("/peter/api/v1/auth/login")
        assert begun.status_code == 302
        where = begun.headers["Location"]
        assert "redirect_uri=https%3A%2F%2Fpeter.example.com%2Fpeter%2Fapi%2Fv1%2Fauth%2F" in where
        cookie = begun.headers["Set-Cookie"]
        assert cookie.startswith("__Host-peter-login-")
        assert "Secure" in cookie and "Path=/;" in cookie and "Domain" not in cookie
        google.redirect_uris.add("https://peter.example.com/peter/api/v1/auth/callback")
        # The proxy ends TLS, and tells the server the cookies that the browser keeps.
        sent = {"Cookie": cookie.partition(";")[0], "Host": "inside:8000"}
        back = browser.get(f"/peter/api/v1/auth/callback?{approve(where)}", headers=sent)
        assert back.headers["Location"] == "/peter/dashboards"
        given = [line for line in back.headers.get_list("Set-Cookie") if "session=" in line]
        assert given[0].startswith("__Host-peter-session=") and "Secure" in given[0]
        sent = {"Cookie": given[0].partition(";")[0]}
        me = browser.get("/peter/api/v1/auth/me", headers=sent)
        assert me.json()["email"] == "ada@example.com"
        assert "Secure" in me.headers["Set-Cookie"]
        token = me.headers["Set-Cookie"].partition(";")[0]
        sent = {"Cookie": f"{sent['Cookie']}; {token}", "X-XSRFToken": token.partition("=")[2]}
        path = "/peter/api/v1/dashboards/validate?mode=offline"
        for origin, status in (("https://peter.example.com", 200), ("http://inside:8000", 403)):
            body, more = {"yaml": "version: 1"}, {"Origin": origin}
            assert browser.post(path, json=body, headers={**sent, **more}).status_code == status
        browser.cookies.clear()
        assert browser.get("/dashboards").status_code == 404
        assert browser.get("/peter/").headers["Location"].startswith("/peter/api/v1/auth/login")
    finally:
        assert house.terminate() == 0
