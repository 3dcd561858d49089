"""Telemetry: spans, metrics and logs that carry an allow-list of fields and no secret.

Spans and metrics cost next to nothing until `configure` or `use` turns them on; OpenTelemetry is
imported only then.
"""

from __future__ import annotations

from peter_core.telemetry.context import bound, new_request_id, request_id
from peter_core.telemetry.exporters import Telemetry, configure
from peter_core.telemetry.logs import Logs, configure_logs
from peter_core.telemetry.metrics import count, observe, record
from peter_core.telemetry.provider import use
from peter_core.telemetry.requests import RequestSpan, request_span
from peter_core.telemetry.tracing import Span, span

__all__ = [
    "Logs",
    "RequestSpan",
    "Span",
    "Telemetry",
    "bound",
    "configure",
    "configure_logs",
    "count",
    "new_request_id",
    "observe",
    "record",
    "request_id",
    "request_span",
    "span",
    "use",
]
