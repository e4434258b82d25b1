"""The product as the subject of ``evals.leaving``: what is known of values in an installation, and questions that send
everything to models at a spy."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import typer
from sqlalchemy import select

from answer.answers import Answer
from answer.models.entry import Handling, ModelEntry
from answer.settings import AnswerSettings
from answer.tables import VaultRow
from api import sources
from api.evaluation import READER, echo
from api.http.models import IngestIn
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings
from core import people
from core.audit.tables import PendingRow, RecordRow
from core.egress import EgressSettings
from core.policy import Destination, Policy
from core.tables import PersonRow
from evals.leaving import leaks
from evals.leaving_gold import Leaving, Left, judged, show
from evals.pii import Labelled, detect, synthetic
from evals.spy import Request, Spy
from ingest.label.repository import Label, labels_of
from ingest.label.tables import KnownPersonRow
from ingest.tables import ChunkRow, DocumentRow

KEY = "VOUCH_SPY_KEY"
"""The variable that holds the key of the spy's models."""
SPY = Destination("spy-large", "external")
_LATEST = 500
"""Records of the log among which that of an answer of just now is."""
Tell = Callable[[str], None]
_AGREED = Handling(agreement="spy", training_prohibited=True, retention_days=0, legal_basis="evaluation")


def silent(line: str) -> None:
    """Nobody follows."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that can be found, with what detection found in it."""

    id: str
    document: str
    text: str
    label: Label


def entries(url: str) -> tuple[ModelEntry, ...]:
    """Two models outside, at a spy: one of each of its interfaces."""
    common: dict[str, Any] = {
        "api_key": f"env:{KEY}", "place": "external", "sensitivity": "restricted", "handling": _AGREED,
        "concurrency": 4,
    }  # fmt: skip
    return (
        ModelEntry(name="spy-small", provider="compatible", model="spy-1", tier="small", base_url=url, **common),
        ModelEntry(
            name="spy-large", provider="anthropic", model="spy-2-20260101", tier="large", base_url=url, **common
        ),
    )


def settings(directory: Path, url: str, *, demo: bool = False, only: str | None = None, **more: Any) -> Settings:
    """An installation in which every question goes to a model, or to ``only`` one of them."""
    return Settings(
        data_dir=directory,
        demo=DemoSettings(load=demo),
        models=tuple(each for each in entries(url) if only in (None, each.name)),
        egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),  # pyright: ignore[reportArgumentType]
        answer=AnswerSettings(threshold=0.0, **more.pop("answer", {})),
        **more,
    )


def open_spied(directory: Path, url: str, **more: Any) -> Runtime:
    return open_runtime(settings(directory, url, **more))


def label_everything(runtime: Runtime) -> None:
    runtime.redaction.labeller.drain()


def chunks(runtime: Runtime) -> dict[str, Chunk]:
    """Every passage that can be found and has a label."""
    with runtime.database.reading() as session:
        rows = session.scalars(
            select(ChunkRow)
            .join(DocumentRow, DocumentRow.current_version == ChunkRow.version_id)
            .where(DocumentRow.state == "ready")
        )
        texts = {row.id: (row.document_id, row.text) for row in rows}
        labels = labels_of(session, texts, runtime.redaction.detector.identity)
    return {each: Chunk(each, *texts[each], labels[each]) for each in texts if each in labels}


def must_go(policy: Policy, kind: str, destination: Destination) -> bool:
    """Whether values of this kind never go there as they are, however harmless the text around them."""
    return policy.treatment(kind, "public", destination) != "allow"


def detected(runtime: Runtime, destination: Destination, those: Iterator[Chunk] | None = None) -> set[str]:
    """The values that detection found in passages and that must not go to ``destination``."""
    policy = runtime.redaction.policy()
    return {
        finding.span.of(chunk.text)
        for chunk in (those or iter(chunks(runtime).values()))
        for finding in chunk.label.findings
        if must_go(policy, finding.kind, destination)
    }


def in_vaults(runtime: Runtime, destination: Destination, only: str | None = None) -> dict[str, set[str]]:
    """The values of each conversation, or of ``only`` one, that must not go to ``destination``."""
    policy, vault = runtime.redaction.policy(), runtime.redaction.vault
    found: dict[str, set[str]] = {}
    with runtime.database.reading() as session:
        query = select(VaultRow.conversation_id).distinct()
        conversations = [only] if only is not None else session.scalars(query).all()
        for conversation in conversations:
            entries_, _ = vault.read(session, conversation, runtime.clock())
            found[conversation] = {entry.value for entry in entries_ if must_go(policy, entry.token.kind, destination)}
    return found


def known_people(runtime: Runtime) -> set[str]:
    """Names and addresses in the gazetteer."""
    with runtime.database.reading() as session:
        here = session.execute(select(PersonRow.name, PersonRow.email)).all()
        recorded = session.execute(select(KnownPersonRow.name, KnownPersonRow.emails)).all()
    values = [value for row in here for value in row]
    values += [value for name, emails in recorded for value in (name, *emails)]
    return {value for value in values if value}


def passages_of(runtime: Runtime, answer_id: str) -> list[str]:
    """The passages that were found for an answer of just now, by the record of its intent."""
    with runtime.database.reading() as session:
        latest = select(RecordRow.record).order_by(RecordRow.seq.desc()).limit(_LATEST)
        raws = [*session.scalars(latest), *session.scalars(select(PendingRow.event))]
    events = [record.get("event", record) for record in map(orjson.loads, raws)]
    return [
        passage["chunk"]
        for event in events
        if event["kind"] == "ask.intent" and event["details"]["answer"] == answer_id
        for passage in event["details"]["passages"]
    ]


