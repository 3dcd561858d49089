"""Statements of a person's own, and the queries of a document: verified under their caps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import InvalidRequest
from peter_core.service.tiers import Tiers
from peter_core.sql.checking import check_statement
from peter_core.sql.parameters import filter_parameters
from peter_core.verify.verifier import Look, verify_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from peter_core.config import Settings
    from peter_core.costs import Prices
    from peter_core.dashboard.model import Check
    from peter_core.engine.port import CancelToken, Engine, TableInfo
    from peter_core.plan.plan import Plan, Step
    from peter_core.principal import Principal
    from peter_core.service.bookkeeping import Bookkeeper
    from peter_core.service.runner import Runner
    from peter_core.sql.checking import StatementCheck
    from peter_core.verify.verification import Verification


class Statements:
    """Verifies statements through the runner, so that what was verified is cached."""

    def __init__(
        self, engine: Engine, runner: Runner, books: Bookkeeper, prices: Prices, settings: Settings
    ) -> None:
        self._engine = engine
        self._runner = runner
        self._books = books
        self._prices = prices
        self._settings = settings
        self.tiers = Tiers(
            engine,
            max_bytes=settings.highest_max_bytes,
            googlesql_patience_s=settings.googlesql_patience,
        )
        """Who speaks of a statement before it runs."""

    def close(self) -> None:
        """End what was started to look at statements."""
        self.tiers.close()

    def verify(
        self,
        sql: str,
        *,
        parameters: Mapping[str, object] | None,
        declared: Mapping[str, str] | None,
        max_bytes: int | None,
        sample_rows: int,
        checks: Sequence[Check],
        timeout_s: float | None,
        dry_run: bool,
        principal: Principal,
        cancel: CancelToken | None,
        others: Mapping[str, pa.Table] | None = None,
        slug: str | None = None,
        query: str | None = None,
    ) -> Verification:
        """Verify one statement and note its run; see `Peter.verify`."""
        verification = verify_statement(
            self._engine,
            sql,
            price=self._prices,
            principal=principal,
            max_bytes=self._cap(max_bytes),
            parameters=parameters,
            declared=declared,
            sample_rows=sample_rows,
            checks=checks,
            others=others,
            timeout_s=min(timeout_s or self._settings.timeout, self._settings.timeout),
            max_rows=self._settings.max_rows,
            max_result_bytes=self._settings.max_result_bytes,
            labels=_labels(slug, query),
            dry_run=dry_run,
            cancel=cancel,
            look=self._look(),
            run=lambda job, token: self._runner.run_job(job, token, principal=principal),
        )
        self._books.record_verification(verification, principal, slug=slug, query=query)
        return verification

    def verify_step(
        self,
        plan: Plan,
        step: Step,
        others: Mapping[str, pa.Table],
        *,
        principal: Principal,
        cancel: CancelToken | None,
    ) -> Verification:
        """Verify the query of a plan's step with its declared checks."""
        return self.verify(
            step.statement.text,
            parameters={parameter.name: parameter.value for parameter in step.parameters},
            declared=filter_parameters(plan.dashboard),
            max_bytes=step.cap_bytes,
            sample_rows=0,
            checks=plan.dashboard.queries[step.query].checks,
            timeout_s=None,
            dry_run=False,
            principal=principal,
            cancel=cancel,
            others=others,
            slug=plan.dashboard.slug,
            query=step.query,
        )

    def check(self, sql: str, *, warehouse: bool, patience_s: float) -> StatementCheck:
        """Syntax and guard; with ``warehouse`` every tier that can look at the tables."""
        datasets = self._settings.allowed_datasets
        metadata = self._settings.allow_information_schema
        if warehouse:
            return self.tiers.check(
                sql,
                allowed_datasets=datasets,
                allow_information_schema=metadata,
                patience_s=patience_s,
            )
        return check_statement(sql, allowed_datasets=datasets, allow_information_schema=metadata)

    def tables(self) -> tuple[TableInfo, ...]:
        """The tables of the allowed datasets."""
        allowed = self._settings.allowed_datasets
        return tuple(
            table
            for table in self._engine.tables()
            if allowed is None
            or table.id.split(".")[1] in allowed
            or table.id.rpartition(".")[0] in allowed
        )

    def _look(self) -> Look:
        """Where BigQuery's own dry run speaks, nobody else has to."""
        embedded = self.tiers.embedded
        return Look(
            allowed_datasets=self._settings.allowed_datasets,
            metadata=self._settings.allow_information_schema,
            bind=self.tiers.bind if embedded else None,
            analyze=self.tiers.analyze if embedded else None,
        )

    def _cap(self, asked: int | None) -> int:
        highest = self._settings.highest_max_bytes
        if asked is None:
            return min(self._settings.default_max_bytes, highest)
        if asked <= 0:
            raise InvalidRequest(
                "A byte cap must be more than zero.", hint="Leave it out for the default cap."
            )
        if asked > highest:
            raise InvalidRequest(
                f"The cap is above the highest allowed of {highest:,} bytes.",
                hint="Ask who runs Peter to raise PETER_HIGHEST_MAX_BYTES.",
            )
        return asked


def _labels(slug: str | None, query: str | None) -> dict[str, str]:
    named = {"peter_dashboard": slug, "peter_query": query}
    return {name: value for name, value in named.items() if value is not None}
