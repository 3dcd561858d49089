"""The HTTP side: threads, connections, and what goes wrong on them."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.bigquery.api_errors import ApiError
from tests.fakes.bigquery.faults import OF_JOBS, Fault, Script
from tests.fakes.bigquery.journal import Journal, Request
from tests.fakes.bigquery.results import write_json
from tests.fakes.bigquery.routes import Api, Call, read_call

_PIECE = 1 << 16


class FakeServer(ThreadingHTTPServer):
    """A server of one fake on a free port of the loopback."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, api: Api, script: Script, journal: Journal, *, latency_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self.script = script
        self.journal = journal
        self.latency_s = latency_s
        self.closing = threading.Event()
        self.serving: dict[threading.Thread, socket.socket] = {}

    def end_connections(self) -> None:
        """Let every thread that serves or waits for a client end."""
        self.closing.set()
        for thread, connection in list(self.serving.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(60)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeServer
    # One segment an answer: Nagle's wait for the rest would cost 40 ms.
    disable_nagle_algorithm = True
    wbufsize = 1 << 20

    def setup(self) -> None:
        super().setup()
        self.server.serving[threading.current_thread()] = self.connection

    def finish(self) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                super().finish()
        finally:
            self.server.serving.pop(threading.current_thread(), None)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b"{}"
        call = read_call(self.command, self.path, json.loads(raw or b"{}"))
        faults = self.server.script.hit(call.operation, later_page=call.later_page)
        request = self._note(call, faults)
        if self.server.latency_s:
            time.sleep(self.server.latency_s)
        fault = next((one for one in faults if one.kind not in OF_JOBS), None)
        of_job = next((one for one in faults if one.kind in OF_JOBS), None)
        if fault is not None and not fault.after and self._before(fault, request):
            return
        status, body = self._answer(call, of_job)
        if fault is not None and fault.after and self._before(fault, request):
            return
        request.status = status
        self._send(status, body, fault)

    def _note(self, call: Call, faults: tuple[Fault, ...]) -> Request:
        reference = call.body.get("jobReference") or {}
        request = Request(
            at=time.monotonic(),
            operation=call.operation,
            method=self.command,
            path=call.path,
            query=call.query,
            body=call.body,
            job_id=call.names.get("job") or reference.get("jobId"),
            faults=tuple(one.kind for one in faults),
        )
        self.server.journal.add(request)
        return request

    def _answer(self, call: Call, of_job: Fault | None) -> tuple[int, bytes]:
        try:
            return 200, write_json(self.server.api.answer(call, of_job))
        except ApiError as error:
            return error.status, json.dumps(error.body()).encode()
        except Exception as error:  # a bug of the fake must not look like one of its faults
            text = f"The fake itself failed: {type(error).__name__}: {error}"
            return 418, json.dumps(ApiError("fake", text, status=418).body()).encode()

    def _before(self, fault: Fault, request: Request) -> bool:
        """Whether the fault took the answer's place."""
        if fault.kind == "status":
            error = ApiError(fault.reason, fault.text, status=fault.status)
            request.status = fault.status
            wait = fault.retry_after
            self._send(fault.status, json.dumps(error.body()).encode(), None, retry_after=wait)
            return True
        if fault.kind == "page":
            request.status = fault.status
            page = b"<html><body><h1>Bad gateway</h1></body></html>"
            self._send(fault.status, page, None, kind="text/html")
            return True
        if fault.kind == "reset":
            self._reset()
            return True
        if fault.kind == "hang":
            self.server.closing.wait(fault.seconds)
            self._reset()
            return True
        if fault.kind == "delay":
            self.server.closing.wait(fault.seconds)
        return False

    def _send(
        self,
        status: int,
        body: bytes,
        fault: Fault | None,
        kind: str = "application/json",
        retry_after: str = "",
    ) -> None:
        how = fault.kind if fault is not None else None
        sent = body[: len(body) // 2] if how in ("cut", "broken") else body
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=UTF-8")
        self.send_header("Content-Length", str(len(body if how == "cut" else sent)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        try:
            if how == "slow" and fault is not None:
                self._trickle(sent, fault.bytes_per_second)
            else:
                self.wfile.write(sent)
            self.wfile.flush()
        except OSError:
            self.close_connection = True
        if how == "cut":
            self._reset(hard=False)

    def _trickle(self, body: bytes, bytes_per_second: int) -> None:
        piece = max(1, bytes_per_second // 20)
        for start in range(0, len(body), piece):
            if self.server.closing.is_set():
                return
            self.wfile.write(body[start : start + piece])
            self.wfile.flush()
            time.sleep(len(body[start : start + piece]) / bytes_per_second)

    def _reset(self, *, hard: bool = True) -> None:
        """End the connection, with RST when ``hard``."""
        self.close_connection = True
        if hard:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)
