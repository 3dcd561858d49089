"""HTTP connections that wait no longer than the call they are used for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

from peter_core.engine.bigquery.requests import call_timeout

if TYPE_CHECKING:
    from requests import PreparedRequest, Response


class TimedAdapter(HTTPAdapter):
    """Caps every timeout: the client gives reading a result two minutes, whatever it is told."""

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """Send the request; ``timeout`` is seconds, for the connection and between bytes."""
        given = options.get("timeout")
        options["timeout"] = call_timeout(given if isinstance(given, int | float) else None)
        return super().send(request, *args, **options)
