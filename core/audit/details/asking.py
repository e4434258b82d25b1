"""Questions, what was found and shown for them, calls of models, redaction, evidence and conversations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.audit.details.base import (
    Commitment,
    Count,
    Decision,
    Details,
    Digest,
    Flag,
    Id,
    Passages,
    Ratio,
    Seconds,
    Subject,
    Timings,
    Word,
)


class Search(Decision):
    """``candidates`` came out of the index, ``denied`` of them fell to the second check against the database. Of the
    sources ``stale`` were shown as out of date, and ``left_out`` not used for it."""

    query: Commitment
    passages: Passages = []
    limit: Count | None = None
    candidates: Count | None = None
    denied: Count | None = None
    stale: Count | None = None
    left_out: Count | None = None
    sources: Annotated[list[Id], Field(max_length=1000)] = []
    index: Id | None = None
    embedder: Id | None = None
    reason: Word | None = None
    timings: Timings = {}


class AskIntent(Decision):
    """What was asked, and what was found for it; written before anything is made of it. ``searched`` commits to the
    question as it was made to stand alone, ``alone_by`` says by what."""

    answer: Id
    question: Commitment
    searched: Commitment | None = None
    alone_by: Id | None = None
    model: Id | None = None
    conversation: Id | None = None
    history: Commitment | None = None
    turns: Count | None = None
    prompt: Commitment | None = None
    passages: Passages = []
    sources: Annotated[list[Id], Field(max_length=1000)] = []
    candidates: Count | None = None
    denied: Count | None = None
    model_version: Id | None = None
    provider: Id | None = None
    tier: Word | None = None
    reason: Word | None = None
    policy: Id | None = None
    index: Id | None = None
    embedder: Id | None = None
    timings: Timings = {}


class AskOutcome(Details):
    """What came of it: sentences that were ``shown``, ``dropped``, or ``replaced`` by a verbatim one. Of the sources
    ``stale`` were cited as out of date, and ``left_out`` not used for it. Of one that is unknown, none of it is."""

    answer: Id
    status: Literal["answered", "abstained", "refused", "failed", "unknown"]
    shown: Count | None = None
    dropped: Count | None = None
    conversation: Id | None = None
    replaced: Count | None = None
    support: Ratio | None = None
    threshold: Ratio | None = None
    response: Commitment | None = None
    cited: Passages = []
    stale: Count | None = None
    left_out: Count | None = None
    model: Id | None = None
    tier: Word | None = None
    model_returned: Id | None = None
    model_version: Id | None = None
    sdk: Id | None = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    reason: Word | None = None
    timings: Timings = {}


class AskSentence(Details):
    """A sentence is about to be shown: number ``index`` of its answer, as it is stored."""

    answer: Id
    index: Count
    sentence: Commitment
    support: Ratio
    cited: Passages = []
    redaction: Id | None = None


class ModelIntent(Details):
    """``prompt`` is about to be sent to ``model``, for ``reason``. ``redaction`` names what made it fit to go there."""

    answer: Id
    model: Id
    version: Id
    provider: Word
    tier: Word
    prompt: Commitment
    policy: Count
    redaction: Id
    conversation: Id | None = None
    region: Id | None = None
    passages: Count | None = None
    reason: Word | None = None


class ModelOutcome(Details):
    """What came of it. ``returned`` is the version that answered and ``request`` the name of the request, both by the
    provider's word; ``micros`` the cost in millionths of ``currency``. ``reply`` commits to what was read of it."""

    answer: Id
    model: Id
    version: Id
    attempts: Count | None = None
    reply: Commitment | None = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    returned: Id | None = None
    sdk: Id | None = None
    api_version: Id | None = None
    region: Id | None = None
    request: Id | None = None
    finish: Word | None = None
    tokens_cached: Count | None = None
    micros: int | None = None
    currency: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{3}\z")] | None = None
    first_seconds: Seconds | None = None
    seconds: Seconds | None = None
    reason: Word | None = None


