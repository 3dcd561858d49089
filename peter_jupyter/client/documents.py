"""Dashboards on a server: validate, publish, read, compare, restore, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from peter_core.errors import AlreadyExists, InvalidRequest, NotFound
from peter_jupyter.client.arguments import pairs, segment
from peter_jupyter.http.models.dashboard import (
    DashboardDetail,
    DashboardList,
    Difference,
    History,
    PublicationAnswer,
)
from peter_jupyter.http.models.plan import PlanAnswer, ValidationAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.engine.port import CancelToken
    from peter_jupyter.client.connection import Connection
    from peter_jupyter.http.models.dashboard import DashboardSummary, HistoryItem

FORCE = "*"
"""The revision that stands for any: overwrite whatever is there."""
_BOARDS = "api/v1/dashboards"
_MOST = 200


class Documents:
    """The documents of a server; every method raises `PeterError` with the server's own words."""

    _connection: Connection

    def validate(
        self, text: str, *, mode: Literal["offline", "warehouse"] = "warehouse"
    ) -> ValidationAnswer:
        """What is wrong with a document; with ``warehouse`` also against the server's tables."""
        return self._connection.ask(
            ValidationAnswer, "POST", f"{_BOARDS}/validate", json={"yaml": text},
            query=pairs(mode=mode),
        )  # fmt: skip

    def compile(self, text: str) -> PlanAnswer:
        """What a document would run, what that costs, and where its columns come from."""
        return self._connection.ask(
            PlanAnswer, "POST", f"{_BOARDS}/compile", json={"yaml": text}, long=True
        )

    def publish(
        self,
        text: str,
        *,
        if_match: str | None = None,
        create: bool = False,
        message: str | None = None,
        managed: bool = False,
        cancel: CancelToken | None = None,
    ) -> PublicationAnswer:
        """Verify a document on the server and publish it there; all of it or nothing.

        Parameters
        ----------
        text
            The document, with the SQL of its queries inside.
        if_match
            The revision the change was made from, whole; needed once the slug is published there,
            ``"*"`` overwrites any.
        create
            Whether the slug must be new.
        managed
            Whether the caller speaks for the place where the file is kept, where it has one.

        Raises
        ------
        DocumentError, VerificationFailed
            Nothing was published; ``problems`` says why and where.
        Conflict
            Somebody else published since; ``diff`` is what they changed.
        AlreadyExists, PreconditionRequired, ManagedElsewhere, Forbidden, LoginError
        """
        from peter_core.dashboard.loading import load_dashboard

        body = {"yaml": text} | ({} if message is None else {"message": message})
        board = load_dashboard(text).dashboard
        if board is None or create:
            return self._create(body, cancel)
        if if_match is None:
            try:
                return self._create(body, cancel)
            except AlreadyExists:
                # The same content may be published already, which is no conflict.
                return self._change(board.slug, body, None, managed, cancel)
        try:
            return self._change(board.slug, body, if_match, managed, cancel)
        except NotFound:
            if if_match != FORCE:
                raise
            return self._create(body, cancel)

    def get(self, slug: str, revision: str | None = None) -> DashboardDetail:
        """A published dashboard, ``yaml`` as it was written; or one of its earlier revisions."""
        return self._connection.ask(
            DashboardDetail, "GET", _board(slug), query=pairs(revision=revision)
        )

    def list(
        self,
        *,
        q: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> DashboardList:
        """A page of what is published, by title."""
        asked = pairs(q=q, tag=tag, owner=owner, page=page, page_size=page_size)
        return self._connection.ask(DashboardList, "GET", _BOARDS, query=asked)

    def dashboards(self) -> Iterator[DashboardSummary]:
        """Everything that is published, page after page."""
        page = seen = 0
        while True:
            page += 1
            found = self.list(page=page, page_size=_MOST)
            yield from found.dashboards
            seen += len(found.dashboards)
            if not found.dashboards or seen >= found.total:
                return

    def delete(self, slug: str, *, if_match: str, managed: bool = False) -> None:
        """Take a dashboard away; its history stays. Arguments as in `publish`."""
        self._connection.send(
            "DELETE",
            _board(slug),
            query=pairs(managed=managed or None),
            headers=_precondition(if_match),
        )

    def history(self, slug: str) -> tuple[HistoryItem, ...]:
        """Everything that was published under a slug, the newest first."""
        items: tuple[HistoryItem, ...] = ()
        page = 0
        while True:
            page += 1
            found = self._connection.ask(
                History, "GET", f"{_board(slug)}/revisions",
                query=pairs(page=page, page_size=_MOST),
            )  # fmt: skip
            items += found.revisions
            if not found.revisions or len(items) >= found.total:
                return items

    def restore(
        self,
        slug: str,
        revision: str,
        *,
        if_match: str,
        managed: bool = False,
        cancel: CancelToken | None = None,
    ) -> PublicationAnswer:
        """Publish an earlier revision again as the newest; arguments as in `publish`."""
        return self._connection.ask(
            PublicationAnswer, "POST", f"{_board(slug)}/restore", json={"revision": revision},
            query=pairs(managed=managed or None), headers=_precondition(if_match), long=True,
            cancel=cancel,
        )  # fmt: skip

    def diff(self, slug: str, from_: str | None = None, to: str | None = None) -> Difference:
        """What changed in meaning between two revisions; without them, by the last change."""
        return self._connection.ask(
            Difference, "GET", f"{_board(slug)}/diff", query=pairs(from_=from_, to=to)
        )

    def _create(self, body: dict[str, str], cancel: CancelToken | None) -> PublicationAnswer:
        return self._connection.ask(
            PublicationAnswer, "POST", _BOARDS, json=body, long=True, cancel=cancel
        )

    def _change(self, slug: str, body: dict[str, str], if_match: str | None, managed: bool,
                cancel: CancelToken | None) -> PublicationAnswer:  # fmt: skip
        headers = {} if if_match is None else _precondition(if_match)
        return self._connection.ask(
            PublicationAnswer, "PUT", _board(slug), json=body, query=pairs(managed=managed or None),
            headers=headers, long=True, cancel=cancel,
        )  # fmt: skip


def _board(slug: str) -> str:
    return f"{_BOARDS}/{segment(slug)}"


def _precondition(revision: str) -> dict[str, str]:
    """If-Match as RFC 9110 section 13.1.1 writes it."""
    if revision == FORCE:
        return {"If-Match": FORCE}
    if not revision.isalnum() or not revision.isascii():
        raise InvalidRequest(f"{revision[:40]!r} is no revision.")
    return {"If-Match": f'"{revision}"'}
