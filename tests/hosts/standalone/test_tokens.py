"""An API token does what its owner may, no more, and not any longer."""

from __future__ import annotations

import contextlib

import httpx
import pytest

from tests.hosts.standalone.house import LOGOUT, ME, TOML, House, login_environment
from tests.jupyter.command_line import CommandLine, Ran


def _peter(house: House, *words: str) -> Ran:
    """``peter`` as the operator runs it, in the server's folder."""
    assert house.provider is not None
    with contextlib.chdir(house.folder), pytest.MonkeyPatch.context() as patch:
        for name, value in login_environment(house.provider).items():
            patch.setenv(name, value)
        return CommandLine(house.folder)(*words, "--folder", "workspace")


def _made(house: House, name: str, *options: str) -> dict[str, str]:
    ran = _peter(house, "token", "create", name, "--json", *options)
    assert ran.code == 0, ran.err
    made: dict[str, str] = ran.json
    return made


def _me(house: House, secret: str, scheme: str = "Bearer") -> httpx.Response:
    return house.browser().get(ME, headers={"Authorization": f"{scheme} {secret}"})


@pytest.fixture(scope="module")
def nightly(house: House) -> dict[str, str]:
    """Alice's token, as an author."""
    return _made(house, "nightly", "--owner", "Alice@example.com", "--role", "author")


def test_a_token_is_its_owner_as_a_program(house: House, nightly: dict[str, str]) -> None:
    answer = _me(house, nightly["token"])
    assert answer.json() == {
        "email": "alice@example.com", "name": "nightly", "roles": ["viewer", "author"],
        "host": "standalone", "expires_at": None,
    }  # fmt: skip


def test_a_token_needs_no_page_and_no_origin(house: House, nightly: dict[str, str]) -> None:
    answer = house.browser().post(
        "/api/v1/dashboards/validate?mode=offline", json={"yaml": "version: 1"},
        headers={"Authorization": f"bearer {nightly['token']}"},
    )  # fmt: skip
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Bearer {}x", "token {}", "Basic {}", "{}", "Bearer {},{}",
     "Bearer peter_" + "A" * 43],
)  # fmt: skip
def test_nothing_but_the_whole_token_opens(
    house: House, nightly: dict[str, str], header: str
) -> None:
    # Not even beside a session that would do: who sends a token means it.
    browser = house.logged_in()
    value = header.format(nightly["token"], nightly["token"])
    answer = browser.get(ME, headers={"Authorization": value})
    assert answer.status_code == 401


def test_a_token_in_an_address_is_refused(house: House, nightly: dict[str, str]) -> None:
    browser = house.browser()
    assert browser.get(f"{ME}?token={nightly['token']}").status_code == 401
    asked = f"{ME}?access_token={nightly['token']}"
    answer = browser.get(asked, headers={"Authorization": f"Bearer {nightly['token']}"})
    assert answer.status_code == 400
    assert nightly["token"] not in "\n".join(house.lines)


def test_a_token_has_no_session_to_end(house: House, nightly: dict[str, str]) -> None:
    answer = house.browser().post(
        f"{LOGOUT}?everywhere=true", headers={"Authorization": f"Bearer {nightly['token']}"}
    )
    assert answer.status_code == 400
    assert _me(house, nightly["token"]).status_code == 200


def test_a_token_falls_with_its_owner(house: House, nightly: dict[str, str]) -> None:
    try:
        house.rewrite(TOML.replace('authors = "alice@example.com"', 'authors = ""'))
        assert _me(house, nightly["token"]).json()["roles"] == ["viewer"]
        house.rewrite(TOML.replace("alice@example.com, ", ""))
        assert _me(house, nightly["token"]).status_code == 401
    finally:
        house.rewrite(TOML)
    assert _me(house, nightly["token"]).status_code == 200


def test_a_revoked_token_is_refused_at_the_next_request(house: House) -> None:
    made = _made(house, "short", "--owner", "vera@example.com", "--expires", "90d")
    assert _me(house, made["token"]).json()["expires_at"] is not None
    assert _peter(house, "token", "revoke", made["id"]).code == 0
    assert _me(house, made["token"]).status_code == 401
    again = _peter(house, "token", "revoke", made["id"])
    assert again.code == 1 and "no live token" in again.err
    shown = _peter(house, "token", "list", "--owner", "vera@example.com").out
    assert made["id"] in shown and "revoked" in shown and made["token"] not in shown


def test_an_expired_token_is_refused(house: House) -> None:
    made = _made(house, "brief", "--owner", "vera@example.com", "--expires", "1s")
    house.change_ledger(
        "UPDATE api_tokens SET expires_at = '2026-01-01T00:00:00.000000Z' WHERE id = ?", made["id"]
    )
    assert _me(house, made["token"]).status_code == 401


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--owner", "eve@example.com"), 1, "ALLOWED_EMAILS"),
        (("--owner", "vera@example.com", "--role", "author"), 1, "PETER_AUTHORS"),
        (("--owner", "alice@example.com", "--role", "admin"), 1, "PETER_ADMINS"),
        (("--owner", "vera"), 2, "no e-mail address"),
        (("--owner", "vera@example.com", "--expires", "soon"), 2, "is no age"),
        (("--owner", "vera@example.com", "--role", "root"), 2, "root"),
    ],
)
def test_no_token_is_made_for_more_than_its_owner_may(
    house: House, options: tuple[str, ...], code: int, words: str
) -> None:
    ran = _peter(house, "token", "create", "greedy", *options)
    assert ran.code == code
    assert words in ran.err and "peter_" not in ran.out
