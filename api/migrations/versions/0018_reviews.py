"""the queue of reviews, its samples, and the rules by which they are drawn"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sampling_rules",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("frame", sa.JSON(), nullable=False),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("strata", sa.String(length=10), nullable=False),
        sa.Column("since", core.database.Moment(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sampling_rules")),
        sa.UniqueConstraint("id", name=op.f("uq_sampling_rules_id")),
    )
    op.create_table(
        "review_samples",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("frame", sa.JSON(), nullable=False),
        sa.Column("strata", sa.String(length=10), nullable=False),
        sa.Column("rate", sa.Float(), nullable=True),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("since", core.database.Moment(timezone=True), nullable=False),
        sa.Column("until", core.database.Moment(timezone=True), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("frame_hash", sa.String(length=64), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_by", sa.String(length=36), nullable=True),
        sa.Column("drawn_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("standing", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_samples")),
        sa.UniqueConstraint("standing", "since", "until", name="uq_review_samples_standing_since_until"),
    )
    op.create_index("ix_review_samples_drawn_at", "review_samples", ["drawn_at"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("answer_id", sa.String(length=36), nullable=False),
        sa.Column("sample_id", sa.String(length=36), nullable=True),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("assignee", sa.String(length=36), nullable=True),
        sa.Column("label", sa.String(length=30), nullable=True),
        sa.Column("severity", sa.String(length=10), nullable=True),
        sa.Column("labelled_by", sa.String(length=36), nullable=True),
        sa.Column("first_label", sa.String(length=30), nullable=True),
        sa.Column("first_by", sa.String(length=36), nullable=True),
        sa.Column("signed_by", sa.String(length=36), nullable=True),
        sa.Column("second", sa.Boolean(), nullable=True),
        sa.Column("queued_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", core.database.Moment(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["review_samples.id"], name=op.f("fk_reviews_sample_id_review_samples")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_reviews_answer_id")),
    )
    op.create_index("ix_reviews_state", "reviews", ["state", "queued_at"])
    op.create_index("ix_reviews_queued_at", "reviews", ["queued_at"])
    op.create_index(op.f("ix_reviews_sample_id"), "reviews", ["sample_id"])
    op.create_index(op.f("ix_reviews_assignee"), "reviews", ["assignee"])
    op.create_table(
        "review_entries",
        sa.Column("review_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("change", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=True),
        sa.Column("at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("assignee", sa.String(length=36), nullable=True),
        sa.Column("label", sa.String(length=30), nullable=True),
        sa.Column("severity", sa.String(length=10), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_review_entries_review_id_reviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("review_id", "revision", name=op.f("pk_review_entries")),
    )
    op.create_index(op.f("ix_review_entries_by"), "review_entries", ["by"])
    op.create_index("ix_answers_created_at", "answers", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_answers_created_at", "answers")
    op.drop_table("review_entries")
    op.drop_table("reviews")
    op.drop_table("review_samples")
    op.drop_table("sampling_rules")
