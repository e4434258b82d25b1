"""What everything around a model costs: the product's ``/v1/ask`` beside LiteLLM Proxy with its Presidio guardrail.

Behind both stands the same model server, which answers at once. The product is asked questions; the prompts that reach
the model server are kept, and the peer gets exactly those. *Added* is the time from the request to the last byte of the
answer, less what the model server itself takes for these prompts, and, for the product, less its retrieval: the peer
does not search. Requests a second are of whole answers, retrieval included.

The product's prompts are already redacted when they reach the model server; the peer looks through them all the same.
The product found values in the passages when it read the documents, and looks through the question only.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from core.errors import Unavailable
from evals.bench import litellm
from evals.bench.corpora import Corpus
from evals.bench.ingest import Tell
from evals.bench.load import Load, Target, send
from evals.bench.servers import free_port, processor_seconds, running
from evals.bench.timing import Series, percentile
from evals.bench.upstream import MODEL

CONNECTIONS = (1, 16)
RETRIEVAL = ("embed", "index", "check")
"""Timings of an answer that are retrieval."""
TOTAL = "total"
GATEWAY = "gateway and model"
LEFT = "route, prompt, record"
"""What no step accounts for, until the answer is there."""
REST = "http, last record"
LEAST = 5
"""Questions for which the model has to be asked, for the bench to mean anything."""
_ROOT = Path(__file__).resolve().parents[2]
_WARM_UP = 4
_QUESTIONS = 40


class Asking(Protocol):
    """A serving process whose one model is the model server, with a corpus that a person may read."""

    @property
    def target(self) -> Target:
        """Where questions go, with whose authority."""
        ...

    @property
    def pid(self) -> int: ...

    def ingest(self, corpus: Corpus) -> int: ...


StartAsking = Callable[[Path, int], AbstractContextManager[Asking]]
"""Starts a serving process for a data directory and the port of a model server, and stops it at the end."""


@dataclass(frozen=True, slots=True)
class Around:
    """Of each round, in milliseconds: medians and 95th percentiles of what is added; answers a second; and processor
    milliseconds an answer of all processes that serve, which other work on the machine disturbs least."""

    added: Series
    added_p95: Series
    per_second: Series
    processor: Series


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """By number of connections. ``steps``: median milliseconds of the product's steps over all rounds; ``direct``: of
    the model server alone. ``first_asked``: median milliseconds added when each question is asked for the first time,
    one after the other, and ``first_steps`` what makes them up. ``answered``: share of the product's replies that
    answer. ``questions_only`` is the peer when it gets the question without instructions and evidence."""

    corpus: str
    prompts: int
    characters: int
    answered: float
    first_asked: float
    first_steps: Mapping[str, float]
    direct: Mapping[int, Series]
    ours: Mapping[int, Around]
    steps: Mapping[int, Mapping[str, float]]
    peer: Mapping[int, Around] | None
    questions_only: Mapping[int, Around] | None


@dataclass(slots=True)
class _Rounds:
    """What one side measured so far, by number of connections."""

    added: dict[int, list[list[float]]] = field(default_factory=dict[int, list[list[float]]])
    per_second: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    processor: dict[int, list[float]] = field(default_factory=dict[int, list[float]])

    def add(self, connections: int, added: Sequence[float], load: Load, processor: float) -> None:
        self.added.setdefault(connections, []).append(list(added))
        self.per_second.setdefault(connections, []).append(load.per_second)
        self.processor.setdefault(connections, []).append(processor * 1000 / len(load.replies))

    def around(self) -> dict[int, Around]:
        def at(share: float, rounds: Sequence[Sequence[float]]) -> Series:
            return Series(tuple(percentile(each, share) * 1000 for each in rounds))

        return {
            each: Around(
                at(0.5, rounds),
                at(0.95, rounds),
                Series(tuple(self.per_second[each])),
                Series(tuple(self.processor[each])),
            )
            for each, rounds in self.added.items()
        }


def measure(
    corpus: Corpus, start: StartAsking, peer: Path | None, work: Path, repeat: int, requests: int, peer_requests: int,
    tell: Tell,
) -> AnswerResult:  # fmt: skip
    """``peer`` is its Python. ``requests`` are those of a round at one connection; at 16 twice as many, or 48."""
    direct: dict[int, list[float]] = {}
    ours, theirs, questions_only = _Rounds(), _Rounds(), _Rounds()
    told: dict[int, list[dict[str, float]]] = {}
    answered: list[bool] = []
    with ExitStack() as stack:
        upstream = stack.enter_context(model_server(work))
        asking = stack.enter_context(start(work / "answer", upstream.port))
        tell(f"{corpus.name}: loading {corpus.documents} documents")
        asking.ingest(corpus)
        tell(f"{corpus.name}: asking questions once")
        questions, prompts, first = _that_reach_the_model(asking.target, upstream, corpus.queries[:_QUESTIONS])
        bodies, plain = [_chat(each) for each in prompts], [_chat([prompt[-1] | _bare(prompt)]) for prompt in prompts]
        proxy = None
        if peer is not None:
            tell("Starting LiteLLM Proxy and Presidio")
            proxy = stack.enter_context(litellm.serving(peer, upstream.port, work))
            send(proxy.target, bodies, 1, _WARM_UP)
        for number in range(1, repeat + 1):
            for connections in CONNECTIONS:
                # At least three for each connection, so that most of them are answered while all are busy.
                many, theirs_many = (
                    max(each if connections == 1 else 2 * each, 3 * connections) for each in (requests, peer_requests)
                )
                tell(f"round {number} of {repeat}, {connections} connections: the model server alone")
                alone = send(upstream, bodies, connections, 200)
                base = percentile([reply.seconds for reply in alone.replies], 0.5)
                direct.setdefault(connections, []).append(base * 1000)
                tell(f"round {number} of {repeat}, {connections} connections: Vouch")
                used = processor_seconds([asking.pid])
                load = _asked(asking.target, upstream, questions, connections, many)
                used = processor_seconds([asking.pid]) - used
                rows = [_steps(reply.body, reply.seconds) for reply in load.replies]
                told.setdefault(connections, []).extend(row for row, _ in rows)
                answered += [is_answer for _, is_answer in rows]
                ours.add(connections, [_without_retrieval(row) - base for row, _ in rows], load, used)
                if proxy is not None:
                    tell(f"round {number} of {repeat}, {connections} connections: LiteLLM Proxy")
                    for rounds, given in ((theirs, bodies), (questions_only, plain)):
                        used = processor_seconds(proxy.pids)
                        load = send(proxy.target, given, connections, theirs_many)
                        used = processor_seconds(proxy.pids) - used
                        rounds.add(connections, [reply.seconds - base for reply in load.replies], load, used)
    return AnswerResult(
        corpus=corpus.name,
        prompts=len(prompts),
        characters=sum(len(message["content"]) for prompt in prompts for message in prompt) // len(prompts),
        answered=sum(answered) / len(answered),
        # The very first also pays for what a process sets up once.
        first_asked=percentile([_without_retrieval(row) for row in first[1:]], 0.5) * 1000 - direct[1][0],
        first_steps=_medians(first[1:]),
        direct={each: Series(tuple(values)) for each, values in direct.items()},
        ours=ours.around(),
        steps={each: _medians(rows) for each, rows in told.items()},
        peer=theirs.around() if peer is not None else None,
        questions_only=questions_only.around() if peer is not None else None,
    )


@contextmanager
def model_server(work: Path) -> Generator[Target]:
    """The one that answers at once, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "evals.bench.upstream", "--port", str(port)]
    with running("The model server", command, port, "/v1/models", work / "upstream.log", cwd=_ROOT):
        yield Target(port, "/v1/chat/completions")


