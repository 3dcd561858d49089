"""Peter: the use cases. The one object every surface calls."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from peter_core.config import Settings, load_settings
from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import InvalidRequest
from peter_core.lineage.graph import Graph, plan_graph
from peter_core.lineage.impact import Impact, assess
from peter_core.principal import LOCAL, Principal
from peter_core.service.assembly import assemble
from peter_core.service.bookkeeping import column_graph
from peter_core.service.parts import EMBEDDED, Parts, open_parts
from peter_core.service.publishing import Publication, Terms, require_valid
from peter_core.service.reindexing import Reindexed, reindex
from peter_core.service.reports import Listing, chart_freshness, precomputation
from peter_core.service.validation import validate_offline, validate_warehouse
from peter_core.telemetry import configure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from peter_core.cache.port import CacheStats
    from peter_core.costs import PlanCost
    from peter_core.dashboard.loading import Loaded
    from peter_core.dashboard.model import Check
    from peter_core.engine.port import CancelToken, TableInfo
    from peter_core.plan.artifact import Artifact
    from peter_core.plan.plan import Plan, StepAnswer
    from peter_core.service.reports import ChartFreshness, Mode, Precomputation, Validation
    from peter_core.sql.checking import StatementCheck
    from peter_core.store.ledger import CostReport
    from peter_core.store.port import Document
    from peter_core.store.port import Publication as HistoryEntry
    from peter_core.store.records import GroupBy
    from peter_core.verify.verification import Verification

    Filters = Mapping[str, object]


class Peter:
    """Validate, verify, price, publish and read dashboards. Safe from any thread.

    Use `Peter.local` for a folder on this machine, `Peter.open` for what is configured. Close it,
    or use it in a ``with`` block, to stop its workers.
    """

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self.settings = settings
        self._parts = parts
        self._engine = parts.engine
        self._store = parts.store
        self._ledger = parts.ledger
        self._cache = parts.cache
        services = self._services = assemble(parts, settings)
        self._documents = services.documents
        self._books = services.books
        self._runner = services.runner
        self._plans = services.plans
        self._artifacts = services.artifacts
        self._statements = services.statements
        self._publisher = services.publisher

    @classmethod
    def local(cls, folder: Path | str = ".", **settings: Any) -> Self:
        """Peter over a folder: tables in ``data/<dataset>/``, dashboards in ``dashboards/``.

        Nothing else is used, whatever warehouse, bucket or server the environment names.

        Raises
        ------
        ConfigError
            When the folder or a setting cannot be used.
        """
        return cls.open(load_settings(folder=folder, **(EMBEDDED | settings)))

    @classmethod
    def open(cls, settings: Settings | None = None, *, folder: Path | None = None) -> Self:
        """Peter as the environment and ``peter.toml`` configure it, in another workspace folder."""
        own = {} if folder is None else {"folder": folder}
        configure(known := settings or load_settings(**own))
        return cls(open_parts(known), known)

    def close(self) -> None:
        """Stop workers and write what is waiting."""
        self._services.close()
        self._parts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Documents -------------------------------------------------------------------------------

    def validate(self, text: str | bytes, *, mode: Mode = "warehouse") -> Validation:
        """Say what is wrong with a document; with ``warehouse`` also against its tables."""
        if mode == "offline":
            return validate_offline(text, self.settings)
        return validate_warehouse(text, self._plans, self.settings, self._statements.tiers)

    def compile(self, text: str | bytes, *, filters: Filters | None = None) -> Plan:
        """The plan of a document: its steps, charts, estimates and problems.

        Raises
        ------
        DocumentError
            When the document cannot be read; problems inside its queries are part of the plan.
        """
        return self._plans.of_text(text, filters)

    def price(self, text: str | bytes, *, filters: Filters | None = None,
              principal: Principal = LOCAL) -> PlanCost:  # fmt: skip
        """What a document's next load costs, and a month of its refreshes; nothing is run."""
        return self._plans.price(self._plans.of_text(text, filters), principal)

    def preview(
        self,
        text: str | bytes,
        *,
        filters: Filters | None = None,
        charts: Collection[str] | None = None,
        cancel: CancelToken | None = None,
        principal: Principal = LOCAL,
    ) -> Artifact:
        """Draw a document that is not published, or these of its charts, as `data` does."""
        plan = self._plans.of_text(text, filters, charts)
        return self._artifacts.draw(plan, principal=principal, cancel=cancel)

    def publish(
        self,
        text: str | bytes,
        *,
        if_match: str | None = None,
        create: bool = False,
        message: str | None = None,
        managed: bool = False,
        principal: Principal = LOCAL,
        cancel: CancelToken | None = None,
    ) -> Publication:
        """Check, verify and store a document; all of it or nothing.

        Parameters
        ----------
        if_match
            The revision the change was made from; needed once the slug is published, ``"*"``
            overwrites any.
        create
            Whether the slug must be new.
        managed
            Whether the caller speaks for the place where the file is kept, where it has one.

        Raises
        ------
        DocumentError, VerificationFailed
            Nothing was published; ``problems`` says why and where.
        AlreadyExists, PreconditionRequired, PreconditionFailed, ManagedElsewhere
            Somebody else's revision is published, or one that is kept elsewhere.
        """
        loaded = load_dashboard(text)
        require_valid(loaded.problems, "The document cannot be published")
        plan = self._plans.of_loaded(loaded)
        return self._publisher.publish(
            plan,
            loaded,
            cost=self._plans.price(plan, principal),
            terms=Terms(if_match, create, message, managed),
            principal=principal,
            cancel=cancel,
        )

    def get(self, slug: str, revision: str | None = None) -> Document:
        """A published document as it was written, or one of its earlier revisions.

        Raises
        ------
        NotFound
        """
        return self._store.get(slug, revision)

    def read(self, slug: str, revision: str | None = None) -> tuple[Document, Loaded]:
        """What `get` gives, with its model."""
        return self._documents.load(slug, revision)

    def history(self, slug: str) -> tuple[HistoryEntry, ...]:
        """Everything that was published under the slug, the newest first."""
        return self._store.history(slug)

    def list(
        self,
        *,
        q: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> Listing:
        """A page of the published dashboards by title."""
        if page < 1 or not 1 <= page_size <= 200:
            raise InvalidRequest("A page counts from 1 and holds 1 to 200 dashboards.")
        entries, total = self._ledger.dashboards(
            q, tag, owner, offset=(page - 1) * page_size, limit=page_size
        )
        return Listing(entries, total, page, page_size)

    def delete(self, slug: str, *, if_match: str | None, managed: bool = False,
               principal: Principal = LOCAL) -> None:  # fmt: skip
        """Take a dashboard away; its history stays. ``managed`` as in `publish`.

        Raises
        ------
        NotFound, PreconditionRequired, PreconditionFailed, ManagedElsewhere
        """
        self._publisher.delete(slug, if_match=if_match, managed=managed, principal=principal)

    # Data ------------------------------------------------------------------------------------

    def data(
        self,
        slug: str,
        *,
        filters: Filters | None = None,
        charts: Collection[str] | None = None,
        tab: int | None = None,
        refresh: bool = False,
        revision: str | None = None,
        patience_s: float | None = None,
        cancel: CancelToken | None = None,
        principal: Principal = LOCAL,
    ) -> Artifact:
        """A published dashboard's charts in one artifact, from the cache where it is fresh.

        A query that fails is a chart that says so. With ``charts`` only these are computed and
        part of it; with ``tab``, counted from 1, only the queries of that tab are run, and charts
        of others are there where that is free. ``patience_s`` is how long to wait for what is
        stale before it is shown as it is, marked, while its refresh goes on; ``None`` waits for it.
        """
        plan = self._plans.of_slug(slug, filters, revision, charts)
        return self._artifacts.draw(
            plan, principal=principal, force=refresh, cancel=cancel, patience_s=patience_s, tab=tab
        )

    def held(self, slug: str, *, filters: Filters | None = None, tab: int = 1,
             principal: Principal = LOCAL) -> Artifact | None:  # fmt: skip
        """What `data` gives of a tab at once when the cache holds all of it, else ``None``.

        What is stale in it is marked and being computed anew.
        """
        return self._artifacts.held(self._plans.of_slug(slug, filters), tab, principal=principal)

    def answers(
        self,
        slug: str,
        *,
        filters: Filters | None = None,
        cancel: CancelToken | None = None,
        principal: Principal = LOCAL,
    ) -> tuple[Plan, dict[str, StepAnswer]]:
        """The results behind a published dashboard, by step, for downloads."""
        plan = self._plans.of_slug(slug, filters)
        return plan, self._artifacts.answer(plan, principal=principal, cancel=cancel)

    def precompute(
        self,
        slug: str,
        *,
        filters: Filters | None = None,
        force: bool = False,
        on_answer: Callable[[StepAnswer], None] | None = None,
        cancel: CancelToken | None = None,
        principal: Principal = LOCAL,
    ) -> Precomputation:
        """Put every result of a dashboard into the cache; ``on_answer`` hears of each."""
        began = time.perf_counter()
        plan = self._plans.of_slug(slug, filters)
        answers = self._artifacts.answer(
            plan, principal=principal, force=force, cancel=cancel, on_answer=on_answer, used=False
        )
        return precomputation(plan, answers, (time.perf_counter() - began) * 1000)

    def freshness(
        self, slug: str, *, filters: Filters | None = None, principal: Principal = LOCAL
    ) -> tuple[ChartFreshness, ...]:
        """How old what each chart shows is; nothing is run."""
        plan = self._plans.of_slug(slug, filters)
        held = self._runner.held_answers(plan, principal)
        return chart_freshness(plan, held, dt.datetime.now(dt.UTC))

    def invalidate(self, *, slug: str | None = None, table: str | None = None,
                   fingerprint: str | None = None) -> int:  # fmt: skip
        """Forget cached results that meet every selector; returns how many."""
        if not (slug or table or fingerprint):
            raise InvalidRequest(
                "Say what to forget.", hint="Give a slug, a table or a fingerprint."
            )
        prints = self._plans.fingerprints(slug) if slug else None
        return self._cache.invalidate(
            table=self._engine.table(table).id if table else None,
            fingerprint=fingerprint,
            fingerprints=prints,
        )

    def cache_stats(self) -> CacheStats:
        """Entries, bytes, hits and coalesced requests by tier."""
        return self._cache.stats()

    # Statements ------------------------------------------------------------------------------

    def verify(
        self,
        sql: str,
        *,
        parameters: Mapping[str, object] | None = None,
        declared: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        sample_rows: int = 20,
        checks: Sequence[Check] = (),
        timeout_s: float | None = None,
        dry_run: bool = False,
        principal: Principal = LOCAL,
        cancel: CancelToken | None = None,
    ) -> Verification:
        """Run one statement under a cap and say all a reviewer needs; refusals are verdicts.

        Parameters
        ----------
        max_bytes
            The cap in billed bytes; the default of the settings when ``None``.
        declared
            BigQuery types of parameters that are not to be inferred.
        timeout_s
            Seconds, at most the configured ones.

        Raises
        ------
        InvalidRequest
            For a cap of zero or above the highest allowed.
        """
        return self._statements.verify(
            sql, parameters=parameters, declared=declared, max_bytes=max_bytes,
            sample_rows=sample_rows, checks=checks, timeout_s=timeout_s, dry_run=dry_run,
            principal=principal, cancel=cancel,
        )  # fmt: skip

    def check_statement(self, sql: str, *, mode: Mode = "warehouse",
                        patience_s: float = 1.0) -> StatementCheck:  # fmt: skip
        """What is wrong with a statement, by syntax and guard, with ``warehouse`` by every tier."""
        return self._statements.check(sql, warehouse=mode == "warehouse", patience_s=patience_s)

    def tables(self) -> tuple[TableInfo, ...]:
        """The tables statements may read."""
        return self._statements.tables()

    # Lineage, costs, health ------------------------------------------------------------------

    def lineage(self, slug: str, *, columns: bool = False) -> Graph:
        """What a published dashboard is made of, down to its tables or their columns."""
        plan = self._plans.of_slug(slug)
        return column_graph(plan) if columns else plan_graph(plan)

    def whole_lineage(self) -> Graph:
        """The lineage of every published dashboard, from the ledger."""
        return Graph(self._ledger.nodes(), self._ledger.edges())

    def impact(self, *, drop: str | None = None, rename: tuple[str, str] | None = None) -> Impact:
        """What dropping or renaming a table or column breaks on all published dashboards."""
        return assess(self.whole_lineage(), drop=drop, rename=rename)

    def costs(
        self,
        start: dt.datetime,
        end: dt.datetime,
        *,
        group_by: GroupBy = "dashboard",
        slug: str | None = None,
        principal: Principal = LOCAL,
    ) -> CostReport:
        """What was scanned, billed and paid until before ``end``; where budgets stand now."""
        self._books.flush()
        report = self._ledger.cost_report(start, end, group_by, slug)
        return replace(report, budgets=self._services.spending.standing(principal, slug))

    def reindex(self, on_slug: Callable[[str], None] | None = None) -> Reindexed:
        """Make lists and lineage anew from the published documents; receipts and runs stay."""
        return reindex(self._store, self._ledger, self._plans, on_slug)

    def ready(self) -> dict[str, dict[str, object]]:
        """Each part with its latency in milliseconds; ``ok`` is false where one cannot serve."""
        return self._parts.readiness()
