"""The JSON of reports. Names and shapes are relied upon; ``docs/reports.md`` tells what they mean."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.http.models import Model
from api.http.searching import FoundOut
from api.reports.shape import Unit
from core.policy import Place, Sensitivity, Treatment


class PeriodOut(Model):
    """``until`` is the first moment after it; ``week`` its name where it is one."""

    since: datetime
    until: datetime
    week: str | None


class SignedOverOut(Model):
    """The signed checkpoint of the log that a report was made over."""

    origin: str
    size: int
    root: str
    at: datetime
    note: str


class ReportOut(Model):
    format: int
    title: str
    organisation: str
    made_at: datetime
    period: PeriodOut
    checkpoint: SignedOverOut


class FigureOut(Model):
    """``share_now`` is what part of the figure ``of`` it is. ``few_now``: it counts people, and they are too few to say
    how many. ``counted``: patterns of what records of the log are counted under; those records are at
    ``/v1/reports/weekly/records``. ``listed``: the list at ``/v1/reports/weekly/rows`` of what it counts."""

    name: str
    title: str
    now: float | None
    before: float | None
    unit: Unit
    of: str | None
    share_now: float | None
    share_before: float | None
    few_now: bool
    few_before: bool
    counted: list[list[str | None]]
    listed: list[str]


class ColumnOut(Model):
    name: str
    title: str
    unit: Unit


class TableOut(Model):
    """``bars`` is the column that is also drawn; of ``alarm``, no row should be there. ``counted`` has by column the
    pattern of what its cells count, where ``{NAME}`` stands for what the row has under NAME; ``listed`` likewise."""

    name: str
    title: str
    columns: list[ColumnOut]
    rows: list[dict[str, str | float | None]]
    bars: str | None
    alarm: bool
    note: str
    counted: dict[str, list[str | None]]
    listed: dict[str, list[str]]


class ReportSectionOut(Model):
    name: str
    title: str
    figures: list[FigureOut]
    tables: list[TableOut]
    notes: list[str]


class WeeklyOut(ReportOut):
    report: Literal["weekly"]
    before: PeriodOut
    sections: list[ReportSectionOut]


class CountedRecordOut(FoundOut):
    """``amount`` is what the record adds to the figure."""

    amount: int


class CountedRecordsOut(Model):
    """``amount``, the figure itself, and ``total``, how many records make it, are of the whole period."""

    period: PeriodOut
    amount: int
    total: int
    events: list[CountedRecordOut]
    next: str | None


class ListedOut(Model):
    """``amount`` is the number itself, ``total`` how many rows make it. Rows have more than the ``columns``: the ids of
    what they name."""

    period: PeriodOut
    title: str
    columns: list[ColumnOut]
    rows: list[dict[str, str | float | None]]
    amount: int
    total: int
    next: str | None


class PolicyHeldOut(Model):
    version: int
    changed_at: datetime


class ForbiddenOut(Model):
    """``then`` is what became of it under version ``policy``; ``today`` what the policy that holds asks for."""

    source: str
    destination: str
    policy: int
    data_class: str
    then: str
    today: Treatment
    entry: str
    values: int


class StrayedOut(Model):
    destination: str
    declared: str
    returned: str
    calls: int


class HeldClassOut(Model):
    data_class: str
    values: int
    kinds: dict[str, int]


class MappedSourceOut(Model):
    source: str
    connector: str
    state: str
    owners: list[str]
    declared: Sensitivity
    declared_at: dict[str, str]
    documents: int
    passages: int
    unlabelled: int
    withheld: int
    levels: dict[Sensitivity, int]
    classes: list[HeldClassOut]


class ClassRuleOut(Model):
    data_class: str
    treatment: Treatment
    entry: str


class LevelRuleOut(Model):
    level: Sensitivity
    treatment: Treatment
    entry: str


class MappedDestinationOut(Model):
    destination: str
    sort: Literal["model", "embedder", "delivery", "named"]
    state: Literal["in use", "overdue", "retired"]
    place: Place
    region: str | None
    provider: str | None
    model: str | None
    tier: str | None
    ceiling: Sensitivity | None
    agreement: str | None
    legal_basis: str | None
    retention_days: int | None
    training_prohibited: bool | None
    zero_retention: bool | None
    classes: list[ClassRuleOut]
    levels: list[LevelRuleOut]


class ReachOut(ClassRuleOut):
    source: str
    destination: str
    values: int
    passages: int
    held_back: int
    sent: int


class TextsOut(LevelRuleOut):
    source: str
    destination: str
    passages: int
    sent: int | None


class CallsOut(Model):
    destination: str
    policy: int | None
    region: str | None
    calls: int
    batches: int
    failed: int
    open: int
    passages: int
    unknown_passages: int
    withheld: int
    ended_unsent: int
    deliveries: int


class SentOut(Model):
    destination: str
    policy: int
    data_class: str
    rule: str
    treatment: Treatment
    known_by: Literal["log", "labels"]
    values: int


class UnusedOut(ClassRuleOut):
    source: str
    destination: str


class DataMapOut(ReportOut):
    report: Literal["data_map"]
    policy: PolicyHeldOut
    forbidden: list[ForbiddenOut]
    unchecked_passages: int
    strayed: list[StrayedOut]
    sources: list[MappedSourceOut]
    destinations: list[MappedDestinationOut]
    reach: list[ReachOut]
    texts: list[TextsOut]
    calls: list[CallsOut]
    sent: list[SentOut]
    unused: list[UnusedOut]
