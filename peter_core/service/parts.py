"""The parts a `Peter` is made of, opened from settings."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.errors import ConfigError, PeterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.cache.results import ResultCache
    from peter_core.config import Settings
    from peter_core.engine.port import Engine
    from peter_core.store.ledger import Ledger
    from peter_core.store.port import DocumentStore

STATE = ".peter"
DASHBOARDS = "dashboards"


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
        self.ledger.close()


def open_parts(settings: Settings) -> Parts:
    """The embedded parts over a folder: DuckDB, a folder store, SQLite, a disk cache.

    Raises
    ------
    ConfigError
        When the folder is missing or cannot be written to.
    """
    from peter_core.cache.results import ResultCache
    from peter_core.engine.duckdb import DuckDBEngine
    from peter_core.store.connecting import ledger_url
    from peter_core.store.folder import FolderStore
    from peter_core.store.ledger import Ledger

    folder = settings.folder.expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError(
            f"The workspace folder {settings.folder} does not exist.",
            hint="Make it, or set PETER_FOLDER to another one.",
        )
    state = folder / STATE
    try:
        state.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The workspace folder {settings.folder} cannot be written to: {error.strerror}.",
            hint="Choose a folder of your own.",
        ) from error
    return Parts(
        engine=DuckDBEngine(
            folder,
            project=settings.project,
            memory_limit_bytes=settings.engine_memory,
            workers=settings.engine_workers,
        ),
        store=FolderStore(folder / DASHBOARDS),
        ledger=Ledger(ledger_url(settings)),
        cache=ResultCache.open(
            state, memory_bytes=settings.memory_cache, disk_bytes=settings.disk_cache
        ),
    )
