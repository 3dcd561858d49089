"""What a host of its own lets a client send, before anything of Peter's is asked."""

from __future__ import annotations

from peter_jupyter.http.serving import server_limits


def test_headers_bodies_and_patience_have_their_limits_and_nothing_is_unpacked() -> None:
    assert server_limits(1_000) == {
        "max_header_size": 32_768,
        "max_body_size": 16_000,
        "idle_connection_timeout": 30.0,
        "body_timeout": 30.0,
        "decompress_request": False,
    }
    assert server_limits()["max_body_size"] == 2**24
