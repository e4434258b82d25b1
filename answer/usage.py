"""What a call uses: tokens estimated before it, what they cost, and for whom it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Literal

from answer.budget import Per
from answer.models.base import Prompt, Usage
from answer.models.entry import ModelEntry, Prices

Purpose = Literal["answer", "followup", "judge", "batch", "check"]
BYTES_PER_TOKEN = 3
"""Fewer than a token of any provider has on average, so that an estimate is rather too high: English has about four,
German about three and a half, Chinese about three (one character)."""
FRAME = 50
"""Tokens around the texts of a prompt."""


@dataclass(frozen=True, slots=True)
class Spender:
    """For whom a call is. ``subject`` is the pseudonym of a person, empty for the installation itself; ``department``
    empty where they have none; ``sources`` are the names of those whose passages go along."""

    subject: str
    department: str = ""
    sources: tuple[str, ...] = ()
    answer_id: str | None = None
    purpose: Purpose = "answer"


@dataclass(frozen=True, slots=True)
class Cost:
    """In millionths of ``currency``. ``saved`` is how much less it is than without the provider's cache; below zero
    where writing into the cache cost more than reading brought."""

    micros: int
    saved: int
    currency: str


def cost_of(prices: Prices, usage: Usage, *, batch: bool = False) -> Cost:
    """A price per million tokens is one of millionths per token. Rounded up: what is counted is never too little."""
    factor = prices.batch if batch else 1.0
    read = prices.input if prices.cache_read is None else prices.cache_read
    write = prices.input if prices.cache_write is None else prices.cache_write
    plain = max(0, usage.input - usage.cache_read - usage.cache_write)
    paid = plain * prices.input + usage.cache_read * read + usage.cache_write * write + usage.output * prices.output
    whole = (plain + usage.cache_read + usage.cache_write) * prices.input + usage.output * prices.output
    # Rounded first: 0.1 + 0.2 would else cost a millionth more than 0.3.
    return Cost(ceil(round(paid * factor, 6)), round((whole - paid) * factor), prices.currency)


def estimated(prompt: Prompt) -> Usage:
    """What a call may use at most: the prompt, nothing of it from a cache, and the longest reply."""
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in _texts(prompt))
    return Usage(input=size // BYTES_PER_TOKEN + FRAME, output=prompt.most_tokens)


def so_far(prompt: Prompt, characters: int) -> Usage:
    """What a call used by estimate that broke off after so many characters of its reply."""
    least = ceil(characters / BYTES_PER_TOKEN)
    return Usage(input=estimated(prompt).input, output=min(prompt.most_tokens, least))


def ceiling_of(entry: ModelEntry, usage: Usage, *, batch: bool = False) -> Cost:
    """What an estimate costs at most: as if all of it were written into the provider's cache, where that is dearer."""
    return max(
        cost_of(entry.prices, usage, batch=batch),
        cost_of(entry.prices, Usage(usage.input, usage.output, cache_write=usage.input), batch=batch),
        key=lambda cost: cost.micros,
    )


def _texts(prompt: Prompt) -> Iterator[str]:
    yield prompt.instructions
    for material in prompt.evidence:
        yield from (material.source, material.title)
        yield from (sentence.text for sentence in material.sentences)
    yield from (said.text for said in prompt.messages)
    if prompt.schema is not None:
        yield str(dict(prompt.schema))


@dataclass(frozen=True, slots=True)
class Reservation:
    """An estimate that is counted, in each of ``pers`` since ``at``, until the call is settled."""

    id: str
    spender: Spender = field(repr=False)
    entry: ModelEntry = field(repr=False)
    estimate: Usage
    cost: Cost
    at: datetime
    pers: tuple[Per, ...]
