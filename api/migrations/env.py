"""Alembic's entry: runs over the connection that ``api.migrate`` hands in, or over a scratch database for checks."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from api.schema import metadata

config = context.config
connection = config.attributes.get("connection")

if connection is None:
    engine = create_engine(config.get_main_option("sqlalchemy.url") or "sqlite://")
    connection = engine.connect()

context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
