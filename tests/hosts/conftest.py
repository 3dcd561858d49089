"""Patience with servers in processes of their own."""

from __future__ import annotations

from httpx._config import DEFAULT_TIMEOUT_CONFIG

PATIENCE_S = 60.0
"""For an answer where a test gives no timeout: the client's five seconds pass on a busy machine."""

for _part in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, _part, PATIENCE_S)
