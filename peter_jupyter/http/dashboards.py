"""Published dashboards: list, create, read, change, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import InvalidRequest, NotFound, PreconditionFailed
from peter_jupyter.http.accepting import JSON, YAML
from peter_jupyter.http.access import needs
from peter_jupyter.http.bodies import read_document
from peter_jupyter.http.differences import difference
from peter_jupyter.http.etags import ANY, matching_revision, strong
from peter_jupyter.http.models.dashboard import (
    DashboardDetail,
    DashboardList,
    DocumentBody,
    PublicationAnswer,
)
from peter_jupyter.http.models.queries import ListQuery, ManagedQuery, RevisionQuery
from peter_jupyter.http.operations import DOCUMENT_TYPES, operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.dashboard.loading import Loaded
    from peter_core.service import Peter, Publication
    from peter_core.store.port import Document


UNPUBLISHED = (
    "document_invalid", "verification_failed", "bytes_cap_exceeded", "budget_exceeded",
    "engine_failed", "query_timeout", "storage_full",
)  # fmt: skip
"""Codes of what was not published, with its reasons."""
UNCHANGED = (*UNPUBLISHED, "managed")
"""Codes of what was not published over something else."""


class PublishingResource(Resource):
    """Verbs that publish run every query of a dashboard."""

    long = True

    def published(self, made: Publication, status: int = 200) -> None:
        """Answer with what a publish did."""
        self.tag(strong(made.revision))
        self.set_header("ETag", strong(made.revision))
        self.answer(publication_answer(made), status)


class DashboardsResource(PublishingResource):
    """Every published dashboard."""

    @needs("viewer")
    @operation("list_dashboards", DashboardList, tag="dashboards", query=ListQuery)
    async def get(self) -> None:
        """A page of them by title; ``q`` are words that all occur."""
        asked = self.query(ListQuery)
        found = await self.call(lambda peter: peter.list(**asked.model_dump()))
        self.link_pages(asked, found.total)
        self.answer(DashboardList.model_validate(found))

    @needs("author")
    @operation("create_dashboard", PublicationAnswer, status=201, tag="dashboards",
               body=DocumentBody, body_types=DOCUMENT_TYPES,
               errors=(*UNPUBLISHED, "already_exists"))  # fmt: skip
    async def post(self) -> None:
        """Verify and publish under a slug that is new."""
        body = read_document(self.request.headers, self.body())
        who = self.who
        made = await self.call(
            lambda peter: peter.publish(
                body.yaml, create=True, message=body.message, principal=who, cancel=self.cancel
            )
        )
        self.set_header("Location", f"{self.root}api/v1/dashboards/{made.slug}")
        self.published(made, 201)


class ConditionalResource(PublishingResource):
    """Changes of one published dashboard: whoever makes one says what it was made from."""

    def if_match(self, peter: Peter, slug: str) -> str | None:
        """The revision that the change was made from, as the service takes it."""
        header = self.request.headers.get("If-Match")
        return matching_revision(header, _revision(peter, slug))

    def note_conflict(self, peter: Peter, slug: str, base: str | None) -> None:
        """Keep for the problem what was published since the revision that was named."""
        current = _revision(peter, slug)
        if base is None or base == ANY or current is None:
            return
        try:
            before = peter.get(slug, base)
        except (NotFound, InvalidRequest):
            return
        self._diff = difference(before, peter.get(slug))

    def change(
        self, peter: Peter, slug: str, text: str, message: str | None, *, managed: bool
    ) -> Publication:
        """Publish a text in place of what is published, unless somebody else did since."""
        base = self.if_match(peter, slug)
        try:
            return peter.publish(
                text, if_match=base, message=message, managed=managed, principal=self.who,
                cancel=self.cancel,
            )  # fmt: skip
        except PreconditionFailed:
            self.note_conflict(peter, slug, base)
            raise


class DashboardResource(ConditionalResource):
    """One published dashboard."""

    @needs("viewer")
    @operation("get_dashboard", {JSON: DashboardDetail, YAML: None}, tag="dashboards",
               query=RevisionQuery, tagged=True)  # fmt: skip
    async def get(self, slug: str) -> None:
        """The document, or with ``Accept: application/yaml`` the file as it was written."""
        kind = self.wanted(JSON, YAML)
        revision = self.query(RevisionQuery).revision
        document, loaded = await self.call(lambda peter: read_published(peter, slug, revision))
        self.tag(strong(document.revision))
        if kind == YAML:
            self.send(document.text.encode(), YAML)
        else:
            self.answer(_detail(document, loaded))

    @needs("author")
    @operation("change_dashboard", PublicationAnswer, tag="dashboards", body=DocumentBody,
               body_types=DOCUMENT_TYPES, conditional=True, query=ManagedQuery,
               errors=UNCHANGED)  # fmt: skip
    async def put(self, slug: str) -> None:
        """Verify and publish a new revision."""
        managed = self.query(ManagedQuery).managed
        body = read_document(self.request.headers, self.body())

        def changed(peter: Peter) -> Publication:
            _require_slug(slug, body.yaml)
            read_published(peter, slug)
            return self.change(peter, slug, body.yaml, body.message, managed=managed)

        self.published(await self.call(changed))

    @needs("author")
    @operation("delete_dashboard", status=204, tag="dashboards", conditional=True,
               query=ManagedQuery, errors=("managed",))  # fmt: skip
    async def delete(self, slug: str) -> None:
        """Take it away; its history stays."""
        managed = self.query(ManagedQuery).managed

        def deleted(peter: Peter) -> None:
            base = self.if_match(peter, slug)
            try:
                peter.delete(slug, if_match=base, managed=managed, principal=self.who)
            except PreconditionFailed:
                self.note_conflict(peter, slug, base)
                raise

        await self.call(deleted)
        self.set_status(204)
        self.finish()


def read_published(peter: Peter, slug: str, revision: str | None = None) -> tuple[Document, Loaded]:
    """A published document; what can be no slug was never published."""
    try:
        return peter.read(slug, revision)
    except InvalidRequest as error:
        if revision is not None:
            raise
        raise NotFound(f"No dashboard is published as {slug[:80]!r}.", hint=error.hint) from error


def publication_answer(made: Publication) -> PublicationAnswer:
    """What a publish did, as the API tells it."""
    return PublicationAnswer.model_validate(
        {
            "slug": made.slug,
            "revision": made.revision,
            "created": made.created,
            "changed": made.changed,
            "estimated_bytes": made.cost.estimated_bytes,
            "cost_usd": made.cost.cost_usd,
            "cost_usd_month": made.cost.cost_usd_month,
            "receipts": made.receipts,
            "problems": made.problems,
        },
        from_attributes=True,
    )


def _detail(document: Document, loaded: Loaded) -> DashboardDetail:
    board = loaded.dashboard
    return DashboardDetail(
        slug=document.slug,
        title=board.title if board else document.slug,
        revision=document.revision,
        published_at=document.published_at,
        published_by=document.published_by,
        description=board.description if board else None,
        owner=board.owner if board else None,
        managed=board.managed if board else None,
        tags=board.tags if board else (),
        message=document.message,
        yaml=document.text,
    )


def _revision(peter: Peter, slug: str) -> str | None:
    try:
        return peter.get(slug).revision
    except (NotFound, InvalidRequest):
        return None


def _require_slug(slug: str, text: str) -> None:
    board = load_dashboard(text).dashboard
    if board is not None and board.slug != slug:
        raise InvalidRequest(
            f"The document's slug is {board.slug}, and it was sent to {slug[:80]}.",
            hint="A slug is what a dashboard is known by; publish under a new one with POST.",
        )
