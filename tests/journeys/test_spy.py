"""Every byte that leaves for models is looked through for what detection, vault and gazetteer know."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from answer.answers import Answer
from answer.history import typed
from api import company, leaving, sources
from api.runtime import Runtime
from core import people
from core.errors import NotFound
from core.policy import Destination
from evals.leaving import Sent, leaks
from evals.pii import synthetic
from evals.spy import Request, Spy, parrot
from ingest.label.sensitivity import Changer, change_sensitivity
from tests.installation import Installation

OUTSIDE = Destination("spy-small", "external")
EVERY = 3
"""Of the questions of the demo company every so many are asked."""


@dataclass
class Watched:
    """An installation whose models are a spy. ``asked``: what left for each answer, with what was known then."""

    runtime: Runtime
    spy: Spy
    asked: list[tuple[list[Request], set[str]]] = field(default_factory=list[tuple[list[Request], set[str]]])

    def ask(self, question: str, person_id: str, conversation: str | None = None) -> Answer:
        at = len(self.spy.requests)
        before = leaving.in_vaults(self.runtime, OUTSIDE).get(conversation or "", set())
        happenings = self.runtime.asker.ask(question, person_id, conversation_id=conversation)
        answer = next(each for each in happenings if isinstance(each, Answer))
        known = leaving.in_vaults(self.runtime, OUTSIDE).get(answer.conversation_id, set())
        chunks = leaving.chunks(self.runtime)
        read = leaving.passages_of(self.runtime, answer.id)
        known = known | leaving.detected(self.runtime, OUTSIDE, iter([chunks[each] for each in read if each in chunks]))
        # A follow-up is made to stand alone before anything is found: what the evidence tells is not known yet.
        sent = self.spy.requests[at:]
        self.asked.append(([each for each in sent if not each.units], before))
        self.asked.append(([each for each in sent if each.units], known))
        return answer

    def leaks(self) -> list[str]:
        """Each value that left although it was known, with its form."""
        everybody = leaving.known_people(self.runtime)
        return [
            f"{leak.value!r} as {leak.form} to {requests[leak.request].path}"
            for requests, known in self.asked
            for leak in leaks(requests, known | everybody)
        ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with Spy() as spy, pytest.MonkeyPatch.context() as patch:
        patch.setenv(leaving.KEY, "sk-spy-0123456789")
        runtime = leaving.open_spied(tmp_path_factory.mktemp("spied"), spy.url, demo=True)
        assert sources.load_demo(runtime, lambda line: None)
        yield Watched(runtime, spy)
        runtime.close()


def person(runtime: Runtime, email: str) -> str:
    with runtime.database.reading() as session:
        return people.by_email(session, email).id


def test_of_the_demo_company_no_known_value_leaves_in_any_form(demo: Watched) -> None:
    rows: list[dict[str, Any]] = yaml.safe_load((company.DECLARED.parent / "questions.yaml").read_text("utf-8"))
    last: dict[str, str] = {}
    failing = iter(range(1_000_000))

    def sometimes_overloaded(request: Request) -> str | None:
        return None if next(failing) % 7 == 3 else parrot(request)

    demo.spy.reply = sometimes_overloaded
    for number, row in enumerate(rows[::EVERY]):
        if number == len(rows) // EVERY // 2:
            # The first half is asked before anybody has looked into the documents.
            leaving.label_everything(demo.runtime)
        asker = person(demo.runtime, row["as"])
        answer = demo.ask(row["question"], asker, last.get(asker) if number % 3 else None)
        last[asker] = answer.conversation_id
    for asker, conversation in last.items():
        demo.ask("And what does it say about them?", asker, conversation)

    paths = {request.path for request in demo.spy.requests}
    assert paths == {"/v1/chat/completions", "/v1/messages"}
    assert len(demo.spy.requests) > 30
    assert demo.leaks() == []
    assert sum(len(known) for _, known in demo.asked) > 200


def test_no_name_of_a_person_or_conversation_leaves_beside_the_text(demo: Watched) -> None:
    """Nor anything else by which a provider could tell askers apart."""
    if not demo.spy.requests:
        demo.ask("What is the hotel cap per night?", person(demo.runtime, "daan.rooshof@averholt.example"))
    with demo.runtime.database.reading() as session:
        ids = [each.id for each in people.page(session, 1000)]
    marks = [*ids, *(demo.runtime.audit.subject(each) for each in ids)]
    marks += list(leaving.in_vaults(demo.runtime, OUTSIDE))
    assert leaks(demo.spy.requests, marks) == []
    headers = {line.split(b":")[0].lower() for each in demo.spy.requests for line in _head(each).splitlines()[1:]}
    assert not {name for name in headers if b"user" in name and name != b"user-agent"} | ({b"cookie"} & headers)


@pytest.mark.parametrize(
    "write",
    [str.upper, lambda v: v.replace(" ", "\n"), lambda v: v.replace(" ", " | "), lambda v: quote(v, safe=""),
     lambda v: base64.b64encode(v.encode()).decode(), lambda v: v.encode().hex(), lambda v: v.replace("e", "e\u00ad")],
    ids=["cased", "broken", "table", "url", "base64", "hex", "hyphenated"],
)  # fmt: skip
def test_a_value_known_from_one_document_leaves_in_no_form_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any
) -> None:
    names = ("Ilse Graafland", "Mikkel Torsager")
    monkeypatch.setenv(leaving.KEY, "sk-spy-0123456789")
    with Spy() as spy:
        made = Installation(tmp_path, **_settings(tmp_path, spy.url))
        asker = made.person("ann@company.example")
        for name in names:
            made.person(f"{name.split()[0].lower()}@company.example")
        text = " ".join(f"The adviser of the canteen is {write(name)}." for name in names)
        made.records("notes", [
            {"id": "a", "title": "Advisers", "text": f"The advisers are {names[0]} and {names[1]}."},
            {"id": "b", "title": "Canteen", "text": text},
        ])  # fmt: skip
        watched = Watched(made.runtime, spy)
        watched.ask("Who is the adviser of the canteen?", asker)
        made.close()
        assert any("canteen" in each for request in spy.requests for each in request.texts)
        assert leaks(spy.requests, names) == []


def test_what_the_synthetic_texts_hold_leaves_only_where_nobody_knew_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        texts = synthetic(tuning=True)[:40]
    except NotFound as error:
        pytest.skip(str(error))
    monkeypatch.setenv(leaving.KEY, "sk-spy-0123456789")
    with Spy() as spy:
        found = leaving.measure(texts, tmp_path, spy, strict=True)
    assert found.unknown == 0
    assert not found.left_although_found
    assert found.sent == len(texts)


def test_what_was_said_from_a_restricted_document_does_not_leave_as_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(leaving.KEY, "sk-spy-0123456789")
    with Spy() as spy:
        made = Installation(tmp_path, **_settings(tmp_path, spy.url))
        asker = made.person("ann@company.example")
        text = "Project Falcon buys the shipyard for forty million. Whoever works on Project Falcon keeps silent."
        made.records("board", [{"id": "falcon", "title": "Project Falcon", "text": text}])
        (passage,) = made.search("Project Falcon", "ann@company.example")
        runtime = made.runtime
        with runtime.database.writing() as session:
            change_sensitivity(
                session, runtime.audit, passage.document.id, "restricted", why="A takeover.", by=Changer(),
                now=runtime.clock(), detector=runtime.redaction.detector.identity,
            )  # fmt: skip
        runtime.work_off()
        leaving.label_everything(runtime)
        watched = Watched(runtime, spy)
        first = watched.ask("What does Project Falcon buy?", asker)
        assert "shipyard" in str([sentence.text for sentence in first.sentences])
        watched.ask("And when does it buy that?", asker, first.conversation_id)
        said = typed("What does Project Falcon buy?", [("person", "What does Project Falcon buy?"), ("answer", text)])
        list(runtime.asker.ask("And when does it buy that?", asker, said=said))
        made.close()
    assert spy.requests
    assert leaks(spy.requests, ["buys the shipyard", "forty million", "keeps silent"]) == []


def test_the_search_finds_a_value_in_every_form() -> None:
    """Otherwise nothing of the above would mean anything."""
    name = "Ilse Graafland"
    said = [
        name, name.upper(), "ILSE\n graafland", "ilse.graafland@x", "Ilsé Gräafland", quote(name), quote(quote(name)),
        f"x {base64.b64encode(f'to {name}.'.encode()).decode()} y", name.encode().hex(), "Ilse\\u0020Graafland",
        "b9-" + hashlib.sha256(name.lower().encode()).hexdigest(), "IlseGraafland",
    ]  # fmt: skip
    for each in said:
        for raw in (b"POST /v1 HTTP/1.1\r\nx-cache: %b\r\n\r\n{}", b'POST /v1 HTTP/1.1\r\n\r\n{"a": ["%b"]}'):
            written = each.encode().replace(b"\n", b"\\n" if b"[" in raw else b" ")
            assert Sent(Request("/v1", raw % written, {})).form_of(name) is not None, each
    assert Sent(Request("/v1", b'POST / HTTP/1.1\r\n\r\n{"a": "Ilse of Graaf land ahead"}', {})).form_of(name) is None


def _head(request: Request) -> bytes:
    return request.raw.partition(b"\r\n\r\n")[0]


def _settings(directory: Path, url: str) -> dict[str, Any]:
    wanted = leaving.settings(directory, url)
    return {name: getattr(wanted, name) for name in ("models", "egress", "answer")}
