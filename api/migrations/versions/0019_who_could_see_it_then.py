"""since when a derived group exists and a person is back, and the access that fields of a document had"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.database

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("derived_groups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since", core.database.Moment(timezone=True), nullable=True))
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("enabled_at", core.database.Moment(timezone=True), nullable=True))
    with op.batch_alter_table("document_access", schema=None) as batch_op:
        batch_op.add_column(sa.Column("restricted", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("document_access", schema=None) as batch_op:
        batch_op.drop_column("restricted")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("enabled_at")
    with op.batch_alter_table("derived_groups", schema=None) as batch_op:
        batch_op.drop_column("since")
