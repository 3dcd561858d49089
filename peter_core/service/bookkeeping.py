"""Writing the ledger: runs behind the answer, the index and receipts with a publication."""

from __future__ import annotations

import datetime as dt
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from peter_core.engine.port import view_queries
from peter_core.errors import PeterError
from peter_core.lineage.graph import Graph, plan_graph
from peter_core.plan.artifact import ReceiptMark, rfc3339
from peter_core.sql.columns import sql_lineage
from peter_core.store.records import ReceiptRecord, Run, dashboard_entry
from peter_core.verify.receipt import Receipt, make_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from peter_core.costs import Prices
    from peter_core.plan.plan import Plan, StepAnswer
    from peter_core.principal import Principal
    from peter_core.store.ledger import Ledger
    from peter_core.store.port import Document
    from peter_core.verify.verification import Verification

log = logging.getLogger("peter")

_MOST_UNWRITTEN = 10_000
"""Runs kept for a ledger that is gone; the oldest go first."""


class Bookkeeper:
    """Keeps the ledger for the service.

    Runs are written by a thread of their own, so that no viewer waits for the database and a
    ledger that is gone never fails a read; `flush` waits for them.
    """

    def __init__(self, ledger: Ledger, prices: Prices, engine: str) -> None:
        self._ledger = ledger
        self._prices = prices
        self._engine = engine
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="peter-ledger")
        self._unwritten: deque[Run] = deque(maxlen=_MOST_UNWRITTEN)
        self._marks: dict[tuple[str, str], tuple[Receipt, ...]] = {}

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._writer.shutdown(wait=True)

    def flush(self) -> None:
        """Wait until every run so far is written."""
        self._writer.submit(lambda: None).result()

    def record_answers(
        self, plan: Plan, answers: Iterable[StepAnswer], principal: Principal
    ) -> None:
        """Note what a dashboard's steps were answered from and what that cost."""
        now = dt.datetime.now(dt.UTC)
        runs = [self._answer_run(plan.dashboard.slug, a, principal, now) for a in answers]
        self._writer.submit(self._write, runs)

    def record_verification(
        self, verification: Verification, principal: Principal, *, slug: str | None = None,
        query: str | None = None,
    ) -> None:  # fmt: skip
        """Note one verified statement; a dry run costs nothing and is not noted."""
        if verification.dry_run or not verification.fingerprint:
            return
        run = Run(
            at=dt.datetime.now(dt.UTC),
            fingerprint=verification.fingerprint,
            principal=principal.email,
            engine=self._engine,
            status=verification.reason or "succeeded",
            slug=slug,
            query=query,
            job_id=verification.job_id,
            bytes_scanned=0 if verification.cache_hit else verification.bytes_scanned,
            bytes_billed=0 if verification.cache_hit else verification.bytes_billed,
            # What was paid: the payload's own price on the embedded engine is BigQuery's.
            cost_usd=self._prices.price(0 if verification.cache_hit else verification.bytes_billed),
            cache_hit=verification.cache_hit,
            duration_ms=verification.duration_ms,
            rows=verification.row_count,
            slot_ms=verification.slot_ms or 0,
            estimated_bytes=verification.estimated_bytes,
        )
        self._writer.submit(self._write, [run])

    def require(self) -> None:
        """Raise ``StorageError`` when a publication could not be indexed."""
        self._ledger.check()

    def unindex(self, slug: str, *, gone: Callable[[], bool]) -> None:
        """Take a dashboard out of lists and lineage, if it is still ``gone`` then."""
        self._ledger.unindex(slug, gone=gone)

    def index(
        self,
        plan: Plan,
        document: Document,
        verifications: Mapping[str, Verification],
        principal: Principal,
        *,
        published: Callable[[], bool],
    ) -> tuple[Receipt, ...]:
        """Put a publication into lists and lineage with the receipts of its queries.

        Somebody may have published after it: where it is not ``published`` any more, only its
        receipts are kept.
        """
        board = plan.dashboard
        receipts = {
            name: make_receipt(made, plan.steps[plan.query_steps[name]].parameters, principal)
            for name, made in verifications.items()
        }
        graph = column_graph(plan)
        entry = dashboard_entry(board, document)
        records = [
            _record(receipt, board.slug, document.revision, name)
            for name, receipt in receipts.items()
        ]
        self._ledger.index(entry, graph.edges, records, nodes=graph.nodes, published=published)
        self._marks.pop((board.slug, document.revision), None)
        return tuple(receipts.values())

    def receipt_marks(self, plan: Plan) -> dict[str, ReceiptMark]:
        """What each query's receipt says of it now, by query name; none where the ledger is gone.

        Queries that share a step share its receipt.
        """
        known = self._receipts(plan.dashboard.slug, plan.revision)
        marks = {}
        for query, key in plan.query_steps.items():
            step = plan.steps[key]
            receipt = next((r for r in known if r.fingerprint == step.statement.fingerprint), None)
            if receipt is not None:
                matches, reason = receipt.matches(
                    step.statement.fingerprint, step.columns, self._engine
                )
                marks[query] = ReceiptMark(
                    id=receipt.id,
                    verified_at=rfc3339(receipt.verified_at),
                    verified_by=receipt.verified_by,
                    verdict=receipt.verdict,
                    matches=matches,
                    reason=reason,
                )
        return marks

    def _receipts(self, slug: str, revision: str) -> tuple[Receipt, ...]:
        key = (slug, revision)
        if key not in self._marks:
            try:
                records = self._ledger.receipts(slug, revision)
                found = tuple(Receipt.from_json(record.body) for record in records)
            except PeterError as error:
                log.warning("receipts of %s cannot be read: %s", slug, error.code)
                return ()
            if not found:
                # They are written after the document: whoever reads in between asks again.
                return ()
            self._marks[key] = found
        return self._marks[key]

    def _answer_run(
        self, slug: str, answer: StepAnswer, principal: Principal, now: dt.datetime
    ) -> Run:
        run = Run(
            at=now,
            fingerprint=answer.step.statement.fingerprint,
            principal=principal.email,
            engine=self._engine,
            status=answer.error.code if answer.error else "succeeded",
            slug=slug,
            query=answer.step.query,
            cache_hit=answer.cache_hit,
            duration_ms=answer.duration_ms,
            estimated_bytes=answer.step.estimate.bytes if answer.step.estimate else None,
        )
        result = answer.result
        if result is None:
            return run
        if answer.cache_hit:
            return replace(run, saved_usd=self._prices.price(result.bytes_billed))
        return replace(
            run,
            job_id=result.job_id,
            bytes_scanned=result.bytes_scanned,
            bytes_billed=result.bytes_billed,
            cost_usd=self._prices.price(result.bytes_billed),
            rows=result.row_count,
            slot_ms=result.slot_ms or 0,
        )

    def _write(self, runs: list[Run]) -> None:
        """Write them after those that a ledger that was gone did not take."""
        self._unwritten.extend(runs)
        waiting = list(self._unwritten)
        try:
            self._ledger.record_runs(waiting)
        except PeterError as error:
            log.warning("%d runs wait for the ledger: %s", len(waiting), error.code)
        else:
            self._unwritten.clear()


def column_graph(plan: Plan) -> Graph:
    """The lineage of a plan from source columns to the encodings of its charts."""
    lineage = {
        query: sql_lineage(
            plan.steps[key].statement.text,
            schema={table.id: table.schema for table in plan.steps[key].tables},
            views=view_queries(plan.steps[key].tables),
        )
        for query, key in plan.query_steps.items()
    }
    return plan_graph(
        plan,
        columns=True,
        column_lineage={query: found.columns for query, found in lineage.items()},
        side_inputs={query: found.side_inputs for query, found in lineage.items()},
    )


def _record(receipt: Receipt, slug: str, revision: str, query: str) -> ReceiptRecord:
    return ReceiptRecord(
        id=receipt.id,
        slug=slug,
        revision=revision,
        query=query,
        fingerprint=receipt.fingerprint,
        verdict=receipt.verdict,
        verified_at=receipt.verified_at,
        body=receipt.to_json(),
    )
