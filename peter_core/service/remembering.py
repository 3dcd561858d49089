"""An engine for plans that goes by what it was told before while nobody answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from peter_core.errors import EngineUnavailable, Overloaded, QueryTimeout

if TYPE_CHECKING:
    from peter_core.cache.estimates import KeptEstimates
    from peter_core.engine.port import (
        CancelToken,
        ColumnProfile,
        Engine,
        Estimate,
        Job,
        Result,
        TableInfo,
    )

PATIENCE_S = 3.0
"""Seconds a dry run may take where an earlier one is known."""


class RememberingEngine:
    """An ``Engine`` whose dry runs outlive it: a server that starts while BigQuery is away can
    still tell which results of the shared cache belong to a dashboard.
    """

    def __init__(self, engine: Engine, kept: KeptEstimates) -> None:
        self._engine = engine
        self._kept = kept
        self.name = engine.name
        self.project = engine.project
        self.location = engine.location

    def dry_run(self, job: Job) -> Estimate:
        """What the engine says of the job, or said of it when it was last reached."""
        known = self._kept.get(job)
        if known is not None:
            job = replace(job, timeout_s=min(job.timeout_s, PATIENCE_S))
        try:
            made = self._engine.dry_run(job)
        except (EngineUnavailable, Overloaded, QueryTimeout):
            if known is None:
                raise
            return known
        if made != known:
            self._kept.put(job, made)
        return made

    def tables(self) -> tuple[TableInfo, ...]:
        """The engine's own."""
        return self._engine.tables()

    def table(self, name: str) -> TableInfo:
        """The engine's own."""
        return self._engine.table(name)

    def run(self, job: Job, cancel: CancelToken | None = None) -> Result:
        """The engine's own."""
        return self._engine.run(job, cancel)

    def profile(
        self, result: Result, job: Job, cancel: CancelToken | None = None
    ) -> tuple[ColumnProfile, ...] | None:
        """The engine's own."""
        return self._engine.profile(result, job, cancel)

    def ready(self) -> dict[str, Any]:
        """The engine's own."""
        return self._engine.ready()

    def close(self) -> None:
        """Nothing: who opened the engine closes it."""
