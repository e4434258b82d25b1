"""Two tiers on loopback: a small real model, and in the place of a large one a writer that only quotes.

The small one is asked each thing once; what it said is kept, so that arms that are compared differ in nothing else, and
a second run costs no time. The writer gets what any model gets, and knows neither gold answers nor where they stand.
"""

from __future__ import annotations

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from answer.candidates import Embed
from answer.models.entry import Handling, ModelEntry, Prices
from evals import local_answers
from evals.spy import Reply, Request, Spy, send

SMALL, LARGE = Prices(input=0.1, output=0.4), Prices(input=2.5, output=10)
"""Made up, 25 to 1: such as small and large models of one provider have had. Per million tokens."""
IS = (
    f"The small tier is SmolLM2 with 135 million parameters, on premises, which reads {local_answers.CONTEXT_TOKENS} "
    "tokens. In the place of a large tier stands no model but a careful writer: it is outside, gets the evidence "
    "redacted and numbered as any model would, and quotes the sentences nearest to the question by MiniLM, with their "
    "numbers. "
    f"Prices are made up: {SMALL.input:g} and {SMALL.output:g} USD per million tokens in and out for the small tier, "
    f"{LARGE.input:g} and {LARGE.output:g} for the large one; tokens of both are those of SmolLM2's tokenizer. "
    "It says how often the shipped path turns to the larger tier and what that costs, not how good any large model is."
)

_MOST = 3
"""Sentences that the careful writer quotes."""
_NEAR, _SAME = 0.85, 0.95
"""Of the cosine of the best sentence, what a further one has at least; and the cosine from which two are the same."""
_SHORTEST = 4
_OPENER = re.compile(
    r"(?:additionally|also|finally|furthermore|however|in addition|moreover|therefore|thus)\s*,\s*", re.IGNORECASE
)
_SECONDS = 240


def entries(small_url: str, large_url: str) -> tuple[ModelEntry, ModelEntry]:
    """The small tier on the organisation's own premises, the large one outside with every undertaking."""
    agreed = Handling(agreement="evaluation", training_prohibited=True, retention_days=0, legal_basis="evaluation")
    large = ModelEntry(
        name="careful", provider="compatible", model="careful-writer-1", tier="large", base_url=large_url,
        sensitivity="confidential", handling=agreed, prices=LARGE,
    )  # fmt: skip
    return local_answers.entry(small_url).model_copy(update={"tier": "small", "prices": SMALL}), large


class Replies(Spy):
    """What the server at ``upstream`` replies; kept in ``folder`` by what it was asked. A server that is not there
    is overloaded."""

    def __init__(self, upstream: str, folder: Path) -> None:
        super().__init__()
        self._upstream, self._folder = upstream.rstrip("/"), folder
        folder.mkdir(parents=True, exist_ok=True)

    def answer(self, http: BaseHTTPRequestHandler, request: Request) -> None:
        self.requests.clear()
        asked = json.dumps(request.body, sort_keys=True).encode()
        path = self._folder / f"{hashlib.sha256(asked).hexdigest()}.txt"
        if path.is_file():
            send(http, 200, "text/event-stream", path.read_bytes())
            return
        try:
            reply = httpx2.post(self._upstream + request.path, json=dict(request.body), timeout=_SECONDS)
        except httpx2.HTTPError:
            send(http, 503, "application/json", b"{}")
            return
        if reply.status_code == 200:
            path.write_bytes(reply.content)
        send(http, reply.status_code, reply.headers.get("content-type", "application/json"), reply.content)


class Tokens:
    """Counts with the tokenizer of the server at ``address``, for both tiers alike."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self, request: Request, said: str) -> tuple[int, int]:
        return self._count("\n".join(_texts(request))), self._count(said)

    def _count(self, text: str) -> int:
        reply = httpx2.post(f"{self._address}/tokenize", json={"content": text}, timeout=_SECONDS)
        return len(reply.raise_for_status().json()["tokens"])


def careful(embed: Embed) -> Reply:
    """The writer: ``embed`` tells how near sentences are to the question."""

    def reply(request: Request) -> str | None:
        found = [(n, text) for n, text in request.units if _states(text)]
        if not found:
            return request.question.splitlines()[-1]
        vectors = embed([request.question, *(text for _, text in found)])
        chosen = _nearest(vectors[1:], vectors[1:] @ vectors[0])
        return " ".join(f"{_plain(found[at][1])} [{found[at][0]}]." for at in sorted(chosen))

    return reply


def _nearest(vectors: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> list[int]:
    """The best, then those nearly as good that say something else."""
    chosen: list[int] = []
    for at in np.argsort(-scores, kind="stable").tolist():
        if len(chosen) == _MOST or (chosen and scores[at] < _NEAR * scores[chosen[0]]):
            break
        if all(float(vectors[at] @ vectors[other]) < _SAME for other in chosen):
            chosen.append(at)
    return chosen


def _states(text: str) -> bool:
    return len(text.split()) >= _SHORTEST and not text.rstrip().endswith(("?", ":"))


def _plain(text: str) -> str:
    """Without what ties it to a sentence before it that is not there."""
    own = _OPENER.sub("", text, count=1) if _OPENER.match(text) else text
    return (own[:1].upper() + own[1:]).rstrip(" .!")


def _texts(request: Request) -> list[str]:
    return [str(message["content"]) for message in request.body["messages"]]
