"""Jobs on the engine with their span and their figures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from weakref import ref

from peter_core.errors import PeterError
from peter_core.telemetry import count, observe, record, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.cache.flight import SingleFlight
    from peter_core.engine.port import CancelToken, Engine, Job, Result

OK = "ok"


def run_measured(engine: Engine, job: Job, cancel: CancelToken | None) -> Result:
    """What ``engine.run`` gives or raises, measured."""
    began, code = time.perf_counter(), OK
    about = {"engine": engine.name, "fingerprint": job.statement.fingerprint}
    with span("peter.engine.job", **about, principal=job.user or None) as measured:
        try:
            result = engine.run(job, cancel)
        except BaseException as error:
            code = error.code if isinstance(error, PeterError) else type(error).__name__
            raise
        finally:
            taken = time.perf_counter() - began
            record("peter.engine.job.duration", taken, engine=engine.name, code=code)
        measured.set(
            bytes_scanned=result.bytes_scanned,
            bytes_billed=result.bytes_billed,
            rows=result.row_count,
            cache_hit=result.engine_cache_hit,
        )
    count("peter.engine.bytes_scanned", result.bytes_scanned, engine=engine.name)
    count("peter.engine.bytes_billed", result.bytes_billed, engine=engine.name)
    return result


def watch_flight(flight: SingleFlight[Any]) -> Callable[[], None]:
    """Tell how many requests shared another's run, for as long as the flight lives."""
    known = ref(flight)

    def coalesced() -> int:
        alive = known()
        return 0 if alive is None else alive.coalesced

    return observe("peter.cache.coalesced", coalesced)
