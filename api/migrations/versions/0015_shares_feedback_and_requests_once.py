"""shared conversations, feedback on answers, and requests that are done once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pinned_at", core.database.Moment(), nullable=True))
    op.create_table(
        "conversation_shares",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("grant", sa.String(length=300), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("redaction", sa.String(length=36), nullable=False),
        sa.Column("shared_at", core.database.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_shares_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_conversation_shares_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_shares")),
        sa.UniqueConstraint("conversation_id", "grant", name="uq_conversation_shares_conversation_id_grant"),
    )
    op.create_index("ix_conversation_shares_grant", "conversation_shares", ["grant", "shared_at"])
    op.create_index(op.f("ix_conversation_shares_person_id"), "conversation_shares", ["person_id"])
    op.create_table(
        "answer_feedback",
        sa.Column("answer_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("rating", sa.String(length=10), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("redaction", sa.String(length=36), nullable=True),
        sa.Column("created_at", core.database.Moment(), nullable=False),
        sa.Column("updated_at", core.database.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_answer_feedback_answer_id_answers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_answer_feedback_person_id_people")),
        sa.PrimaryKeyConstraint("answer_id", "person_id", name=op.f("pk_answer_feedback")),
    )
    op.create_index("ix_answer_feedback_updated", "answer_feedback", ["updated_at"])
    op.create_table(
        "requests_once",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("answer_id", sa.String(length=36), nullable=True),
        sa.Column("expires_at", core.database.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_requests_once")),
    )
    op.create_index(op.f("ix_requests_once_expires_at"), "requests_once", ["expires_at"])


def downgrade() -> None:
    op.drop_table("requests_once")
    op.drop_table("answer_feedback")
    op.drop_table("conversation_shares")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("pinned_at")
