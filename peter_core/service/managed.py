"""Dashboards whose file is kept elsewhere, such as in git: they are changed there, not here.

It guards against accidents and is no access control: whoever may publish may say that they speak
for that place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import ManagedElsewhere

if TYPE_CHECKING:
    from peter_core.store.port import Document

_HINT = (
    "Change it there. What publishes from there says so: `--managed` on the command line, "
    "`managed=true` in the API."
)


def managed_at(text: str | bytes) -> str | None:
    """Where the file of a document is kept as its author says, ``None`` for here.

    A document that this version cannot use still says where it is kept.
    """
    tree = load_dashboard(text).tree
    place = tree.get("managed") if isinstance(tree, dict) else None
    return place if isinstance(place, str) else None


def require_not_managed(document: Document, doing: Literal["changed", "deleted"]) -> None:
    """Raise ``ManagedElsewhere`` when the published document is kept in another place."""
    place = managed_at(document.text)
    if place is not None:
        raise ManagedElsewhere(
            f"Dashboard {document.slug} is kept at {place} and is not {doing} here.",
            hint=_HINT,
        )
