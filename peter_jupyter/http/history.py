"""The revisions of a dashboard: list them, compare them, bring one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import InvalidRequest, PeterError
from peter_jupyter.http.access import needs
from peter_jupyter.http.dashboards import UNCHANGED, ConditionalResource, read_published
from peter_jupyter.http.differences import difference
from peter_jupyter.http.models.dashboard import (
    Difference,
    History,
    HistoryItem,
    PublicationAnswer,
    RestoreBody,
)
from peter_jupyter.http.models.queries import DiffQuery, HistoryQuery, ManagedQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.service import Peter, Publication


class RevisionsResource(Resource):
    """Everything that was published under a slug."""

    @needs("viewer")
    @operation("list_revisions", History, tag="history", query=HistoryQuery)
    async def get(self, slug: str) -> None:
        """The newest first; deletions stand among them."""
        asked = self.query(HistoryQuery)
        entries, managed = await self.call(
            lambda peter: (peter.history(slug), _managed(peter, slug))
        )
        first = (asked.page - 1) * asked.page_size
        part = entries[first : first + asked.page_size]
        items = tuple(HistoryItem.model_validate(_fields(entry)) for entry in part)
        self.link_pages(asked, len(entries))
        self.answer(
            History(
                slug=slug, managed=managed, revisions=items, total=len(entries), page=asked.page,
                page_size=asked.page_size,
            )
        )  # fmt: skip


class RestoreResource(ConditionalResource):
    """An earlier revision again."""

    @needs("author")
    @operation("restore_dashboard", PublicationAnswer, tag="history", body=RestoreBody,
               conditional=True, query=ManagedQuery, errors=UNCHANGED)  # fmt: skip
    async def post(self, slug: str) -> None:
        """Publish it as the newest; it is verified like any other."""
        managed = self.query(ManagedQuery).managed
        asked = self.json_body(RestoreBody)

        def restored(peter: Peter) -> Publication:
            earlier = peter.get(slug, asked.revision)
            message = f"Restored {earlier.revision[:12]}"
            return self.change(peter, slug, earlier.text, message, managed=managed)

        self.published(await self.call(restored))


class DiffResource(Resource):
    """What changed in meaning between two revisions."""

    @needs("viewer")
    @operation("diff_revisions", Difference, tag="history", query=DiffQuery)
    async def get(self, slug: str) -> None:
        """From ``from`` to ``to``: without them the last change."""
        asked = self.query(DiffQuery)

        def compared(peter: Peter) -> Difference:
            after = peter.get(slug, asked.to)
            before = asked.from_ or _before(peter, slug, after.revision)
            return difference(peter.get(slug, before), after)

        self.answer(await self.call(compared))


def _before(peter: Peter, slug: str, revision: str) -> str:
    """The revision that was published before another."""
    revisions = [entry.revision for entry in peter.history(slug) if not entry.deleted]
    older = revisions[revisions.index(revision) + 1 :] if revision in revisions else []
    found = next((other for other in older if other != revision), None)
    if found is None:
        raise InvalidRequest(
            f"There is no revision of {slug} before {revision[:12]}.",
            hint="Say which revision to compare with: from=….",
        )
    return found


def _managed(peter: Peter, slug: str) -> str | None:
    """Where the file of what is published is kept, ``None`` for here and what is not known."""
    try:
        _, loaded = read_published(peter, slug)
    except PeterError:
        return None
    return loaded.dashboard.managed if loaded.dashboard else None


def _fields(entry: object) -> dict[str, object]:
    return {name: getattr(entry, name) for name in HistoryItem.model_fields}
