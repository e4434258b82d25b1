"""What is taken out of the texts of a request, and as what: values that were found, and every other place where one of
them stands. The data policy says which of them go out as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from answer.cleared import ClearedText, Edit
from answer.linking import Name
from answer.minting import Mint, mention
from answer.pseudonyms import LITERAL, look_alikes
from answer.settle import settle, whole_names, without
from answer.sighting import TYPED, Text
from answer.sweep import Needle, Sweep, needles_of_name, needles_of_value
from answer.vault import Entry, Place
from core.kinds import KIND
from core.policy import Destination, Policy
from core.text import Span
from ingest.label.findings import Finding

KNOWN_VALUE = "known_value"
UNNAMED = "VALUE"
"""The kind of a value whose kind is no word."""


@dataclass(frozen=True, slots=True)
class _Known:
    kind: str
    value: str = field(repr=False)
    canonical: str = field(repr=False)
    name: Name | None = field(repr=False)
    score: float = 1.0


def mark(
    texts: Sequence[Text],
    policy: Policy,
    destination: Destination,
    kept: Sequence[Entry] = (),
    places: Callable[[Text, Span], tuple[Place, ...]] = lambda text, span: (),
) -> None:
    """Set ``settled``, ``mentions`` (one for each settled value, in order) and ``blocked`` of all ``texts``.

    ``kept`` is what is known from before, ``places`` says where a span of a text stands.
    """
    for text in texts:
        _settle(text, policy, destination, places)
    known = list(_known(texts, policy, destination, kept))
    needles: list[Needle] = []
    for rank, each in enumerate(known):
        named = each.name
        needles += needles_of_value(each.value, rank) if named is None else needles_of_name(named, rank)
    sweep = Sweep(needles)
    for text in texts:
        taken = sorted([finding.span for finding in text.settled] + [span for span, _ in text.genuine])
        free = without(Span(0, len(text.text)), taken)
        again: list[Finding] = []
        for hit in sweep.find(text.text, is_path=text.part == "uri", free=free):
            first = known[hit.needle.rank]
            treatment = policy.treatment(first.kind, text.level, destination)
            # What this text may say by itself it may say; but the question has to speak of the same thing.
            if treatment == "allow" and text.number is not None:
                continue
            if treatment == "block":
                text.blocked.add(first.kind)
            made = mention(
                first.kind, hit.span.of(text.text), places(text, hit.span), name=hit.needle.name, as_value=first.value
            )
            text.mentions.append((hit.span, KNOWN_VALUE, made))
            again.append(Finding(first.kind, hit.span, first.score, KNOWN_VALUE))
        if again:
            text.mentions.sort(key=lambda each: each[0])
            text.settled = tuple(sorted((*text.settled, *again), key=lambda finding: finding.span))


def rewrite(text: Text, mint: Mint) -> ClearedText:
    """One pass over a marked text: what stands between values is copied, and nothing that was put in is read again."""
    pieces: list[str] = []
    edits: list[Edit] = []
    at = length = 0
    for span, _, made in text.mentions:
        token = str(mint.token(made))
        pieces += (text.text[at : span.start], token)
        length += span.start - at
        edits.append(Edit(Span(length, length + len(token)), span, token))
        length += len(token)
        at = span.end
    pieces.append(text.text[at:])
    return ClearedText("".join(pieces), tuple(edits), len(text.text))


def _settle(
    text: Text, policy: Policy, destination: Destination, places: Callable[[Text, Span], tuple[Place, ...]]
) -> None:
    kinds = {finding.kind for finding in text.found}
    treatments = {kind: policy.treatment(kind, text.level, destination) for kind in kinds}
    said = {token[1:].rpartition("_")[0] for _, token in text.genuine} - {LITERAL}
    text.blocked |= {_kind(kind) for kind, treatment in treatments.items() if treatment == "block"}
    text.blocked |= {kind for kind in said if policy.treatment(kind, text.level, destination) == "block"}
    found = [finding for finding in text.found if treatments[finding.kind] != "allow"]
    genuine = [span for span, _ in text.genuine]
    alike = [span for span in look_alikes(text.text) if without(span, genuine) == [span]]
    text.settled = whole_names(text.text, settle(text.text, found, alike, genuine))
    for finding in text.settled:
        made = mention(_kind(finding.kind), finding.span.of(text.text), places(text, finding.span))
        text.mentions.append((finding.span, finding.rule, made))


def _known(texts: Sequence[Text], policy: Policy, destination: Destination, kept: Sequence[Entry]) -> Iterator[_Known]:
    """The values of this request and of before, each once."""
    seen: set[tuple[str, str]] = set()
    for each in _all_known(texts, policy, destination, kept):
        if each.kind != LITERAL and (each.kind, each.canonical) not in seen:
            seen.add((each.kind, each.canonical))
            yield each


def _all_known(
    texts: Sequence[Text], policy: Policy, destination: Destination, kept: Sequence[Entry]
) -> Iterator[_Known]:
    for text in texts:
        for finding, (_, _, made) in zip(text.settled, text.mentions, strict=True):
            yield _Known(made.kind, made.value, made.canonical, made.name, finding.score)
    for entry in kept:
        if policy.treatment(entry.token.kind, TYPED, destination) != "allow":
            yield _Known(entry.token.kind, entry.value, entry.canonical, entry.name)


def _kind(kind: str) -> str:
    return kind if KIND.match(kind) else UNNAMED
