"""labels, sensitivity, the data policy and the vault"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("detector", sa.String(length=32), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("text_hash", "detector", name=op.f("pk_labels")),
    )
    op.create_table(
        "people_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_changes")),
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "vault",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=100), nullable=False),
        sa.Column("identity", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("created_at", core.database.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", core.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "token", name=op.f("pk_vault")),
    )
    with op.batch_alter_table("vault", schema=None) as batch_op:
        batch_op.create_index("ix_vault_expires", ["expires_at"], unique=False)
        batch_op.create_index("ix_vault_subject", ["subject"], unique=False)

    op.create_table(
        "vault_keys",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "subject", name=op.f("pk_vault_keys")),
    )
    with op.batch_alter_table("vault_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_keys_subject"), ["subject"], unique=False)

    op.create_table(
        "document_sensitivity",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("lowers", sa.Boolean(), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", core.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_document_sensitivity_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_sensitivity")),
    )
    with op.batch_alter_table("document_sensitivity", schema=None) as batch_op:
        batch_op.create_index("ix_document_sensitivity_document", ["document_id", "id"], unique=False)

    op.create_table(
        "known_people",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("emails", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_known_people_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_known_people")),
    )
    op.create_table(
        "labelled_versions",
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("detector", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_labelled_versions_version_id")),
        sa.PrimaryKeyConstraint("version_id", "detector", name=op.f("pk_labelled_versions")),
    )
    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withheld", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index("ix_chunks_withheld", ["withheld", "document_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.drop_index("ix_chunks_withheld")
        batch_op.drop_column("withheld")

    op.drop_table("labelled_versions")
    op.drop_table("known_people")
    with op.batch_alter_table("document_sensitivity", schema=None) as batch_op:
        batch_op.drop_index("ix_document_sensitivity_document")

    op.drop_table("document_sensitivity")
    with op.batch_alter_table("vault_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vault_keys_subject"))

    op.drop_table("vault_keys")
    with op.batch_alter_table("vault", schema=None) as batch_op:
        batch_op.drop_index("ix_vault_subject")
        batch_op.drop_index("ix_vault_expires")

    op.drop_table("vault")
    op.drop_table("policies")
    op.drop_table("people_changes")
    op.drop_table("labels")
