"""How much of the personal data is found: ``vouch eval pii``.

A gold span counts as found when findings together cover all of its characters but blanks: what is left visible of a
value would leave the house, whichever kind it was taken for. A finding counts as right when more than half of its
letters and digits are gold: it may carry a word too many (a redaction that is a little too wide hurts nobody's
privacy), but not be mostly something else.

``pii_presidio_synth`` is made from templates, so its texts are not independent: templates are split by a hash of their
id into a half for tuning and a half for the figures, and the bootstrap draws templates, not texts.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import NotFound
from core.text import Span
from evals.datasets import data_folder, json_lines
from evals.metrics import Interval
from ingest.label.findings import Detector, Finding

SYNTHETIC = "pii_presidio_synth/generated_large.jsonl"
CASES = "pii_recognizer_cases/cases.jsonl"
GROUPS: Mapping[str, frozenset[str]] = {
    "direct identifiers": frozenset(
        "PERSON EMAIL_ADDRESS PHONE_NUMBER CREDIT_CARD IBAN_CODE US_SSN US_DRIVER_LICENSE IP_ADDRESS".split()  # noqa: SIM905
    ),
    "street addresses": frozenset({"ADDRESS", "STREET_ADDRESS"}),
}
RESAMPLES = 2_000
DOCUMENT = 2_000
"""Characters of a document that is made of texts."""
_BATCH = 64

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gold:
    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its gold spans; texts of one ``template`` are much alike."""

    text: str = field(repr=False)
    template: str
    gold: tuple[Gold, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A text of a recogniser's own tests; ``gold`` is empty for a near miss."""

    kind: str
    text: str = field(repr=False)
    gold: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``, with the 95 % interval of the bootstrap over templates."""

    hits: int
    total: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Scores:
    recall: Share
    precision: Share
    recall_of: Mapping[str, Share]
    precision_of: Mapping[str, Share]
    texts: int
    templates: int


@dataclass(frozen=True, slots=True)
class CaseScores:
    """``whole``: positives covered by findings; ``named``: covered by findings of that very kind; ``quiet``: near
    misses not found as that kind. ``worst``: kinds by what they miss."""

    whole: tuple[int, int]
    named: tuple[int, int]
    quiet: tuple[int, int]
    worst: Sequence[tuple[str, int, int]]


def synthetic(*, tuning: bool, data: Path | None = None) -> list[Labelled]:
    """One half of the set. Raises ``NotFound``."""
    rows = json_lines(_present(data, SYNTHETIC))
    return [
        Labelled(
            row["text"],
            str(row["template_id"]),
            tuple(Gold(span["type"], Span(span["start"], span["end"])) for span in row["spans"]),
        )
        for row in rows
        if is_tuning(str(row["template_id"])) == tuning
    ]


def is_tuning(template: str) -> bool:
    return hashlib.sha256(f"pii-split:{template}".encode()).digest()[0] % 2 == 0


def cases(data: Path | None = None) -> list[Case]:
    """Raises ``NotFound``."""
    return [
        Case(row["entity"], row["text"], tuple(Span(start, end) for start, end in row["spans"]))
        for row in json_lines(_present(data, CASES))
    ]


def detect(
    detector: Detector, texts: Sequence[str], tell: Callable[[int, int], None] = lambda done, all_: None
) -> list[tuple[Finding, ...]]:
    """The findings of each text. ``tell`` hears how many are done."""
    found: list[tuple[Finding, ...]] = []
    for start in range(0, len(texts), _BATCH):
        found += detector.find(texts[start : start + _BATCH])
        tell(len(found), len(texts))
    return found


def detect_in_documents(detector: Detector, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
    """The findings of each text when it is read as a paragraph of a document among others.

    Detection reads long texts more sparingly than questions, and other paragraphs stand around each value.
    """
    order = np.random.default_rng(0).permutation(len(texts))
    found: dict[int, list[Finding]] = {int(number): [] for number in order}
    for group in _documents(texts, [int(number) for number in order]):
        document = "\n\n".join(texts[number] for number in group)
        findings = detector.find([document])[0]
        start = 0
        for number in group:
            end = start + len(texts[number])
            for finding in findings:
                low, high = max(start, finding.span.start), min(end, finding.span.end)
                if low < high:
                    found[number].append(replace(finding, span=Span(low - start, high - start)))
            start = end + 2
    return [tuple(found[number]) for number in range(len(texts))]


def _documents(texts: Sequence[str], order: Sequence[int]) -> Iterator[list[int]]:
    group: list[int] = []
    for number in order:
        group.append(number)
        if sum(len(texts[each]) for each in group) >= DOCUMENT:
            yield group
            group = []
    if group:
        yield group


def score(texts: Sequence[Labelled], found: Sequence[Sequence[Finding]]) -> Scores:
    recall = _Tally()
    precision = _Tally()
    for labelled, findings in zip(texts, found, strict=True):
        covered = _covered(len(labelled.text), (finding.span for finding in findings))
        gold = _covered(len(labelled.text), (each.span for each in labelled.gold))
        for each in labelled.gold:
            recall.add(labelled.template, each.kind, is_whole(labelled.text, each.span, covered))
        for finding in findings:
            precision.add(labelled.template, finding.kind, _is_right(labelled.text, finding.span, gold))
    groups = {name: recall.share(kinds) for name, kinds in GROUPS.items() if recall.has(kinds)}
    return Scores(
        recall.share(None),
        precision.share(None),
        groups | {kind: recall.share(frozenset({kind})) for kind in recall.kinds()},
        {kind: precision.share(frozenset({kind})) for kind in precision.kinds()},
        len(texts),
        len({labelled.template for labelled in texts}),
    )


def score_cases(all_cases: Sequence[Case], found: Sequence[Sequence[Finding]]) -> CaseScores:
    whole = named = positives = quiet = negatives = 0
    missed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for case, findings in zip(all_cases, found, strict=True):
        same = [finding.span for finding in findings if finding.kind == case.kind]
        total[case.kind] += 1
        if not case.gold:
            negatives += 1
            quiet += not same
            missed[case.kind] += bool(same)
            continue
        positives += 1
        covered = _covered(len(case.text), (finding.span for finding in findings))
        by_name = _covered(len(case.text), same)
        is_named = all(is_whole(case.text, span, by_name) for span in case.gold)
        whole += all(is_whole(case.text, span, covered) for span in case.gold)
        named += is_named
        missed[case.kind] += not is_named
    worst = [(kind, count, total[kind]) for kind, count in missed.most_common() if count]
    return CaseScores((whole, positives), (named, positives), (quiet, negatives), worst)


def is_whole(text: str, span: Span, covered: bytearray) -> bool:
    """Whether every character of ``span`` that is no blank is covered."""
    return all(covered[at] or text[at].isspace() for at in range(span.start, span.end))


def _is_right(text: str, span: Span, gold: bytearray) -> bool:
    letters = [at for at in range(span.start, span.end) if text[at].isalnum()]
    return 2 * sum(gold[at] for at in letters) > len(letters)


def _covered(length: int, spans: Iterable[Span]) -> bytearray:
    covered = bytearray(length)
    for span in spans:
        covered[span.start : span.end] = b"\1" * len(span)
    return covered


class _Tally:
    """Hits and misses by template and kind."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))

    def add(self, template: str, kind: str, hit: bool) -> None:
        counts = self._counts[template][kind]
        counts[0] += hit
        counts[1] += 1

    def kinds(self) -> list[str]:
        return sorted({kind for kinds in self._counts.values() for kind in kinds})

    def has(self, kinds: frozenset[str]) -> bool:
        return bool(kinds.intersection(self.kinds()))

    def share(self, kinds: frozenset[str] | None) -> Share:
        """Of these kinds, or of all."""
        rows = [
            [
                sum(counts[place] for kind, counts in by_kind.items() if kinds is None or kind in kinds)
                for place in (0, 1)
            ]
            for by_kind in self._counts.values()
        ]
        counts: Counts = np.array([row for row in rows if row[1]] or [[0, 0]], dtype=np.float64)
        hits, total = (int(value) for value in counts.sum(axis=0))
        return Share(hits, total, _interval(counts))


def _interval(counts: Counts, seed: int = 0) -> Interval:
    """Ratio of sums, by the bootstrap over rows [hits, total], one a template."""
    drawn = np.random.default_rng(seed).integers(0, len(counts), (RESAMPLES, len(counts)))
    sums = counts[drawn].sum(axis=1)
    shares = sums[:, 0] / np.maximum(sums[:, 1], 1.0)
    low, high = np.percentile(shares, [2.5, 97.5])
    hits, total = counts.sum(axis=0)
    return Interval(float(hits / total) if total else 0.0, float(low), float(high))


def _present(data: Path | None, name: str) -> Path:
    path = (data or data_folder()) / name
    if not path.is_file():
        raise NotFound(
            f"The evaluation set {name} is not here.", hint="Set VOUCH_EVAL_DATA to the folder that holds it."
        )
    return path
