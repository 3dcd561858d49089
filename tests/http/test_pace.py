"""How often an address may ask for a login, and which address that is."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from peter_jupyter.http import pace
from peter_jupyter.http.pace import Pace, address_of
from peter_jupyter.http.statuses import RefusalError


class Peer:
    """The connection that a request came by."""

    def __init__(self, address: str) -> None:
        self.context = self
        self.remote_ip = address


def request(peer: str = "192.0.2.1", *forwarded: str) -> HTTPServerRequest:
    headers = HTTPHeaders({"Host": "127.0.0.1"})
    for line in forwarded:
        headers.add("X-Forwarded-For", line)
    return HTTPServerRequest(
        start_line=RequestStartLine("GET", "/", "HTTP/1.1"),
        headers=headers,
        connection=Peer(peer),  # type: ignore[arg-type]
    )


def test_an_address_has_so_many_requests_a_minute_and_gets_them_back_by_the_second() -> None:
    now = 0.0
    door = Pace(30, proxies=0, clock=lambda: now)
    for _ in range(30):
        door.require(request())
    for at, wait_s in ((0.0, 2), (1.0, 1)):
        now = at
        with pytest.raises(RefusalError) as refused:
            door.require(request())
        assert (refused.value.code, refused.value.retry_after_s) == ("too_many_requests", wait_s)
        assert f"{wait_s} s" in (refused.value.hint or "")
    now = 2.0
    door.require(request())
    with pytest.raises(RefusalError):
        door.require(request())


def test_one_address_takes_nothing_from_another() -> None:
    door = Pace(1, proxies=0, clock=lambda: 0.0)
    door.require(request("192.0.2.1"))
    door.require(request("192.0.2.2"))
    with pytest.raises(RefusalError):
        door.require(request("192.0.2.1"))


def test_whoever_asks_on_although_told_to_wait_gets_nothing_for_it() -> None:
    now = 0.0
    door = Pace(60, proxies=0, clock=lambda: now)
    for _ in range(60):
        door.require(request())
    for _ in range(100):
        with pytest.raises(RefusalError):
            door.require(request())
    now = 1.0
    door.require(request())


def test_addresses_that_are_made_up_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_REMEMBERED", 10)
    door = Pace(1, proxies=0, clock=lambda: 0.0)
    for number in range(50):
        door.require(request(f"192.0.2.{number}"))
    assert len(door._left) == 10
    with pytest.raises(RefusalError):
        door.require(request("192.0.2.49"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "direct", "behind_one", "behind_two"),
    [
        ("192.0.2.1", [], "192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.9"], "10.0.0.1", "192.0.2.9", "192.0.2.9"),
        # What stands before the proxies' own words may be the client's invention.
        ("10.0.0.1", ["1.2.3.4, 192.0.2.9"], "10.0.0.1", "192.0.2.9", "1.2.3.4"),
        ("10.0.0.1", ["1.2.3.4", "192.0.2.9"], "10.0.0.1", "192.0.2.9", "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6, 192.0.2.9, 10.0.0.2"], "10.0.0.1", "10.0.0.2", "192.0.2.9"),
        ("10.0.0.1", ["<script>"], "10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4,"], "10.0.0.1", "10.0.0.1", "1.2.3.4"),
        ("::1", ["2001:db8:1:2:3:4:5:6"], "::/64", "2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", [], "fe80::/64", "fe80::/64", "fe80::/64"),
        ("", [], "unknown", "unknown", "unknown"),
    ],
)
def test_the_address_is_what_the_first_proxy_wrote_down_where_there_is_one(
    peer: str, forwarded: list[str], direct: str, behind_one: str, behind_two: str
) -> None:
    asked = request(peer, *forwarded)
    found = [address_of(asked, proxies=number) for number in (0, 1, 2)]
    assert found == [direct, behind_one, behind_two]