def _that_reach_the_model(
    asking: Target, upstream: Target, queries: Sequence[str]
) -> tuple[list[str], list[list[dict[str, Any]]], list[dict[str, float]]]:
    """The questions that the product asks the model, the messages it sends for each, and the steps of each answer; the
    others it answers, or abstains from, without one. Raises ``Unavailable`` where there are too few."""
    kept: list[str] = []
    prompts: list[list[dict[str, Any]]] = []
    steps: list[dict[str, float]] = []
    for query in queries:
        before = _seen(upstream)["count"]
        [reply] = send(asking, [_question(query)], 1, 1).replies
        seen = _seen(upstream)
        if seen["count"] == before + 1:
            kept.append(query)
            prompts.append(seen["asked"][-1])
            steps.append(_steps(reply.body, reply.seconds)[0])
    if len(kept) < LEAST:
        raise Unavailable(f"Vouch asked the model for {len(kept)} of {len(queries)} questions: too few for a bench.")
    return kept, prompts, steps


def _asked(asking: Target, upstream: Target, questions: Sequence[str], connections: int, requests: int) -> Load:
    """The load, with as many calls of the model as questions: none was answered from a cache."""
    before = _seen(upstream)["count"]
    load = send(asking, [_question(each) for each in questions], connections, requests)
    calls = _seen(upstream)["count"] - before
    if calls < requests:
        raise Unavailable(f"The model was asked {calls} times for {requests} questions: not everything was measured.")
    return load


def _seen(upstream: Target) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=30)
    try:
        connection.request("GET", "/asked")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _question(text: str) -> bytes:
    return json.dumps({"question": text}).encode()


def _chat(messages: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"model": MODEL, "messages": messages, "max_tokens": 1200, "temperature": 0}).encode()


def _bare(prompt: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"content": str(prompt[-1]["content"]).rpartition("</passages>")[2].strip()}


def _steps(body: bytes, seconds: float) -> tuple[dict[str, float], bool]:
    """The steps of an answer, that together make up its time, and whether it answers.

    While the reply arrives its sentences are checked: what is left of the call is the gateway and the model.
    """
    answer = json.loads(body)
    timings: dict[str, float] = dict(answer["timings"])
    total = timings.pop("total", seconds)
    # A moment, not a step.
    timings.pop("first_sentence", None)
    if "model" in timings:
        timings[GATEWAY] = timings.pop("model") - timings.get("verify", 0.0)
    left = total - sum(timings.values())
    return {**timings, LEFT: left, REST: seconds - total, TOTAL: seconds}, answer["status"] == "answered"


def _without_retrieval(row: Mapping[str, float]) -> float:
    return row[TOTAL] - sum(row.get(name, 0.0) for name in RETRIEVAL)


def _medians(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: percentile([row.get(name, 0.0) for row in rows], 0.5) * 1000 for name in names}
