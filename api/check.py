"""``make check``, the part that needs the product: the schema of the database and of the API have not drifted.

``python -m api.check --write`` writes ``api/web/openapi.json`` anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
from alembic import command
from alembic.util import CommandError
from sqlalchemy import create_engine

from api import migrate
from api.http.app import create_app

OPENAPI = Path(__file__).parent / "web" / "openapi.json"


def main(arguments: list[str]) -> int:
    document = orjson.dumps(create_app(None).openapi(), option=orjson.OPT_INDENT_2) + b"\n"
    if "--write" in arguments:
        OPENAPI.write_bytes(document)
    complaints = [*_drifted_database(), *_drifted_api(document)]
    for complaint in complaints:
        sys.stderr.write(complaint + "\n")
    return 1 if complaints else 0


def _drifted_database() -> list[str]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        try:
            command.check(config)
        except CommandError as error:
            return [f"The tables and the migrations differ: {error}. Write a migration (see CONTRIBUTING.md)."]
    return []


def _drifted_api(document: bytes) -> list[str]:
    if OPENAPI.exists() and OPENAPI.read_bytes() == document:
        return []
    return ["api/web/openapi.json is not what the API offers: python -m api.check --write, then npm run types."]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
