"""The arguments of addresses: a class a verb that takes some."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from peter_jupyter.http.models.shapes import Flag, Query

Words = Annotated[str, StringConstraints(max_length=200)]
Revision = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Field(description="A revision, or the first eight or more characters of one."),
]
ChartNames = Annotated[
    str, StringConstraints(max_length=6_600, pattern=r"^([A-Za-z_][A-Za-z0-9_,]*)?$")
]
"""A hundred names of the longest kind."""
Page = Annotated[int, Field(ge=1, le=1_000_000, description="Which page, counted from 1.")]
PageSize = Annotated[int, Field(ge=1, le=200, description="How many of them a page holds.")]
Point = Annotated[
    str, Field(max_length=40, description="A day such as `2026-11-23`, or an RFC 3339 moment.")
]


class PageQuery(Query):
    """Which part of a list."""

    page: Page = 1
    page_size: PageSize = 50


class FindQuery(Query):
    """Which dashboards."""

    q: Words | None = Field(default=None, description="Words that all occur in what is listed.")
    tag: Words | None = Field(default=None, description="A tag they carry.")
    owner: Words | None = Field(default=None, description="Their owner.")


class ListQuery(FindQuery, PageQuery):
    """Which dashboards, and which of their pages."""


class HistoryQuery(PageQuery):
    """Which part of a history."""

    page_size: PageSize = 200


class RevisionQuery(Query):
    """Which revision of a dashboard."""

    revision: Revision | None = Field(
        default=None, description="An earlier revision; the published one without it."
    )


class DiffQuery(Query):
    """Between which revisions."""

    from_: Revision | None = Field(
        default=None, alias="from", description="The earlier one; the one before it by default."
    )
    to: Revision | None = Field(
        default=None, description="The later one; the published one by default."
    )


class ChartsQuery(Query):
    """Which charts; every further argument is a filter."""

    charts: ChartNames | None = Field(
        default=None, description="These charts alone, commas between them; all without it."
    )

    @property
    def chosen(self) -> tuple[str, ...] | None:
        """The names of the charts, ``None`` for all."""
        return None if self.charts is None else tuple(filter(None, self.charts.split(",")))


class TabQuery(Query):
    """Which tab; every further argument is a filter."""

    tab: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Run the queries of this tab alone, counted from 1; a chart of another one"
        " waits where the cache does not answer it. The last tab where there are fewer.",
    )


class DataQuery(RevisionQuery, ChartsQuery, TabQuery):
    """Which charts, and how fresh their data is to be; every further argument is a filter."""

    refresh: Flag = Field(default=False, description="Run every query again.")


class ManagedQuery(Query):
    """For whom a published dashboard is changed."""

    managed: Flag = Field(
        default=False,
        description="For the place where the dashboard's file is kept, where it says one.",
    )


class ValidateQuery(Query):
    """How far to look."""

    mode: Literal["offline", "warehouse"] = Field(
        default="warehouse", description="Whether the document is held against its tables, too."
    )


class ColumnsQuery(Query):
    """How fine the lineage is."""

    columns: Flag = Field(default=False, description="Down to the columns of the tables.")


class DepthQuery(Query):
    """How far the lineage goes."""

    depth: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        default=None, description="Edges from the node; as far as it goes without it."
    )


class CacheQuery(Query):
    """Which cached results: those that meet every selector; at least one is needed."""

    slug: Words | None = Field(default=None, description="Of a dashboard.")
    table: Annotated[str, StringConstraints(max_length=1024)] | None = Field(
        default=None, description="Computed from a table."
    )
    fingerprint: Words | None = Field(default=None, description="Of a statement.")


class CostQuery(Query):
    """Which costs, and how they are added up."""

    start: Point | None = Field(default=None, description="30 days before the end by default.")
    end: Point | None = Field(
        default=None, description="Not in the period; a day as the end is. Now by default."
    )
    group_by: Literal["dashboard", "user", "query", "date"] = "dashboard"
    slug: Words | None = Field(default=None, description="Of one dashboard.")


class NextQuery(Query):
    """Where a login leads to."""

    next: str | None = Field(
        default=None,
        description="A page of this server, as a path; the list of dashboards for any other text.",
    )


class LoginQuery(NextQuery):
    """Where a login leads to, and as whom."""

    account: str | None = Field(
        default=None, description="`choose` lets Google ask which account it is."
    )


class CallbackQuery(Query):
    """What the provider sends a browser back with (RFC 6749 section 4.1.2, RFC 9207)."""

    state: str | None = Field(default=None, description="Which login it is; known to one browser.")
    code: str | None = Field(default=None, description="What the login is redeemed by, once.")
    error: str | None = Field(default=None, description="Why there is no code.")
    iss: str | None = Field(default=None, description="Who sends it.")


class LogoutQuery(Query):
    """Which sessions end."""

    everywhere: Flag = Field(default=False, description="All of the person's, on every machine.")


class VersionQuery(Query):
    """Which version of a file."""

    v: Words | None = Field(default=None, description="The file's version; it never changes.")
