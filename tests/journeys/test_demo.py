"""The demo company, asked everything its authors expect of it (``api/demo/questions.yaml``).

What a person may not read is never shown to them: that holds for every row. The quality of the answers is counted, and
the misses are printed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from answer.answers import Answer
from api import company, sources
from api.http import shapes
from api.settings import DemoSettings
from core.errors import NotFound
from retrieval.evidence import Passage
from tests.installation import Installation

QUESTIONS: list[dict[str, Any]] = yaml.safe_load(
    (Path(company.__file__).parent / "demo" / "questions.yaml").read_text("utf-8")
)
FLOOR = 0.85
RASMUS = "rasmus.thyholt@averholt.example"


def new_installation(directory: Path) -> Installation:
    """One that wants the demo company."""
    made = Installation(directory)
    made.settings = made.settings.model_copy(update={"demo": DemoSettings(load=True)})
    made.reopen()
    return made


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = new_installation(tmp_path_factory.mktemp("demo"))
    assert sources.load_demo(made.runtime, lambda line: None)
    yield made
    made.close()


@pytest.fixture(scope="module")
def answers(demo: Installation) -> list[Answer]:
    """The answer to each row, in a conversation of its own."""
    return [demo.ask(row["question"], row["as"]) for row in QUESTIONS]


def flat(text: str) -> str:
    return " ".join(text.split())


def words(text: str) -> str:
    """The words and numbers alone: a list item is shown without its bullet."""
    return " ".join(re.findall(r"\w+", text))


def said(answer: Answer) -> str:
    """The sentences and what they quote."""
    parts = [sentence.text or "" for sentence in answer.sentences]
    parts += [shown.citation.quote for sentence in answer.sentences for shown in sentence.citations]
    return flat("\n".join(parts))


def everything_in(passages: tuple[Passage, ...]) -> str:
    return flat("\n".join("\n".join((each.text, *each.headings, each.document.title)) for each in passages))


def opened(demo: Installation, answer: Answer, email: str) -> str:
    """Every citation of the answer, opened with the text around it."""
    principal = demo.principal(email)
    texts: list[str] = []
    for number in range(1, sum(len(sentence.citations) for sentence in answer.sentences) + 1):
        shown = shapes.evidence(demo.runtime.archive.evidence(answer.id, number, principal), "image")
        texts += [shown.quote, *(segment.text for segment in shown.context.segments)]
    return flat("\n".join(texts))


def documents_found(demo: Installation, passages: tuple[Passage, ...], email: str) -> str:
    texts: list[str] = []
    for document_id in {passage.document.id for passage in passages}:
        shown = demo.runtime.desk.document(document_id, demo.principal(email))
        texts += [segment.text for segment in shown.segments()]
    return flat("\n".join(texts))


def test_nobody_is_shown_what_another_reader_may_read(demo: Installation, answers: list[Answer]) -> None:
    guarded = [(row, answer) for row, answer in zip(QUESTIONS, answers, strict=True) if row["kind"] == "access"]
    for row, answer in guarded:
        if "must_not_contain" not in row:
            continue
        asker, secret = row["as"], row["must_not_contain"]
        found = demo.search(row["question"], asker, limit=50)
        assert found
        for shown in (
            said(answer),
            everything_in(answer.nearest),
            opened(demo, answer, asker),
            everything_in(found),
            documents_found(demo, found, asker),
        ):
            assert secret not in shown, f"{asker} was shown {secret!r} for {row['question']!r}"


def test_what_is_kept_from_one_reader_is_there_for_another(demo: Installation) -> None:
    """The other half: the test above would pass if nobody found anything."""
    for row in QUESTIONS:
        if row["kind"] == "access" and row["expect"] == "answered":
            found = demo.search(row["question"], row["as"], limit=50)
            assert row["must_contain"] in everything_in(found) + documents_found(demo, found, row["as"])


def test_an_answer_is_opened_by_its_asker_only(demo: Installation, answers: list[Answer]) -> None:
    emails = {row["as"] for row in QUESTIONS}
    for row, answer in zip(QUESTIONS, answers, strict=True):
        other = min(emails - {row["as"]})
        with pytest.raises(NotFound):
            demo.runtime.archive.answer(answer.id, demo.principal(other))


def test_every_cited_sentence_stands_in_what_it_cites(answers: list[Answer]) -> None:
    answered = [answer for answer in answers if answer.status == "answered"]
    assert answered
    for sentence in (sentence for answer in answered for sentence in answer.sentences):
        assert sentence.text
        quotes = words(" ".join(shown.citation.quote for shown in sentence.citations))
        assert words(sentence.text) in quotes


@dataclass(frozen=True, slots=True)
class Judged:
    """``elsewhere`` names what was cited instead of the declared document, which is no fault by itself."""

    row: dict[str, Any]
    answer: Answer
    wrong: tuple[str, ...]
    elsewhere: str

    @property
    def status_right(self) -> bool:
        return self.answer.status == self.row["expect"]


def uri_of(declared: str) -> str:
    """What a citation calls the document at this path of the demo company."""
    path, _, record = declared.partition("#")
    if record:
        return record
    root = max((source["path"] for source in company.load().sources if path.startswith(source["path"] + "/")), key=len)
    return path.removeprefix(root + "/")


def judge(row: dict[str, Any], answer: Answer) -> Judged:
    wrong: list[str] = []
    elsewhere = ""
    shown = said(answer)
    if answer.status != row["expect"]:
        wrong.append(f"{answer.status}, support {answer.support:.2f} at threshold {answer.threshold:.2f}")
    elif answer.status == "answered":
        if row["must_contain"] not in shown:
            wrong.append(f"does not say {row['must_contain']!r}")
        cited = {source.document.uri for source in answer.sources}
        if uri_of(row["document"]) not in cited:
            elsewhere = f"cites {', '.join(sorted(cited))}, not {uri_of(row['document'])}"
    if "must_not_contain" in row and row["must_not_contain"] in shown:
        wrong.append(f"says {row['must_not_contain']!r}")
    return Judged(row, answer, tuple(wrong), elsewhere)


def table_of_misses(judged: list[Judged]) -> str:
    right = sum(not each.wrong for each in judged)
    status = sum(each.status_right for each in judged)
    lines = [f"\nDemo questions: {right} of {len(judged)} right, {status} with the right status"]
    for each in (each for each in judged if each.wrong or each.elsewhere):
        mark = "wrong" if each.wrong else "note"
        lines.append(f"  {mark} [{each.row['kind']}] {each.row['question']} ({each.row['as'].partition('@')[0]})")
        lines.append(f"      {'; '.join(filter(None, (*each.wrong, each.elsewhere)))}")
        if each.answer.status == "answered":
            came = " / ".join(flat(sentence.text or "") for sentence in each.answer.sentences)
            lines.append(f"      came: {came[:300]}")
    return "\n".join(lines) + "\n"


def test_most_questions_get_the_outcome_that_their_authors_expect(
    answers: list[Answer], capsys: pytest.CaptureFixture[str]
) -> None:
    judged = [judge(row, answer) for row, answer in zip(QUESTIONS, answers, strict=True)]
    status = sum(each.status_right for each in judged)
    right = sum(not each.wrong for each in judged)
    with capsys.disabled():
        sys.stdout.write(table_of_misses(judged))
    assert status >= FLOOR * len(judged), f"{status} of {len(judged)} have the right status"
    assert right >= FLOOR * len(judged), f"{right} of {len(judged)} are right"


# Loading it


class Stopped(BaseException):
    """The process ends here."""


FEW_FILES = ("site-directory.csv", "incident-report-inc-2026-031.md", "ticket-48211.md")


@pytest.fixture
def small_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo company with three of its sources."""
    whole = company.load()
    few = tuple(source for source in whole.sources if source["name"] in ("Intranet", "Support desk", "Engineering"))
    small = [source | {"path": f"{source['path']}/{file}"} for source, file in zip(few, FEW_FILES, strict=True)]
    monkeypatch.setattr(company, "load", lambda: replace(whole, sources=tuple(small)))


def test_a_first_start_that_was_stopped_half_way_is_completed(tmp_path: Path, small_company: None) -> None:
    def stop(line: str) -> None:
        if line.startswith("  Intranet"):
            raise Stopped

    installation = new_installation(tmp_path)
    with pytest.raises(Stopped):
        sources.load_demo(installation.runtime, stop)
    installation.reopen()
    assert sources.load_demo(installation.runtime, lambda line: None)
    names = {each.name for each in sources.readable(installation.runtime, installation.principal(RASMUS))}
    assert names == {"Intranet", "Engineering", "Support desk"}
    installation.reopen()
    assert not sources.load_demo(installation.runtime, lambda line: None)
    installation.close()


def test_the_demo_company_stays_out_of_an_installation_in_use(tmp_path: Path, small_company: None) -> None:
    installation = new_installation(tmp_path)
    installation.person("ana@x.example")
    assert not sources.load_demo(installation.runtime, lambda line: None)
    installation.close()
