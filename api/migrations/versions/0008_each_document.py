"""batches over documents; grants that an access mentions"""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mentioned = op.create_table(
        "mentioned_grants",
        sa.Column("grant", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("grant", name=op.f("pk_mentioned_grants")),
    )
    sets = op.get_bind().execute(sa.text("SELECT allow, deny FROM access_sets"))
    grants = {grant for row in sets for stored in row for grant in _list(stored)}
    if grants:
        op.bulk_insert(mentioned, [{"grant": grant} for grant in sorted(grants)])

    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("each_document", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("batch_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("document", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("version", sa.String(length=36), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("batch_items", schema=None) as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("document")
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_column("each_document")
    op.drop_table("mentioned_grants")


def _list(stored: str | list[str]) -> Iterable[str]:
    """SQLite gives JSON as text where it is not told of the type."""
    return json.loads(stored) if isinstance(stored, str) else stored
