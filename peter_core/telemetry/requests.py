"""One HTTP request: its id, its span and its duration, by OpenTelemetry's HTTP conventions.

See https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.telemetry.context import bound, new_request_id
from peter_core.telemetry.metrics import record
from peter_core.telemetry.provider import State
from peter_core.telemetry.tracing import RecordedSpan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SERVER_ERROR = 500


@dataclass(slots=True)
class RequestSpan:
    """A request under way; set ``status`` and ``code`` before it ends."""

    request_id: str
    status: int | None = None
    code: str | None = None
    """The code of the error that was answered."""


@contextmanager
def request_span(
    method: str,
    route: str,
    headers: Mapping[str, str] | None = None,
    *,
    request_id: str | None = None,
) -> Iterator[RequestSpan]:
    """A server span named ``METHOD route`` around the answering of one request.

    Parameters
    ----------
    route
        The pattern of the path, such as ``/api/dashboards/{slug}``, never the path itself.
    headers
        Of the request: ``traceparent`` makes the span a part of the caller's trace,
        ``X-Request-Id`` becomes the request's id where it is harmless.
    request_id
        The id, where the host chose one already.
    """
    known = {name.lower(): value for name, value in (headers or {}).items()}
    verb = method if method in _METHODS else "_OTHER"
    request = RequestSpan(request_id or new_request_id(known.get("x-request-id")))
    began = time.perf_counter()
    with bound(request.request_id):
        try:
            yield from _traced(request, verb, route, known)
        finally:
            taken = time.perf_counter() - began
            status = request.status or _SERVER_ERROR
            record("http.server.request.duration", taken, method=verb, route=route, status=status)


def _traced(
    request: RequestSpan, method: str, route: str, headers: Mapping[str, str]
) -> Iterator[RequestSpan]:
    tracing = State.tracing
    if tracing is None:
        yield request
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract(headers)
    attributes = {"method": method, "route": route, "request_id": request.request_id}
    name = f"{'HTTP' if method == '_OTHER' else method} {route}"
    with RecordedSpan(tracing, name, {**attributes}, kind="SERVER", parent=parent) as span:
        yield request
        if request.status is not None:
            span.set(status=request.status, code=request.code)
            if request.status >= _SERVER_ERROR:
                span.fail(request.code or str(request.status))
