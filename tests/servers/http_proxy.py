"""An HTTP proxy in front of one server that spoils the requests it was told to spoil."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote

Kind = Literal["status", "reset", "hang", "trickle", "cut", "corrupt"]

_TRICKLE_S = 0.1
_UPSTREAM_S = 10


@dataclass
class Fault:
    """What happens to the next requests whose method and text (address, body) match.

    ``forward``: the server gets the request, and only its answer is lost. ``then`` runs after
    that, before the client hears anything.
    """

    kind: Kind
    method: str
    part: str
    status: int = 503
    forward: bool = False
    times: int = 1
    then: Callable[[], object] | None = None


@dataclass
class Sent:
    """A request that came, and whether it was passed on."""

    method: str
    text: str
    forwarded: bool
    status: int | None = None


@dataclass
class FaultyProxy:
    """A proxy on a loopback port; it can go away and come back."""

    upstream: int
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None
    _gone: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the port of last time if there was one."""
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._gone = threading.Event()
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections; requests that hang end."""
        self._gone.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut_connections()
            self._server = None

    def spoil(self, *faults: Fault) -> None:
        """Forget older faults and what was sent, and use these, first come first served.

        Requests that hang or trickle under the older ones end.
        """
        with self._lock:
            self._gone.set()
            self._gone = threading.Event()
            self.faults[:], self.sent[:] = list(faults), []

    def take(self, method: str, text: str) -> Fault | None:
        """The fault for a request, used up once."""
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and fault.part in text:
                    fault.times -= 1
                    return fault
        return None

    @property
    def over(self) -> threading.Event:
        """Set when the present faults are over."""
        return self._gone


@contextlib.contextmanager
def faulty_proxy(upstream: int) -> Iterator[FaultyProxy]:
    """A running proxy of the server on the port."""
    proxy = FaultyProxy(upstream)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, *args: Any) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what is tested."""

    def cut_connections(self) -> None:
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = unquote(self.path) + " " + body.decode("utf-8", "replace")
        fault = self.proxy.take(self.command, text)
        answers = fault is None or fault.kind in ("trickle", "cut", "corrupt")
        sent = Sent(self.command, text, answers or (fault is not None and fault.forward))
        self.proxy.sent.append(sent)
        answer = self._forward(body) if sent.forwarded else None
        sent.status = answer[0] if answer else None
        if fault is not None and fault.then is not None:
            fault.then()
        if fault is None:
            assert answer is not None
            self._answer(*answer)
        else:
            self._spoil(fault, answer)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=_UPSTREAM_S)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        try:
            upstream.request(self.command, self.path, body=body or None, headers=headers)
            response = upstream.getresponse()
            data = response.read()
        finally:
            upstream.close()
        dropped = ("connection", "transfer-encoding", "content-length", "date", "server")
        kept = [(k, v) for k, v in response.getheaders() if k.lower() not in dropped]
        return response.status, kept, data

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._head(status, headers, len(body))
        self.wfile.write(body)

    def _head(self, status: int, headers: list[tuple[str, str]], length: int) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _spoil(self, fault: Fault, answer: tuple[int, list[tuple[str, str]], bytes] | None) -> None:
        over = self.proxy.over
        if fault.kind == "status":
            self._answer(fault.status, [("Content-Type", "text/plain")], b"planted")
            return
        self.close_connection = True
        if fault.kind == "hang":
            over.wait(_UPSTREAM_S)
        elif fault.kind == "reset":
            # Lingering for no time makes closing a reset.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif answer is not None:
            self._spoil_body(fault.kind, *answer)

    def _spoil_body(
        self, kind: Kind, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        self._head(status, headers, len(body))
        if kind == "cut":
            self.wfile.write(body[: len(body) // 2])
        elif kind == "corrupt":
            self.wfile.write(bytes([body[0] ^ 1]) + body[1:])
        else:
            over = self.proxy.over
            for byte in body:
                self.wfile.write(bytes([byte]))
                if over.wait(_TRICKLE_S):
                    return
