"""single sign-on, provisioning and local accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_at", core.database.Moment(), nullable=True))
        batch_op.add_column(sa.Column("idle_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("issuer", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("subject", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("sid", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("id_token", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_tokens_subject"), "tokens", ["subject"])
    op.create_index(op.f("ix_tokens_sid"), "tokens", ["sid"])
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("linked_at", core.database.Moment(), nullable=False),
        sa.Column("seen_at", core.database.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_identities_person_id_people")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_person", "identities", ["person_id", "issuer"], unique=True)
    op.create_table(
        "directory_roles",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=36), nullable=False),
        sa.Column("since", core.database.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_directory_roles_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "role", "origin", name=op.f("pk_directory_roles")),
    )
    op.create_table(
        "logout_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", core.database.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logout_tokens")),
    )
    op.create_index(op.f("ix_logout_tokens_expires_at"), "logout_tokens", ["expires_at"])
    op.create_table(
        "passwords",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("hash", sa.String(length=400), nullable=False),
        sa.Column("set_at", core.database.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passwords_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", core.database.Moment(), nullable=False),
        sa.Column("until", core.database.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_last_at"), "sign_in_failures", ["last_at"])
    op.create_table(
        "scim_users",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("user_name", sa.String(length=320), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", core.database.Moment(), nullable=False),
        sa.Column("changed_at", core.database.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_scim_users_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_scim_users")),
        sa.UniqueConstraint("user_name", name=op.f("uq_scim_users_user_name")),
    )
    op.create_index(op.f("ix_scim_users_external_id"), "scim_users", ["external_id"])
    op.create_table(
        "scim_groups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("lookup", sa.String(length=300), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("created_at", core.database.Moment(), nullable=False),
        sa.Column("changed_at", core.database.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_groups")),
        sa.UniqueConstraint("lookup", name=op.f("uq_scim_groups_lookup")),
    )
    op.create_index(op.f("ix_scim_groups_external_id"), "scim_groups", ["external_id"])
    op.create_table(
        "scim_members",
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["scim_groups.id"], name=op.f("fk_scim_members_group_id_scim_groups")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["scim_users.person_id"], name=op.f("fk_scim_members_person_id_scim_users")
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_scim_members")),
    )
    op.create_index(op.f("ix_scim_members_person_id"), "scim_members", ["person_id"])


def downgrade() -> None:
    for table in (
        "scim_members", "scim_groups", "scim_users", "sign_in_failures", "passwords", "logout_tokens",
        "directory_roles", "identities",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index(op.f("ix_tokens_sid"), table_name="tokens")
    op.drop_index(op.f("ix_tokens_subject"), table_name="tokens")
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        for column in ("id_token", "sid", "subject", "issuer", "idle_seconds", "seen_at"):
            batch_op.drop_column(column)
