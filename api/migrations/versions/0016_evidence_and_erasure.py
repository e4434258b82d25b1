"""snapshots of evidence, legal holds, erasures and runs of retention"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_snapshots",
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("sensitivity", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("cited_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("gone_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("gone_why", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_evidence_snapshots")),
        sa.UniqueConstraint("version_id", name=op.f("uq_evidence_snapshots_version_id")),
    )
    op.create_index("ix_evidence_snapshots_cited_at", "evidence_snapshots", ["cited_at"])
    op.create_index(op.f("ix_evidence_snapshots_document_id"), "evidence_snapshots", ["document_id"])
    op.create_index(op.f("ix_evidence_snapshots_source_id"), "evidence_snapshots", ["source_id"])
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=36), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=36), nullable=False),
        sa.Column("placed_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(length=36), nullable=True),
        sa.Column("lifted_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("lifted_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_target", "holds", ["target", "lifted_at"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
    )
    op.create_index(op.f("ix_retention_runs_at"), "retention_runs", ["at"])
    with op.batch_alter_table("source_accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("source_accounts", schema=None) as batch_op:
        batch_op.drop_column("erased")
    op.drop_table("retention_runs")
    op.drop_table("erasures")
    op.drop_table("holds")
    op.drop_table("evidence_snapshots")
