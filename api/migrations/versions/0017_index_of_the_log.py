"""by what records of the log can be found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_index",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("trace_id", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_index")),
    )
    op.create_index("ix_audit_index_at", "audit_index", ["at"])
    op.create_index("ix_audit_index_kind", "audit_index", ["kind", "seq"])
    op.create_index("ix_audit_index_subject", "audit_index", ["subject", "seq"])
    op.create_index(op.f("ix_audit_index_trace_id"), "audit_index", ["trace_id"])
    op.create_index(op.f("ix_audit_index_answer"), "audit_index", ["answer"])
    op.create_table(
        "audit_mentions",
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("what", "ref", "seq", name=op.f("pk_audit_mentions")),
    )


def downgrade() -> None:
    op.drop_table("audit_mentions")
    op.drop_table("audit_index")
