"""Which answers a sample is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from answer.evidence.snapshots import cited_versions
from answer.evidence.tables import SnapshotRow
from answer.review.sampling import Frame, Period, Strata
from answer.review.tables import ReviewRow, SampleRow
from answer.tables import AnswerRow, FeedbackRow
from ingest.repository import batches

_AT_A_TIME = 500
_PLAIN = (AnswerRow.id, AnswerRow.person_id, AnswerRow.tier, AnswerRow.status, AnswerRow.created_at)
_STRATA: Mapping[Strata, Callable[[Any], str]] = {
    "none": lambda row: "",
    "person": lambda row: row.person_id,
    "tier": lambda row: row.tier,
    "status": lambda row: row.status,
    "day": lambda row: f"{row.created_at:%Y-%m-%d}",
}


def candidates(session: Session, frame: Frame, period: Period, strata: Strata) -> dict[str, str]:
    """Every answer of the period that the rule means, with its stratum; also those that were reviewed before."""
    meant = _meant(session, frame)
    columns: tuple[Any, ...] = _PLAIN if meant is None else (*_PLAIN, AnswerRow.claims, AnswerRow.tried)
    query = select(*columns).where(AnswerRow.created_at >= period.since, AnswerRow.created_at < period.until)
    rows = session.execute(_narrowed(query, frame).execution_options(yield_per=_AT_A_TIME))
    stratum = _STRATA[strata]
    return {row.id: stratum(row) for row in rows if meant is None or meant(row)}


def reviewed(session: Session, period: Period) -> set[str]:
    """Answers of the period that have a review."""
    query = select(ReviewRow.answer_id).join(AnswerRow, AnswerRow.id == ReviewRow.answer_id)
    return set(session.scalars(query.where(AnswerRow.created_at >= period.since, AnswerRow.created_at < period.until)))


def reviewed_before(session: Session, sample: SampleRow) -> set[str]:
    """Answers that had a review when ``sample`` was drawn."""
    query = select(ReviewRow.answer_id).where(ReviewRow.queued_at <= sample.drawn_at)
    return set(session.scalars(query.where(ReviewRow.sample_id.is_distinct_from(sample.id))))


def there(session: Session, answers: Iterable[str]) -> set[str]:
    """Those that are still kept."""
    found: set[str] = set()
    for some in batches(sorted(answers)):
        found.update(session.scalars(select(AnswerRow.id).where(AnswerRow.id.in_(some))))
    return found


def _narrowed(query: Select[*tuple[Any, ...]], frame: Frame) -> Select[*tuple[Any, ...]]:
    """By what the database can tell by itself."""
    if frame.rule == "tier":
        return query.where(AnswerRow.tier == frame.name)
    if frame.rule == "low_support":
        bound = (AnswerRow.threshold + 1) / 2 if frame.below is None else frame.below
        return query.where(AnswerRow.status == "answered", AnswerRow.support < bound)
    if frame.rule == "feedback":
        down = select(FeedbackRow.answer_id).where(FeedbackRow.rating == "down")
        return query.where(AnswerRow.id.in_(down))
    return query


def _meant(session: Session, frame: Frame) -> Callable[[Row[*tuple[Any, ...]]], bool] | None:
    """What only the answer itself tells; None where nothing is asked of it."""
    if frame.rule == "flagged":
        return lambda row: any(told.get("flags") for told in row.tried)
    if frame.rule == "redacted":
        return lambda row: any(claim.get("redaction") for claim in row.claims)
    if frame.rule == "escalated":
        return lambda row: any(told.get("reason") == "escalation" for told in row.tried)
    if frame.rule in ("source", "document"):
        # A snapshot is kept of every version that is cited, and stays when the document goes.
        of = SnapshotRow.source_id if frame.rule == "source" else SnapshotRow.document_id
        versions = set(session.scalars(select(SnapshotRow.version_id).where(of == frame.name)))
        return lambda row: not versions.isdisjoint(cited_versions(row.claims))
    return None
