"""Routes for administrators: the model register."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from answer.models.entries import overdue, warning
from answer.models.entry import ModelEntry
from answer.models.register_rows import Change, Unusable, Version
from api.http.access import CurrentRuntime
from api.http.administering import Administrator, RegisterReader, addresses
from api.http.models import Model
from api.registering import Tried, set_model, try_model
from api.runtime import Runtime
from core.policy import Sensitivity

router = APIRouter(prefix="/v1/register")


class ModelIn(Model):
    """``replaces``: the revision of it that its author saw; refused when another one holds by now."""

    entry: ModelEntry
    why: str
    replaces: int | None = None


class WhyIn(Model):
    why: str


class ModelChangeOut(Model):
    """``against``: why the entry cannot be used any more. It is as it was stored then; else empty."""

    revision: int
    name: str
    change: Change
    entry: ModelEntry | dict[str, Any]
    why: str
    against: str = ""
    changed_by: str
    changed_at: datetime


class ModelOut(ModelChangeOut):
    """``ceiling`` is the most sensitive text that may go there. ``running`` calls, and the ``breaker``, are those of
    the process that answers."""

    callable: bool
    ceiling: Sensitivity
    warning: str
    differs: bool
    """Whether vouch.yaml says something else of it."""
    breaker: Literal["closed", "open", "half_open"]
    running: int


class ModelsOut(Model):
    """``left_out``: those whose stored entry is refused today. They are not called."""

    revision: int
    models: list[ModelOut]
    left_out: list[ModelChangeOut] = Field(default_factory=list[ModelChangeOut])


class ModelHistoryOut(Model):
    changes: list[ModelChangeOut]


class AttemptOut(Model):
    reason: str
    seconds: float
    waited: float
    status: int | None


class TriedOut(Model):
    """``placed`` is the region of the register, ``region`` that of the provider's word. ``micros`` are millionths of
    ``currency``."""

    ok: bool
    said: str
    hint: str
    asked: str
    returned: str
    sdk: str
    api_version: str
    placed: str | None
    region: str | None
    attempts: list[AttemptOut]
    tokens_in: int
    tokens_out: int
    micros: int
    currency: str
    first_seconds: float | None
    seconds: float


@router.get("/models")
def list_models(by: RegisterReader, runtime: CurrentRuntime, retired: bool = False) -> ModelsOut:
    """Every model of the register, with what may go there; also retired ones where asked for."""
    versions = runtime.models.register.versions()
    shown = [each for each in versions if retired or each.change != "retired"]
    left_out = runtime.models.register.unusable()
    names = _names(runtime, left_out)
    return ModelsOut(
        revision=max((each.revision for each in (*versions, *left_out)), default=0),
        models=_models(runtime, shown),
        left_out=[_change(each, names) for each in left_out],
    )


@router.get("/changes")
def list_model_changes(by: RegisterReader, runtime: CurrentRuntime, name: str | None = None) -> ModelHistoryOut:
    """Who changed what when, and why; newest first."""
    changes = runtime.models.register.history(name)
    names = _names(runtime, changes)
    return ModelHistoryOut(changes=[_change(each, names) for each in changes])


@router.get("/models/{name}")
def show_model(name: str, by: RegisterReader, runtime: CurrentRuntime) -> ModelOut:
    """One model."""
    runtime.models.register.entry(name)
    return _models(runtime, [each for each in runtime.models.register.versions() if each.name == name])[0]


@router.put("/models")
def change_model(body: ModelIn, by: Administrator, runtime: CurrentRuntime) -> ModelOut:
    """Add a model, or change one. It holds from the next call on."""
    return _models(runtime, [set_model(runtime, body.entry, body.why, by, body.replaces)])[0]


@router.post("/models/{name}/retire")
def retire_model(name: str, body: WhyIn, by: Administrator, runtime: CurrentRuntime) -> ModelOut:
    """Call it no more."""
    made = runtime.models.register.retire(name, body.why, by=by.who, subject=by.subject, trace_id=by.trace_id)
    return _models(runtime, [made])[0]


@router.post("/models/{name}/check")
def check_model(name: str, by: Administrator, runtime: CurrentRuntime) -> TriedOut:
    """Send it a fixed public sentence. It is a real call, and counts."""
    return _tried(try_model(runtime, name, by))


def _models(runtime: Runtime, versions: list[Version]) -> list[ModelOut]:
    names = _names(runtime, versions)
    differing = runtime.models.register.differing()
    now = runtime.clock()
    shown: list[ModelOut] = []
    for each in versions:
        breaker, running = runtime.models.gateway.state(each.name)
        shown.append(
            ModelOut(
                **_change(each, names).model_dump(),
                callable=each.change != "retired" and not overdue(each.entry, now),
                ceiling=each.entry.ceiling,
                warning="" if each.change == "retired" else warning(each.entry, now),
                differs=each.name in differing,
                breaker=breaker,
                running=running,
            )
        )
    return shown


def _change(version: Version | Unusable, names: dict[str, str]) -> ModelChangeOut:
    usable = isinstance(version, Version)
    return ModelChangeOut(
        revision=version.revision, name=version.name, change=version.change, why=version.why,
        entry=version.entry if usable else version.said, against="" if usable else version.against,
        changed_by=names.get(version.changed_by, version.changed_by), changed_at=version.changed_at,
    )  # fmt: skip


def _names(runtime: Runtime, versions: Iterable[Version | Unusable]) -> dict[str, str]:
    with runtime.database.reading() as session:
        return addresses(session, {each.changed_by for each in versions})


def _tried(tried: Tried) -> TriedOut:
    call = tried.call
    return TriedOut(
        ok=tried.ok,
        said=tried.said,
        hint=tried.hint,
        asked=call.asked,
        returned=call.returned,
        sdk=call.sdk,
        api_version=call.api_version,
        placed=call.placed,
        region=call.region,
        attempts=[AttemptOut.model_validate(each, from_attributes=True) for each in call.attempts],
        tokens_in=call.usage.input,
        tokens_out=call.usage.output,
        micros=0 if call.cost is None else call.cost.micros,
        currency="" if call.cost is None else call.cost.currency,
        first_seconds=call.first_seconds,
        seconds=call.seconds,
    )
