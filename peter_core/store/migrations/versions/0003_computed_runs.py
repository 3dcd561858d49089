"""An index of the runs that computed something, for what lists say of each dashboard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_index(
        "ix_runs_computed", "runs", ["fingerprint", "at"],
        sqlite_where=sa.text("cache_hit = 0"), postgresql_where=sa.text("NOT cache_hit"),
    )  # fmt: skip


def downgrade() -> None:
    """Back from it."""
    op.drop_index("ix_runs_computed", "runs")
