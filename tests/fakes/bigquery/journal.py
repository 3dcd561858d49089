"""What was asked of a fake, in order."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Request:
    """One request; ``at`` is of ``time.monotonic``, ``status`` what was answered, 0 for nothing."""

    at: float
    operation: str
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    job_id: str | None = None
    status: int = 0
    faults: tuple[str, ...] = ()
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        text = json.dumps(self.body, sort_keys=True)
        self.digest = hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def sql(self) -> str | None:
        """The statement of an insert or a query."""
        configured = self.body.get("configuration", {}).get("query", {})
        text = configured.get("query") or self.body.get("query")
        return text if isinstance(text, str) else None


class Journal:
    """Requests in the order of their arrival. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def add(self, request: Request) -> None:
        """Write one down."""
        with self._lock:
            self._requests.append(request)

    def all(self) -> list[Request]:
        """Every request so far."""
        with self._lock:
            return list(self._requests)
