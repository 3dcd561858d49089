"""Verifying one statement: guard, bind, dry run, cap, run, and everything a reviewer needs."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from peter_core.billing import bytes_text
from peter_core.costs import usd
from peter_core.engine.port import CancelToken, Job, view_queries
from peter_core.engine.values import sample_rows as rows_of
from peter_core.errors import (
    BudgetExceeded,
    BytesCapExceeded,
    EngineUnavailable,
    InvalidRequest,
    Overloaded,
    PeterError,
    QueryCancelled,
    QueryTimeout,
    SqlError,
    SqlRefused,
    TableNotFound,
)
from peter_core.lineage.graph import table_id
from peter_core.sql.checking import TIERS
from peter_core.sql.columns import sql_lineage
from peter_core.sql.guard import guard
from peter_core.sql.parameters import bind_parameters
from peter_core.sql.statement import parse
from peter_core.verify.checks import run_checks
from peter_core.verify.findings import findings, float_money, statement_findings
from peter_core.verify.profile import profile_table
from peter_core.verify.receipt import make_receipt
from peter_core.verify.verification import (
    ColumnSources,
    Finding,
    TableStamp,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from peter_core.costs import Prices
    from peter_core.dashboard.model import Check
    from peter_core.dashboard.problems import Problem
    from peter_core.engine.port import ColumnProfile, Engine, Estimate, Result, TableInfo
    from peter_core.principal import Principal
    from peter_core.sql.checking import Tier
    from peter_core.sql.parameters import Parameter
    from peter_core.sql.statement import Statement
    from peter_core.verify.verification import Reason

    Run = Callable[[Job, CancelToken], tuple[Result, bool]]
    Ask = Callable[
        [Statement, Mapping[str, Mapping[str, str]], Mapping[str, str]], tuple[Problem, ...] | None
    ]

EMBEDDED = "duckdb"
MOST_SAMPLE_ROWS = 100

_REASONS: tuple[tuple[type[PeterError], Reason], ...] = (
    (SqlError, "refused"),
    (TableNotFound, "refused"),
    (InvalidRequest, "refused"),
    (BytesCapExceeded, "over_cap"),
    (BudgetExceeded, "over_budget"),
    (QueryTimeout, "timed_out"),
    (QueryCancelled, "cancelled"),
    (EngineUnavailable, "unavailable"),
    (Overloaded, "unavailable"),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What a statement may read, and who else looks at it before it runs.

    ``allowed_datasets`` are the only datasets it may read, ``None`` for all of the engine's;
    ``metadata`` is whether it may read ``INFORMATION_SCHEMA``. ``bind`` says what does not bind
    over empty tables: asked after a dry run alone, as a run binds by itself. ``analyze`` says
    what BigQuery would not take, which the embedded engine may run. Both are given a statement,
    the schemas of its tables and the types of its parameters, and give ``None`` for no answer.
    """

    allowed_datasets: frozenset[str] | None = None
    metadata: bool = False
    bind: Ask | None = None
    analyze: Ask | None = None


def verify_statement(
    engine: Engine,
    sql: str,
    *,
    price: Prices,
    principal: Principal,
    max_bytes: int,
    parameters: Mapping[str, object] | None = None,
    declared: Mapping[str, str] | None = None,
    sample_rows: int = 20,
    checks: Sequence[Check] = (),
    others: Mapping[str, pa.Table] | None = None,
    timeout_s: float = 60.0,
    max_rows: int = 100_000,
    max_result_bytes: int = 256 * 2**20,
    dry_run: bool = False,
    cancel: CancelToken | None = None,
    look: Look | None = None,
    run: Run | None = None,
    now: dt.datetime | None = None,
    labels: Mapping[str, str] | None = None,
) -> Verification:
    """Say what a statement is, costs, returned and looks like; never raises a ``PeterError``.

    Parameters
    ----------
    max_bytes
        The cap in billed bytes: a statement whose estimate is above it is not run.
    parameters, declared
        Values by name, and the BigQuery types of those that are declared.
    sample_rows
        Rows in the payload, 100 at most.
    others
        Results of other queries by name, for ``equals`` checks.
    dry_run
        Stop after the estimate: nothing is run, no byte is billed, no receipt is made.
    run
        How to run the job with the caller's cancel token, returning the result and whether it
        came from a cache; the engine itself by default.
    now
        The moment ages are told from, in the zone of DATE and DATETIME values.
    """
    began = time.perf_counter()
    made = _Verifying(
        engine=engine, price=price, principal=principal, max_bytes=max_bytes,
        values=parameters or {}, declared=declared, checks=tuple(checks), others=others or {},
        sample_rows=min(max(sample_rows, 0), MOST_SAMPLE_ROWS), timeout_s=timeout_s,
        max_rows=max_rows, max_result_bytes=max_result_bytes, dry_run=dry_run,
        cancel=cancel or CancelToken(), look=look or Look(), run=run or _runner(engine),
        now=now or dt.datetime.now(dt.UTC), labels=dict(labels or {}),
        draft=_draft(engine, sql, max_bytes, dry_run),
    )  # fmt: skip
    try:
        made.verify(sql)
    except PeterError as error:
        made.stop(error)
    return replace(made.draft, duration_ms=(time.perf_counter() - began) * 1000)


