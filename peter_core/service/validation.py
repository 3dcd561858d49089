"""What is wrong with a document: with a plan that saw its tables, or without any engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peter_core.dashboard.canonical import revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import EngineUnavailable, SqlError
from peter_core.plan.compiler import Limits, compile_plan, placed_in_query
from peter_core.service.reports import Validation
from peter_core.sql.checking import TIERS
from peter_core.sql.guard import guard
from peter_core.sql.repeated import repeated_columns
from peter_core.sql.statement import parse
from peter_core.telemetry import span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.config import Settings
    from peter_core.dashboard.loading import Loaded
    from peter_core.dashboard.problems import Problem
    from peter_core.plan.plan import Plan
    from peter_core.service.plans import Plans
    from peter_core.service.reports import Mode
    from peter_core.service.tiers import Tiers
    from peter_core.sql.checking import Tier
    from peter_core.verify.verifier import Ask

OFFLINE: tuple[Tier, ...] = ("syntax", "guard")
"""Who speaks of a document's queries without an engine."""


def validate_offline(text: str | bytes, settings: Settings) -> Validation:
    """What can be told of a document without a workspace: nothing is opened, nothing written."""
    with span("peter.validate"):
        loaded = load_dashboard(text)
        if loaded.dashboard is None:
            return Validation(False, "offline", loaded.problems, None)
        plan = compile_plan(
            loaded, revision=revision(loaded), engine=None, limits=limits_of(settings)
        )
        return judged(loaded, plan, "offline", tuple(_repeated(loaded, plan)))


def _repeated(loaded: Loaded, plan: Plan) -> Iterator[Problem]:
    """Results that have two columns of one name, of which an engine would speak."""
    for name, query in plan.dashboard.queries.items():
        try:
            statement = parse(query.sql or "")
        except SqlError:
            continue  # the plan says so
        for problem in () if guard(statement) else repeated_columns(statement):
            yield placed_in_query(loaded, name, problem)


def validate_warehouse(
    text: str | bytes, plans: Plans, settings: Settings, tiers: Tiers
) -> Validation:
    """What can be told with the tables; offline, and saying so, where they cannot be reached."""
    with span("peter.validate"):
        loaded = load_dashboard(text)
        if loaded.dashboard is None:
            return Validation(False, "warehouse", loaded.problems, None)
        try:
            plan = plans.of_loaded(loaded)
        except EngineUnavailable as error:
            found = validate_offline(text, settings)
            return replace(found, note=f"Tables and columns were not checked: {error.message}")
    spoke: tuple[Tier, ...] = ("dry_run",)
    more: tuple[Problem, ...] = ()
    if tiers.embedded:
        spoke = ("names", "dry_run")
        asks: dict[Tier, Ask] = {"googlesql": tiers.analyze, "binding": tiers.bind}
        for tier, ask in asks.items():
            told = _told(loaded, plan, ask)
            if told is not None:
                spoke, more = (*spoke, tier), (*more, *told)
    return judged(loaded, plan, "warehouse", more, (*OFFLINE, *spoke))


def _told(loaded: Loaded, plan: Plan, ask: Ask) -> tuple[Problem, ...] | None:
    """What a tier says of the queries; ``None`` where it could be asked about none."""
    found: list[Problem] = []
    spoke = False
    for step in plan.steps.values():
        if step.role == "comparison":
            continue
        schema = {table.id: table.schema for table in step.tables}
        types = {parameter.name: parameter.type for parameter in step.parameters}
        said = ask(step.statement, schema, types)
        spoke = spoke or said is not None
        found.extend(placed_in_query(loaded, step.query, problem) for problem in said or ())
    return tuple(found) if spoke else None


def judged(
    loaded: Loaded,
    plan: Plan,
    mode: Mode,
    more: tuple[Problem, ...] = (),
    tiers: tuple[Tier, ...] = OFFLINE,
) -> Validation:
    """A document's problems and those of its plan, in the order of the text."""
    problems = sorted(
        (*loaded.problems, *plan.problems, *more),
        key=lambda p: (p.line or 0, p.column or 0, p.rule),
    )
    valid = not any(problem.is_error for problem in problems)
    ordered = tuple(tier for tier in TIERS if tier in tiers)
    return Validation(valid, mode, tuple(problems), plan.revision, tiers=ordered)


def limits_of(settings: Settings) -> Limits:
    """What the settings say where a document says nothing."""
    return Limits(
        max_bytes=settings.default_max_bytes,
        highest_max_bytes=settings.highest_max_bytes,
        ttl_s=int(settings.ttl),
        allowed_datasets=settings.allowed_datasets,
        allow_information_schema=settings.allow_information_schema,
    )
