"""The weekly report: its figures are what was done, in every form, and nothing in it acts or tells of single people."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from answer import usage_rows
from api.cli import client as cli_client
from api.cli import main
from api.http.report_shapes import WeeklyOut
from api.reports import spent
from api.reports.given import weekly_in
from api.reports.html import STYLE, html
from api.reports.pdf import pdf
from api.reports.period import Period, period, week
from api.reports.shape import SMALL, Report
from api.reports.visible import of_figure, value, visible
from api.reports.weekly import weekly
from core import audit
from core.errors import Invalid
from tests.api.reports.conftest import ADA, ANA, HOSTILE, RITA, Week
from tests.api.visitors import assert_problem
from tests.installation import Installation


def told(report: Report) -> dict[str, Any]:
    return report.told()


def figures(said: dict[str, Any], section: str) -> dict[str, Any]:
    (found,) = (each for each in said["sections"] if each["name"] == section)
    return {each["name"]: each["now"] for each in found["figures"]}


def table(said: dict[str, Any], section: str, name: str) -> list[dict[str, Any]]:
    (found,) = (each for each in said["sections"] if each["name"] == section)
    return list(next(each["rows"] for each in found["tables"] if each["name"] == name))


@pytest.fixture(scope="module")
def report(week: Week) -> Report:
    """After more has happened: feedback, sign-ins that fail, a hold, looks of a reviewer, a verification."""
    rita, ana, ada = week.client(RITA), week.client(ANA), week.client(ADA)
    answer = week.answers[0].id
    assert ana.put(f"/v1/answers/{answer}/feedback", json={"rating": "down", "reasons": []}).status_code == 200
    for _ in range(2):
        refused = week.house.visitor(**{"X-Vouch": "1"}).post(
            "/v1/session", json={"email": ANA, "password": "wrong-wrong-wrong"}
        )
        assert refused.status_code == 401
    assert rita.get("/v1/audit/records", params={"limit": 2}).status_code == 200
    assert rita.post("/v1/audit/verify", json={}).status_code == 200
    held = rita.post("/v1/holds", json={"kind": "person", "target": ANA, "why": "Case 14"})
    assert held.status_code == 201, held.text
    document = week.installed.runtime.policies.current().document
    changed = {**document, "kinds": {**document["kinds"], "PROJECT_CODE": {"class": "work"}}}
    decided = {**changed, "why": "Codes of projects are work", "replaces": 1}
    changing = ada.put("/v1/policy", json=decided)
    assert changing.status_code == 200, changing.text
    return weekly(week.installed.runtime, week.period)


def test_questions_and_sentences_are_those_that_were_asked_and_shown(week: Week, report: Report) -> None:
    said = told(report)
    asked = figures(said, "questions")
    assert (asked["questions"], asked["answered"], asked["abstained"], asked["failed"]) == (5, 4, 1, 0)
    assert table(said, "questions", "reasons") == [
        {"status": "abstained", "reason": "evidence_insufficient", "now": 1, "before": 0}
    ]
    shown = sum(len(each.sentences) for each in week.answers)
    assert figures(said, "verification")["shown"] == shown == 10


def test_calls_of_models_are_counted_with_what_they_cost_and_which_version_answered(report: Report) -> None:
    said = told(report)
    (cloud,) = table(said, "models", "by_model")
    assert (cloud["model"], cloud["calls"], cloud["failed"], cloud["tokens_in"], cloud["tokens_out"]) == (
        "cloud", 3, 0, 360, 27
    )  # fmt: skip
    (version,) = table(said, "models", "versions")
    assert (version["requested"], version["same"]) == ("small-2026-01-01", "differs")
    # A third of 120 tokens at 2.0, and 9 at 8.0, in millionths; read from the cache they cost the same.
    assert table(said, "models", "cost") == [{"model": "cloud", "currency": "USD", "now": 3 * 312, "before": 0}]


def test_how_long_answers_took_is_what_the_log_says_of_each(week: Week, report: Report) -> None:
    said = told(report)
    took = figures(said, "latency")
    answered = sorted(each.timings["total"] for each in week.answers if each.status == "answered")
    assert took["timed"] == len(answered) == 4
    # To three digits, as the report has them.
    assert took["total_p50"] == pytest.approx(answered[1], rel=0.005)
    assert took["total_p95"] == pytest.approx(answered[3], rel=0.005)
    assert 0 < took["first_sentence_p50"] <= took["total_p50"]
    tiers = {each["tier"]: each["answers"] for each in table(said, "latency", "tiers")}
    assert sum(tiers.values()) == 4
    assert "small" in tiers
    empty = told(weekly(week.installed.runtime, week_of("2025-W01")))
    assert figures(empty, "latency")["total_p50"] is None


def test_what_departments_of_few_people_spent_stands_together(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    ends = made.runtime.clock()
    span = Period(ends - timedelta(days=7), ends)
    many, few = {"sales": SMALL, "hr": 1}, {"sales": SMALL, "legal": SMALL - 1, "hr": SMALL}
    with made.runtime.database.writing() as session:
        for days, departments in ((1, few), (8, many)):
            for name, people in departments.items():
                for person in range(people):
                    _used(session, ends - timedelta(days=days), name, f"{person:032x}")
    with made.runtime.database.reading() as session:
        (rows,) = (each.rows for each in spent.departments(session, span).tables)
    made.close()
    shown = {each["department"]: (each["calls"], each["now"], each["before"]) for each in rows}
    # Of hr one asked the week before: its line would tell of that one.
    assert shown == {"sales": (5, 50, 50), spent.FEW: (9, 90, 10)}


def _used(session: Session, at: datetime, department: str, subject: str) -> None:
    usage_rows.add_usage(
        session, id=str(uuid4()), at=at, answer_id=None, subject=subject, department=department, sources=[],
        model="cloud", purpose="answer", input=1, output=1, cache_read=0, cache_write=0, micros=10, saved=0,
        currency="EUR", settled=True,
    )  # fmt: skip


def test_a_blocked_value_is_a_refused_question_and_withheld_passages(report: Report) -> None:
    said = told(report)
    made = figures(said, "redaction")
    assert (made["questions_refused"], made["passages_withheld"], made["values"]) == (1, 3, 3)
    assert table(said, "redaction", "withheld") == [{"data_class": "financial", "now": 4, "before": 0}]
    assert table(said, "redaction", "treated") == [
        {"data_class": "person", "treatment": "redact", "now": 3, "before": 0}
    ]


def test_what_else_happened_is_counted(report: Report) -> None:
    said = told(report)
    assert figures(said, "content")["down"] == 1
    assert figures(said, "access")["failed"] == 2
    assert figures(said, "access")["signed_in"] >= 3
    assert figures(said, "changes")["policy_changed"] == 2
    assert figures(said, "reviewing")["audit_read"] == 1
    assert (figures(said, "keeping")["placed"], figures(said, "keeping")["held"]) == (1, 1)
    assert figures(said, "log")["verified"] == 1
    (last,) = table(said, "log", "last_verified")
    assert last["found"] == "whole"
    assert [each["runs"] for each in table(said, "sources", "by_source")] == [1, 1]


def test_nobody_is_named_and_few_people_are_not_counted(week: Week, report: Report) -> None:
    whole = json.dumps(told(report))
    runtime = week.installed.runtime
    for email in (ANA, ADA, RITA):
        assert email not in whole
        assert runtime.audit.subject(week.installed.principal(email).person_id) not in whole
    (asked,) = (each for each in report.sections if each.name == "questions")
    askers = next(each for each in asked.figures if each.name == "askers")
    assert (askers.now, askers.few_now, of_figure(askers)) == (None, True, "fewer than 5")


class _Read(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(content: bytes) -> _Read:
    parser = _Read()
    parser.feed(content.decode())
    return parser


def test_names_that_others_chose_do_nothing_in_the_page(report: Report) -> None:
    page = read(html(report))
    assert "script" not in page.tags
    assert not {name for name, _ in page.attributes} & {"src", "style", "onload", "onclick", "srcset"}
    assert all(value.startswith("#") for name, value in page.attributes if name == "href" and value)
    said = visible(HOSTILE)
    assert said.startswith("<script>alert(1)</script>[U+0007][U+202E]evil")
    assert said in page.texts
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", html(report).decode())


def test_names_that_others_chose_are_seen_in_the_pdf(report: Report) -> None:
    pages = text_of(pdf(report))
    # Cyrillic is in the font; what is not stands there by its number.
    assert "<script>alert(1)</script>[U+0007][U+202E]evil Лодзь [U+4E2D]" in re.sub(r"\s+", " ", pages)


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_every_figure_stands_in_every_form(report: Report) -> None:
    said = told(report)
    assert json.loads(weekly_in(report, "json")) == json.loads(json.dumps(said))
    assert WeeklyOut.model_validate_json(weekly_in(report, "json")).sections
    page = re.sub(r"\s+", " ", " | ".join(read(html(report)).texts))
    printed = re.sub(r"\s+", "", text_of(pdf(report)))
    for section in report.sections:
        for figure in section.figures:
            shown = of_figure(figure)
            assert f"{figure.title} | {shown}" in page, figure.name
            assert re.sub(r"\s+", "", f"{figure.title}{shown}") in printed, figure.name
        for each in section.tables:
            for row in each.rows:
                for column in each.columns:
                    cell = value(row[column.name], column.unit)
                    assert re.sub(r"\s+", " ", visible(cell)) in page, (each.name, column.name)


def test_the_same_figures_give_the_same_bytes(report: Report) -> None:
    later = replace(report, made_at="2027-01-01T00:00:00Z")
    for form in ("html", "pdf", "json"):
        assert weekly_in(report, form) == weekly_in(report, form)
        assert weekly_in(report, form) != weekly_in(later, form)
    line = b"<dt>Made</dt><dd>%s</dd>"
    assert html(later) == html(report).replace(line % _shown(report.made_at), line % _shown(later.made_at))


def _shown(moment: str) -> bytes:
    return value(moment, "moment").encode()


def test_it_says_over_which_checkpoint_it_was_made_and_nothing_later_is_in_it(week: Week, report: Report) -> None:
    checkpoint = told(report)["checkpoint"]
    assert checkpoint["root"] in html(report).decode()
    assert checkpoint["root"] in re.sub(r"\s+", "", text_of(pdf(report)))
    assert checkpoint["note"].startswith(checkpoint["origin"])
    again = weekly(week.installed.runtime, week.period)
    assert again.checkpoint.size >= report.checkpoint.size
    assert figures(told(again), "questions") == figures(told(report), "questions")


def test_a_week_in_which_nothing_happened_is_a_report_as_well(week: Week) -> None:
    empty = weekly(week.installed.runtime, week_of("2025-W01"))
    said = told(empty)
    assert said["period"] == {"since": "2024-12-30T00:00:00Z", "until": "2025-01-06T00:00:00Z", "week": "2025-W01"}
    assert said["before"]["since"] == "2024-12-23T00:00:00Z"
    assert figures(said, "questions")["questions"] == 0
    assert figures(said, "log")["records"] == 0
    assert text_of(pdf(empty))
    assert "Weekly compliance report 2025-W01" in html(empty).decode()


def week_of(name: str) -> Any:
    return week(name)


def test_what_happened_the_week_before_stands_beside(week: Week) -> None:
    later = replace(week.period, since=week.period.until, until=week.period.until + timedelta(days=7))
    said = told(weekly(week.installed.runtime, later))
    (asked,) = (each for each in said["sections"] if each["name"] == "questions")
    (questions,) = (each for each in asked["figures"] if each["name"] == "questions")
    assert (questions["now"], questions["before"]) == (0, 5)


def test_each_report_that_is_given_out_is_a_record_first(week: Week) -> None:
    rita = week.client(RITA)
    for form, begins in (("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("json", b"{")):
        given = rita.get("/v1/reports/weekly", params={**week.query, "form": form})
        assert given.status_code == 200, given.text
        assert given.content.startswith(begins)
        digest = hashlib.sha256(given.content).hexdigest()
        assert given.headers["x-content-sha256"] == digest
        week.installed.runtime.sequencer.drain()
        made = [each for each in audit.tail(week.installed.runtime.database, 9) if each["kind"] == "report.made"][-1]
        details = made["details"]
        assert (details["report"], details["form"], details["content"]) == ("weekly", form, digest)
        assert datetime.fromisoformat(details["since"]) == week.period.since
    assert "script" not in given.headers.get("content-security-policy", "").replace("default-src", "")


def test_without_the_log_there_is_no_report(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import Refused

    def refuse(*given: Any) -> None:
        raise Refused("The audit log cannot be written.", hint="Check the disk.")

    rita = week.client(RITA)
    monkeypatch.setattr(type(week.installed.runtime.audit), "append", refuse)
    for path in ("weekly", "data-map"):
        refused = rita.get(f"/v1/reports/{path}", params=week.query)
        assert refused.status_code in (403, 503)
        assert "sections" not in refused.text


def test_employees_do_not_get_it(week: Week) -> None:
    ana, nobody = week.client(ANA), week.house.visitor()
    for path in ("weekly", "data-map"):
        assert_problem(ana.get(f"/v1/reports/{path}"), 403, "forbidden")
        assert nobody.get(f"/v1/reports/{path}").status_code == 401
        assert week.house.operator().get(f"/v1/reports/{path}").status_code == 200


def test_a_period_that_is_none_is_refused(week: Week) -> None:
    rita = week.client(RITA)
    for query in (
        {"week": "2026-47"}, {"week": "2026-W60"}, {"week": "2026-W47", "since": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "0001-01-01T00:00:00Z", "until": "0001-01-02T00:00:00Z"},
        {"since": "1990-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
    ):  # fmt: skip
        assert_problem(rita.get("/v1/reports/weekly", params=query), 422, "invalid")


def test_without_a_period_it_is_the_last_week_that_is_over() -> None:
    monday = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert period(None, None, None, monday).week == "2026-W47"
    assert period(None, None, None, monday - timedelta(microseconds=1)).week == "2026-W46"
    assert period("2026-W53", None, None, monday).until == datetime(2027, 1, 4, tzinfo=UTC)
    with pytest.raises(Invalid):
        week("2025-W53")


@pytest.fixture
def command(week: Week, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    @contextmanager
    def connected() -> Iterator[cli_client.Client]:
        made = cli_client.Client.__new__(cli_client.Client)
        made._http = week.house.operator()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        made.alone = False
        yield made

    monkeypatch.setattr("api.cli.reports.connect", connected)
    return CliRunner()


def test_the_command_writes_each_form_and_never_over_a_file(week: Week, command: CliRunner, tmp_path: Path) -> None:
    span = ["--since", f"{week.period.since:%Y-%m-%dT%H:%M:%S}", "--until", f"{week.period.until:%Y-%m-%dT%H:%M:%S}"]
    for form, begins in (("html", b"<!DOCTYPE"), ("pdf", b"%PDF"), ("json", b"{")):
        out = tmp_path / f"week.{form}"
        ran = command.invoke(main.app, ["report", "weekly", *span, "--out", str(out)])
        assert ran.exit_code == 0, ran.output
        assert out.read_bytes().startswith(begins)
        assert out.stat().st_mode & 0o077 == 0
        assert command.invoke(main.app, ["report", "weekly", "--out", str(out)]).exit_code == 1
    assert command.invoke(main.app, ["report", "weekly", "--out", str(tmp_path / "week.doc")]).exit_code == 1
    ran = command.invoke(main.app, ["report", "weekly", *span, "--json"])
    assert figures(json.loads(ran.stdout), "questions")["questions"] == 5
    assert "Questions" in command.invoke(main.app, ["report", "weekly", *span]).stdout


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_everything_can_be_read_in_light_and_dark() -> None:
    schemes = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    assert len(schemes) == 2
    for scheme in schemes:
        said = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", scheme))
        for ground in ("ground", "band"):
            for text in ("ink", "quiet", "bar", "good"):
                assert _contrast(said[text], said[ground]) >= 4.5, (text, ground)
            assert _contrast(said["past"], said[ground]) >= 3
        assert _contrast(said["alarm"], said["alarm-ground"]) >= 4.5


def test_bars_say_in_words_what_they_show(report: Report) -> None:
    page = html(report).decode()
    bars = re.findall(r'<svg [^>]*role="img" aria-label="([^"]+)"><title>([^<]+)</title>', page)
    assert bars
    assert page.count("<svg") == len(bars)
    assert all(label == title and "before" in label for label, title in bars)


def test_the_pdf_has_bookmarks_and_numbers_its_pages(report: Report) -> None:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf(report)))
    marks = {each.get_title(): each.get_dest().get_index() for each in document.get_toc()}
    assert {each.title for each in report.sections} <= set(marks)
    assert len(document) > marks["The log itself"] > marks["Questions and answers"]
    for number, page in enumerate(document, 1):
        assert f"Page {number} of {len(document)}" in page.get_textpage().get_text_range()


def test_a_table_of_many_rows_goes_on_over_pages_with_its_head(report: Report) -> None:
    (section,) = (each for each in report.sections if each.name == "changes")
    (long,) = section.tables
    many = tuple({"kind": f"kind {n}", "change": "x", "what": "y" * 300, "now": n, "before": 0} for n in range(120))
    changed = replace(report, sections=(replace(section, tables=(replace(long, rows=many),)),))
    document = pypdfium2.PdfDocument(io.BytesIO(pdf(changed)))
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) > 3
    assert all("Kind" in page and "Before" in page for page in pages[1:])
    assert all(f"kind {n}" in re.sub(r"\s+", " ", " ".join(pages)) for n in range(120))
