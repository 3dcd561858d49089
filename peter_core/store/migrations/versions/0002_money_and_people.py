"""Savings and slot time of runs, budgets, sessions, API tokens, and an order of titles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27)
# Alike in every database: by code point.
_SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """To this revision."""
    for name in ("slot_ms", "saved_usd"):
        op.add_column("runs", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("estimated_bytes", sa.BigInteger))
    op.add_column("dashboards", sa.Column("sort_title", _SORTED, nullable=False, server_default=""))
    op.execute("UPDATE dashboards SET sort_title = lower(title)")
    op.create_index("ix_dashboards_sort_title_slug", "dashboards", ["sort_title", "slug"])
    _budgets()
    _sessions()
    _api_tokens()


def downgrade() -> None:
    """Back from it."""
    for table in ("api_tokens", "sessions", "budget_entries", "budget_windows"):
        op.drop_table(table)
    op.drop_index("ix_dashboards_sort_title_slug", "dashboards")
    op.drop_column("dashboards", "sort_title")
    for name in ("estimated_bytes", "saved_usd", "slot_ms"):
        op.drop_column("runs", name)


def _budgets() -> None:
    op.create_table(
        "budget_windows",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(320), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("begins", sa.String(10), nullable=False),
        sa.Column("spent_usd", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", "period", "begins", name="pk_budget_windows"),
    )
    op.create_table(
        "budget_entries",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("principal", sa.String(320), nullable=False),
        sa.Column("slug", sa.String(64)),
        sa.Column("reserved_usd", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_budget_entries"),
    )
    op.create_index(
        "ix_budget_entries_settled_expires_at", "budget_entries", ["settled", "expires_at"]
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("principal", sa.String(320), nullable=False),
        sa.Column("name", sa.String(320), nullable=False),
        sa.Column("roles", sa.String(64), nullable=False),
        sa.Column("host", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("agent_hash", sa.String(64)),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
    )
    for name in ("principal", "expires_at", "seen_at"):
        op.create_index(f"ix_sessions_{name}", "sessions", [name])


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("owner", sa.String(320), nullable=False),
        sa.Column("roles", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT),
        sa.Column("expires_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("hash", name="pk_api_tokens"),
    )
    op.create_index("ix_api_tokens_id", "api_tokens", ["id"], unique=True)
    op.create_index("ix_api_tokens_owner", "api_tokens", ["owner"])
