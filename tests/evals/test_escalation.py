"""The evaluation of escalation: what a question cost in each arm, why it went on to the larger tier, what was shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import numpy as np
import pytest

from answer.settings import AnswerSettings
from api.evaluation import Bench
from api.evaluation_model import LOOPBACK, escalated, some
from evals.answering_cases import Case
from evals.escalation import Arm, Call, Outcome, Run, compare, saving
from evals.escalation_report import lines, show
from evals.spy import Request, Spy
from evals.tiers import LARGE, SMALL, Replies, careful, entries
from tests.answer.builders import embed
from tests.installation import Installation

ANA = "ana@company.example"
TEXT = (
    "Parental leave lasts 16 weeks. However, it is paid in full for the first 12 weeks. "
    "Requests are made at least 8 weeks before the leave begins. Who pays for parking?"
)
LASTS = Case("made", "1", "How many weeks does parental leave last?", answerable=True, gold="It lasts 16 weeks.")
ASKED_FOR = Case("made", "2", "When are requests for parental leave made?", answerable=True, gold="8 weeks before.")
NOWHERE = Case("made", "3", "Which bank lends money for a horse in Peru?", answerable=False)


def request(text: str = TEXT, question: str = LASTS.question) -> Request:
    sentences = [f"{each.strip()}" for each in text.replace("?", ".").split(".") if each.strip()]
    units = "\n".join(f"[{n}] {each}{'?' if each.startswith('Who') else '.'}" for n, each in enumerate(sentences, 1))
    said = f"<passages>\n<passage>\nTitle: Leave\n{units}\n</passage>\n</passages>\n\n{question}"
    body = {"messages": [{"role": "system", "content": "Cite."}, {"role": "user", "content": said}]}
    return Request("/v1/chat/completions", b"", body)


def _overloaded(request: Request) -> None:
    return None


def _yes(request: Request) -> str:
    return "Yes."


def call(tier: str, ended: str = "answered", reason: str = "cheapest", micros: int = 100, read: int = 500) -> Call:
    return Call(tier, reason, ended, read, 20, micros)


def outcome(tier: str, *calls: Call, recall: float | None = 1.0, case: Case = LASTS) -> Outcome:
    return Outcome(case, tier, calls, 0 if tier == "abstained" else 1, recall, recall)


def runs(both: Sequence[Outcome], large: Sequence[Outcome], small: Sequence[Outcome] = ()) -> dict[Arm, Run]:
    return {"small": Run("small", [*(small or both)]), "large": Run("large", [*large]), "both": Run("both", [*both])}


HELD = outcome("small", call("small", micros=50))
WENT_ON = outcome(
    "large", call("small", "nothing_held", micros=50), call("large", reason="escalation", micros=1_000, read=2_000)
)
FAILED = outcome("large", call("small", "failed", micros=0), call("large", reason="escalation", micros=1_000))
FIRST = outcome("large", call("large", reason="difficult", micros=1_000))
LARGE_ALONE = outcome("large", call("large", micros=1_000, read=2_000))
ABSTAINED = outcome("abstained", recall=None, case=NOWHERE)


def test_the_larger_tier_was_needed_where_nothing_held_the_call_failed_or_the_router_asked_it_first() -> None:
    found = compare("made", runs([HELD, WENT_ON, FAILED, FIRST, ABSTAINED], [*[LARGE_ALONE] * 4, ABSTAINED]))

    assert found.needed == {"nothing_held": 1, "failed": 1, "routed: difficult": 1}
    assert found.share_needed.mean == pytest.approx(3 / 5)
    assert (found.asked, found.answerable, found.unanswerable) == (4, 4, 1)


def test_what_abstains_costs_nothing_and_is_counted_by_whether_it_could_be_answered() -> None:
    silent = outcome("abstained", recall=0.0)
    found = compare("made", runs([HELD, silent, ABSTAINED], [LARGE_ALONE, silent, ABSTAINED]))

    both = found.arms[2]
    assert (both.abstained, both.withheld_answers) == (1, 1)
    assert found.abstained_cost == 0
    assert both.recall.mean == pytest.approx(0.5)


def test_saved_is_the_share_of_what_the_large_tier_alone_costs_calls_that_came_to_nothing_included() -> None:
    found = compare("made", runs([HELD, HELD, HELD, WENT_ON], [LARGE_ALONE] * 4))

    assert found.saved.mean == pytest.approx(1 - 1_200 / 4_000)
    assert found.saved.low < found.saved.mean < found.saved.high
    # As much as the large tier reads, at the price of the small one: 2,000 tokens in and 20 out, four times.
    assert found.saved_reading_alike.mean == pytest.approx(1 - (4 * (2_000 * SMALL.input + 8) + 1_000) / 4_000)


def test_nothing_is_saved_where_everything_went_on_and_nothing_was_spent() -> None:
    found = compare("made", runs([WENT_ON] * 3, [LARGE_ALONE] * 3))
    nothing = compare("made", runs([ABSTAINED, HELD], [ABSTAINED, outcome("extractive")]))

    assert found.saved.mean == pytest.approx(-0.05)
    assert nothing.saved.mean == 0


def test_quality_is_compared_question_by_question() -> None:
    worse = outcome("small", call("small", micros=50), recall=0.2)
    found = compare("made", runs([worse] * 20, [LARGE_ALONE] * 20, [worse] * 20))

    assert found.quality["large"].mean == pytest.approx(-0.8)
    assert found.quality["large"].high < 0
    assert found.quality["small"].mean == 0
    assert found.carried["large"].mean == -1
    said = "\n".join(lines(found))
    assert "lower" in said
    assert "no difference shown" in said


def test_the_writer_quotes_what_is_nearest_with_its_number_and_no_question() -> None:
    text = "However, parental leave lasts 16 weeks. Who knows how many weeks parental leave does last? Stamps are sold."
    said = careful(embed)(request(text))

    assert said == "Parental leave lasts 16 weeks [1]."


def test_the_writer_does_not_say_the_same_twice() -> None:
    said = careful(embed)(
        request("Parental leave lasts 16 weeks. Parental leave lasts 16 weeks. Stamps are sold here.")
    )

    assert said is not None
    assert said.count("16 weeks") == 1


def test_a_model_is_asked_once_for_the_same_and_what_failed_is_asked_again(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Is water wet?"}]}
    with Spy(_overloaded) as upstream, Replies(upstream.url, tmp_path) as kept:
        url = f"{kept.url}/v1/chat/completions"
        assert httpx2.post(url, json=body).status_code == 503
        upstream.reply = _yes
        first, second = (httpx2.post(url, json=body) for _ in range(2))
        assert len(upstream.requests) == 2
        assert "Yes." in first.text
        assert first.content == second.content
        httpx2.post(url, json={**body, "model": "other"})
        assert len(upstream.requests) == 3


def test_a_server_that_is_not_there_is_overloaded(tmp_path: Path) -> None:
    with Replies("http://127.0.0.1:9", tmp_path) as kept:
        assert httpx2.post(f"{kept.url}/v1/chat/completions", json={}).status_code == 503


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Installation(tmp_path, egress=LOOPBACK, answer=AnswerSettings(cache_hours=0))
    made.person(ANA)
    made.records("handbook", [{"id": "leave", "title": "Leave", "text": TEXT}])
    yield Bench(made.runtime, made.principal(ANA))
    made.close()


def test_on_the_shipped_path_only_what_the_small_tier_could_not_say_goes_on(bench: Bench) -> None:
    def small(request: Request) -> str:
        right = "Parental leave lasts 16 weeks [1]." if request.question == LASTS.question else ""
        return right or "Applications must be sent to the mayor of Paris by telegram [1]."

    def usage(request: Request, said: str) -> tuple[int, int]:
        return 1_000, 100

    writer = careful(bench.runtime.vectors.embed)
    with Spy(small, usage) as cheap, Spy(writer, usage) as dear:
        both = entries(cheap.url, dear.url)
        found = escalated(bench, (LASTS, ASKED_FOR, NOWHERE), both, lambda line: None)
        again = escalated(bench, (LASTS,), both, lambda line: None)
    escalation = found["both"].outcomes

    assert [each.needed for each in escalation] == [None, "nothing_held", None]
    assert [each.tier for each in escalation] == ["small", "large", "abstained"]
    assert [each.tier for each in found["small"].outcomes] == ["small", "extractive", "abstained"]
    assert [each.tier for each in found["large"].outcomes] == ["large", "large", "abstained"]
    price = {tier: 1_000 * each.input + 100 * each.output for tier, each in (("small", SMALL), ("large", LARGE))}
    assert [each.micros for each in escalation] == [price["small"], price["small"] + price["large"], 0]
    assert escalation[0].recall == 1.0
    assert not found["both"].tally.unverified
    assert found["both"].tally.dropped == 1
    assert len(cheap.requests) == 6
    # A second run finds the register as the first left it.
    assert [each.tier for each in again["both"].outcomes] == ["small"]


def test_as_json_every_figure_is_there_with_what_it_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    found = compare("made", runs([HELD, WENT_ON, ABSTAINED], [LARGE_ALONE, LARGE_ALONE, ABSTAINED]))
    show([found], as_json=True)
    told = json.loads(capsys.readouterr().out)
    show([found], as_json=False)
    table = capsys.readouterr().out

    assert told["sets"][0]["needed"] == {"nothing_held": 1}
    assert "no model but a careful writer" in told["is"]
    assert "1 of 2 questions that were put to a model" in table
    assert "Prices are made up" in " ".join(table.split())


def test_where_nothing_would_have_been_spent_nothing_is_saved() -> None:
    assert saving(np.zeros(3), np.zeros(3)).mean == 0.0


def test_a_sample_reaches_from_the_first_question_to_the_last_ones() -> None:
    assert some(range(10), 4) == [0, 2, 5, 7]
    assert some(range(3), 4) == [0, 1, 2]
    assert some(range(3), 0) == [0, 1, 2]
