"""MIME bundles: one object in every form a notebook, a report or an agent may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_core.plan.words import speaking
from peter_jupyter.display.artifact import artifact_html, artifact_text
from peter_jupyter.display.costs import costs_html, costs_text
from peter_jupyter.display.lineage import graph_html
from peter_jupyter.display.listing import listing_html, listing_text
from peter_jupyter.display.markup import message_html
from peter_jupyter.display.reports import (
    cost_html,
    cost_text,
    graph_text,
    plan_html,
    plan_text,
    problems_html,
    problems_text,
    publication_html,
    publication_text,
)
from peter_jupyter.display.server import comparison_html, comparison_text, sent_html, sent_text
from peter_jupyter.display.text import verification_markdown, verification_text
from peter_jupyter.display.verification import verification_html, verification_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.costs import PlanCost
    from peter_core.dashboard.problems import Problem
    from peter_core.lineage.graph import Graph
    from peter_core.plan.artifact import Artifact
    from peter_core.plan.plan import Plan
    from peter_core.service.publishing import Publication
    from peter_core.service.reports import Listing, Validation
    from peter_core.store.records import CostReport
    from peter_core.verify.verification import Verification
    from peter_jupyter.remote import Comparison, Sent

Bundle = dict[str, Any]

VERIFICATION_MIME = "application/vnd.peter.verification+json"


def _bundle(html: str, text: str) -> Bundle:
    return {"text/html": html, "text/plain": text}


def verification_bundle(verification: Verification) -> Bundle:
    """HTML, Markdown, the compact text and the payload of a verification.

    The payload is what JupyterLab's extension draws in the Lab's own theme.
    """
    bundle = _bundle(verification_html(verification), verification_text(verification))
    return {
        **bundle,
        "text/markdown": verification_markdown(verification),
        VERIFICATION_MIME: verification_json(verification),
    }


def artifact_bundle(artifact: Artifact) -> Bundle:
    """A dashboard as a still and in words."""
    return _bundle(artifact_html(artifact), artifact_text(artifact))


def plan_bundle(plan: Plan) -> Bundle:
    """A plan's steps."""
    return _bundle(plan_html(plan), plan_text(plan))


def cost_bundle(cost: PlanCost, title: str = "") -> Bundle:
    """A dashboard's price."""
    return _bundle(cost_html(cost, title), cost_text(cost, title))


def costs_bundle(report: CostReport) -> Bundle:
    """What was paid, and where the budgets stand."""
    return _bundle(costs_html(report), costs_text(report))


def graph_bundle(graph: Graph, language: str = "en") -> Bundle:
    """Lineage, in the language of a BCP 47 tag."""
    with speaking(language):
        return _bundle(graph_html(graph), graph_text(graph))


def publication_bundle(publication: Publication) -> Bundle:
    """What a publish did."""
    return _bundle(publication_html(publication), publication_text(publication))


def sent_bundle(sent: Sent) -> Bundle:
    """What a publish to a server did."""
    return _bundle(sent_html(sent), sent_text(sent))


def comparison_bundle(comparison: Comparison) -> Bundle:
    """What differs from what a server has."""
    return _bundle(comparison_html(comparison), comparison_text(comparison))


def problems_bundle(problems: Sequence[Problem], text: str | None = None, name: str = "") -> Bundle:
    """Findings about ``text``, each under its line."""
    return _bundle(problems_html(problems, text, name), problems_text(problems, text))


def problem_bundle(problem: Problem) -> Bundle:
    """One finding."""
    return problems_bundle([problem])


def validation_bundle(validation: Validation) -> Bundle:
    """Whether a document is valid, and what is not."""
    mode = f"checked {'against the warehouse' if validation.mode == 'warehouse' else 'offline'}"
    name = " · ".join(filter(None, [mode, validation.note]))
    return problems_bundle(validation.problems, name=name)


def listing_bundle(listing: Listing) -> Bundle:
    """A page of the published dashboards."""
    return _bundle(listing_html(listing), listing_text(listing))


def message_bundle(message: str) -> Bundle:
    """Words of Peter's own."""
    return _bundle(message_html(message), message)
