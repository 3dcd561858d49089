"""Cloud Storage as a store of documents."""

from __future__ import annotations

from peter_core.store.gcs.store import GcsStore

__all__ = ["GcsStore"]
