"""Telemetry: spans, metrics and logs that carry an allow-list of fields and no secret.

Spans and metrics cost next to nothing until `configure` or `use` turns them on; OpenTelemetry is
imported only then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.telemetry.context import bound, new_request_id, request_id
from peter_core.telemetry.exporters import Telemetry, configure
from peter_core.telemetry.metrics import count, observe, record
from peter_core.telemetry.provider import use
from peter_core.telemetry.requests import RequestSpan, request_span
from peter_core.telemetry.tracing import Span, span

if TYPE_CHECKING:
    from peter_core.telemetry.logs import Logs, configure_logs

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


def __getattr__(name: str) -> object:
    """Load logs, with the patterns they are cleaned by, on their first use."""
    if name not in ("Logs", "configure_logs"):
        raise AttributeError(f"module 'peter_core.telemetry' has no attribute {name!r}")
    from peter_core.telemetry import logs

    return getattr(logs, name)