class DocumentRead(Decision):
    document: Id
    version: Id | None = None
    source: Id | None = None
    content: Commitment | None = None
    masked: Count | None = None
    page: Count | None = None
    reason: Word | None = None


class EvidenceRead(Decision):
    answer: Id
    number: Count
    document: Id | None = None
    version: Id | None = None
    chunk: Id | None = None
    page: Count | None = None
    current: Flag | None = None
    masked: Count | None = None
    reason: Word | None = None


class AnswerRead(Decision):
    """``share``: by which the reader came to it, who is not the one who asked."""

    answer: Id
    conversation: Id | None = None
    sentences: Count | None = None
    withheld: Count | None = None
    reason: Word | None = None
    share: Id | None = None


KindOfValue = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][A-Z0-9_]{1,63}\z")]
Position = Annotated[list[Count], Field(min_length=2, max_length=2)]


class Transformation(Details):
    """What ``rule`` did with the values of one kind in one text. ``place`` is the question, a turn of the history or a
    chunk; ``positions`` are [start, end] in the text before, in characters."""

    rule: Id
    kind: KindOfValue
    treatment: Literal["allow", "redact", "block"]
    place: Id
    count: Count
    positions: Annotated[list[Position], Field(max_length=10_000)]


class WithheldText(Details):
    """A text that may not go there, for values of these kinds; for none of them when it is too sensitive as a whole."""

    place: Id
    kinds: Annotated[list[KindOfValue], Field(max_length=200)] = []


class RedactionDone(Details):
    """Question, history and evidence were made ready for ``destination`` under version ``policy`` of the data policy.
    ``detector`` is the hash of its identity. ``map`` names this redaction."""

    map: Id
    conversation: Id
    destination: Id
    policy: Count
    detector: Digest
    passages: Count
    tokens: Count
    transformations: Annotated[list[Transformation], Field(max_length=10_000)] = []
    withheld: Annotated[list[WithheldText], Field(max_length=1000)] = []
    seconds: Seconds | None = None
    reason: Word | None = None


class RestoredValues(Details):
    """Of one kind of value, how many stood in a text for this reader, and how many stayed pseudonyms."""

    kind: KindOfValue
    restored: Count
    kept: Count


class RedactionRestored(Decision):
    """An answer was read: which of its values the reader may see."""

    answer: Id
    conversation: Id
    maps: Annotated[list[Id], Field(max_length=1000)]
    values: Annotated[list[RestoredValues], Field(max_length=200)] = []


class PassageFlagged(Details):
    """Passages that read like instructions to a model, by the closed words of what they were found by. ``destination``
    is the model that they were sent to, or ``extractive``."""

    answer: Id
    document: Id
    version: Id
    chunks: Annotated[list[Id], Field(max_length=1000)]
    signs: Annotated[list[Word], Field(max_length=100)]
    destination: Id


class ConversationChanged(Details):
    conversation: Id
    change: Literal["renamed", "pinned", "unpinned", "deleted"]


class ConversationShared(Details):
    """With a person (``target``), or with the members of a group, to whose name ``group`` commits."""

    share: Id
    conversation: Id
    change: Literal["shared", "ended"]
    target: Subject | None = None
    group: Commitment | None = None
    answers: Count | None = None


class FeedbackGiven(Details):
    """``comment``: whether there is one."""

    answer: Id
    change: Literal["given", "changed", "withdrawn"]
    rating: Literal["up", "down"] | None = None
    reasons: Annotated[list[Word], Field(max_length=32)] = []
    comment: Flag = False


class KeptEvidence(Details):
    """A snapshot of a version; ``commitment`` to its content is its address."""

    version: Id
    document: Id
    commitment: Commitment


class EvidenceKept(Details):
    """Versions that an answer cites were kept as they are."""

    answer: Id
    snapshots: Annotated[list[KeptEvidence], Field(max_length=1000)]


class EvidenceReviewed(Details):
    """A reviewer opened a citation of an answer in its snapshot. ``state`` is that of its document."""

    answer: Id
    number: Count
    version: Id
    document: Id
    commitment: Commitment
    state: Word
    current: Flag
