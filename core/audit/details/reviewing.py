"""What reviewers searched, opened, compared, labelled and signed off, and which reports were made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from core.audit.details.base import Commitment, Count, Details, Digest, Flag, Id, Ratio, Subject, Word


class AuditSearched(Details):
    """The log was searched by ``by``, the names of what was asked for; ``found`` entries were shown. ``what``: records,
    the answers that they are about, the calls of models, rows that a report counts, or what is kept of reviews: the
    queue, its samples, its rules."""

    what: Literal["events", "answers", "calls", "counted", "reviews", "samples", "rules"]
    by: Annotated[list[Word], Field(max_length=32)] = []
    found: Count
    person: Subject | None = None
    document: Id | None = None
    source: Id | None = None
    model: Id | None = None
    answer: Id | None = None


class AnswerReviewed(Details):
    """Somebody's answer was opened by a reviewer: its whole trail, as of its date (``replay``), or beside what its
    sources say now (``compare``). ``asked_by`` is the person who asked; ``live``: the sources themselves were read."""

    answer: Id
    look: Literal["trail", "replay", "compare"]
    asked_by: Subject | None = None
    citations: Count | None = None
    changed: Count | None = None
    live: Flag | None = None
    reason: Word | None = None


class SampleDrawn(Details):
    """Of ``population`` answers between ``since`` and ``until``, ``drawn`` were put into the queue of reviews; who
    knows ``seed`` draws the same ones. ``rule`` says from which of them, ``frame`` is the hash of their ids. The size
    is ``rate`` of them, at least ``least`` and at most ``most``, divided by ``strata``. ``standing`` is the rule that
    drew it by itself."""

    sample: Id
    rule: Word
    seed: Digest
    population: Count
    drawn: Count
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    frame: Digest | None = None
    rate: Ratio | None = None
    least: Count | None = None
    most: Count | None = None
    strata: Word | None = None
    standing: Id | None = None
    tier: Word | None = None
    source: Id | None = None
    document: Id | None = None
    below: Ratio | None = None


class SamplingChanged(Details):
    """A rule by which samples draw themselves was set or ended. ``why`` commits to the reason."""

    standing: Id
    change: Literal["set", "ended"]
    why: Commitment
    name: Word
    rule: Word
    every: Word
    rate: Ratio
    least: Count
    most: Count
    strata: Word
    revision: Count
    tier: Word | None = None
    source: Id | None = None
    document: Id | None = None
    below: Ratio | None = None


class ReviewChanged(Details):
    """A review of an answer. ``note`` commits to what was written. It is signed off by somebody else than by whom it
    was labelled where ``second`` says so; ``agreed``: its first label is the one that was signed off."""

    review: Id
    answer: Id
    change: Literal["queued", "assigned", "unassigned", "labelled", "noted", "signed_off", "reopened", "read"]
    sample: Id | None = None
    assignee: Subject | None = None
    label: Word | None = None
    note: Commitment | None = None
    second: Flag | None = None
    severity: Word | None = None
    agreed: Flag | None = None
    revision: Count | None = None


class ReportMade(Details):
    """A report over ``since`` to ``until`` was given out in ``form``; ``content`` is the hash of what was given out."""

    report: Word
    form: Word
    content: Digest
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
