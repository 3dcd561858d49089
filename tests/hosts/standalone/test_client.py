"""A script that uses a browser's login: the session's id, or the browser's whole Cookie header."""

from __future__ import annotations

import pytest

from peter_core.config import load_settings
from peter_core.errors import Forbidden, InvalidRequest
from peter_jupyter.client import LoginError, PeterClient
from peter_jupyter.client.servers import known_server
from tests.hosts.standalone.house import LOGOUT, House, xsrf
from tests.http.conftest import DOCUMENT

COOKIE = "peter-session"


def _board(slug: str) -> str:
    return DOCUMENT.replace("slug: small-flights", f"slug: {slug}")


def test_a_session_reads_and_publishes_as_whom_it_belongs_to(house: House) -> None:
    secret = house.logged_in("alice@example.com").cookies[COOKIE]
    with PeterClient(house.url, session=secret) as client:
        assert client.has_token
        made = client.publish(_board("by-session"))
        assert client.me().email == "alice@example.com"
        assert client.verify("SELECT COUNT(*) AS n FROM nyc.flights").verdict == "passed"
        client.delete("by-session", if_match=made.revision)
        assert "by-session" not in [entry.slug for entry in client.list().dashboards]


def test_a_browsers_whole_header_is_taken_as_it_is(house: House) -> None:
    browser = house.logged_in("alice@example.com")
    token = xsrf(browser)["X-XSRFToken"]
    header = f"Cookie: other=1; {COOKIE}={browser.cookies[COOKIE]}; _xsrf={token}"
    with PeterClient(house.url, session=header) as client:
        client.publish(_board("by-header"))
        assert client.me().email == "alice@example.com"


def test_a_viewers_session_publishes_nothing(house: House) -> None:
    secret = house.logged_in("vera@example.com").cookies[COOKIE]
    with PeterClient(house.url, session=secret) as client, pytest.raises(Forbidden):
        client.publish(_board("by-a-viewer"))


def test_a_session_that_ended_is_told_so_and_told_nowhere(house: House) -> None:
    browser = house.logged_in("alice@example.com")
    secret = browser.cookies[COOKIE]
    with PeterClient(house.url, session=secret) as client:
        assert client.me().email == "alice@example.com"
        assert browser.post(LOGOUT, headers=xsrf(browser)).status_code == 204
        for ask in (client.me, lambda: client.publish(_board("too-late"))):
            with pytest.raises(LoginError) as raised:
                ask()
            assert secret not in str(raised.value) + repr(raised.value)
        assert secret not in repr(client) + repr(client._connection.server)


@pytest.mark.parametrize(
    "session", ["two words", "no-pair", "a=b\r\nX: y", "a=b, c", "name=v\u00e4lue", "=x", ";;;"]
)
def test_what_is_no_session_is_refused_and_not_repeated(session: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        PeterClient("https://peter.example.com", session=session)
    assert session not in str(raised.value)


def test_who_asks_is_said_once() -> None:
    with pytest.raises(InvalidRequest, match="twice"):
        PeterClient("https://peter.example.com", "a-token", session="a=b")


def test_the_cookie_of_an_id_is_the_one_that_the_server_reads() -> None:
    for url, name in (
        ("https://peter.example.com", "__Host-peter-session"),
        ("http://127.0.0.1:8000", "peter-session"),
    ):
        with PeterClient(url, session="A" * 43) as client:
            assert client._connection._credentials("GET") == {"Cookie": f"{name}={'A' * 43}"}


def test_the_environments_session_goes_to_its_server_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = house.logged_in("vera@example.com").cookies[COOKIE]
    env = {"PETER_URL": house.url, "PETER_SESSION": secret}
    assert known_server("https://other.example.com", env).session is None
    assert known_server(f"{house.url}/dashboards", env).session == secret
    for name in ("PETER_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    load_settings()
    with PeterClient.from_env() as client:
        assert client.me().email == "vera@example.com"
