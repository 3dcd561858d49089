"""What an engine said of a statement before it ran, kept for the time when it says nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from peter_core.cache.entries import table_header, table_info
from peter_core.cache.keys import result_key
from peter_core.engine.port import Column, Estimate

if TYPE_CHECKING:
    from peter_core.cache.results import ResultCache
    from peter_core.engine.port import Engine, Job

_NOBODY = "-"
_ANY_DAY = "-"


class KeptEstimates:
    """Estimates by statement and parameters, beside the results and as widely shared."""

    def __init__(self, cache: ResultCache, engine: Engine) -> None:
        self._cache = cache
        self._engine = engine

    def get(self, job: Job) -> Estimate | None:
        """The last estimate of such a job, ``None`` when there was none."""
        data = self._cache.note(self._key(job))
        return None if data is None else _decode(data)

    def put(self, job: Job, estimate: Estimate) -> None:
        """Keep the estimate in place of an earlier one."""
        self._cache.keep_note(self._key(job), _encode(estimate))

    def _key(self, job: Job) -> str:
        # What a statement reads and gives depends neither on who asks nor on the day.
        key = result_key(
            engine=self._engine.name,
            project=self._engine.project,
            location=self._engine.location,
            statement=job.statement,
            parameters=job.parameters,
            schema_version="estimate",
            principal=_NOBODY,
            day=_ANY_DAY,
        )
        return f"estimate-{key}"


def _encode(estimate: Estimate) -> bytes:
    return orjson.dumps(
        {
            "bytes": estimate.bytes,
            "billed_bytes": estimate.billed_bytes,
            "exact": estimate.exact,
            "tables": [table_header(table) for table in estimate.tables],
            "columns": [asdict(column) for column in estimate.columns],
        }
    )


def _decode(data: bytes) -> Estimate | None:
    try:
        fields = orjson.loads(data)
        return Estimate(
            bytes=fields["bytes"],
            billed_bytes=fields["billed_bytes"],
            exact=fields["exact"],
            tables=tuple(table_info(table) for table in fields["tables"]),
            columns=tuple(Column(**column) for column in fields["columns"]),
        )
    except (KeyError, TypeError, ValueError):
        # Written by a version that kept something else.
        return None
