"""Clients that stall, and many that come together, on a server of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from peter_jupyter.http.serving import server_limits
from tests.http.conftest import Ask

BOARD = "api/v1/dashboards/small-flights"
STALLED = 200
READERS = 100


@pytest.fixture
def own_server(jp_web_app: Any, jp_asyncio_loop: Any) -> Any:
    """Peter's routes behind an HTTP server with our limits, shortened; gives its port."""

    async def begin() -> tuple[HTTPServer, int]:
        limits = server_limits()
        limits["idle_connection_timeout"] = limits["body_timeout"] = 3.0
        socket, port = bind_unused_port()
        server = HTTPServer(jp_web_app, **limits)
        server.add_socket(socket)
        return server, port

    server, port = jp_asyncio_loop.run_until_complete(begin())
    yield port
    server.stop()
    jp_asyncio_loop.run_until_complete(server.close_all_connections())


def head(base: str, path: str, method: str = "GET", more: str = "") -> bytes:
    return (
        f"{method} {base}peter/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: token token-alice\r\n{more}"
    ).encode()


async def test_clients_that_stall_hold_up_nobody_and_are_let_go(
    ask: Ask, published: str, own_server: int, jp_base_url: str
) -> None:
    url = f"http://127.0.0.1:{own_server}{jp_base_url}peter/{BOARD}/data"
    client = AsyncHTTPClient(force_instance=True)
    half_a_head = head(jp_base_url, f"{BOARD}/data")
    half_a_body = head(
        jp_base_url, "api/v1/sql/run", "POST",
        "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"sql\"",
    )  # fmt: skip
    streams = []
    for number in range(STALLED):
        reader, writer = await asyncio.open_connection("127.0.0.1", own_server)
        writer.write(half_a_head if number % 2 else half_a_body)
        streams.append((reader, writer))
    ends = [asyncio.create_task(reader.read()) for reader, _ in streams]
    stalled = []
    for _ in range(10):
        reply = await client.fetch(url, headers={"Authorization": "token token-vera"})
        assert reply.code == 200
        stalled.append(sum(not end.done() for end in ends))
    client.close()
    # Whoever had to wait for them would be answered when all of them were let go.
    assert stalled[0] > 0
    _, left = await asyncio.wait(ends, timeout=120)
    assert left == set()
    for _, writer in streams:
        writer.close()
    assert (await ask("GET", f"{BOARD}/data")).status == 200


async def test_a_hundred_readers_together_all_get_the_dashboard(
    ask: Ask, published: str, own_server: int, jp_base_url: str
) -> None:
    await ask("GET", f"{BOARD}/data", who="vera")
    request = head(jp_base_url, f"{BOARD}/data", more="Connection: close\r\n\r\n")

    async def read() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", own_server)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    answers = await asyncio.gather(*(read() for _ in range(READERS)))
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
    assert len({answer.partition(b"\r\n\r\n")[2] for answer in answers}) == 1


@pytest.mark.parametrize("size", [40_000, 200_000])
async def test_headers_beyond_their_limit_end_the_connection(
    ask: Ask, own_server: int, jp_base_url: str, size: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", own_server)
    writer.write(head(jp_base_url, "health", more=f"X-Long: {'x' * size}\r\n\r\n"))
    try:
        answer = await asyncio.wait_for(reader.read(), 60)
    except ConnectionResetError:
        answer = b""
    assert not answer.startswith(b"HTTP/1.1 200")
    writer.close()
    assert (await ask("GET", "health")).status == 200


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(
    ask: Ask, own_server: int, jp_base_url: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", own_server)
    more = f"Content-Type: application/yaml\r\nContent-Length: {2**20 + 1}\r\n\r\n"
    writer.write(head(jp_base_url, "api/v1/dashboards", "POST", more))
    answer = await asyncio.wait_for(reader.readline(), 60)
    assert answer.startswith(b"HTTP/1.1 413")
    writer.close()


async def test_a_compressed_body_is_never_unpacked(
    ask: Ask, own_server: int, jp_base_url: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", own_server)
    bomb = b"\x1f\x8b\x08\x00" + b"\x00" * 60
    more = (
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
        f"Content-Length: {len(bomb)}\r\n\r\n"
    )
    writer.write(head(jp_base_url, "api/v1/sql/run", "POST", more) + bomb)
    answer = await asyncio.wait_for(reader.read(), 60)
    assert answer.startswith(b"HTTP/1.1 415")
    writer.close()
