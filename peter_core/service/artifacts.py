"""Artifacts of plans: answered, checked, drawn, and kept while nothing behind them changes."""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from peter_core.cache.keys import user_dependent
from peter_core.plan.artifact import Artifact, FailedCheck, artifact_etag, build_artifact
from peter_core.plan.selection import select_tab, steps_of_whole_charts
from peter_core.plan.words import speaking
from peter_core.telemetry import span
from peter_core.verify.checks import run_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from peter_core.engine.port import CancelToken
    from peter_core.plan.plan import Plan, StepAnswer
    from peter_core.principal import Principal
    from peter_core.service.bookkeeping import Bookkeeper
    from peter_core.service.runner import Runner


class Artifacts:
    """Draws plans and keeps the last ``size`` pictures that came whole from the cache."""

    def __init__(self, runner: Runner, books: Bookkeeper, *, size: int = 64) -> None:
        self._runner = runner
        self._books = books
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[str, Artifact] = OrderedDict()

    def draw(
        self,
        plan: Plan,
        *,
        principal: Principal,
        force: bool = False,
        cancel: CancelToken | None = None,
        patience_s: float | None = None,
        tab: int | None = None,
    ) -> Artifact:
        """The artifact of a plan; a picture of unchanged results is not drawn twice.

        With ``tab`` only that tab's queries are run; a chart of another one is drawn from fresh
        results or waits.
        """
        began = time.perf_counter()
        asked = plan if tab is None else select_tab(plan, tab)
        answers = self.answer(
            asked, principal=principal, force=force, cancel=cancel, patience_s=patience_s
        )
        if len(asked.steps) < len(plan.steps):
            answers = self._beside(plan, answers, principal)
        marks = self._books.receipt_marks(plan)
        whole = all(_may_be_kept(answer) for answer in answers.values())
        key = artifact_etag(plan, answers, marks)
        with self._lock:
            known = self._kept.get(key) if whole else None
        if known is not None:
            return known
        artifact = build_artifact(
            plan,
            answers,
            receipts=marks,
            failed_checks=_failed_checks(plan, answers),
            duration_ms=(time.perf_counter() - began) * 1000,
        )
        if whole:
            self._keep(key, artifact)
        return artifact

    def held(self, plan: Plan, tab: int, *, principal: Principal) -> Artifact | None:
        """What `draw` gives of a tab at once when the cache holds all of it, else ``None``."""
        asked = select_tab(plan, tab)
        if len(self._runner.held_answers(asked, principal)) < len(asked.steps):
            return None
        return self.draw(plan, principal=principal, patience_s=0, tab=tab)

    def answer(
        self,
        plan: Plan,
        *,
        principal: Principal,
        force: bool = False,
        cancel: CancelToken | None = None,
        on_answer: Callable[[StepAnswer], None] | None = None,
        patience_s: float | None = None,
        used: bool = True,
    ) -> dict[str, StepAnswer]:
        """The answers of a plan's steps, noted in the books.

        What nobody ``used`` is noted only where it was run: a refresh is no use of the cache.
        """

        def note(made: Iterable[StepAnswer]) -> None:
            self._books.record_answers(plan, made, principal)

        about = {"slug": plan.dashboard.slug, "steps": len(plan.steps)}
        with span("peter.execute", **about, principal=principal.email):
            answers = self._runner.run_plan(
                plan, principal=principal, force=force, cancel=cancel, on_answer=on_answer,
                on_refreshed=lambda made: note((made,)), patience_s=patience_s,
            )  # fmt: skip
        note(made for made in answers.values() if used or not made.cache_hit)
        return answers

    def _beside(
        self, plan: Plan, answers: Mapping[str, StepAnswer], principal: Principal
    ) -> dict[str, StepAnswer]:
        """The answers, with fresh ones of charts that nobody asked for."""
        found = {**self._runner.fresh_answers(plan, principal), **answers}
        shown = steps_of_whole_charts(plan, found) | answers.keys()
        return {key: found[key] for key in plan.steps if key in shown}

    def _keep(self, key: str, artifact: Artifact) -> None:
        with self._lock:
            self._kept[key] = artifact
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def _may_be_kept(answer: StepAnswer) -> bool:
    """What one person's statement gave is never kept for another."""
    shared = not user_dependent(answer.step.statement)
    return shared and answer.cache_hit and answer.error is None and not answer.refreshing


def _failed_checks(
    plan: Plan, answers: Mapping[str, StepAnswer]
) -> dict[str, tuple[FailedCheck, ...]]:
    results = {
        query: answers[key].result for query, key in plan.query_steps.items() if key in answers
    }
    others = {query: result.table for query, result in results.items() if result is not None}
    found = {}
    for query, result in results.items():
        declared = plan.dashboard.queries[query].checks
        if result is None or not declared:
            continue
        with speaking(plan.dashboard.locale):
            outcomes = run_checks(
                declared, result.table, result.columns, row_count=result.row_count, others=others,
                now=dt.datetime.now(ZoneInfo(plan.dashboard.timezone)),
            )  # fmt: skip
        failed = [FailedCheck(o.check, o.detail, o.severity) for o in outcomes if not o.passed]
        if failed:
            found[query] = tuple(failed)
    return found
