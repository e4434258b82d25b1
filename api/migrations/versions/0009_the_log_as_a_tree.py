"""the log as a tree that outsiders can verify; open intents; witnesses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import Conflict

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _only_empty("was written by an earlier version of Vouch, and its form is not carried over")
    op.drop_table("audit_checkpoints")
    op.create_table(
        "audit_checkpoints",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_audit_tiles")),
    )
    op.create_table(
        "audit_intents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("trace_id", sa.String(length=64), nullable=False),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_intents")),
    )
    with op.batch_alter_table("audit_intents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_intents_ref"), ["ref"])
        batch_op.create_index(batch_op.f("ix_audit_intents_at"), ["at"])
    op.create_table(
        "audit_witnesses",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_witnesses")),
    )
    op.create_table(
        "audit_stamps",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_stamps")),
    )


def downgrade() -> None:
    _only_empty("has the form of this version, which earlier ones cannot read")
    for table in ("audit_stamps", "audit_witnesses", "audit_intents", "audit_tiles", "audit_checkpoints"):
        op.drop_table(table)
    op.create_table(
        "audit_checkpoints",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoints")),
    )


def _only_empty(why: str) -> None:
    for table in ("audit_log", "audit_checkpoints"):
        if op.get_bind().execute(sa.text(f"SELECT seq FROM {table} LIMIT 1")).first() is not None:
            raise Conflict(
                f"The audit log of this installation {why}.",
                hint="Keep the data directory with the version that wrote it, and begin a new one: set VOUCH_DATA_DIR.",
            )
