"""The ledger's tables.

What they hold can be rebuilt (index, lineage), is a log (runs), or may be lost at the price of a
login (sessions) or a new window (budgets); receipts and API tokens are kept nowhere else.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_NANO = Decimal(10) ** 9
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Moment(TypeDecorator[dt.datetime]):
    """A moment as RFC 3339 text in UTC: sorts as time does, alike in every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        """To the text."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment in the ledger needs a time zone.")
        return value.astimezone(dt.UTC).strftime(_MOMENT)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """From the text."""
        return None if value is None else dt.datetime.fromisoformat(value)


class Money(TypeDecorator[Decimal]):
    """US dollars as whole billionths, so that sums in the database are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To billionths."""
        if value is None:
            return None
        return billionths(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From billionths."""
        return None if value is None else dollars(int(value))


def billionths(amount: Decimal) -> int:
    """US dollars as the ledger keeps them."""
    return int((amount * _NANO).to_integral_value(ROUND_HALF_EVEN))


def dollars(billionths: int) -> Decimal:
    """US dollars of whole billionths."""
    return Decimal(billionths) / _NANO


runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("day", String(10), nullable=False),
    Column("slug", String(64)),
    Column("query", String(64)),
    Column("fingerprint", String(64), nullable=False),
    Column("principal", String(320), nullable=False),
    Column("engine", String(32), nullable=False),
    Column("job_id", String(256)),
    Column("status", String(64), nullable=False),
    Column("bytes_scanned", BigInteger, nullable=False),
    Column("bytes_billed", BigInteger, nullable=False),
    Column("cost_usd", Money, nullable=False),
    Column("cache_hit", Boolean, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("rows", BigInteger),
    Column("slot_ms", BigInteger, nullable=False, server_default="0"),
    Column("saved_usd", Money, nullable=False, server_default="0"),
    Column("estimated_bytes", BigInteger),
    Index(None, "at"),
    Index(None, "slug", "at"),
    Index(
        "ix_runs_computed", "fingerprint", "at",
        sqlite_where=text("cache_hit = 0"), postgresql_where=text("NOT cache_hit"),
    ),
)  # fmt: skip

dashboards = Table(
    "dashboards",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("owner", String(320)),
    Column("revision", String(64), nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String(320), nullable=False),
    # Everything that a search looks through, case folded: a database folds ASCII only.
    Column("search", Text, nullable=False),
    # The title, case folded, sorted alike in every database: by code point.
    Column(
        "sort_title",
        Text().with_variant(Text(collation="C"), "postgresql"),
        nullable=False,
        server_default="",
    ),
    Index(None, "sort_title", "slug"),
)

tags = Table(
    "dashboard_tags",
    metadata,
    Column("slug", ForeignKey("dashboards.slug", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("tag", String(64), nullable=False),
    Index(None, "tag"),
)

nodes = Table(
    "lineage_nodes",
    metadata,
    Column("slug", ForeignKey("dashboards.slug", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text),
)

edges = Table(
    "lineage_edges",
    metadata,
    Column("slug", ForeignKey("dashboards.slug", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("detail", Text),
)

receipts = Table(
    "receipts",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("revision", String(64), primary_key=True),
    Column("query", String(64), primary_key=True),
    Column("id", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("verified_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "id"),
)

budget_windows = Table(
    "budget_windows",
    metadata,
    Column("scope", String(16), primary_key=True),
    # Whose: a principal, a slug, or empty for the whole.
    Column("subject", String(320), primary_key=True),
    Column("period", String(8), primary_key=True),
    # The first day, ISO, in the budgets' time zone.
    Column("begins", String(10), primary_key=True),
    Column("spent_usd", Money, nullable=False),
)

budget_entries = Table(
    "budget_entries",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("principal", String(320), nullable=False),
    Column("slug", String(64)),
    Column("reserved_usd", Money, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "settled", "expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("principal", String(320), nullable=False),
    Column("name", String(320), nullable=False),
    Column("roles", String(64), nullable=False),
    Column("host", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("agent_hash", String(64)),
    Index(None, "principal"),
    Index(None, "expires_at"),
    Index(None, "seen_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("id", String(16), nullable=False),
    Column("name", String(120), nullable=False),
    Column("owner", String(320), nullable=False),
    Column("roles", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Index(None, "id", unique=True),
    Index(None, "owner"),
)
