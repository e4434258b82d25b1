"""Routes for administrators: the data policy, its versions, and what another one would do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from api.configuring import By
from api.http.access import CurrentRuntime, deciding
from api.http.administering import addresses
from api.http.models import Model
from api.policy_trial import Counts, Row
from api.runtime import Runtime
from core.policy import TREATMENTS, Treatment
from core.policy_rows import PolicyVersion

router = APIRouter(prefix="/v1/policy")
TEXTS_AT_A_TIME = 500
LONGEST_TEXT = 100_000
Table = dict[str, dict[str, str]]


class PolicyDocument(Model):
    """``classes`` and ``sensitivity``: row -> destination -> allow, redact or block; ``kinds``: the same for single
    kinds of finding, with the ``class`` that they belong to where they are an organisation's own."""

    classes: dict[str, Any]
    sensitivity: dict[str, Any]
    kinds: dict[str, Any] = Field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        return {"classes": self.classes, "sensitivity": self.sensitivity, "kinds": self.kinds}


class PolicyIn(PolicyDocument):
    """``replaces``: the version that its author saw; refused when another one holds by now."""

    why: str
    replaces: int | None = None


class PolicyVersionOut(Model):
    version: int
    why: str
    changed_by: str
    changed_at: datetime


class PolicyOut(PolicyVersionOut):
    classes: Table
    sensitivity: Table
    kinds: Table
    holds: bool
    """Whether it is the one that holds."""


class PolicyHistoryOut(Model):
    versions: list[PolicyVersionOut]


class TriedText(Model):
    id: str = Field(alias="_id")
    text: str = Field(max_length=LONGEST_TEXT)


class TrialIn(PolicyDocument):
    texts: list[TriedText] = Field(default=[], max_length=TEXTS_AT_A_TIME)
    stored: bool = True
    """Whether to look at what is stored as well."""


class CountOut(Model):
    """So many values, or passages, in so many documents."""

    values: int
    documents: int


class TrialRowOut(Model):
    """``name`` is a class of data, or ``passages``."""

    destination: str
    name: str
    changes: bool
    now: dict[Treatment, CountOut]
    then: dict[Treatment, CountOut]


class TrialOut(Model):
    """``waiting`` documents are not counted: nobody has looked into them yet."""

    version: int
    passages: int
    waiting: int
    rows: list[TrialRowOut]
    texts: list[TrialRowOut]


Reading = Annotated[By, Depends(deciding("policy.read"))]
Changing = Annotated[By, Depends(deciding("policy.change"))]


@router.get("")
def show_policy(by: Reading, runtime: CurrentRuntime, version: int | None = None) -> PolicyOut:
    """The policy that holds, or an earlier version of it."""
    holds = runtime.policies.current()
    return _policy(runtime, holds if version is None else runtime.policies.numbered(version), holds.version)


@router.get("/versions")
def list_policy_versions(by: Reading, runtime: CurrentRuntime) -> PolicyHistoryOut:
    """Who changed the policy when, and why; newest first."""
    versions = runtime.policies.history()
    names = _names(runtime, versions)
    return PolicyHistoryOut(versions=[_version(each, names) for each in versions])


@router.put("")
def change_policy(body: PolicyIn, by: Changing, runtime: CurrentRuntime) -> PolicyOut:
    """Decide on the next version. It holds from the next request on."""
    before = runtime.policies.policy()
    made = runtime.policies.change(
        body.document, body.why, by=by.who, subject=by.subject, trace_id=by.trace_id, replaces=body.replaces
    )
    if runtime.redaction.follow(before, made.policy):
        runtime.work_off()
    return _policy(runtime, made, made.version)


@router.post("/try")
def try_policy(body: TrialIn, by: Reading, runtime: CurrentRuntime) -> TrialOut:
    """What another policy would do to the values that are stored, and to ``texts``. Changes nothing, shows no value."""
    texts = {each.id: each.text for each in body.texts}
    tried = runtime.redaction.try_policy(runtime.policies.current(), body.document, texts, stored=body.stored)
    return TrialOut(
        version=tried.version,
        passages=tried.passages,
        waiting=tried.waiting,
        rows=[_row(row) for row in tried.rows],
        texts=[_row(row) for row in tried.texts],
    )


def _policy(runtime: Runtime, version: PolicyVersion, holds: int) -> PolicyOut:
    return PolicyOut(
        **_version(version, _names(runtime, [version])).model_dump(),
        classes=version.document["classes"],
        sensitivity=version.document["sensitivity"],
        kinds=version.document["kinds"],
        holds=version.version == holds,
    )


def _names(runtime: Runtime, versions: list[PolicyVersion]) -> dict[str, str]:
    """The addresses of the people among those who changed them."""
    with runtime.database.reading() as session:
        return addresses(session, {each.changed_by for each in versions})


def _version(version: PolicyVersion, names: dict[str, str]) -> PolicyVersionOut:
    return PolicyVersionOut(
        version=version.version, why=version.why, changed_by=names.get(version.changed_by, version.changed_by),
        changed_at=version.changed_at,
    )  # fmt: skip


def _row(row: Row) -> TrialRowOut:
    return TrialRowOut(
        destination=row.destination, name=row.name, changes=row.changes, now=_counts(row.now), then=_counts(row.then)
    )


def _counts(counts: Counts) -> dict[Treatment, CountOut]:
    return {each: CountOut(values=counts[each].values, documents=len(counts[each].documents)) for each in TREATMENTS}
