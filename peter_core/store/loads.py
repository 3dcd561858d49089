"""What computing each dashboard took last, for lists: one statement for a page of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from peter_core.store.tables import dashboards, dollars, receipts, runs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class LastLoad:
    """When the oldest of a dashboard's results was computed, and what computing all of them cost.

    Each query counts with its last run that was not answered from the cache, whichever dashboard
    it was for: results are shared.
    """

    computed_at: dt.datetime
    cost_usd: Decimal


def last_loads(connection: Connection, slugs: Sequence[str]) -> dict[str, LastLoad]:
    """The last load of every dashboard that has one, by slug."""
    other = runs.alias("other")
    last = (
        sa.select(other.c.id)
        # As the index says it, so that both databases use it.
        .where(other.c.fingerprint == receipts.c.fingerprint, ~other.c.cache_hit)
        .where(other.c.status == "succeeded")
        .order_by(other.c.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    published = sa.and_(
        receipts.c.slug == dashboards.c.slug, receipts.c.revision == dashboards.c.revision
    )
    cost = sa.cast(sa.func.sum(sa.type_coerce(runs.c.cost_usd, sa.BigInteger)), sa.BigInteger)
    query = (
        sa.select(dashboards.c.slug, sa.func.min(runs.c.at), cost)
        .select_from(dashboards)
        .join(receipts, published)
        .join(runs, runs.c.id == last)
        .where(dashboards.c.slug.in_(slugs))
        .group_by(dashboards.c.slug)
    )
    return {slug: LastLoad(at, dollars(int(paid))) for slug, at, paid in connection.execute(query)}
