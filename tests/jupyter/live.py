"""What a test says to a live server, and what it publishes there."""

from __future__ import annotations

from tests.jupyter.conftest import DASHBOARD


def board(
    slug: str,
    *,
    title: str = "Small flights",
    owner: str = "ops@example.com",
    managed: str | None = None,
) -> str:
    """A document of its own, so that tests of one server do not meet."""
    kept = f"\nmanaged: {managed}" if managed else ""
    return (
        DASHBOARD.replace("slug: small-flights", f"slug: {slug}{kept}")
        .replace("title: Small flights", f"title: {title}")
        .replace("owner: ops@example.com", f"owner: {owner}")
    )
