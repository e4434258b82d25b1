"""A report as it is given out: that it is, is a record first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.configuring import By
from api.reports.html import html
from api.reports.period import Period
from api.reports.shape import Report
from api.runtime import Runtime
from core.audit import Event

Form = str
Render = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Given:
    """The file, and the SHA-256 under which the log knows it."""

    content: bytes = field(repr=False)
    digest: str
    name: str


def as_json(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_pdf(report: Report) -> bytes:
    # Imported here: only who wants a PDF waits for what sets it.
    from api.reports.pdf import pdf

    return pdf(report)


def weekly_in(report: Report, form: Form) -> bytes:
    match form:
        case "html":
            return html(report)
        case "pdf":
            return as_pdf(report)
        case _:
            return as_json(report.told())


def give(runtime: Runtime, by: By, report: str, form: Form, period: Period, content: bytes) -> Given:
    """Write that it is given out; without that it is not."""
    digest = hashlib.sha256(content).hexdigest()
    event = Event(
        "report.made", by.subject, f"report.{report.replace('_', '-')}", "done", runtime.clock(), trace_id=by.trace_id,
        details={
            "report": report, "form": form, "content": digest, "since": period.since.isoformat(),
            "until": period.until.isoformat(),
        },
    )  # fmt: skip
    runtime.audit.append(event)
    span = period.week or f"{period.since:%Y-%m-%d}-{period.until:%Y-%m-%d}"
    return Given(content, digest, f"vouch-{report.replace('_', '-')}-{span}.{form}")
