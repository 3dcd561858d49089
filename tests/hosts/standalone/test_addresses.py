"""The address people use decides over the redirect URI, the cookies and the own origins."""

from __future__ import annotations

import pytest

from peter_core.config import load_settings
from peter_core.errors import ConfigError
from peter_jupyter.hosts.standalone.addresses import is_loopback, public_address


def _settings(**values: object):  # type: ignore[no-untyped-def]
    return load_settings(**values)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("LOCALHOST", True),
        ("::1", True), ("[::1]", True), ("0.0.0.0", False), ("::", False),  # noqa: S104
        ("192.168.0.1", False), ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False), ("127.1", False), ("2130706433", False),
    ],
)  # fmt: skip
def test_only_addresses_of_this_machine_are_its_own(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_without_an_address_a_server_is_this_machines_under_its_three_names() -> None:
    address = public_address(_settings(), "127.0.0.1", 8000)
    assert address.url("dashboards") == "http://127.0.0.1:8000/dashboards"
    assert not address.secure and not address.proxied
    assert address.own_hosts == {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}


def test_ipv6_is_written_with_brackets() -> None:
    assert public_address(_settings(), "::1", 8000).url() == "http://[::1]:8000/"


def test_port_80_is_not_written() -> None:
    assert public_address(_settings(), "localhost", 80).origin == "http://localhost"


@pytest.mark.parametrize(
    ("public", "base", "redirect"),
    [
        ("https://peter.example.com", "/", "https://peter.example.com/x"),
        ("https://Peter.Example.com:8443/", "/", "https://peter.example.com:8443/x"),
        ("https://example.com/peter", "/peter/", "https://example.com/peter/x"),
        ("https://example.com", "/peter/", "https://example.com/peter/x"),
        ("http://localhost:9000", "/", "http://localhost:9000/x"),
    ],
)
def test_a_public_address_is_the_one_people_are_sent_back_to(
    public: str, base: str, redirect: str
) -> None:
    address = public_address(_settings(public_url=public, base_url=base), "0.0.0.0", 8000)  # noqa: S104
    assert address.url("x") == redirect
    assert address.proxied
    assert address.secure is redirect.startswith("https")


@pytest.mark.parametrize(
    ("public", "base"),
    [("http://peter.example.com", "/"), ("https://example.com/peter", "/"),
     ("https://example.com/a", "/b/"), ("http://127.0.0.1.evil.example", "/")],
)  # fmt: skip
def test_an_address_google_would_not_send_people_to_is_refused(public: str, base: str) -> None:
    with pytest.raises(ConfigError):
        public_address(_settings(public_url=public, base_url=base), "127.0.0.1", 8000)
