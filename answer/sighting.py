"""The texts of one request, and the values that detection and the gazetteer find in them.

What was found in chunks when they were ingested is taken from their labels; question, history, titles and chunks
without a current label are looked into now, all at once.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from answer.cleared import Role
from answer.encoded import hidden
from answer.minting import Mention
from answer.pseudonyms import tokens
from answer.vault import Entry, Place
from core.errors import Refused
from core.policy import SENSITIVITIES, Policy, Sensitivity, highest, sensitivity_of
from core.text import Span
from ingest.label.findings import Detector, Finding
from ingest.label.gazetteer import Known, Match
from ingest.label.repository import Label
from retrieval.evidence import Evidence

TYPED: Sensitivity = "internal"
"""How sensitive is at least what people type."""
STRICTEST: Sensitivity = SENSITIVITIES[-1]
RATED = frozenset({"body", "title", "headings"})
"""The parts of a passage that say how sensitive it is. Its address in the source is made by machines, and holds numbers
that read like anything."""
HEADS_REMEMBERED = 8192

_NOT_ID = re.compile(r"[^A-Za-z0-9:_./+=-]")


class Labels(Protocol):
    """What detection has already found in chunks, and how sensitive a chunk is."""

    def of(self, chunk_ids: Sequence[str], identity: str) -> dict[str, Label]:
        """Those that have a current label."""
        ...

    def level(self, chunk_id: str, findings: Sequence[Finding]) -> Sensitivity:
        """How sensitive a chunk is, where ``findings`` were found in it and in its titles."""
        ...


class People(Protocol):
    """The gazetteer of known names and addresses."""

    def matches_each(self, texts: Sequence[str]) -> list[tuple[Match, ...]]: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said before. What an answer said has either the id of its redaction and when it was written, and then
    its tokens are genuine, or it is plain text, and ``cited`` says where that stands. It is at least as sensitive as
    ``level``, and what an answer said as the ``chunks`` that it cites; without them as anything can be."""

    role: Role
    text: str = field(repr=False)
    redaction: str | None = None
    written_at: datetime | None = None
    cited: tuple[Place, ...] = ()
    chunks: tuple[str, ...] = ()
    level: Sensitivity = TYPED


@dataclass(slots=True)
class Text:
    """One text on its way. ``number`` is the passage's; ``name`` is its place in the log."""

    name: str
    text: str = field(repr=False)
    level: Sensitivity
    number: int | None = None
    turn: Turn | None = None
    part: str = "body"
    """body, title, uri or headings; of a passage."""
    found: tuple[Finding, ...] = ()
    genuine: tuple[tuple[Span, str], ...] = ()
    settled: tuple[Finding, ...] = ()
    mentions: list[tuple[Span, str, Mention]] = field(default_factory=list[tuple[Span, str, Mention]])
    """Where, by which rule, what."""
    blocked: set[str] = field(default_factory=set[str])
    unseen: bool = True
    """Whether nobody has looked into it before."""


