"""What changed between two published documents, as the API tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.dashboard.canonical import diff
from peter_jupyter.http.models.dashboard import ChangeItem, Difference

if TYPE_CHECKING:
    from peter_core.store.port import Document


def difference(before: Document, after: Document) -> Difference:
    """The changes in meaning from one document to another."""
    changes = diff(before.text, after.text)
    return Difference(
        from_revision=before.revision,
        to_revision=after.revision,
        changes=tuple(ChangeItem(kind=c.kind, path=c.path, text=c.text) for c in changes),
    )
