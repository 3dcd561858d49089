"""The lists are asked at every request, and follow the file while the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from peter_core.config import read_settings
from peter_jupyter.hosts.standalone.people import People, known_email


def _people(file: Path, text: str, **environment: str) -> People:
    file.write_text(text)
    reading = read_settings(environment=environment, file=file)
    return People(reading.require(), reading.sources, file)


def test_a_role_needs_a_place_on_the_list(tmp_path: Path) -> None:
    people = _people(tmp_path / "p.toml", 'allowed_emails = "a@x.org"\nadmins = "a@x.org, b@x.org"')
    assert people.roles_of("a@x.org") == {"viewer", "admin"}
    assert people.roles_of("A@X.org") == {"viewer", "admin"}
    assert people.roles_of("b@x.org") == frozenset()


def test_an_empty_list_lets_nobody_in(tmp_path: Path) -> None:
    people = _people(tmp_path / "p.toml", 'admins = "a@x.org"')
    assert people.roles_of("a@x.org") == frozenset()


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    people = _people(file, 'allowed_emails = "a@x.org"')
    file.write_text('allowed_emails = "@y.org"\nauthors = "b@y.org"')
    assert people.roles_of("a@x.org") == frozenset()
    assert people.roles_of("b@y.org") == {"viewer", "author"}
    file.unlink()
    assert people.roles_of("b@y.org") == frozenset()


def test_the_environment_is_above_the_file_for_good(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    people = _people(file, 'allowed_emails = "a@x.org"', ALLOWED_EMAILS="c@x.org")
    file.write_text('allowed_emails = "a@x.org, d@x.org"')
    assert people.roles_of("d@x.org") == people.roles_of("a@x.org") == frozenset()
    assert people.roles_of("c@x.org") == {"viewer"}


@pytest.mark.parametrize("broken", ["allowed_emails = [", 'allowed_emails = "all"', "\xff"])
def test_a_broken_file_changes_nothing(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "p.toml"
    people = _people(file, 'allowed_emails = "a@x.org"')
    file.write_bytes(broken.encode("latin-1"))
    assert people.roles_of("a@x.org") == {"viewer"}
    file.write_text('allowed_emails = "b@x.org"')
    assert people.roles_of("a@x.org") == frozenset()


@pytest.mark.parametrize(
    "text",
    [None, 7, "", "a", "@x.org", "a@", "a@x@y", "a b@x.org", "a@x.org\n", "a@.org", "a@x.org.",
     "\u212a@x.org", "a@\u212a.org", "a,b@x.org", "a@x.org\x00", "a" * 65 + "@x.org"],
)  # fmt: skip
def test_what_is_no_plain_address_is_nobodys(text: object) -> None:
    assert known_email(text) is None