def measure(texts: Sequence[Labelled], directory: Path, spy: Spy, *, strict: bool, tell: Tell = silent) -> Leaving:
    """Put the texts into an installation as documents, and ask until each was sent. ``strict``: the policy lets nothing
    go that detection finds, not even places, dates and titles; else it is that which ships."""
    runtime = open_spied(directory / "data", spy.url, only="spy-large", answer={"cache_hours": 0})
    try:
        if strict:
            runtime.policies.change(_everything_goes(runtime.policies.current().document), "evaluation")
        _put(runtime, texts, directory)
        label_everything(runtime)
        tell(f"{len(texts)} texts are in")
        return _asked(runtime, texts, spy, "everything redacted" if strict else "as shipped", tell)
    finally:
        runtime.close()


def _asked(runtime: Runtime, texts: Sequence[Labelled], spy: Spy, policy: str, tell: Tell) -> Leaving:
    person = _reader(runtime)
    known = chunks(runtime)
    everybody = known_people(runtime)
    rules = runtime.redaction.policy()
    sent: dict[int, list[str]] = {}
    unknown: set[tuple[int, str]] = set()
    first = len(spy.requests)
    # Many texts are much alike: each is asked for by its title, and else by its words alone.
    questions = [(number, f"Note {number}: {_about(each)}") for number, each in enumerate(texts)]
    questions += [(number, _about(each)) for number, each in enumerate(texts)]
    for number, question in questions:
        if number in sent:
            continue
        at = len(spy.requests)
        answer = _ask(runtime, question, person)
        values = in_vaults(runtime, SPY, answer.conversation_id)[answer.conversation_id] | everybody
        read = (known[each] for each in passages_of(runtime, answer.id) if each in known)
        values |= detected(runtime, SPY, read)
        requests = spy.requests[at:]
        unknown |= {(at + leak.request, leak.value) for leak in leaks(requests, values)}
        for request in requests:
            sent |= {each: units for each, units in _passages(request).items() if each not in sent}
        if number % 50 == 0:
            tell(f"{len(sent)} of {len(texts)} sent")
    findings = detect(runtime.redaction.detector, [each.text for each in texts])
    left: list[Left] = []
    gold = missed = caught = unaligned = 0
    for number, units in sorted(sent.items()):
        here, spans, not_found, fits = judged(
            number, texts[number], findings[number], units, lambda kind: must_go(rules, kind, SPY)
        )
        left += here
        gold, missed, unaligned = gold + len(spans), missed + len(not_found), unaligned + (not fits)
        caught += len(not_found) - sum(each.why != "found" for each in here)
    size = sum(len(each.raw) for each in spy.requests[first:])
    return Leaving(
        policy, len(texts), len(sent), len(spy.requests) - first, size, gold, missed, caught, tuple(left),
        len(unknown), unaligned,
    )  # fmt: skip


def run(work: Path, *, sample: int, tuning: bool, as_json: bool) -> None:
    """``vouch eval leaving``. Raises ``NotFound`` without the data."""
    texts = synthetic(tuning=tuning)
    texts = texts[:: max(1, len(texts) // sample)] if sample else texts
    os.environ.setdefault(KEY, "spy")
    results: list[Leaving] = []
    for strict in (True, False):
        with tempfile.TemporaryDirectory(dir=_made(work)) as directory, Spy() as spy:
            results.append(measure(texts, Path(directory), spy, strict=strict, tell=echo))
    if as_json:
        typer.echo(json.dumps([each.plain() for each in results], indent=2, ensure_ascii=False))
    else:
        show(results)


def _made(work: Path) -> Path:
    work.mkdir(parents=True, exist_ok=True)
    return work


def _put(runtime: Runtime, texts: Sequence[Labelled], directory: Path) -> None:
    path = directory / "notes.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": f"{number}", "title": f"Note {number}", "text": each.text}) + "\n"
            for number, each in enumerate(texts)
        ),
        "utf-8",
    )
    wanted = IngestIn(path=str(path), source="notes", allow=["everyone"])
    sources.run(runtime, sources.configure(runtime, wanted), lambda progress: None, confirm_empty=False)


def _about(labelled: Labelled) -> str:
    """A question in words of a text that are no gold."""
    pieces: list[str] = []
    at = 0
    for gold in sorted(labelled.gold, key=lambda each: each.span):
        pieces.append(labelled.text[at : gold.span.start])
        at = max(at, gold.span.end)
    words = " ".join([*pieces, labelled.text[at:]]).split()
    return f"What does the note say about: {' '.join(words[:24])}?"[:600]


def _passages(request: Request) -> dict[int, list[str]]:
    """The numbers of the notes in a request of Messages, and the sentences of each."""
    found: dict[int, list[str]] = {}
    for message in request.body["messages"]:
        for block in message["content"]:
            match = re.fullmatch(r"Note (\d+)", block.get("title", ""))
            if match:
                texts = [each["text"] for each in block["content"]]
                found.setdefault(int(match[1]), []).extend(re.sub(r"^\[\d+\] ?", "", each) for each in texts)
    return found


def _everything_goes(document: Mapping[str, Any]) -> dict[str, Any]:
    rows = {name: {"external": "redact", "on_premise": "allow"} for name in document["classes"]}
    levels = {name: {"external": "allow", "on_premise": "allow"} for name in document["sensitivity"]}
    return {"classes": rows, "sensitivity": levels, "kinds": {}}


def _reader(runtime: Runtime) -> str:
    with runtime.database.writing() as session:
        return people.put(session, READER, groups=(), roles=("employee",), now=runtime.clock()).id


def _ask(runtime: Runtime, question: str, person_id: str) -> Answer:
    return next(each for each in runtime.asker.ask(question, person_id) if isinstance(each, Answer))
