"""Who decides: the operator of this machine, or an administrator who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.configuring import By
from api.http.access import deciding
from api.runtime import Runtime
from core.tables import PersonRow

Administrator = Annotated[By, Depends(deciding("model.change"))]
RegisterReader = Annotated[By, Depends(deciding("model.read"))]


def addresses(session: Session, person_ids: set[str]) -> dict[str, str]:
    """The e-mail addresses of the people among them."""
    rows = session.execute(select(PersonRow.id, PersonRow.email).where(PersonRow.id.in_(person_ids)))
    return {row.id: row.email for row in rows}


def pseudonyms(runtime: Runtime) -> dict[str, str]:
    """Pseudonym to e-mail address, of everybody who is or was here."""
    with runtime.database.reading() as session:
        rows = session.execute(select(PersonRow.id, PersonRow.email)).all()
    return {runtime.audit.subject(row.id): row.email for row in rows}
