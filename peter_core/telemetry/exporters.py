"""Sending spans and metrics by OTLP over HTTP and spans to Cloud Trace, when it is configured."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING, Any

from peter_core.errors import ConfigError
from peter_core.telemetry.provider import use

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from peter_core.config import Settings

CLOUD_TRACE = "https://telemetry.googleapis.com/v1/traces"
CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LOCAL_PROJECT = "local"
SEND_S = 5.0
"""Seconds one sending may take."""
CLOSE_S = 3.0
"""Seconds the end of a program waits for the last sending."""


class Telemetry:
    """What sends spans and metrics; nothing that is measured ever waits for it."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider | None) -> None:
        self._tracers = tracers
        self._meters = meters
        self._closing = threading.Lock()
        self._closed = False
        atexit.register(self.close)

    def flush(self) -> None:
        """Send what is waiting now."""
        self._tracers.force_flush(int(SEND_S * 1000))
        if self._meters is not None:
            self._meters.force_flush(SEND_S * 1000)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Turn telemetry off and send what is waiting, within ``timeout_s`` seconds."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        _forget(self)
        atexit.unregister(self.close)
        ends = [threading.Thread(target=self._tracers.shutdown, daemon=True)]
        if self._meters is not None:
            ends.append(threading.Thread(target=self._meters.shutdown, daemon=True))
        for end in ends:
            end.start()
        for end in ends:
            end.join(timeout_s / len(ends))


_LOCK = threading.Lock()
_ACTIVE: dict[tuple[object, ...], Telemetry] = {}


def configure(settings: Settings) -> Telemetry | None:
    """Turn spans and metrics on where the settings say where they go; ``None`` where they do not.

    The same settings give the same `Telemetry`; others take its place.

    Raises
    ------
    ConfigError
        The exporter is not installed, or has no credentials.
    """
    if settings.otlp_endpoint is None and not settings.cloud_trace:
        return None
    headers = settings.otlp_headers.get_secret_value() if settings.otlp_headers else ""
    identity = (
        settings.otlp_endpoint, headers, settings.cloud_trace, settings.project,
        settings.service_name, settings.app_env,
    )  # fmt: skip
    with _LOCK:
        known = _ACTIVE.get(identity)
        if known is not None:
            return known
        tracers, meters = _providers(settings, _headers(headers))
        before = tuple(_ACTIVE.values())
        _ACTIVE.clear()
        _ACTIVE[identity] = telemetry = Telemetry(tracers, meters)
        use(tracers, meters, salt=settings.user_salt())
    for old in before:
        old.close()
    return telemetry


def _forget(telemetry: Telemetry) -> None:
    with _LOCK:
        if telemetry in _ACTIVE.values():
            _ACTIVE.clear()
            use(None, None, salt=b"")


def _providers(
    settings: Settings, headers: dict[str, str]
) -> tuple[TracerProvider, MeterProvider | None]:
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise _missing("OpenTelemetry's SDK", "otel") from None
    from peter_core import __version__

    about = {
        "service.name": settings.service_name,
        "service.version": __version__,
        "deployment.environment.name": settings.app_env,
    }
    exporters = []
    if settings.cloud_trace:
        cloud, about["gcp.project_id"] = _cloud_trace(settings.project)
        exporters.append(cloud)
    resource, meters = Resource.create({**about}), None
    if settings.otlp_endpoint is not None:
        spans, meters = _otlp(settings.otlp_endpoint, headers, resource)
        exporters.append(spans)
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    for exporter in exporters:
        tracers.add_span_processor(BatchSpanProcessor(exporter))
    return tracers, meters


def _otlp(endpoint: str, headers: dict[str, str], resource: Resource) -> tuple[Any, MeterProvider]:
    try:
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    except ImportError:
        raise _missing("The OTLP exporter", "otel") from None
    common: dict[str, Any] = {
        "headers": headers or None, "timeout": SEND_S, "compression": Compression.Gzip,
    }  # fmt: skip
    spans = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", **common)
    metrics = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", **common)
    reader = PeriodicExportingMetricReader(metrics, export_timeout_millis=SEND_S * 1000)
    return spans, MeterProvider([reader], resource=resource, shutdown_on_exit=False)


def _cloud_trace(project: str) -> tuple[Any, str]:
    """An exporter to Cloud Trace with the application default credentials, and its project.

    See https://cloud.google.com/trace/docs/migrate-to-otlp-endpoints
    """
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import AuthorizedSession
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise _missing("The exporter to Cloud Trace", "cloud-trace") from None
    try:
        credentials, found = google.auth.default(scopes=[CLOUD_SCOPE])
    except GoogleAuthError:
        raise ConfigError(
            "Cloud Trace cannot be used: there are no usable Google credentials.",
            hint="Give the server a service account, or unset PETER_CLOUD_TRACE.",
        ) from None
    home = found if project == LOCAL_PROJECT else project
    if not home:
        raise ConfigError("Cloud Trace needs a project.", hint="Set GCP_PROJECT_ID.")
    session: Any = AuthorizedSession
    exporter = OTLPSpanExporter(
        endpoint=CLOUD_TRACE,
        session=session(credentials),
        timeout=SEND_S,
        compression=Compression.Gzip,
    )
    return exporter, home


def _missing(what: str, extra: str) -> ConfigError:
    return ConfigError(f"{what} is not installed.", hint=f"Install peter[{extra}].")


def _headers(text: str) -> dict[str, str]:
    """``name=value`` pairs, comma separated; names are lower case as HTTP/2 has them."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
