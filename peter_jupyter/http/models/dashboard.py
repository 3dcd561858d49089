"""Published dashboards: lists, single ones, what a publish did, history and differences."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.shapes import Answer, Body, Moment, Usd


class DocumentBody(Body):
    """A dashboard document inside JSON; the text alone may be sent as ``application/yaml``."""

    yaml: str
    message: str | None = Field(default=None, max_length=500)


class RestoreBody(Body):
    """Which earlier revision becomes the published one again."""

    revision: str = Field(pattern=r"^[0-9a-f]{8,64}$")


class DashboardHead(Answer):
    """What a published dashboard is."""

    slug: str
    title: str
    revision: str
    published_at: Moment
    published_by: str
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()


class DashboardSummary(DashboardHead):
    """A published dashboard as lists show it.

    ``computed_at`` is when the oldest of its results was computed, ``last_cost_usd`` what
    computing all of them cost the last time.
    """

    computed_at: Moment | None = None
    last_cost_usd: Usd | None = None


class DashboardList(Answer):
    """One page of the published dashboards by title; ``total`` counts those of all pages."""

    dashboards: tuple[DashboardSummary, ...]
    total: int
    page: int
    page_size: int


class DashboardDetail(DashboardHead):
    """A published dashboard; ``yaml`` is the file exactly as it was written.

    ``managed`` is where its author keeps the file and changes it, ``null`` for here.
    """

    managed: str | None = None
    message: str | None = None
    yaml: str


class ReceiptSummary(Answer):
    """The proof that a query was verified."""

    id: str
    fingerprint: str
    verdict: str
    verified_at: Moment


class PublicationAnswer(Answer):
    """What a publish did; ``changed`` is false when the same content was published already.

    The estimates are of the next load, with what is cached at zero.
    """

    slug: str
    revision: str
    created: bool
    changed: bool
    estimated_bytes: int
    cost_usd: Usd
    cost_usd_month: Usd | None
    receipts: tuple[ReceiptSummary, ...]
    problems: tuple[ProblemItem, ...]


class HistoryItem(Answer):
    """One entry of a dashboard's history; a deletion is one, too."""

    number: int
    revision: str
    published_at: Moment
    published_by: str
    message: str | None = None
    deleted: bool = False


class History(Answer):
    """What was published under a slug, the newest first; ``total`` counts all of it.

    ``managed`` is where the file of the published one is kept and changed, ``null`` for here.
    """

    slug: str
    managed: str | None = None
    revisions: tuple[HistoryItem, ...]
    total: int
    page: int
    page_size: int


class ChangeItem(Answer):
    """One difference in meaning between two documents."""

    kind: Literal["added", "removed", "changed", "moved"]
    path: str
    text: str


class Difference(Answer):
    """What changed from one revision to another; empty when only comments or layout did."""

    from_revision: str
    to_revision: str
    changes: tuple[ChangeItem, ...]