@dataclass(slots=True)
class _Verifying:
    """A verification in the making: ``draft`` holds what is known so far, also when it stops."""

    engine: Engine
    price: Prices
    principal: Principal
    max_bytes: int
    values: Mapping[str, object]
    declared: Mapping[str, str] | None
    checks: tuple[Check, ...]
    others: Mapping[str, pa.Table]
    sample_rows: int
    timeout_s: float
    max_rows: int
    max_result_bytes: int
    dry_run: bool
    cancel: CancelToken
    look: Look
    run: Run
    now: dt.datetime
    labels: dict[str, str]
    draft: Verification
    parameters: tuple[Parameter, ...] = field(default=())
    said: tuple[Finding, ...] = field(default=())

    def verify(self, sql: str) -> None:
        """Go the whole way, or raise the ``PeterError`` that ends it."""
        if self.max_bytes <= 0:
            raise InvalidRequest(
                f"A byte cap must be more than zero, and it is {self.max_bytes}.",
                hint="Leave max_bytes out for the default cap.",
            )
        statement = self._read(sql)
        job = Job(
            statement=statement, parameters=self.parameters, max_bytes=self.max_bytes,
            timeout_s=self.timeout_s, max_rows=self.max_rows,
            max_result_bytes=self.max_result_bytes, user=self.principal.email, labels=self.labels,
        )  # fmt: skip
        self.cancel.raise_if_cancelled()
        estimate = self._dry_run(job)
        self._price(statement, estimate)
        self._hold_cap(estimate)
        self._ask("googlesql", self.look.analyze, statement, estimate)
        if self.dry_run:
            self._ask("binding", self.look.bind, statement, estimate)
            found = (*self.said, *self._without_result(statement, estimate))
            self._note(verdict="passed", findings=found)
            return
        self.cancel.raise_if_cancelled()
        result, cache_hit = self.run(job, self.cancel)
        self._result(result, cache_hit, estimate)
        self._judge(job, result, estimate)

    def stop(self, error: PeterError) -> None:
        """Turn the error that ended it into the payload."""
        reason: Reason = next((why for kind, why in _REASONS if isinstance(error, kind)), "failed")
        placed = tuple(_finding(problem) for problem in error.problems)
        self._note(
            verdict="could_not_run", reason=reason, error=error.message,
            hint=error.hint or next((p.hint for p in error.problems if p.hint), None),
            findings=placed,
        )  # fmt: skip

    def _read(self, sql: str) -> Statement:
        self._spoken("syntax")
        statement = parse(sql)
        self._spoken("guard")
        self._note(
            statement_type=statement.kind, sql=statement.text, fingerprint=statement.fingerprint
        )
        refusals = guard(
            statement,
            allowed_datasets=self.look.allowed_datasets,
            allow_information_schema=self.look.metadata,
        )
        if any(problem.is_error for problem in refusals):
            first = next(problem for problem in refusals if problem.is_error)
            raise SqlRefused(first.message, hint=first.hint, problems=refusals)
        self.parameters = bind_parameters(
            statement.parameters, self.declared, self.values, text=statement.text
        )
        return statement

    def _dry_run(self, job: Job) -> Estimate:
        # The embedded engine's dry run is its look at names and types.
        spoke: tuple[Tier, ...] = ("dry_run",)
        if self.engine.name == EMBEDDED:
            spoke = ("names", "dry_run")
        try:
            estimate = self.engine.dry_run(job)
        except SqlError:
            self._spoken(*spoke)
            raise
        self._spoken(*spoke)
        return estimate

    def _ask(self, tier: Tier, ask: Ask | None, statement: Statement, estimate: Estimate) -> None:
        """Ask one more tier; its errors end the verification, its warnings are findings."""
        if ask is None:
            return
        schema = {table.id: table.schema for table in estimate.tables}
        types = {parameter.name: parameter.type for parameter in self.parameters}
        told = ask(statement, schema, types)
        if told is None:
            return
        self._spoken(tier)
        wrong = next((problem for problem in told if problem.is_error), None)
        if wrong is not None:
            raise SqlError(wrong.message, hint=wrong.hint, problems=told)
        self.said += tuple(_finding(problem) for problem in told)

    def _spoken(self, *tiers: Tier) -> None:
        known = {*self.draft.tiers, *tiers}
        self._note(tiers=tuple(tier for tier in TIERS if tier in known))

    def _price(self, statement: Statement, estimate: Estimate) -> None:
        self._note(
            schema=estimate.columns,
            estimated_bytes=estimate.bytes,
            tables=_stamps(estimate.tables),
            columns=_sources(statement, estimate.tables),
            cost_usd=usd(self.price.price(estimate.billed_bytes)),
        )

    def _hold_cap(self, estimate: Estimate) -> None:
        cap = self.max_bytes
        if estimate.billed_bytes > cap:
            raise BytesCapExceeded(
                f"The statement would bill {bytes_text(estimate.billed_bytes)} "
                f"({estimate.billed_bytes:,} bytes), over its cap of {bytes_text(cap)} "
                f"({cap:,} bytes); nothing was run.",
                hint="Read fewer columns or partitions, or raise max_bytes; BigQuery bills at "
                "least 10 MB for each table that is read.",
            )

    def _result(self, result: Result, cache_hit: bool, estimate: Estimate) -> None:
        billed = 0 if cache_hit else result.bytes_billed
        # The embedded engine bills nothing; its cost is what BigQuery would bill.
        priced = estimate.billed_bytes if self.engine.name == EMBEDDED else billed
        self._note(
            schema=result.columns or estimate.columns,
            row_count=result.row_count,
            truncated=result.truncated,
            tables=_stamps(result.tables or estimate.tables),
            bytes_scanned=0 if cache_hit else result.bytes_scanned,
            bytes_billed=billed,
            cost_usd=usd(self.price.price(0 if cache_hit else priced)),
            cache_hit=cache_hit,
            job_id=result.job_id,
            slot_ms=None if cache_hit else result.slot_ms,
            stages=result.stages,
            computed_at=dt.datetime.now(dt.UTC),
            table=result.table,
        )

    def _judge(self, job: Job, result: Result, estimate: Estimate) -> None:
        statement, columns = job.statement, self.draft.schema
        profile = self._profile(job, result)
        outcomes = run_checks(
            self.checks, result.table, columns,
            row_count=result.row_count, others=self.others, now=self.now,
        )  # fmt: skip
        found = (*self.said, *findings(
            statement, estimate.tables, result.table, columns,
            row_count=result.row_count, truncated=result.truncated, profile=profile,
        ))  # fmt: skip
        failed = any(not each.passed and each.severity == "error" for each in outcomes)
        # What BigQuery would refuse does not pass because the embedded engine is more patient.
        wrong = next((each for each in found if each.severity == "error"), None)
        if wrong is not None:
            self._note(error=wrong.message, hint=wrong.hint)
        self._note(
            verdict="failed" if failed or wrong else "passed",
            sample_rows=rows_of(result.table, [c.type for c in columns], self.sample_rows),
            profile=profile,
            checks=outcomes,
            findings=found,
        )
        receipt = make_receipt(self.draft, self.parameters, self.principal)
        self._note(receipt=receipt.id)

    def _profile(self, job: Job, result: Result) -> tuple[ColumnProfile, ...]:
        """Over every row where the engine still holds them, else over the rows that were kept."""
        whole = self.engine.profile(result, job, self.cancel) if result.truncated else None
        return whole or profile_table(result.table, self.draft.schema)

    def _without_result(self, statement: Statement, estimate: Estimate) -> tuple[Finding, ...]:
        seen = statement_findings(statement, estimate.tables)
        return (*seen, *float_money(statement, estimate.columns))

    def _note(self, **known: Any) -> None:
        self.draft = replace(self.draft, **known)


