"""What each kind of event may say, field by field. Every field is a number, a closed word, an id, a hash or a keyed
commitment; there is none that prose would fit in, and unknown fields are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo


@dataclass(slots=True)
class Tally:
    """Counts the commitments of one event while it is checked, since they are worth nothing without their salt."""

    commitments: int = 0


def _tally(value: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Tally):
        info.context.commitments += 1
    return value


# No blank and no "@": neither a sentence nor an e-mail address is an id.
Id = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9:_./+=-]{0,127}\z")]
Word = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_.-]{0,39}\z")]
Subject = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{32}\z")]
Digest = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{32,64}\z")]
Commitment = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}\z"), AfterValidator(_tally)]
Count = Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Timings = Annotated[dict[Word, Seconds], Field(max_length=32)]
Roles = Annotated[list[Word], Field(max_length=32)]
Level = Literal["public", "internal", "confidential", "restricted"]


class Details(BaseModel):
    # The input never shows in an error: a refused value may be the very text that must not be written down.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Passage(Details):
    """A chunk by id, with the document version it belongs to and a commitment to its text."""

    chunk: Id
    version: Id
    content: Commitment
    document: Id | None = None
    score: float | None = Field(default=None, ge=-1e9, le=1e9, allow_inf_nan=False)


Passages = Annotated[list[Passage], Field(max_length=1000)]


class Decision(Details):
    """The effective access decision: the hash of the asker's grants (``Principal.key``) and how many they are."""

    access: Digest
    grants: Count
    roles: Roles = []


class SignIn(Details):
    method: Word
    session: Digest | None = None
    roles: Roles = []
    reason: Word | None = None


class SignOut(Details):
    method: Word | None = None
    session: Digest | None = None
    reason: Word | None = None


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


class Impersonation(Details):
    """An operator acts as ``target``. ``account`` is the pseudonym of the operator's account on that machine."""

    target: Subject
    command: Word
    account: Subject | None = None
    queries: Count | None = None
    reason: Word | None = None


class SourceRun(Details):
    source: Id
    run: Id | None = None
    connector: Word | None = None
    new: Count = 0
    changed: Count = 0
    unchanged: Count = 0
    deleted: Count = 0
    failed: Count = 0
    seconds: Seconds | None = None
    reason: Word | None = None


class SourceConfigured(Details):
    """``settings`` commits to the whole configuration; ``access`` is the key of the access it gives its items.
    ``declared`` is how sensitive its plan makes everything in it; ``lowered`` where the plan makes something less
    sensitive than the one before did."""

    source: Id
    change: Literal["created", "changed", "removed", "owners"]
    connector: Word | None = None
    revision: Count | None = None
    settings: Commitment | None = None
    access: Digest | None = None
    declared: Level | None = None
    lowered: Flag | None = None


class DestinationConfigured(Details):
    """``settings`` commits to kind, configuration and contract; ``audience`` to the sorted group names, one a line.
    ``deliveries`` were put in line again by ``replayed``."""

    destination: Id
    change: Literal["created", "changed", "removed", "tested", "replayed"]
    connector: Word | None = None
    settings: Commitment | None = None
    audience: Commitment | None = None
    audience_count: Count | None = None
    fallback: Id | None = None
    deliveries: Count | None = None


class DeliveryIntent(Details):
    """``body`` is about to be sent to a destination, by its name: a message that was made of ``answer``."""

    delivery: Id
    destination: Id
    answer: Id
    attempt: Count
    connector: Word
    body: Commitment


class DeliveryOutcome(Details):
    """What came of it. ``refused`` will not work however often it is tried, ``given_up`` did not work as often as it
    was tried; the message then went to the destination ``fallback``, or to ``review`` by people. ``found``: an earlier
    attempt had got through. Without a ``delivery`` it was not even put in line."""

    destination: Id
    answer: Id
    result: Literal["accepted", "postponed", "refused", "given_up", "fallback", "review", "unknown"]
    delivery: Id | None = None
    attempt: Count | None = None
    found: Flag | None = None
    fallback: Id | None = None
    reason: Word | None = None


