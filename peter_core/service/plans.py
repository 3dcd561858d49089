"""Plans of texts and of published dashboards, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.costs import plan_cost
from peter_core.dashboard.canonical import revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.plan.selection import select_charts
from peter_core.service.publishing import require_valid
from peter_core.telemetry import span

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from peter_core.costs import PlanCost, Prices
    from peter_core.dashboard.loading import Loaded
    from peter_core.engine.port import Engine
    from peter_core.plan.plan import Plan
    from peter_core.plan.plan_cache import PlanCache
    from peter_core.principal import Principal
    from peter_core.service.documents import Documents
    from peter_core.service.runner import Runner

    Charts = Collection[str]
    Filters = Mapping[str, object]


class Plans:
    """Compiles what it is given, or finds it compiled."""

    def __init__(
        self,
        engine: Engine,
        compiled: PlanCache,
        documents: Documents,
        runner: Runner,
        prices: Prices,
    ) -> None:
        self._engine = engine
        self._compiled = compiled
        self._documents = documents
        self._runner = runner
        self._prices = prices

    def of_loaded(self, loaded: Loaded, filters: Filters | None = None) -> Plan:
        """The plan of a document without errors."""
        return self._compile(loaded, revision(loaded), filters)

    def of_text(
        self, text: str | bytes, filters: Filters | None = None, charts: Charts | None = None
    ) -> Plan:
        """The plan of a text, or of some of its charts.

        Raises ``DocumentError`` when it cannot be read.
        """
        loaded = load_dashboard(text)
        require_valid(loaded.problems, "The document cannot be read")
        return _selected(self.of_loaded(loaded, filters), charts)

    def of_slug(
        self,
        slug: str,
        filters: Filters | None = None,
        known: str | None = None,
        charts: Charts | None = None,
    ) -> Plan:
        """The plan of a published dashboard or of an earlier revision, or of some of its charts."""
        with span("peter.store") as read:
            document, loaded = self._documents.load(slug, known)
            read.set(slug=slug)
        return _selected(self._compile(loaded, document.revision, filters), charts)

    def fingerprints(self, slug: str) -> frozenset[str]:
        """Those of a published dashboard's statements."""
        return frozenset(s.statement.fingerprint for s in self.of_slug(slug).steps.values())

    def price(self, plan: Plan, principal: Principal) -> PlanCost:
        """What the plan's next load costs; nothing is run."""
        cached = self._runner.fresh_answers(plan, principal)
        return plan_cost(plan, self._prices, cached, engine=self._engine.name)

    def _compile(self, loaded: Loaded, known: str, filters: Filters | None) -> Plan:
        slug = loaded.dashboard.slug if loaded.dashboard else None
        with span("peter.compile", slug=slug):
            return self._compiled.plan(loaded, known, filters)


def _selected(plan: Plan, charts: Charts | None) -> Plan:
    return plan if charts is None else select_charts(plan, charts)
