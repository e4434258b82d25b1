"""Fits the weights of ``answer.suspicion`` on the tuning halves: ``vouch eval injection --fit``."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from answer.sign_patterns import WORDS
from answer.signs import found
from answer.suspicion import Scorer
from answer.units import units
from evals.calibration import Sample, fit
from evals.datasets import data_folder
from evals.injection_cases import attacks, clean_contexts, harmless, is_tuning, known_attacks

WEIGHTS = Path(__file__).resolve().parents[1] / "answer" / "suspicion_weights.json"
PASSAGE = 1_200
"""Characters of a passage of an ordinary document."""
_RIDGE = 1.0
_FALSE_ALARMS = {"harmless prompts": 0.03, "documents": 0.004, "sentences": 0.002}
"""Most false alarms that a threshold may give on the tuning half."""
DOCUMENTS = (
    "qa_northwind_hr/corpus.jsonl.gz", "corpus_enterprisebench/policies.jsonl.gz",
    "corpus_enterprisebench/posts.jsonl.gz", "corpus_enterprisebench/it_tickets.jsonl.gz",
    "corpus_enterprisebench/support_chats.jsonl.gz",
    "corpus_handbooks/gds-way.jsonl.gz", "corpus_handbooks/handbook.jsonl.gz",
    "corpus_handbooks/incident-response-docs.jsonl.gz", "corpus_handbooks/policies.jsonl.gz",
    "corpus_handbooks/security-policy-templates.jsonl.gz", "ret_claude_docs/corpus.jsonl.gz",
)  # fmt: skip
"""Ordinary documents. The last are about models and prompts, and no weight is fitted on them."""
_MOST = 800
BY_HAND = {
    "template_token": 5.0, "hidden_characters": 5.0, "spelled_out": 6.0, "encoded": 3.0, "script": 2.5,
    "disguised_link": 2.5, "external_image": 2.0,
}  # fmt: skip
"""Least weights of signs that the sets have too few examples of."""
MOST_BY_HAND = {"demands_output": 3.0, "dictates_words": 3.0}
"""Most weights of signs that manuals have too ("and print"): alone they flag nothing."""


def documents(data: Path | None = None) -> dict[str, list[str]]:
    """Passages of ordinary documents, at most ``_MOST`` of each file, spread over it."""
    folder = data or data_folder()
    pieces_of: dict[str, list[str]] = {}
    for name in DOCUMENTS:
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            pieces = [piece for line in lines for piece in _cut(_text(json.loads(line)))]
        pieces_of[name.removesuffix(".jsonl.gz")] = pieces[:: max(1, len(pieces) // _MOST)][:_MOST]
    return pieces_of


def fitted(data: Path | None = None) -> Scorer:
    """The scorer of the tuning halves. Raises ``NotFound``."""
    own = [attack for attack in attacks(data) if attack.tuning]
    clean = [text.text for text in clean_contexts(data) if text.tuning]
    kind = [text.text for text in harmless(data) if text.tuning]
    known = [text.text for text in known_attacks(data) if text.tuning]
    papers = [text for texts in list(documents(data).values())[:-1] for text in texts if is_tuning(text)]
    sets = {
        "inj_bipia": ([a.document for a in own if a.set == "inj_bipia"], clean),
        "inj_garak_latent": ([a.document for a in own if a.set == "inj_garak_latent"], clean),
        "inj_notinject": (known, kind),
        "documents": (known + [a.injected for a in own], papers),
    }
    rows = [
        (name, label, text)
        for name, (bad, good) in sets.items()
        for label, texts in ((1, bad), (0, good))
        for text in texts
    ]
    sample = Sample(
        WORDS,
        np.array([_signals(text) for _, _, text in rows], dtype=np.float64),
        np.array([label for _, label, _ in rows], dtype=np.int64),
        tuple(name for name, _, _ in rows),
    )
    bare = _bare(sample, f"tuning halves of {', '.join(sets)}; {datetime.now(UTC):%Y-%m-%d}")
    sentences = [text[unit.start : unit.end] for text in papers for unit in units(text, frozenset())]
    flag = max(
        _lowest(bare, kind, _FALSE_ALARMS["harmless prompts"]), _lowest(bare, papers, _FALSE_ALARMS["documents"])
    )
    each = _lowest(bare, sentences, _FALSE_ALARMS["sentences"])
    return replace(bare, flag_from=round(flag, 4), instructs_from=round(each, 4))


def _bare(sample: Sample, fitted_on: str) -> Scorer:
    """The weights, for signs as they are and not standardised."""
    model = fit(sample, ridge=_RIDGE)
    own = {name: weight / scale for name, weight, scale in zip(model.names, model.weights, model.scales, strict=True)}
    shift = sum(own[name] * mean for name, mean in zip(model.names, model.means, strict=True))
    weights = {
        name: round(min(max(own.get(name, 0.0), BY_HAND.get(name, 0.0)), MOST_BY_HAND.get(name, math.inf)), 4)
        for name in WORDS
    }
    kept = {name: weight for name, weight in weights.items() if weight}
    return Scorer(1, fitted_on, kept, round(model.intercept - shift, 4), 0.5, 0.5)


def _lowest(scorer: Scorer, texts: Sequence[str], most: float) -> float:
    """The lowest threshold that flags at most this share of harmless texts: half way between two scores, as near as can
    be to the highest score that is left alone."""
    scores = np.array([scorer.score({word for word, _ in found(text)}) for text in texts])
    every = sorted({*scores.tolist(), *(scorer.score((one, other)) for one in WORDS for other in WORDS)})
    return next((low + high) / 2 for low, high in pairwise(every) if float(np.mean(scores > low)) <= most)


def _signals(text: str) -> list[float]:
    signs = {word for word, _ in found(text)}
    return [float(word in signs) for word in WORDS]


def _text(row: dict[str, object]) -> str:
    if "text" in row:
        return str(row["text"])
    return "\n".join(f"{key}: {value}" for key, value in row.items())


def _cut(text: str) -> Iterator[str]:
    text = text.strip()
    while len(text) > PASSAGE:
        at = max(text.rfind("\n", PASSAGE // 2, PASSAGE), text.rfind(" ", PASSAGE // 2, PASSAGE))
        at = at if at > 0 else PASSAGE
        yield text[:at]
        text = text[at:].strip()
    if text:
        yield text
