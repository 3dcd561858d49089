"""What computing each dashboard took last, for lists: one statement for a page of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from peter_core.store.tables import dollars, nodes, runs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class LastLoad:
    """When the oldest of a dashboard's results was computed, and what computing all of them cost.

    Each query counts with its last run that was not answered from the cache.
    """

    computed_at: dt.datetime
    cost_usd: Decimal


def last_loads(connection: Connection, slugs: Sequence[str]) -> dict[str, LastLoad]:
    """The last load of every dashboard that has one, by slug."""
    other = runs.alias("other")
    last = (
        sa.select(other.c.id)
        .where(
            other.c.slug == nodes.c.slug,
            other.c.query == nodes.c.name,
            # As the index says it, so that both databases use it.
            ~other.c.cache_hit,
            other.c.status == "succeeded",
        )
        .order_by(other.c.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    cost = sa.cast(sa.func.sum(sa.type_coerce(runs.c.cost_usd, sa.BigInteger)), sa.BigInteger)
    query = (
        sa.select(nodes.c.slug, sa.func.min(runs.c.at), cost)
        .select_from(nodes)
        .join(runs, runs.c.id == last)
        .where(nodes.c.slug.in_(slugs), nodes.c.kind == "query")
        .group_by(nodes.c.slug)
    )
    return {slug: LastLoad(at, dollars(int(paid))) for slug, at, paid in connection.execute(query)}
