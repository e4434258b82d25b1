"""the model register, budgets and what calls used"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("per", sa.String(length=6), nullable=False),
        sa.Column("unit", sa.String(length=6), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", "per", "unit", name=op.f("pk_budgets")),
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("searched", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("tier", sa.String(length=20), server_default="extractive", nullable=False))
        batch_op.add_column(sa.Column("tried", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("conflicts", sa.JSON(), server_default="[]", nullable=False))

    op.create_table(
        "models",
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_models")),
    )
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.create_index("ix_models_name", ["name", "revision"], unique=False)

    op.create_table(
        "spent",
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("per", sa.String(length=6), nullable=False),
        sa.Column("since", core.database.Moment(timezone=True), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", "per", "since", "currency", name=op.f("pk_spent")),
    )
    with op.batch_alter_table("spent", schema=None) as batch_op:
        batch_op.create_index("ix_spent_since", ["per", "since"], unique=False)

    op.create_table(
        "usage",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("answer_id", sa.String(length=36), nullable=True),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=300), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("input", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.BigInteger(), nullable=False),
        sa.Column("cache_read", sa.BigInteger(), nullable=False),
        sa.Column("cache_write", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("saved", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage")),
    )
    with op.batch_alter_table("usage", schema=None) as batch_op:
        batch_op.create_index("ix_usage_at", ["at"], unique=False)
        batch_op.create_index("ix_usage_subject", ["subject"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_column("conflicts")
        batch_op.drop_column("tried")
        batch_op.drop_column("tier")
        batch_op.drop_column("searched")

    with op.batch_alter_table("usage", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_subject")
        batch_op.drop_index("ix_usage_at")

    op.drop_table("usage")
    with op.batch_alter_table("spent", schema=None) as batch_op:
        batch_op.drop_index("ix_spent_since")

    op.drop_table("spent")
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.drop_index("ix_models_name")

    op.drop_table("models")
    op.drop_table("budgets")
