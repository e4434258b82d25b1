"""Routes for the samples that are drawn into the queue of reviews, and the rules by which they draw themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.orm import Session

from answer.review import sampling
from answer.review.drawing import Draw, Sample, Standing
from answer.review.queue_rows import Place
from answer.review.sampling import MOST_DRAWN, Every, Frame, Period, Rule, Strata
from api.http import paging
from api.http.access import CurrentRuntime
from api.http.administering import addresses
from api.http.models import Model
from api.http.moments import Moment
from api.http.paging import Cursor, Limit
from api.http.reviews import LATELY, Reviewing, Revision
from connectors import repository as sources
from core.decided import LONGEST_WHY

router = APIRouter(prefix="/v1/reviews")
Why = Annotated[str, Field(max_length=LONGEST_WHY)]


# Samples


class FrameIn(Model):
    """Which answers. ``of`` goes with ``tier``, ``source`` and ``document``: a tier, the name of a source, the id of a
    document. ``below`` goes with ``low_support``: without it, support that is nearer to the threshold than to 1."""

    rule: Rule = "random"
    of: Annotated[str, Field(max_length=1000)] = ""
    below: float | None = None


class SampleIn(FrameIn):
    """``size`` answers, or the part ``rate`` of them with its bounds. ``strata``: of each person, tier, status or day
    in proportion, and at least one. ``dry_run`` only counts."""

    size: int | None = None
    rate: float | None = None
    least: int = 0
    most: int = MOST_DRAWN
    strata: Strata = "none"
    since: Moment | None = None
    until: Moment | None = None
    dry_run: bool = False


class SampleOut(Model):
    """``population``: of how many; ``frame``: the SHA-256 of their ids, in order, a line each. ``drawn_by`` is null
    where a standing rule drew it. Without ``id`` nothing was drawn."""

    id: str | None
    rule: str
    of: str
    below: float | None
    strata: str
    rate: float | None
    least: int
    most: int
    since: datetime
    until: datetime
    population: int
    drawn: int
    seed: str | None = None
    frame: str | None = None
    drawn_by: str | None = None
    drawn_at: datetime | None = None
    standing: str | None = None


class SamplesOut(Model):
    samples: list[SampleOut]
    next: str | None


class RepeatedOut(Model):
    """``repeated`` of ``drawn`` answers are drawn again with the seed. ``same_population``: whether those that may be
    drawn are still the same ones."""

    sample: SampleOut
    population: int
    same_population: bool
    drawn: int
    repeated: int


@router.post("/samples", status_code=201)
def draw_sample(body: SampleIn, runtime: CurrentRuntime, by: Reviewing) -> SampleOut:
    """Draw answers into the queue. Nobody chooses the seed; it stands in the log. What has a review is not drawn."""
    now = runtime.clock()
    until = body.until or now
    draw = Draw(
        sampling.checked_frame(body.rule, body.of, body.below),
        sampling.checked_size(body.size, body.rate, body.least, body.most),
        Period(body.since or until - LATELY, until),
        body.strata,
    )
    if not body.dry_run:
        made = runtime.sampler.draw(draw, by.principal, by.trace_id)
        with runtime.database.reading() as session:
            return _sample(session, made)
    population = runtime.sampler.population(draw)
    runtime.reviews.tell_searched(by.principal, "samples", 0, ("population",), by.trace_id)
    return SampleOut(
        id=None, rule=body.rule, of=body.of, below=body.below, strata=body.strata, rate=body.rate,
        least=draw.size.least, most=draw.size.most, since=draw.period.since, until=until, population=population,
        drawn=draw.size.of(population),
    )  # fmt: skip


@router.get("/samples")
def list_samples(runtime: CurrentRuntime, by: Reviewing, limit: Limit = 50, cursor: Cursor = "") -> SamplesOut:
    """What was drawn, the latest first."""
    after = Place(*paging.read(cursor, datetime, str, of="samples")) if cursor else None
    found = runtime.sampler.samples(limit + 1, after)
    shown, following = paging.page_of(found, limit, lambda each: (each.drawn_at, each.id), "samples")
    runtime.reviews.tell_searched(by.principal, "samples", len(shown), (), by.trace_id)
    with runtime.database.reading() as session:
        return SamplesOut(samples=[_sample(session, each) for each in shown], next=following)


@router.post("/samples/{sample_id}/repeat")
def repeat_sample(sample_id: str, runtime: CurrentRuntime, by: Reviewing) -> RepeatedOut:
    """Draw a sample again with its seed, without changing anything: whether the same answers come."""
    found = runtime.sampler.repeat(sample_id)
    runtime.reviews.tell_searched(by.principal, "samples", 1, ("repeat",), by.trace_id)
    with runtime.database.reading() as session:
        sample = _sample(session, found.sample)
    return RepeatedOut(
        sample=sample, population=found.population, same_population=found.same_population, drawn=found.sample.drawn,
        repeated=found.repeated,
    )  # fmt: skip


# Rules that draw by themselves


class RuleIn(FrameIn):
    """``rate`` of the answers of each day, week (from Monday) or month (UTC), at least ``least`` and at most ``most``.
    ``revision`` is that of the rule which this one replaces."""

    every: Every
    rate: float
    least: int = 0
    most: int = 500
    strata: Strata = "none"
    why: Why
    revision: Revision | None = None


class RuleOut(Model):
    name: str
    id: str
    rule: str
    of: str
    below: float | None
    every: str
    rate: float
    least: int
    most: int
    strata: str
    since: datetime
    why: str
    set_by: str | None
    set_at: datetime
    revision: int


class RulesOut(Model):
    rules: list[RuleOut]
    next: str | None


class EndIn(Model):
    revision: Revision
    why: Why


@router.get("/rules")
def list_rules(runtime: CurrentRuntime, by: Reviewing, limit: Limit = 50, cursor: Cursor = "") -> RulesOut:
    """By which rules samples draw themselves."""
    found, following = paging.cut(runtime.sampler.rules(), limit, cursor, lambda each: (each.name,), "rules")
    runtime.reviews.tell_searched(by.principal, "rules", len(found), (), by.trace_id)
    with runtime.database.reading() as session:
        return RulesOut(rules=[_rule(session, each) for each in found], next=following)


@router.put("/rules/{name}")
def set_rule(name: str, body: RuleIn, runtime: CurrentRuntime, by: Reviewing) -> RuleOut:
    """Let a sample be drawn of every period, from the present one on, once it is over."""
    size = sampling.checked_size(None, body.rate, body.least, body.most)
    frame = sampling.checked_frame(body.rule, body.of, body.below)
    made = runtime.sampler.set_rule(
        name, frame, body.every, size, body.strata, body.why, by.principal, body.revision, by.trace_id
    )
    with runtime.database.reading() as session:
        return _rule(session, made)


@router.post("/rules/{name}/end", status_code=204)
def end_rule(name: str, body: EndIn, runtime: CurrentRuntime, by: Reviewing) -> None:
    """It draws no more. What it drew stays."""
    runtime.sampler.end_rule(name, body.revision, body.why, by.principal, by.trace_id)


def _sample(session: Session, sample: Sample) -> SampleOut:
    by = sample.drawn_by
    return SampleOut(
        id=sample.id, **_frame(session, sample.frame), strata=sample.strata, rate=sample.size.rate,
        least=sample.size.least, most=sample.size.most, since=sample.period.since, until=sample.period.until,
        population=sample.population, drawn=sample.drawn, seed=sample.seed, frame=sample.frame_hash,
        drawn_by=None if by is None else addresses(session, {by}).get(by), drawn_at=sample.drawn_at,
        standing=sample.standing,
    )  # fmt: skip


def _rule(session: Session, rule: Standing) -> RuleOut:
    return RuleOut(
        name=rule.name, id=rule.id, **_frame(session, rule.frame), every=rule.every, rate=rule.size.rate or 0,
        least=rule.size.least, most=rule.size.most, strata=rule.strata, since=rule.since, why=rule.why,
        set_by=addresses(session, {rule.set_by}).get(rule.set_by), set_at=rule.set_at, revision=rule.revision,
    )  # fmt: skip


def _frame(session: Session, frame: Frame) -> dict[str, Any]:
    """A source goes by the name that it has now, and by its id once it has none."""
    source = sources.by_id(session, frame.name) if frame.rule == "source" else None
    return {"rule": frame.rule, "of": source.name if source else frame.name, "below": frame.below}
