"""The weekly report: what Vouch did, from its log and its tables, with the period before beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from api.reports import asked, fresh, kept, proof, spent, took
from api.reports.period import Period, written
from api.reports.shape import Report
from api.reports.tally import Count, Tally
from api.runtime import Runtime
from core.audit import repository
from core.audit.checkpoints import Checkpoint
from core.audit.finding import Found, Sought, every


def weekly(runtime: Runtime, period: Period) -> Report:
    """Everything that was chained until now, as far as it is of the period or the one before."""
    checkpoint = checkpoint_now(runtime)
    witnesses = runtime.witnesses.states()
    with repository.snapshot(runtime.database) as session:
        tally = counting(runtime, period)
        tally.take(events(session, period, checkpoint))
        sections = (
            asked.questions(tally),
            asked.verification(tally),
            took.latency(tally),
            asked.models(tally),
            spent.departments(session, period),
            asked.redaction(tally),
            fresh.sources(session, tally),
            kept.access(tally),
            kept.changes(tally),
            kept.reviewing(session, tally),
            kept.said(tally),
            kept.keeping(session, tally),
            kept.delivering(tally),
            proof.log(session, tally, checkpoint, witnesses),
        )
    return Report(
        "weekly", "Weekly compliance report", runtime.settings.organisation, period, written(runtime.clock()),
        checkpoint, sections,
    )  # fmt: skip


def counting(runtime: Runtime, period: Period) -> Tally:
    """With nothing counted yet."""
    policy = runtime.policies.current().policy
    counts: dict[str, Count] = {**asked.Asked(policy).counts(), **fresh.counts(), **kept.counts(), **proof.counts()}
    return Tally(period, counts)


def events(session: Session, period: Period, checkpoint: Checkpoint) -> Iterator[Found]:
    """Records of the period before and of this one, in their order."""
    return upto(every(session, Sought(since=period.before.since, until=period.until)), checkpoint)


def checkpoint_now(runtime: Runtime) -> Checkpoint:
    """The newest checkpoint, over everything that has happened, all of which can be found."""
    runtime.sequencer.drain()
    runtime.finder.follow()
    return runtime.sequencer.current()


def upto(found: Iterable[Found], checkpoint: Checkpoint) -> Iterator[Found]:
    """What happened since the checkpoint belongs into a later report."""
    return (each for each in found if each.seq <= checkpoint.size)
