"""Running steps: cache first, one flight a key, the engine last; every run goes into the ledger."""

from __future__ import annotations

import contextvars
import datetime as dt
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from peter_core.cache.entries import Entry
from peter_core.cache.freshness import Freshness, judge
from peter_core.cache.keys import cacheable, clock_reading, result_key
from peter_core.engine.port import CancelToken, Job
from peter_core.errors import PeterError, QueryCancelled
from peter_core.plan.plan import StepAnswer
from peter_core.service.measuring import run_measured, watch_flight
from peter_core.service.refreshing import Refreshing
from peter_core.telemetry import count, span
from peter_core.verify.verification import TableStamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future

    from peter_core.cache.results import ResultCache
    from peter_core.engine.port import Engine, Result, TableInfo
    from peter_core.plan.plan import Plan, Step
    from peter_core.principal import Principal
    from peter_core.service.spending import Spending

SWEEP_S = 5.0


class Runner:
    """Answers steps and single jobs through cache, single flight and engine.

    Parameters
    ----------
    spending
        The budgets around every run.
    timeout_s, max_rows, max_result_bytes
        Of every job.
    ttl_s, fresh_for_s
        Ages of a cached result where the document says nothing.
    workers
        Steps in flight at once.
    """

    def __init__(
        self,
        engine: Engine,
        cache: ResultCache,
        spending: Spending,
        *,
        timeout_s: float,
        max_rows: int,
        max_result_bytes: int,
        ttl_s: int,
        fresh_for_s: float,
        workers: int = 8,
    ) -> None:
        self._engine = engine
        self._cache = cache
        self._timeout_s = timeout_s
        self._spending = spending
        self._max_rows = max_rows
        self._max_result_bytes = max_result_bytes
        self._ttl_s = ttl_s
        self._fresh_for_s = fresh_for_s
        self._keys: WeakKeyDictionary[Plan, dict[str, str]] = WeakKeyDictionary()
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="peter-step")
        self._refreshing = Refreshing()
        self._unwatch = watch_flight(cache.flight)

    def close(self) -> None:
        """Let running steps end and take no more."""
        self._unwatch()
        self._refreshing.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def run_plan(
        self,
        plan: Plan,
        *,
        principal: Principal,
        force: bool = False,
        cancel: CancelToken | None = None,
        on_answer: Callable[[StepAnswer], None] | None = None,
        on_refreshed: Callable[[StepAnswer], None] | None = None,
        patience_s: float | None = None,
    ) -> dict[str, StepAnswer]:
        """Answer every step of a plan, several at once; one failure leaves the others alone.

        Parameters
        ----------
        on_refreshed
            Told once of each run that a refresh behind the answer made, whoever waits for it; to
            its readers the result is one of the cache's.
        patience_s
            Seconds to wait for what is only stale: after them it is given as it is held, while
            its refresh goes on. ``None`` waits for all.

        Raises
        ------
        QueryCancelled
            When ``cancel`` was used meanwhile.
        """
        token = cancel or CancelToken()
        until = None if patience_s is None else time.monotonic() + patience_s
        with span("peter.cache") as looked:
            held = {} if force else self.held_answers(plan, principal)
            found = {key: answer for key, answer in held.items() if answer.freshness != "stale"}
            looked.set(hits=len(found), misses=len(plan.steps) - len(found))
        count("peter.cache.hits", len(found))
        count("peter.cache.misses", len(plan.steps) - len(found))
        behind = {} if until is None else self._refreshed(plan, held, principal, on_refreshed)

        def answer(step: Step) -> StepAnswer:
            made = found.get(step.key) or self._answer(step, plan, principal, token, force)
            if on_answer:
                on_answer(made)
            return made

        now = {key: step for key, step in plan.steps.items() if key not in behind}
        if all(key in found for key in now):
            answers = {key: answer(step) for key, step in now.items()}
        else:
            answers = self._at_once(now, answer, token)
        for key, refresh in behind.items():
            answers[key] = _settled(held[key], refresh, until)
            if on_answer:
                on_answer(answers[key])
        token.raise_if_cancelled()
        return {key: answers[key] for key in plan.steps}

    def fresh_answers(self, plan: Plan, principal: Principal) -> dict[str, StepAnswer]:
        """The steps that the cache answers as they are: they cost nothing now."""
        held = self.held_answers(plan, principal)
        return {key: answer for key, answer in held.items() if answer.freshness != "stale"}

    def held_answers(self, plan: Plan, principal: Principal) -> dict[str, StepAnswer]:
        """Every step that the cache holds a result of, however old; nothing is run."""
        found = {}
        for key, step in plan.steps.items():
            entry = self._held(step, plan, principal)
            if entry is not None:
                judged = self._judge(entry, step, plan)
                error = None
                if judged.status == "stale":
                    failed = self._refreshing.failure(self._step_key(step, plan, principal))
                    if failed is not None:
                        judged, error = Freshness("stale", failed.sentence()), failed.error
                found[key] = _from_entry(step, entry, judged, cache_hit=True, error=error)
        return found

    def run_job(
        self, job: Job, cancel: CancelToken | None = None, *, principal: Principal
    ) -> tuple[Result, bool]:
        """Run one job of a person's own; returns the result and whether it came from the cache.

        Only a result whose source tables are known not to have changed is taken from the cache.
        """
        job = replace(job, user=principal.email)
        tables = tuple(self._engine.table(name) for name in job.statement.tables)
        key = self._key(job, tables, principal)
        entry = self._cache.get(key) if cacheable(job.statement) else None
        if entry is not None and not entry.result.truncated and _unchanged(entry, tables):
            count("peter.cache.hits")
            return entry.result, True
        count("peter.cache.misses")
        entry, ran = self._compute(key, job, self._ttl_s, cancel)
        return entry.result, not ran

    def _at_once(
        self, steps: Mapping[str, Step], answer: Callable[[Step], StepAnswer], token: CancelToken
    ) -> dict[str, StepAnswer]:
        futures = {
            key: self._pool.submit(contextvars.copy_context().run, answer, step)
            for key, step in steps.items()
        }
        try:
            return {key: future.result() for key, future in futures.items()}
        except BaseException:
            token.cancel()
            raise

    def _refreshed(
        self,
        plan: Plan,
        held: Mapping[str, StepAnswer],
        principal: Principal,
        told: Callable[[StepAnswer], None] | None,
    ) -> dict[str, Future[StepAnswer] | None]:
        """Begin to compute anew what is stale; ``None`` where that failed a moment ago."""

        def refresh(step: Step, token: CancelToken) -> StepAnswer:
            made = self._answer(step, plan, principal, token)
            if told is not None and not made.cache_hit:
                told(made)
            return made if made.error else replace(made, cache_hit=True)

        def begin(step: Step) -> Future[StepAnswer] | None:
            key = self._step_key(step, plan, principal)
            return self._refreshing.start(key, lambda token: refresh(step, token))

        return {key: begin(a.step) for key, a in held.items() if a.freshness == "stale"}

    def _answer(
        self,
        step: Step,
        plan: Plan,
        principal: Principal,
        cancel: CancelToken,
        force: bool = False,
    ) -> StepAnswer:
        def still_good(entry: Entry) -> bool:
            """Somebody, maybe on another server, was faster."""
            return not force and self._judge(entry, step, plan).status != "stale"

        began = time.perf_counter()
        job = self._job(step, plan, principal)
        key = self._step_key(step, plan, principal)
        try:
            entry, ran = self._compute(key, job, step.ttl_s, cancel, still_good)
        except PeterError as error:
            if not isinstance(error, QueryCancelled):
                self._refreshing.note(key, error)
            return self._without(step, plan, principal, error, _since(began))
        self._refreshing.note(key, None)
        freshness = self._judge(entry, step, plan)
        return _from_entry(step, entry, freshness, cache_hit=not ran, duration_ms=_since(began))

    def _without(
        self, step: Step, plan: Plan, principal: Principal, error: PeterError, duration_ms: float
    ) -> StepAnswer:
        """The older result, marked stale with the reason, or the error alone."""
        held = None if isinstance(error, QueryCancelled) else self._held(step, plan, principal)
        if held is None:
            return StepAnswer(step, error=error, duration_ms=duration_ms)
        failed = self._refreshing.failure(self._step_key(step, plan, principal))
        reason = failed.sentence() if failed else f"The refresh failed: {error.message}"
        stale = Freshness("stale", reason)
        return _from_entry(step, held, stale, cache_hit=True, error=error, duration_ms=duration_ms)

    def _compute(
        self,
        key: str,
        job: Job,
        ttl_s: int,
        cancel: CancelToken | None,
        accept: Callable[[Entry], bool] | None = None,
    ) -> tuple[Entry, bool]:
        """The entry, and whether it was computed for this caller: only one pays for a run."""
        ran = False

        def compute(token: CancelToken) -> Entry:
            nonlocal ran
            ran = True
            # The moment before the run: what changes meanwhile makes the result stale.
            computed_at = dt.datetime.now(dt.UTC)
            slug = job.labels.get("peter_dashboard")
            result = self._spending.run(job, slug, lambda: run_measured(self._engine, job, token))
            return Entry(
                result=result,
                fingerprint=job.statement.fingerprint,
                tables=tuple(
                    TableStamp(table.id, table.updated_at, table.rows) for table in result.tables
                ),
                computed_at=computed_at,
                ttl_s=ttl_s,
            )

        if not cacheable(job.statement):
            # Each run gives another answer, so nobody gets the run of somebody else.
            return compute(cancel or CancelToken()), True
        limit_s = job.timeout_s + SWEEP_S
        entry = self._cache.compute(key, compute, cancel=cancel, timeout_s=limit_s, accept=accept)
        return entry, ran

    def _job(self, step: Step, plan: Plan, principal: Principal) -> Job:
        return Job(
            step.statement,
            step.parameters,
            max_bytes=step.cap_bytes,
            timeout_s=self._timeout_s,
            max_rows=self._max_rows,
            max_result_bytes=self._max_result_bytes,
            user=principal.email,
            labels={"peter_dashboard": plan.dashboard.slug, "peter_query": step.query},
        )

    def _held(self, step: Step, plan: Plan, principal: Principal) -> Entry | None:
        if not cacheable(step.statement):
            return None
        return self._cache.get(self._step_key(step, plan, principal))

    def _step_key(self, step: Step, plan: Plan, principal: Principal) -> str:
        """The key of a step, kept beside its plan unless the clock or the principal is in it."""
        known = self._keys.setdefault(plan, {})
        if step.key in known:
            return known[step.key]
        job = Job(step.statement, step.parameters)
        key = self._key(job, step.tables, principal, plan.dashboard.timezone)
        if not step.statement.volatile:
            known[step.key] = key
        return key

    def _key(
        self, job: Job, tables: Iterable[TableInfo], principal: Principal, zone: str = "UTC"
    ) -> str:
        return result_key(
            engine=self._engine.name,
            project=self._engine.project,
            location=self._engine.location,
            statement=job.statement,
            parameters=job.parameters,
            schema_version=_schema_version(tables),
            principal=principal.email,
            day=clock_reading(job.statement, zone=zone, now=dt.datetime.now(dt.UTC)),
            # Else a result that was cut would be served on when the limits are raised.
            limits=(self._max_rows, self._max_result_bytes),
        )

    def _judge(self, entry: Entry, step: Step, plan: Plan) -> Freshness:
        return judge(
            computed_at=entry.computed_at,
            ttl_s=step.ttl_s,
            fresh_for_s=plan.dashboard.defaults.fresh_for or self._fresh_for_s,
            stamps_then=entry.stamps,
            stamps_now={table.id: table.updated_at for table in step.tables},
            now=dt.datetime.now(dt.UTC),
        )


