"""The published dashboards as a table and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_jupyter.display.markup import Heading, block, card, foot, page, pill, status, table
from peter_jupyter.display.values import NULL, count_text, moment_text

if TYPE_CHECKING:
    from peter_core.service.reports import Listing

_EMPTY = "No dashboard is published here yet. Publish one with %peter publish FILE."


def listing_html(listing: Listing) -> str:
    """A page of the published dashboards, a dashboard a row."""
    names = ("Slug", "Title", "Tags", "Owner", "Revision", "Published")
    rows = _rows(listing)
    body = table([Heading(name) for name in names], rows)
    return page(
        card(
            status(pill("Dashboards", "info"), [_count(listing)]),
            body if rows else block(_EMPTY),
            foot(["%peter open SLUG shows one"] if rows else []),
        )
    )


def listing_text(listing: Listing) -> str:
    """A page of the published dashboards, a dashboard a line."""
    rows = _rows(listing)
    if not rows:
        return _EMPTY
    lines = [f"{slug}: {title} · tags {tags} · owner {owner} @ {revision} · published {at}"
             for slug, title, tags, owner, revision, at in rows]  # fmt: skip
    return "\n".join([_count(listing), *lines])


def _count(listing: Listing) -> str:
    shown = len(listing.dashboards)
    total = count_text(listing.total, "dashboard")
    return total if shown == listing.total else f"{shown} of {total}, page {listing.page}"


def _rows(listing: Listing) -> list[list[str]]:
    return [
        [
            entry.slug,
            entry.title or NULL,
            ", ".join(entry.tags) or NULL,
            entry.owner or NULL,
            entry.revision[:7],
            moment_text(entry.published_at),
        ]
        for entry in listing.dashboards
    ]
