"""Who decides: the operator of this machine, or an administrator who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.configuring import By
from api.http.access import deciding
from core.tables import PersonRow

Administrator = Annotated[By, Depends(deciding("model.change"))]


def addresses(session: Session, person_ids: set[str]) -> dict[str, str]:
    """The e-mail addresses of the people among them."""
    rows = session.execute(select(PersonRow.id, PersonRow.email).where(PersonRow.id.in_(person_ids)))
    return {row.id: row.email for row in rows}
