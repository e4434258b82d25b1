"""passages that read like instructions to a model, for reviewers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flagged_passages",
        sa.Column("chunk_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=36), nullable=False),
        sa.Column("destination", sa.String(length=60), nullable=False),
        sa.Column("document_id", sa.String(length=128), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("signs", sa.JSON(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", core.database.Moment(), nullable=False),
        sa.Column("last_at", core.database.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("chunk_id", "version", "destination", name=op.f("pk_flagged_passages")),
    )
    with op.batch_alter_table("flagged_passages", schema=None) as batch_op:
        batch_op.create_index("ix_flagged_passages_last", ["last_at"], unique=False)


def downgrade() -> None:
    op.drop_table("flagged_passages")
