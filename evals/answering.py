"""How well the extractive reader answers, and abstains: ``python -m evals.answering [--fit]``.

Prints the balanced accuracy of answering against abstaining on each set with one threshold: cross-validated, weights
and threshold fitted on the training folds only; fitted on the other sets only; and of the shipped weights. Then how
much of the gold answers the shown sentences carry, and what reading costs. ``--fit`` fits on everything and writes the
shipped ``answer/support_weights.json``.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from answer.candidates import Embed, Reading, weigh_up
from answer.extract import answer
from answer.sentences import sentences
from answer.settings import AnswerSettings
from answer.support import FEATURES, Support, features, shipped
from evals.answering_cases import Case, Corpus, corpora
from evals.calibration import Balanced, Floats, Sample, auc, balanced, cross_validate, fit, probabilities
from evals.datasets import data_folder
from evals.remembered import Remembered
from evals.shelf import Shelf
from ingest.embed.base import Embedder
from ingest.embed.open import open_embedder
from ingest.index.edge import EdgeIndex
from retrieval.evidence import Evidence

Search = Callable[[Case], Evidence]
WEIGHTS = Path(__file__).resolve().parents[1] / "answer" / "support_weights.json"

_TOKEN = re.compile(r"\w+")
_FUNCTION_WORD = re.compile(r"a|an|the|of|to|in|on|at|for|and|or|is|are|was|were|be|by|with|that|this|it|as")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question read: its signals, what would be shown if it is answered, and the naive answer beside it."""

    case: Case
    signals: dict[str, float]
    shown: tuple[str, ...] = field(repr=False)
    naive: tuple[str, ...] = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """``recall``: share of the gold answer's words that is shown; ``precision``: of the shown words that is gold."""

    recall: float
    precision: float
    f1: float
    sentences: float
    words: float


def gather(cases: Sequence[Case], search: Search, embed: Embed, settings: AnswerSettings) -> list[Outcome]:
    """Search for and read every question. ``seconds`` are those of reading, without the search."""
    outcomes: list[Outcome] = []
    for case in cases:
        evidence = search(case)
        started = time.perf_counter()
        reading = weigh_up(case.question, evidence, embed, settings)
        signals = features(reading)
        shown = _shown(reading, settings)
        seconds = time.perf_counter() - started
        outcomes.append(Outcome(case, signals, shown, _naive(evidence), seconds))
    return outcomes


def sample(outcomes: Sequence[Outcome], names: Sequence[str] = tuple(FEATURES)) -> Sample:
    return Sample(
        tuple(names),
        np.array([[outcome.signals[name] for name in names] for outcome in outcomes], dtype=np.float64),
        np.array([int(outcome.case.answerable) for outcome in outcomes], dtype=np.int64),
        tuple(outcome.case.set for outcome in outcomes),
    )


def overlap(outcomes: Sequence[Outcome], texts: Callable[[Outcome], Sequence[str]]) -> Overlap:
    """Means over the questions with a gold answer, as if each were answered."""
    rows = [
        (
            *shared_words(" ".join(texts(outcome)), outcome.case.gold),
            len(texts(outcome)),
            len(" ".join(texts(outcome)).split()),
        )
        for outcome in outcomes
        if outcome.case.gold
    ]
    return Overlap(*(float(value) for value in np.mean(np.array(rows), axis=0)))


def _shown(reading: Reading, settings: AnswerSettings) -> tuple[str, ...]:
    if not reading.candidates:
        return ()
    return tuple(claim.text for claim in answer(reading, 1.0, settings.most_sentences))


def _naive(evidence: Evidence) -> tuple[str, ...]:
    """The first three sentences of the first passage."""
    if not evidence.passages:
        return ()
    top = evidence.passages[0]
    return tuple(unit.text for unit in sentences(top.text, top.spans))[:3]


def shared_words(shown: str, gold: str) -> tuple[float, float, float]:
    """Recall, precision and F1 of the words of ``gold`` among those of ``shown``."""
    ours, theirs = _tokens(shown), _tokens(gold)
    both = sum((ours & theirs).values())
    if not both:
        return 0.0, 0.0, 0.0
    recall, precision = both / sum(theirs.values()), both / sum(ours.values())
    return recall, precision, 2 * recall * precision / (recall + precision)


def _tokens(text: str) -> Counter[str]:
    return Counter(token for token in _TOKEN.findall(text.lower()) if not _FUNCTION_WORD.fullmatch(token))


def shelved(corpus: Corpus, embedder: Embedder, directory: Path, limit: int) -> tuple[Search, EdgeIndex]:
    """The corpus put through the product's ingest and ranking; the index is the caller's to close."""
    index = EdgeIndex(directory / corpus.name, embedder=embedder.identity, dimensions=embedder.dimensions)
    shelf = Shelf(embedder, index)
    shelf.add(corpus.items)
    return (lambda case: shelf.search(case.question, limit, without=case.without)), index