class ActedFor(Details):
    """A service account, which is the subject, acts for ``target`` by a grant."""

    target: Subject
    grant: Id
    command: Word


class RoleChanged(Details):
    """A role that needs approval is asked for, given or declined. ``why`` commits to the reason."""

    person: Subject
    role: Word
    request: Id
    change: Literal["asked", "approved", "declined"]
    asked_by: Subject | None = None
    why: Commitment | None = None


class ServiceChanged(Details):
    """``account`` was made or removed, got or lost a key, or a grant to act for ``target`` or for a group, to whose
    name ``group`` commits."""

    account: Subject
    change: Literal["added", "removed", "key_made", "key_ended", "grant_given", "grant_ended"]
    scopes: Roles = []
    grant: Id | None = None
    target: Subject | None = None
    group: Commitment | None = None
    until: AwareDatetime | None = None


class PeopleChanged(Details):
    """``groups`` commits to the sorted group names, one a line. Of somebody ``forgotten``, ``values`` went from the
    vault and ``labels`` of passages were dropped. ``origin``: a directory says so."""

    person: Subject
    change: Literal["added", "changed", "disabled", "removed", "forgotten"]
    roles: Roles = []
    groups: Commitment | None = None
    groups_count: Count | None = None
    values: Count | None = None
    labels: Count | None = None
    origin: Word | None = None


class PolicyChanged(Details):
    """``version`` of the data policy holds from now on. ``document`` commits to its canonical JSON, ``why`` to the
    reason."""

    version: Count
    change: Literal["seeded", "changed"]
    document: Commitment
    why: Commitment
    replaced: Count | None = None


class ModelChanged(Details):
    """A model of the register. ``revision`` is the number of the change in the whole register; ``ceiling`` the most
    sensitive text that may go there. ``entry`` commits to its canonical JSON, ``why`` to the reason."""

    model: Id
    revision: Count
    change: Literal["seeded", "added", "changed", "retired"]
    provider: Word
    tier: Word
    ceiling: Level
    entry: Commitment
    why: Commitment


class ModelChecked(Details):
    """A fixed public sentence was sent to a model to see whether it answers."""

    model: Id
    sdk: Id | None = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    reason: Word | None = None
    seconds: Seconds | None = None


class PassageFlagged(Details):
    """Passages that read like instructions to a model, by the closed words of what they were found by. ``destination``
    is the model that they were sent to, or ``extractive``."""

    answer: Id
    document: Id
    version: Id
    chunks: Annotated[list[Id], Field(max_length=1000)]
    signs: Annotated[list[Word], Field(max_length=100)]
    destination: Id


class BudgetChanged(Details):
    """At most ``most`` of ``unit`` in each ``per``, money in millionths of ``currency``. ``name`` commits to whose it
    is, ``why`` to the reason."""

    scope: Word
    name: Commitment
    per: Word
    unit: Word
    change: Literal["seeded", "set", "removed"]
    why: Commitment
    most: Count | None = None
    currency: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{3}\z")] | None = None


class DocumentSuppressed(Details):
    document: Id
    change: Literal["suppressed", "released"] = "suppressed"
    source: Id | None = None
    version: Id | None = None
    uri: Commitment | None = None
    reason: Word | None = None


class SensitivityChanged(Details):
    """Somebody ``said`` how sensitive a document is. ``before`` and ``after`` are those of its most sensitive chunk;
    ``why`` commits to the reason."""

    document: Id
    before: Level
    said: Level
    after: Level
    why: Commitment
    source: Id | None = None
    version: Id | None = None


class AccessChanged(Details):
    """Access keys (``Access.key``) before and after, for one document or for ``documents`` of a source."""

    before: Digest | None = None
    after: Digest | None = None
    document: Id | None = None
    source: Id | None = None
    documents: Count | None = None
    run: Id | None = None


class InstallationStarted(Details):
    version: Id
    mode: Word
    key: Digest | None = None
    schema_revision: Id | None = None
    settings: Commitment | None = None
    model: Id | None = None
    embedder: Id | None = None
    index: Id | None = None
    reason: Word | None = None


