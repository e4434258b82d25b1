"""sources that keep themselves up to date"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("receipt", sa.String(length=500), nullable=True),
        sa.Column("created_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("next_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("sent_at", core.database.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_state", ["state", "next_at"], unique=False)

    op.create_table(
        "destinations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("contract", sa.JSON(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("fallback", sa.String(length=100), nullable=True),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
        sa.UniqueConstraint("name", name=op.f("uq_destinations_name")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "rate_buckets",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("blocked_until", core.database.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_rate_buckets")),
    )
    op.create_table(
        "cursors",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("moved_at", core.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_cursors_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_cursors")),
    )
    op.create_table(
        "source_accounts",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("joined_by", sa.String(length=10), nullable=False),
        sa.Column("seen_at", core.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_source_accounts_person_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_accounts_source_id")),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_source_accounts")),
    )
    with op.batch_alter_table("source_accounts", schema=None) as batch_op:
        batch_op.create_index("ix_source_accounts_person", ["person_id"], unique=False)

    op.create_table(
        "source_breaches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("began_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", core.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_breaches_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_breaches")),
    )
    with op.batch_alter_table("source_breaches", schema=None) as batch_op:
        batch_op.create_index("ix_source_breaches_source", ["source_id", "kind", "ended_at"], unique=False)

    op.create_table(
        "source_failures",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("transient", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("last_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("next_at", core.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_failures_source_id")),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_source_failures")),
    )
    with op.batch_alter_table("source_failures", schema=None) as batch_op:
        batch_op.create_index("ix_source_failures_next_at", ["source_id", "next_at"], unique=False)

    op.create_table(
        "source_lags",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("bucket", sa.Float(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_lags_source_id")),
        sa.PrimaryKeyConstraint("source_id", "kind", "day", "bucket", name=op.f("pk_source_lags")),
    )
    op.create_table(
        "source_tasks",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("task", sa.String(length=10), nullable=False),
        sa.Column("due_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("sent_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("succeeded_at", core.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_tasks_source_id")),
        sa.PrimaryKeyConstraint("source_id", "task", name=op.f("pk_source_tasks")),
    )
    with op.batch_alter_table("source_tasks", schema=None) as batch_op:
        batch_op.create_index("ix_source_tasks_due_at", ["due_at"], unique=False)

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.String(length=36), nullable=True))

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("labels", sa.JSON(), server_default="{}", nullable=False))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changed_at", core.database.Moment(timezone=True), nullable=True))

    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("task", sa.String(length=10), server_default="poll", nullable=False))

    with op.batch_alter_table("source_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan", sa.JSON(), server_default="{}", nullable=False))

    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("state", sa.String(length=10), server_default="active", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_column("state")
        batch_op.drop_column("plan")

    with op.batch_alter_table("source_versions", schema=None) as batch_op:
        batch_op.drop_column("plan")

    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_column("task")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("changed_at")

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_column("labels")

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_column("origin")

    with op.batch_alter_table("source_tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_source_tasks_due_at")

    op.drop_table("source_tasks")
    op.drop_table("source_lags")
    with op.batch_alter_table("source_failures", schema=None) as batch_op:
        batch_op.drop_index("ix_source_failures_next_at")

    op.drop_table("source_failures")
    with op.batch_alter_table("source_breaches", schema=None) as batch_op:
        batch_op.drop_index("ix_source_breaches_source")

    op.drop_table("source_breaches")
    with op.batch_alter_table("source_accounts", schema=None) as batch_op:
        batch_op.drop_index("ix_source_accounts_person")

    op.drop_table("source_accounts")
    op.drop_table("cursors")
    op.drop_table("rate_buckets")
    op.drop_table("leases")
    op.drop_table("destinations")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_state")

    op.drop_table("deliveries")