def _from_entry(
    step: Step,
    entry: Entry,
    freshness: Freshness,
    *,
    cache_hit: bool,
    error: PeterError | None = None,
    duration_ms: float = 0.0,
) -> StepAnswer:
    stamps = list(entry.stamps.values())
    known = [stamp for stamp in stamps if stamp is not None]
    return StepAnswer(
        step=step,
        result=entry.result,
        computed_at=entry.computed_at,
        source_updated_at=min(known) if known and len(known) == len(stamps) else None,
        freshness=freshness.status,
        freshness_reason=freshness.reason,
        cache_hit=cache_hit,
        error=error,
        duration_ms=duration_ms,
    )


def _settled(
    held: StepAnswer, refresh: Future[StepAnswer] | None, until: float | None
) -> StepAnswer:
    """What a refresh gave by then, or the older answer, which says whether it goes on."""
    if refresh is None or until is None:
        return held
    try:
        return refresh.result(timeout=max(0.0, until - time.monotonic()))
    except FutureTimeout:
        return replace(held, refreshing=True)


def _schema_version(tables: Iterable[TableInfo]) -> str:
    digest = hashlib.sha256()
    for table in sorted(tables, key=lambda table: table.id):
        digest.update(repr((table.id, table.columns)).encode())
    return digest.hexdigest()


def _unchanged(entry: Entry, tables: Iterable[TableInfo]) -> bool:
    now = {table.id: table.updated_at for table in tables}
    return all(stamp is not None and now.get(name) == stamp
               for name, stamp in entry.stamps.items())  # fmt: skip


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
