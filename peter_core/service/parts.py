"""The parts a `Peter` is made of, opened from settings."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peter_core.errors import ConfigError, PeterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peter_core.cache.results import ResultCache
    from peter_core.config import Settings
    from peter_core.engine.port import Engine
    from peter_core.store.ledger import Ledger
    from peter_core.store.port import DocumentStore

STATE = ".peter"
DASHBOARDS = "dashboards"
EMBEDDED: dict[str, Any] = {
    "engine": "duckdb",
    "bucket": None,
    "database_url": None,
    "redis_url": None,
}
"""The settings of a Peter that uses its folder and nothing else."""


@dataclass(frozen=True, slots=True)
class Parts:
    """One engine, one store, one ledger, one cache."""

    engine: Engine
    store: DocumentStore
    ledger: Ledger
    cache: ResultCache

    def readiness(self) -> dict[str, dict[str, object]]:
        """Each part with its latency in milliseconds; ``ok`` is false where one cannot serve."""
        checks: dict[str, Callable[[], object]] = {
            "engine": self.engine.ready,
            "store": self.store.check,
            "database": self.ledger.check,
            "cache": self.cache.stats,
        }
        found: dict[str, dict[str, object]] = {}
        for name, check in checks.items():
            began = time.perf_counter()
            try:
                check()
            except PeterError as error:
                found[name] = {"ok": False, "code": error.code}
            else:
                found[name] = {"ok": True}
            found[name]["latency_ms"] = round((time.perf_counter() - began) * 1000, 2)
        return found

    def close(self) -> None:
        """Stop workers and close files."""
        self.engine.close()
        self.cache.close()
        self.store.close()
        self.ledger.close()


def open_parts(settings: Settings) -> Parts:
    """The parts as they are configured; what is not configured is local.

    The engine is BigQuery or DuckDB over the workspace, the store a bucket or a folder, the ledger
    PostgreSQL or a SQLite file, the cache a folder or Redis over one.

    Raises
    ------
    ConfigError
        The workspace is missing or cannot be written to, or a setting cannot be used.
    EngineUnavailable
        There are no credentials for BigQuery.
    """
    from peter_core.cache.results import ResultCache
    from peter_core.store.connecting import ledger_url
    from peter_core.store.ledger import Ledger

    folder = _workspace(settings)
    with ExitStack() as opened:
        ledger = Ledger(ledger_url(settings))
        opened.callback(ledger.close)
        store = _store(settings, folder)
        cache = ResultCache.open(
            folder / STATE,
            memory_bytes=settings.memory_cache,
            disk_bytes=settings.disk_cache,
            redis_url=settings.redis_url.get_secret_value() if settings.redis_url else None,
            key=settings.cache_key_bytes(),
        )
        opened.callback(cache.close)
        engine = _engine(settings, folder)
        opened.pop_all()
    return Parts(engine=engine, store=store, ledger=ledger, cache=cache)


def _workspace(settings: Settings) -> Path:
    """The folder, with a place for Peter's own files in it."""
    folder = settings.folder.expanduser().resolve()
    if not folder.is_dir():
        what = "is a file, and no folder" if folder.exists() else "does not exist"
        raise ConfigError(
            f"The workspace folder {settings.folder} {what}.",
            hint="Make it, or set PETER_FOLDER to another one.",
        )
    try:
        (folder / STATE).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The workspace folder {folder} cannot be written to: {error.strerror}.",
            hint="Choose a folder of your own.",
        ) from error
    return folder


def _engine(settings: Settings, folder: Path) -> Engine:
    if settings.engine == "bigquery":
        from peter_core.engine.bigquery import BigQueryEngine

        return BigQueryEngine(
            settings.project,
            location=settings.location,
            default_dataset=settings.default_dataset,
            datasets=settings.allowed_datasets,
            credentials_file=settings.credentials_file,
            api_endpoint=settings.bigquery_endpoint,
            storage_read=settings.storage_read,
            table_ttl_s=settings.table_ttl,
            dataset_ttl_s=settings.dataset_ttl,
            project_jobs=settings.project_jobs,
            user_jobs=settings.user_jobs,
            queue=settings.queue,
            user_salt=settings.user_salt(),
        )
    from peter_core.engine.duckdb import DuckDBEngine

    return DuckDBEngine(
        folder,
        project=settings.project,
        default_dataset=settings.default_dataset,
        memory_limit_bytes=settings.engine_memory,
        workers=settings.engine_workers,
    )


def _store(settings: Settings, folder: Path) -> DocumentStore:
    if settings.bucket is not None:
        from peter_core.store.gcs import GcsStore

        return GcsStore(
            settings.bucket,
            prefix=settings.bucket_prefix,
            project=settings.project if settings.engine == "bigquery" else None,
            credentials_file=settings.credentials_file,
        )
    from peter_core.store.folder import FolderStore

    return FolderStore(folder / DASHBOARDS)
