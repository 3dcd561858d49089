"""How a host of its own serves: the limits of Tornado's HTTP server."""

from __future__ import annotations

from typing import TypedDict

from peter_jupyter.http.bodies import LARGEST


class ServerLimits(TypedDict):
    """Arguments of ``tornado.httpserver.HTTPServer``."""

    max_header_size: int
    max_body_size: int
    idle_connection_timeout: float
    body_timeout: float
    decompress_request: bool


def server_limits(max_body: int = LARGEST) -> ServerLimits:
    """What a client may send and how slowly: ``HTTPServer(app, **server_limits())``.

    Headers have 32 kB; a connection that has not sent them after 30 s is closed, and so is one
    whose body is not there after 30 s more. Bodies may be larger than ``max_body`` here, so that
    the handlers tell what is too large as a problem. Requests are never decompressed.
    """
    return ServerLimits(
        max_header_size=32 * 1024,
        max_body_size=16 * max_body,
        idle_connection_timeout=30.0,
        body_timeout=30.0,
        decompress_request=False,
    )
