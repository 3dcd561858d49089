"""What is wrong with a document: with a plan that saw its tables, or without any engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peter_core.dashboard.canonical import revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import EngineUnavailable
from peter_core.plan.compiler import Limits, compile_plan
from peter_core.service.reports import Validation

if TYPE_CHECKING:
    from peter_core.config import Settings
    from peter_core.dashboard.loading import Loaded
    from peter_core.plan.plan import Plan
    from peter_core.service.plans import Plans
    from peter_core.service.reports import Mode


def validate_offline(text: str | bytes, settings: Settings) -> Validation:
    """What can be told of a document without a workspace: nothing is opened, nothing written."""
    loaded = load_dashboard(text)
    if loaded.dashboard is None:
        return Validation(False, "offline", loaded.problems, None)
    plan = compile_plan(loaded, revision=revision(loaded), engine=None, limits=limits_of(settings))
    return judged(loaded, plan, "offline")


def validate_warehouse(text: str | bytes, plans: Plans, settings: Settings) -> Validation:
    """What can be told with the tables; offline, and saying so, where they cannot be reached."""
    loaded = load_dashboard(text)
    if loaded.dashboard is None:
        return Validation(False, "warehouse", loaded.problems, None)
    try:
        return judged(loaded, plans.of_loaded(loaded), "warehouse")
    except EngineUnavailable as error:
        found = validate_offline(text, settings)
        return replace(found, note=f"Tables and columns were not checked: {error.message}")


def judged(loaded: Loaded, plan: Plan, mode: Mode) -> Validation:
    """A document's problems and those of its plan, in the order of the text."""
    problems = sorted(
        (*loaded.problems, *plan.problems), key=lambda p: (p.line or 0, p.column or 0, p.rule)
    )
    valid = not any(problem.is_error for problem in problems)
    return Validation(valid, mode, tuple(problems), plan.revision)


def limits_of(settings: Settings) -> Limits:
    """What the settings say where a document says nothing."""
    return Limits(
        max_bytes=settings.default_max_bytes,
        highest_max_bytes=settings.highest_max_bytes,
        ttl_s=int(settings.ttl),
        allowed_datasets=settings.allowed_datasets,
    )
