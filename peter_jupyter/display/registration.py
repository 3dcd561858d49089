"""How Peter's objects show themselves in a notebook.

The core knows no notebook, so the formats of its classes are registered here, by name: nothing
of the core is imported before such an object exists.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

Bundle = dict[str, Any]

_SHOWN: dict[tuple[str, str], str] = {
    ("peter_core.verify.verification", "Verification"): "verification_bundle",
    ("peter_core.plan.plan", "Plan"): "plan_bundle",
    ("peter_core.plan.artifact", "Artifact"): "artifact_bundle",
    ("peter_core.costs", "PlanCost"): "cost_bundle",
    ("peter_core.store.records", "CostReport"): "costs_bundle",
    ("peter_core.lineage.graph", "Graph"): "graph_bundle",
    ("peter_core.service.publishing", "Publication"): "publication_bundle",
    ("peter_core.service.reports", "Validation"): "validation_bundle",
    ("peter_core.service.reports", "Listing"): "listing_bundle",
    ("peter_core.dashboard.problems", "Problem"): "problem_bundle",
}


def register_displays(shell: InteractiveShell) -> None:
    """Make the shell show the core's objects as cards, Markdown and text."""
    if shell.display_formatter is None:
        return
    formatter = shell.display_formatter.mimebundle_formatter
    for (module, name), function in _SHOWN.items():
        formatter.for_type_by_name(module, name, _late(function))


def unregister_displays(shell: InteractiveShell) -> None:
    """Give the objects their plain looks back."""
    if shell.display_formatter is None:
        return
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name in _SHOWN:
        key = (module, name)
        formatter.deferred_printers.pop(key, None)
        for kind in [k for k in formatter.type_printers if (k.__module__, k.__name__) == key]:
            formatter.type_printers.pop(kind)


def _late(function: str) -> Callable[[object], Bundle]:
    def show(shown: object) -> Bundle:
        module = import_module("peter_jupyter.display.bundles")
        bundle: Bundle = getattr(module, function)(shown)
        return bundle

    return show