class AuditVerified(Details):
    """``first_broken`` is the sequence number of the first broken record. ``reason`` is ``head_accepted`` when an
    operator let the log go on from a restored database, whose head was ``expected`` at ``expected_at``. ``kept`` is how
    many checkpoints from outside it was held against."""

    ok: Flag
    records: Count
    head: Digest | None = None
    first_broken: Count | None = None
    expected: Digest | None = None
    expected_records: Count | None = None
    expected_at: AwareDatetime | None = None
    reason: Word | None = None
    seconds: Seconds | None = None
    root: Digest | None = None
    kept: Count | None = None


class AuditRead(Details):
    """Records ``first`` to ``last`` of the log were read."""

    records: Count
    first: Count | None = None
    last: Count | None = None


class SubjectIdentified(Details):
    """Somebody looked up which ``person`` a pseudonym stands for. ``why`` commits to the reason."""

    person: Subject
    found: Flag
    why: Commitment


class AuditExported(Details):
    """Records ``first`` to ``last`` were copied out, with proofs that they are in the tree of ``size`` records."""

    records: Count
    size: Count
    root: Digest
    first: Count | None = None
    last: Count | None = None
    form: Word | None = None
    seconds: Seconds | None = None


class AuditRotated(Details):
    """From the checkpoint over this record on the log is signed by ``key`` (Ed25519, raw), number ``generation``. That
    checkpoint is signed by the key before as well."""

    generation: Count
    key: Digest


class CredentialChanged(Details):
    """With what ``person`` comes in: a link, a password, a key, an account of a provider. ``sessions`` ended by it."""

    person: Subject
    change: Literal["made", "set", "renewed", "removed", "linked", "unlinked", "ended"]
    credential: Literal["link", "password_link", "password", "key", "identity", "session"]
    by: Subject | None = None
    sessions: Count | None = None
    session: Digest | None = None
    expires_at: AwareDatetime | None = None


class GroupChanged(Details):
    """A group of a directory. ``name`` commits to what it is called there, ``people`` are its members after."""

    group: Id
    change: Literal["created", "changed", "removed"]
    origin: Word
    name: Commitment
    people: Count
    joined: Annotated[list[Subject], Field(max_length=1000)] = []
    left: Annotated[list[Subject], Field(max_length=1000)] = []
    unnamed: Count | None = None
    """Members who joined or left beyond those that are named."""


class WebhookConfigured(Details):
    """``url`` commits to the address; ``sources``: how many it is narrowed to."""

    webhook: Id
    change: Literal["created", "removed", "rotated", "tested", "replayed"]
    url: Commitment
    events: Annotated[list[Word], Field(max_length=32)]
    sources: Count | None = None
    deliveries: Count | None = None


class WebhookDelivered(Details):
    """An event of ids and states was taken by its receiver (``sent``), or could not be brought there (``dead``)."""

    webhook: Id
    delivery: Id
    event: Word
    attempt: Count
    result: Literal["sent", "dead"]


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


class HoldChanged(Details):
    """Something is held, or is not held any more. ``why`` commits to the reason, ``target`` is an id, or the pseudonym
    of a person."""

    hold: Id
    change: Literal["placed", "lifted"]
    kind: Word
    target: Id
    why: Commitment


Counts = Annotated[dict[Word, Count], Field(max_length=64)]
Side = Literal["asker", "about", "both"]


class SubjectExported(Details):
    """What is kept of a person was copied out, at that person's request. ``person`` is missing where it is nobody who
    has an account here; ``address`` commits to the e-mail address."""

    side: Side
    address: Commitment
    person: Subject | None = None
    found: Counts = {}


class SubjectErased(Details):
    """What is kept of a person is erased, or was. ``request`` is the id of the report, ``report`` its hash;
    ``restored``: it had come back with a backup."""

    request: Id
    side: Side
    documents: Literal["suppress", "labels-only"]
    person: Subject | None = None
    removed: Counts = {}
    held: Counts = {}
    unreached: Count | None = None
    report: Digest | None = None
    restored: Flag | None = None


class RetentionRun(Details):
    """What was older than its class is kept for was removed, by class; ``held`` was spared by a hold. ``days`` are
    those that each class is kept."""

    removed: Counts
    held: Counts = {}
    days: Counts = {}