def _draft(engine: Engine, sql: str, max_bytes: int, dry_run: bool) -> Verification:
    return Verification(
        verdict="could_not_run", statement_type="", sql=sql, fingerprint="", engine=engine.name,
        cap_bytes=max_bytes, dry_run=dry_run,
    )  # fmt: skip


def _runner(engine: Engine) -> Run:
    return lambda job, cancel: (engine.run(job, cancel), False)


def _finding(problem: Problem) -> Finding:
    return Finding(
        problem.rule, problem.severity, problem.message, problem.line, problem.column, problem.hint
    )


def _stamps(tables: Sequence[TableInfo]) -> tuple[TableStamp, ...]:
    return tuple(TableStamp(table.id, table.updated_at, table.rows) for table in tables)


def _sources(statement: Statement, tables: Sequence[TableInfo]) -> tuple[ColumnSources, ...]:
    lineage = sql_lineage(
        statement.text,
        schema={table.id: table.schema for table in tables},
        views=view_queries(tables),
    )
    ids = [table.id for table in tables]
    unresolved = {name.casefold() for name in lineage.unresolved}
    return tuple(
        ColumnSources(
            name,
            tuple(dict.fromkeys(f"{table_id(s.table, ids)}.{s.column}" for s in sources)),
            resolved=name.casefold() not in unresolved,
        )
        for name, sources in lineage.columns.items()
    )
