"""Routes for roles that need a second person: who asks, and who approves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from api.configuring import By
from api.http.access import CurrentRuntime, deciding
from api.http.administering import addresses
from api.http.models import Model
from api.runtime import Runtime
from core import people, roles
from core.audit import Event
from core.roles import RoleRequest

router = APIRouter(prefix="/v1/role-requests")
Reading = Annotated[By, Depends(deciding("people.read"))]
Changing = Annotated[By, Depends(deciding("people.change"))]


class RoleRequestIn(Model):
    email: str
    role: str = "reviewer"
    why: str


class RoleRequestOut(Model):
    id: str
    email: str
    role: str
    why: str
    asked_by: str
    asked_at: datetime
    state: Literal["open", "approved", "declined"]
    decided_by: str | None
    decided_at: datetime | None


class RoleRequestsOut(Model):
    requests: list[RoleRequestOut]


@router.get("")
def list_role_requests(by: Reading, runtime: CurrentRuntime, everything: bool = False) -> RoleRequestsOut:
    """Those that wait for approval; with ``everything`` also those that were decided."""
    with runtime.database.reading() as session:
        found = roles.requests(session, state=None if everything else "open")
        return RoleRequestsOut(requests=[_request(session, each) for each in found])


@router.post("", status_code=201)
def ask_for_role(body: RoleRequestIn, by: Changing, runtime: CurrentRuntime) -> RoleRequestOut:
    """Ask that somebody gets a role that needs approval. Another administrator has to approve."""
    with runtime.database.writing() as session:
        person = people.by_email(session, body.email)
        made = roles.ask(session, person.id, body.role, body.why, by.who, runtime.clock())
        _tell(runtime, session, made, "asked", by)
        return _request(session, made)


@router.post("/{request_id}/approve")
def approve_role(request_id: str, by: Changing, runtime: CurrentRuntime) -> RoleRequestOut:
    """Give the role. Not by who asked for it, and not by whom it is about."""
    return _decide(runtime, request_id, by, approve=True)


@router.post("/{request_id}/decline")
def decline_role(request_id: str, by: Changing, runtime: CurrentRuntime) -> RoleRequestOut:
    """Do not give it, or take the request back."""
    return _decide(runtime, request_id, by, approve=False)


def _decide(runtime: Runtime, request_id: str, by: By, *, approve: bool) -> RoleRequestOut:
    with runtime.database.writing() as session:
        decided = roles.decide(session, request_id, by.who, approve=approve, now=runtime.clock())
        _tell(runtime, session, decided, "approved" if approve else "declined", by)
        return _request(session, decided)


def _tell(
    runtime: Runtime, session: Session, request: RoleRequest, change: Literal["asked", "approved", "declined"], by: By
) -> None:
    commitments = runtime.audit.commitments()
    asked_by = {} if request.asked_by == "operator" else {"asked_by": runtime.audit.subject(request.asked_by)}
    event = Event(
        kind="role.changed",
        subject=by.subject,
        action=f"role.{change}",
        outcome="done",
        at=runtime.clock(),
        trace_id=by.trace_id,
        salt=commitments.salt,
        details={
            "person": runtime.audit.subject(request.person_id),
            "role": request.role,
            "request": request.id,
            "change": change,
            "why": commitments.of(request.why),
            **asked_by,
        },
    )
    runtime.audit.enlist(session, event)


def _request(session: Session, request: RoleRequest) -> RoleRequestOut:
    ids = {each for each in (request.person_id, request.asked_by, request.decided_by) if each is not None}
    known = addresses(session, ids)

    def named(who: str | None) -> str | None:
        return None if who is None else known.get(who, who)

    return RoleRequestOut(
        id=request.id, email=named(request.person_id) or "", role=request.role, why=request.why,
        asked_by=named(request.asked_by) or "", asked_at=request.asked_at, state=request.state,
        decided_by=named(request.decided_by), decided_at=request.decided_at,
    )  # fmt: skip
