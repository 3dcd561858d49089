"""The services a `Peter` works with, put together over its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.cache.estimates import KeptEstimates
from peter_core.costs import prices_in_force
from peter_core.plan.plan_cache import PlanCache
from peter_core.service.artifacts import Artifacts
from peter_core.service.bookkeeping import Bookkeeper
from peter_core.service.documents import Documents
from peter_core.service.plans import Plans
from peter_core.service.publishing import Publisher
from peter_core.service.remembering import RememberingEngine
from peter_core.service.runner import Runner
from peter_core.service.spending import Spending, limits_in_force
from peter_core.service.statements import Statements
from peter_core.service.validation import limits_of
from peter_core.store.budgets import Budgets

if TYPE_CHECKING:
    from peter_core.config import Settings
    from peter_core.engine.port import Engine
    from peter_core.service.parts import Parts


@dataclass(frozen=True, slots=True)
class Services:
    """One of each; they share the runner and the books."""

    documents: Documents
    books: Bookkeeper
    runner: Runner
    spending: Spending
    plans: Plans
    artifacts: Artifacts
    statements: Statements
    publisher: Publisher

    def close(self) -> None:
        """Stop what runs, and write what is waiting."""
        self.runner.close()
        self.books.close()
        self.documents.close()
        self.statements.close()


def assemble(parts: Parts, settings: Settings) -> Services:
    """The services over an engine, a store, a ledger and a cache."""
    prices = prices_in_force(settings, parts.engine.location)
    documents = Documents(parts.store)
    books = Bookkeeper(parts.ledger, prices, parts.engine.name)
    kept = Budgets(parts.ledger.database, timezone=settings.timezone)
    spending = Spending(parts.engine, prices, kept, limits_in_force(settings))
    runner = Runner(
        parts.engine,
        parts.cache,
        spending,
        timeout_s=settings.timeout,
        max_rows=settings.max_rows,
        max_result_bytes=settings.max_result_bytes,
        ttl_s=int(settings.ttl),
        fresh_for_s=settings.fresh_for,
    )
    compiled = PlanCache(_for_plans(parts), limits_of(settings))
    statements = Statements(parts.engine, runner, books, prices, settings)
    return Services(
        documents=documents,
        books=books,
        runner=runner,
        spending=spending,
        plans=Plans(parts.engine, compiled, documents, runner, prices),
        artifacts=Artifacts(runner, books),
        statements=statements,
        publisher=Publisher(parts.store, documents, books, statements),
    )


def _for_plans(parts: Parts) -> Engine:
    """The embedded engine is never away; what BigQuery says of a plan is remembered."""
    if parts.engine.name != "bigquery":
        return parts.engine
    return RememberingEngine(parts.engine, KeptEstimates(parts.cache, parts.engine))
