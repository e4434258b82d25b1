"""What is taken out of the texts of a request, and as what: values that were found, and every other place where one of
them stands. The data policy says which of them go out as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from answer.cleared import ClearedText, Edit
from answer.encoded import hidden
from answer.linking import Name
from answer.minting import Mint, mention
from answer.pseudonyms import LITERAL, look_alikes
from answer.settle import settle, whole_names, without
from answer.sighting import TYPED, Text
from answer.sweep import Hit, Needle, Sweep, needles_of_name, needles_of_value
from answer.vault import Entry, Place
from core.kinds import KIND
from core.policy import TREATMENTS, Destination, Policy, Sensitivity
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
    sweeps: dict[tuple[Sensitivity, bool], tuple[list[_Known], Sweep]] = {}
    for text in texts:
        key = (text.level, text.number is not None)
        if key not in sweeps:
            sweeps[key] = _sweep(known, policy, destination, *key)
        those, sweep = sweeps[key]
        taken = sorted([finding.span for finding in text.settled] + [span for span, _ in text.genuine])
        free = without(Span(0, len(text.text)), taken)
        again: list[Finding] = []
        encoded = list(_encoded(text.text, free, sweep))
        free = [part for range_ in free for part in without(range_, [hit.span for hit in encoded])]
        for hit in encoded:
            first = those[hit.needle.rank]
            if policy.treatment(first.kind, text.level, destination) == "block":
                text.blocked.add(first.kind)
            text.mentions.append(
                (hit.span, KNOWN_VALUE, mention(UNNAMED, hit.span.of(text.text), places(text, hit.span)))
            )
            again.append(Finding(UNNAMED, hit.span, first.score, KNOWN_VALUE))
        for hit in sweep.find(text.text, is_path=text.part == "uri", free=free):
            first = those[hit.needle.rank]
            if policy.treatment(first.kind, text.level, destination) == "block":
                text.blocked.add(first.kind)
            made = mention(
                first.kind, hit.span.of(text.text), places(text, hit.span), name=hit.needle.name, as_value=first.value
            )
            text.mentions.append((hit.span, KNOWN_VALUE, made))
            again.append(Finding(first.kind, hit.span, first.score, KNOWN_VALUE))
        if again:
            text.mentions.sort(key=lambda each: each[0])
            text.settled = tuple(sorted((*text.settled, *again), key=lambda finding: finding.span))


def _sweep(
    known: Sequence[_Known], policy: Policy, destination: Destination, level: Sensitivity, is_passage: bool
) -> tuple[list[_Known], Sweep]:
    """What is looked for in texts as sensitive as this: what is treated most strictly first, since words that are the
    name of a place and of a person are that of the person here. What a passage may say by itself it may say; but the
    question and the history have to speak of the same thing as others."""
    strictness = {each.kind: TREATMENTS.index(policy.treatment(each.kind, level, destination)) for each in known}
    those = sorted(known, key=lambda each: -strictness[each.kind])
    those = [each for each in those if strictness[each.kind] or not is_passage]
    needles: list[Needle] = []
    for rank, each in enumerate(those):
        named = each.name
        needles += needles_of_value(each.value, rank) if named is None else needles_of_name(named, rank)
    return those, Sweep(needles)


def _encoded(text: str, free: Sequence[Span], sweep: Sweep) -> Iterator[Hit]:
    """What is encoded and has a known value in it, as a whole."""
    for range_ in free:
        for span, plain in hidden(text, range_):
            hit = next(sweep.find(plain, is_path=True, free=[Span(0, len(plain))]), None)
            if hit is not None:
                yield Hit(span, hit.needle)


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