class Sight:
    """Looks into requests. What it found in titles it remembers by their hash: they come again with every question."""

    def __init__(self, detector: Detector, labels: Labels, people: People, policy: Callable[[], Policy]) -> None:
        self._detector, self._labels, self._people, self._policy = detector, labels, people, policy
        self._heads: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()

    @property
    def identity(self) -> str:
        return self._detector.identity

    def look(
        self, question: str, history: Sequence[Turn], evidence: Evidence, kept: Sequence[Entry],
        level: Sensitivity = TYPED,
    ) -> tuple[list[Text], list[Known]]:  # fmt: skip
        """Every text with what was found in it, and the known people whom they name. ``kept`` is what the conversation
        has tokens for; ``level`` is that of the question at least. Raises ``Unavailable`` when nobody can look."""
        detector = self.identity
        texts = [Text("question", question, level), *self._turns(history, kept, detector)]
        texts += self._passages(evidence, detector)
        self._scan([text for text in texts if text.unseen], detector)
        spoken_of = [entry.value for entry in kept if entry.name is not None or "@" in entry.value]
        matches = self._people.matches_each([*(text.text for text in texts), *spoken_of])
        known = {known.person_key: known for those in matches for match in those for known in match.people}
        for text, those in zip(texts, matches, strict=False):
            text.found = (*text.found, *(match.finding for match in those))
        self._see_encoded(texts)
        self._rate(texts, evidence)
        return texts, list(known.values())

    def _turns(self, history: Sequence[Turn], kept: Sequence[Entry], detector: str) -> list[Text]:
        chunks = {chunk for turn in history for chunk in turn.chunks}
        labels = self._labels.of(sorted(chunks), detector) if chunks else {}
        texts: list[Text] = []
        for number, turn in enumerate(history):
            genuine = _given_out(kept, turn.written_at) if turn.redaction and turn.written_at else frozenset[str]()
            held = tuple((span, str(token)) for span, token in tokens(turn.text) if str(token) in genuine)
            # As a chunk that nobody has looked into, an answer that does not say what it cites may hold anything.
            cited: list[Sensitivity] = [
                labels[each].sensitivity if each in labels else STRICTEST for each in turn.chunks
            ]
            unknown = turn.role == "answer" and not turn.chunks
            level = STRICTEST if unknown else highest((turn.level, *cited))
            texts.append(Text(f"history.{number}", turn.text, level, turn=turn, genuine=held))
        return texts

    def _passages(self, evidence: Evidence, detector: str) -> list[Text]:
        passages = evidence.passages
        labels = self._labels.of([passage.chunk_id for passage in passages], detector)
        texts: list[Text] = []
        for number, passage in enumerate(passages):
            if len(passage.text) != sum(map(len, passage.spans)) + max(len(passage.spans) - 1, 0):
                raise Refused("A passage is not what its spans quote.", hint="Run: vouch doctor")
            label = labels.get(passage.chunk_id)
            level = label.sensitivity if label is not None else "public"
            name = loggable(passage.chunk_id)
            body = Text(name, passage.text, level, number)
            if label is not None and all(finding.span.end <= len(passage.text) for finding in label.findings):
                body.found, body.unseen = label.findings, False
            texts.append(body)
            heads = [("title", passage.document.title), ("uri", passage.document.uri)]
            heads += [("headings", heading) for heading in passage.headings]
            texts += [Text(f"{name}:{part}", text, level, number, part=part) for part, text in heads]
        return texts

    def _scan(self, unseen: Sequence[Text], detector: str) -> None:
        found = {text.text: self._heads.get(_key(text.text, detector)) for text in unseen}
        wanted = [text for text, findings in found.items() if findings is None and text.strip()]
        for text, findings in zip(wanted, self._detector.find(wanted) if wanted else [], strict=True):
            found[text] = tuple(findings)
        for text in unseen:
            text.found = found[text.text] or ()
            if text.number is not None and text.part != "body":
                self._heads[_key(text.text, detector)] = text.found
        while len(self._heads) > HEADS_REMEMBERED:
            self._heads.popitem(last=False)

    def _see_encoded(self, texts: Sequence[Text]) -> None:
        """Known people whose name or address stands somewhere in base64 or hexadecimal."""
        places = [(text, *each) for text in texts for each in hidden(text.text, Span(0, len(text.text)))]
        matches = self._people.matches_each([plain for _, _, plain in places]) if places else ()
        for (text, span, _), those in zip(places, matches, strict=True):
            text.found = (*text.found, *(replace(match.finding, span=span) for match in those[:1]))

    def _rate(self, texts: Sequence[Text], evidence: Evidence) -> None:
        """How sensitive each text is, by what was found in it; a passage together with the titles that go with it."""
        kinds = self._policy().kinds
        levels: dict[int | str, Sensitivity] = {}
        for key, own in _together(texts).items():
            found = [finding for text in own if text.part in RATED for finding in text.found]
            level = highest((own[0].level, *(sensitivity_of(finding.kind, kinds) for finding in found)))
            if isinstance(key, int) and (own[0].unseen or level != own[0].level):
                # An administrator may have said something else than what is found says.
                level = highest((own[0].level, self._labels.level(evidence.passages[key].chunk_id, found)))
            levels[key] = level
        for text in texts:
            text.level = levels[text.name if text.number is None else text.number]


def _together(texts: Sequence[Text]) -> dict[int | str, list[Text]]:
    """The texts of each passage, its body first, by its number; every other text alone, by its name."""
    found: dict[int | str, list[Text]] = {}
    for text in texts:
        found.setdefault(text.name if text.number is None else text.number, []).append(text)
    return found


def _given_out(kept: Sequence[Entry], until: datetime) -> frozenset[str]:
    """Tokens that stood for something then. One that was given out anew since may stand for something else."""
    then = [entry.token for entry in kept if entry.created_at <= until]
    return frozenset({*map(str, then), *(f"[{token.kind}_{token.identity}]" for token in then)})


def loggable(name: str) -> str:
    """A name as the log takes it: servers of models call a version by the path of its file, for instance."""
    return _NOT_ID.sub("-", name).lstrip(":_./+=-")[:100] or "unnamed"


def _key(text: str, detector: str) -> bytes:
    return sha256(f"{detector}\x1f{text}".encode("utf-8", "surrogatepass")).digest()
