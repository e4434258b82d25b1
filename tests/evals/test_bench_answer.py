from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from answer.drafting import Drafting
from answer.models.base import Wrote
from core.errors import Unavailable
from evals.bench import answer, litellm
from evals.bench.answer import AnswerResult, Around
from evals.bench.answer_report import tables
from evals.bench.corpora import Corpus
from evals.bench.load import Target, send
from evals.bench.report import Report
from evals.bench.timing import Machine, Series
from evals.bench.upstream import Upstream, reply

EVIDENCE = "\n".join(
    [
        "<passages>",
        "<passage>",
        "Title: Tides",
        "[1] The harbour is open on every day of the week from six.",
        "[2] Spring tides come twice in every month of the year.",
        "[3] Ferries leave at noon from the northern pier of the harbour.",
        "</passage>",
        "</passages>",
        "",
        "When do ferries leave the harbour?",
    ]
)
MESSAGES = [{"role": "system", "content": "Answer."}, {"role": "user", "content": EVIDENCE}]
QUESTIONS = tuple(f"When does ferry {n} leave?" for n in range(6))


def silent(line: str) -> None:
    """Nobody follows."""


def test_the_model_server_copies_what_it_cites() -> None:
    proposed = list(Drafting().sentences([Wrote(reply(MESSAGES))]))
    assert [each.cites for each in proposed] == [(3,), (1,)]
    assert all(each.text.rstrip(".") in EVIDENCE for each in proposed)


def test_a_prompt_without_evidence_gets_a_reply_without_citations() -> None:
    assert [each.cites for each in Drafting().sentences([Wrote(reply([{"role": "user", "content": "Hello?"}]))])] == [
        ()
    ]


@pytest.mark.parametrize("stream", [True, False])
def test_a_streamed_reply_says_the_same(stream: bool) -> None:
    asked = json.dumps({"messages": MESSAGES, "stream": stream}).encode()
    _, _, body = Upstream().answer_to(b"/v1/chat/completions", asked).partition(b"\r\n\r\n")
    if not stream:
        assert json.loads(body)["choices"][0]["message"]["content"] == reply(MESSAGES)
        return
    events = [line.removeprefix("data: ") for line in body.decode().split("\n\n") if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    told = [choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]]
    assert "".join(told) == reply(MESSAGES)
    assert chunks[-1]["usage"]["total_tokens"] > 0


@dataclass
class Stub:
    """Stands for the product: searches for 1 ms by its own word, asks the model server, and answers."""

    target: Target
    pid: int = os.getpid()

    def ingest(self, corpus: Corpus) -> int:
        return corpus.documents


def starting(*, every: bool) -> answer.StartAsking:
    @contextmanager
    def start(directory: Path, model_port: int) -> Generator[Stub]:
        seen: set[bytes] = set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                began = time.perf_counter()
                if every or body not in seen:
                    seen.add(body)
                    model = http.client.HTTPConnection("127.0.0.1", model_port)
                    model.request("POST", "/v1/chat/completions", json.dumps({"messages": MESSAGES, "stream": True}))
                    model.getresponse().read()
                    model.close()
                timings = {"embed": 0.001, "verify": 0.002, "total": time.perf_counter() - began}
                told = json.dumps({"status": "answered", "timings": timings}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is logged."""

        class Server(ThreadingHTTPServer):
            # Sixteen connect at once; the usual five would be reset on a busy machine.
            request_queue_size = 64

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Stub(Target(server.server_port, "/v1/ask"))
        server.shutdown()
        server.server_close()

    return start


def test_both_numbers_of_connections_are_measured_with_the_prompts_that_reached_the_model(tmp_path: Path) -> None:
    corpus = Corpus("made", tmp_path, 1, QUESTIONS)
    found = answer.measure(corpus, starting(every=True), None, tmp_path, 2, 4, 4, silent)
    assert (found.prompts, found.answered) == (6, 1.0)
    assert found.characters == sum(len(message["content"]) for message in MESSAGES)
    assert list(found.ours) == [1, 16]
    assert all(len(each.added.values) == 2 and each.per_second.low > 0 for each in found.ours.values())
    assert found.steps[1]["embed"] == found.first_steps["embed"] == pytest.approx(1.0)
    assert found.peer is None


def test_answers_that_no_model_was_asked_for_are_not_measured(tmp_path: Path) -> None:
    corpus = Corpus("made", tmp_path, 1, QUESTIONS)
    with pytest.raises(Unavailable, match="The model was asked 0 times for 4 questions"):
        answer.measure(corpus, starting(every=False), None, tmp_path, 1, 4, 4, silent)


def test_a_refusal_ends_the_load(tmp_path: Path) -> None:
    with answer.model_server(tmp_path) as model, pytest.raises(Unavailable, match="404"):
        send(Target(model.port, "/nowhere"), [b"{}"], 1, 1)


def side(added: float, per_second: float) -> Around:
    return Around(Series((added,)), Series((added * 2,)), Series((per_second,)), Series((added,)))


def test_ratios_stand_beside_their_goals() -> None:
    theirs, ours = {1: side(100, 2), 16: side(900, 3)}, {1: side(30, 20), 16: side(450, 12)}
    steps = {1: {"redact": 3.0}, 16: {"redact": 30.0}}
    direct = {1: Series((0.5,)), 16: Series((3.0,))}
    report = Report(Machine("a processor", 2, 2, 8.0, "3.11", 0.1), datetime(2026, 1, 1, tzinfo=UTC), "x")
    report.answer = AnswerResult("made", 6, 8_000, 1.0, 60.0, {"verify": 20.0}, direct, ours, steps, theirs, None)
    assert [(each.values.median, each.met) for each in report.ratios()] == [
        (0.3, True), (10.0, True), (0.5, False), (4.0, True), (0.6, False),
    ]  # fmt: skip
    assert json.loads(json.dumps(report.as_json()))["answer"]["peer"]["16"]["added"]["median"] == 900
    assert len(list(tables(report.answer))) == 2


def test_a_first_time_is_compared_with_all_rounds_of_the_peer() -> None:
    theirs = {1: Around(*(Series((80.0, 100.0, 300.0)),) * 4)}
    ours = {1: Around(*(Series((30.0, 30.0, 30.0)),) * 4)}
    report = Report(Machine("a processor", 2, 2, 8.0, "3.11", 0.1), datetime(2026, 1, 1, tzinfo=UTC), "x")
    report.answer = AnswerResult("made", 6, 8_000, 1.0, 40.0, {}, {1: Series((0.5,))}, ours, {}, theirs, None)
    last = report.ratios()[-1]
    assert (last.name.partition(", ")[2], last.values.median, last.met) == ("a question's first time", 0.4, True)


def test_without_presidio_there_is_no_guardrail() -> None:
    assert "guardrails" not in litellm.config_of(1, [])
    guarded = litellm.config_of(1, ["http://a", "http://b"])
    assert "output_parse_pii" in json.dumps(guarded["guardrails"])