def evaluate(outcomes: Sequence[Outcome], console: Console, *, repeats: int = 10) -> Support:
    """Print all tables; returns the model fitted on everything."""
    whole = sample(outcomes)
    fitted = fit(whole, fitted_on=f"{', '.join(sorted(set(whole.sets)))}; {datetime.now(UTC):%Y-%m-%d}")
    held_out = cross_validate(whole, repeats=repeats)
    table = Table(title="Answering against abstaining: balanced accuracy, 95 % bootstrap intervals")
    for column in ("set", "questions", "cross-validated", "answered", "abstained", "other sets only", "shipped", "AUC"):
        table.add_column(column, justify="left" if column == "set" else "right", no_wrap=True)
    for name in sorted(set(whole.sets)):
        own = whole.of(name)
        test = whole.take(own)
        validated = balanced(held_out[own], test.answerable)
        table.add_row(
            name,
            f"{int(test.answerable.sum())} + {int((1 - test.answerable).sum())}",
            _interval(validated),
            f"{validated.answered:.2f}",
            f"{validated.abstained:.2f}",
            _interval(_decided(fit(whole.take(~own)), test)),
            _interval(_decided(shipped(), test)) if _ships_these_signals() else "",
            f"{auc(probabilities(fitted, test), test.answerable):.3f}",
        )
    console.print(table)
    console.print(_quality(outcomes))
    console.print(_signals(whole, fitted))
    return fitted


def _ships_these_signals() -> bool:
    """Whether the shipped weights belong to the signals of now, and not to those before a change."""
    return WEIGHTS.is_file() and shipped().names == tuple(FEATURES)


def _decided(model: Support, test: Sample) -> Balanced:
    right: Floats = ((probabilities(model, test) >= model.threshold) == (test.answerable == 1)).astype(np.float64)
    return balanced(right, test.answerable)


def _interval(value: Balanced) -> str:
    return f"{value.accuracy:.3f} [{value.low:.3f}, {value.high:.3f}]"


def _quality(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Words of the gold answer (answerable questions, as if all were answered)")
    for column in ("set", "answer", "recall", "precision", "F1", "sentences", "words"):
        table.add_column(column, justify="left" if column in ("set", "answer") else "right")
    for name in sorted({outcome.case.set for outcome in outcomes if outcome.case.gold}):
        own = [outcome for outcome in outcomes if outcome.case.set == name]
        for label, texts in (("extracted", _of_reader), ("first 3 of top passage", _of_naive)):
            each = overlap(own, texts)
            figures = (f"{each.recall:.3f}", f"{each.precision:.3f}", f"{each.f1:.3f}")
            table.add_row(name, label, *figures, f"{each.sentences:.1f}", f"{each.words:.0f}")
    return table


def _of_reader(outcome: Outcome) -> Sequence[str]:
    return outcome.shown


def _of_naive(outcome: Outcome) -> Sequence[str]:
    return outcome.naive


def _signals(whole: Sample, fitted: Support) -> Table:
    names = sorted(set(whole.sets))
    table = Table(title=f"Signals: AUC alone, and weight when fitted on everything (threshold {fitted.threshold:.3f})")
    for column in ("signal", *names, "weight"):
        table.add_column(column, justify="left" if column == "signal" else "right")
    weights = dict(zip(fitted.names, fitted.weights, strict=True))
    for place, signal in enumerate(whole.names):
        alone = (auc(whole.x[whole.of(name), place], whole.answerable[whole.of(name)]) for name in names)
        table.add_row(signal, *(f"{value:.3f}" for value in alone), f"{weights.get(signal, 0.0):.3f}")
    return table


def _cost(corpus: Corpus, search: Search, embedder: Embedder, settings: AnswerSettings, questions: int = 30) -> str:
    """Reading time with nothing remembered."""
    seconds = [each.seconds for each in gather(corpus.cases[:questions], search, embedder.embed, settings)]
    median, late = np.percentile(seconds, [50, 95]) * 1000
    return f"Reading on {corpus.name}: median {median:.0f} ms, p95 {late:.0f} ms"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.answering", description=__doc__)
    parser.add_argument("--fit", action="store_true", help="write answer/support_weights.json")
    parser.add_argument("--cache", type=Path, default=Path("data/evals"), help="exported model and remembered vectors")
    parser.add_argument("--repeats", type=int, default=10, help="repeats of the five folds")
    chosen = parser.parse_args(arguments)
    console = Console(width=150)
    settings = AnswerSettings()
    bare = open_embedder(cache_dir=chosen.cache / "models")
    embedder = Remembered(bare, chosen.cache)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as scratch:
        for corpus in corpora(data_folder()):
            search, index = shelved(corpus, embedder, Path(scratch), settings.passages_read)
            outcomes += gather(corpus.cases, search, embedder.embed, settings)
            console.print(_cost(corpus, search, bare, settings))
            index.close()
            embedder.save()
    fitted = evaluate(outcomes, console, repeats=chosen.repeats)
    if chosen.fit:
        WEIGHTS.write_text(fitted.to_json() + "\n", encoding="utf-8")
        console.print(f"Wrote {WEIGHTS.name}: threshold {fitted.threshold:.3f}.")
    embedder.close()


if __name__ == "__main__":
    main()
