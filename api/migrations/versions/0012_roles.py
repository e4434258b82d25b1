"""owners of sources, roles that need approval, service accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_owners",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_source_owners_person_id_people")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_owners_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "person_id", name=op.f("pk_source_owners")),
    )
    op.create_index(op.f("ix_source_owners_person_id"), "source_owners", ["person_id"])
    op.create_table(
        "role_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", core.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_requests_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_requests")),
    )
    op.create_table(
        "acting_grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("group", sa.String(length=300), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.Column("given_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("until", core.database.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", core.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["people.id"], name=op.f("fk_acting_grants_account_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_acting_grants_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acting_grants")),
    )
    op.create_index(op.f("ix_acting_grants_account_id"), "acting_grants", ["account_id"])
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), server_default="person", nullable=False))
    op.create_table(
        "service_keys",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["tokens.hash"], name=op.f("fk_service_keys_hash_tokens")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_service_keys")),
    )


def downgrade() -> None:
    op.drop_table("service_keys")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("kind")
    op.drop_index(op.f("ix_acting_grants_account_id"), table_name="acting_grants")
    op.drop_table("acting_grants")
    op.drop_table("role_requests")
    op.drop_index(op.f("ix_source_owners_person_id"), table_name="source_owners")
    op.drop_table("source_owners")
