"""Who decides: the operator of this machine, or an administrator who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.configuring import By
from api.http.access import asker, is_operator, runtime_of
from api.http.errors import trace_id_of
from api.runtime import Runtime
from core.errors import Forbidden
from core.tables import PersonRow


def administrator(request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]) -> By:
    """Raises for everybody else."""
    if is_operator(request, runtime):
        return By(trace_id=trace_id_of(request))
    person = asker(request, runtime).principal
    if "admin" not in person.roles:
        raise Forbidden(
            "Only administrators see and change this.",
            hint="Ask an operator for the role: vouch people add EMAIL --role employee,admin",
        )
    return By(person.person_id, person.subject, trace_id_of(request), admin=True)


Administrator = Annotated[By, Depends(administrator)]


def addresses(session: Session, person_ids: set[str]) -> dict[str, str]:
    """The e-mail addresses of the people among them."""
    rows = session.execute(select(PersonRow.id, PersonRow.email).where(PersonRow.id.in_(person_ids)))
    return {row.id: row.email for row in rows}
