"""Sources, destinations, policy, models, budgets, documents, webhooks: what is configured, and what ran."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.audit.details.base import Commitment, Count, Details, Digest, Flag, Id, Level, Seconds, Word


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
