"""A collector that takes OTLP over HTTP, as the protocol's own messages."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class FakeCollector:
    """What arrived: bodies as they were sent, unpacked, and their headers."""

    url: str = ""
    status: int = 200
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """Every span, in the order of their ends."""
        sent = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies
                if path == "/v1/traces"]  # fmt: skip
        return [span for one in sent for resource in one.resource_spans
                for scope in resource.scope_spans for span in scope.spans]  # fmt: skip

    @property
    def resource(self) -> dict[str, str]:
        """What the last batch of spans said of who sends."""
        last = [body for path, body in self.bodies if path == "/v1/traces"][-1]
        resource = ExportTraceServiceRequest.FromString(last).resource_spans[0].resource
        return {pair.key: pair.value.string_value for pair in resource.attributes}

    @property
    def metrics(self) -> dict[str, Metric]:
        """The newest state of every metric."""
        sent = [ExportMetricsServiceRequest.FromString(body) for path, body in self.bodies
                if path == "/v1/metrics"]  # fmt: skip
        return {metric.name: metric for one in sent for resource in one.resource_metrics
                for scope in resource.scope_metrics for metric in scope.metrics}  # fmt: skip


@contextmanager
def collector() -> Iterator[FakeCollector]:
    """A running collector."""
    fake = FakeCollector()
    answers = {
        "/v1/traces": ExportTraceServiceResponse().SerializeToString(),
        "/v1/metrics": ExportMetricsServiceResponse().SerializeToString(),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            fake.headers.append(dict(self.headers.items()))
            fake.bodies.append((self.path, body))
            self.send_response(fake.status if self.path in answers else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(answers.get(self.path, b""))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
