"""Runs, the index of dashboards, lineage and receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    _runs()
    _dashboards()
    _of_a_dashboard("dashboard_tags", sa.Column("tag", sa.String(64), nullable=False))
    op.create_index("ix_dashboard_tags_tag", "dashboard_tags", ["tag"])
    _of_a_dashboard(
        "lineage_nodes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
    )
    _of_a_dashboard(
        "lineage_edges",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text),
    )
    _receipts()


def downgrade() -> None:
    """Back from it."""
    for table in ("receipts", "lineage_edges", "lineage_nodes", "dashboard_tags", "dashboards"):
        op.drop_table(table)
    op.drop_table("runs")


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("slug", sa.String(64)),
        sa.Column("query", sa.String(64)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("principal", sa.String(320), nullable=False),
        sa.Column("engine", sa.String(32), nullable=False),
        sa.Column("job_id", sa.String(256)),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("bytes_scanned", sa.BigInteger, nullable=False),
        sa.Column("bytes_billed", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.BigInteger, nullable=False),
        sa.Column("cache_hit", sa.Boolean, nullable=False),
        sa.Column("duration_ms", sa.Float, nullable=False),
        sa.Column("rows", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_at", "runs", ["at"])
    op.create_index("ix_runs_slug_at", "runs", ["slug", "at"])


def _dashboards() -> None:
    op.create_table(
        "dashboards",
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("owner", sa.String(320)),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("published_at", sa.String(27), nullable=False),
        sa.Column("published_by", sa.String(320), nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_dashboards"),
    )


def _of_a_dashboard(table: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("slug", "position", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["slug"], ["dashboards.slug"], name=f"fk_{table}_slug", ondelete="CASCADE"
        ),
    )


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("query", sa.String(64), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("verified_at", sa.String(27), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("slug", "revision", "query", name="pk_receipts"),
    )
    op.create_index("ix_receipts_id", "receipts", ["id"])
