"""A real small model that invents much, on the demo company: its readers see what their documents carry and nothing
else, and find the rest in the trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from answer.answers import Answer
from answer.retold import Trail
from api import company, sources
from api.evaluation_model import LOOPBACK
from api.settings import DemoSettings
from evals.local_answers import NAME, Tally, entry
from tests.installation import Installation
from tests.servers import llama

QUESTIONS = (
    ("joanna.krasik@averholt.example", "What is the mileage allowance for a private car?"),
    ("femke.oudhof@averholt.example", "How many days before departure must a trip be booked?"),
    ("daan.rooshof@averholt.example", "When is the water switched off in Tarnosad?"),
)
FEW = ("Policies", "Intranet")

Asked = list[tuple[Answer, Trail]]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Each question with its answer and trail, as its asker reads them."""
    if why := llama.missing():
        pytest.skip(why)
    with llama.serving() as address, pytest.MonkeyPatch.context() as patch:
        whole = company.load()
        few = tuple(source for source in whole.sources if source["name"] in FEW)
        small = replace(whole, sources=few)
        patch.setattr(company, "load", lambda: small)
        made = Installation(
            tmp_path_factory.mktemp("local"),
            models=(entry(address),),
            egress=LOOPBACK,
        )
        made.settings = made.settings.model_copy(update={"demo": DemoSettings(load=True)})
        made.reopen()
        assert sources.load_demo(made.runtime, lambda line: None)
        yield [_asked(made, email, question) for email, question in QUESTIONS]
        made.close()


def _asked(made: Installation, email: str, question: str) -> tuple[Answer, Trail]:
    answer = made.ask(question, email)
    return answer, made.runtime.archive.trail(answer.id, made.principal(email))


def test_nothing_is_shown_that_the_documents_do_not_carry(asked: Asked) -> None:
    tally = Tally()
    for answer, trail in asked:
        tally.add(answer, trail)

    assert tally.unverified == []
    assert tally.asked == len(QUESTIONS)
    assert not tally.failed
    assert tally.verbatim + tally.carried > 0


def test_what_the_model_invented_is_in_the_trail_and_not_in_the_answer(asked: Asked) -> None:
    invented = 0
    for answer, trail in asked:
        shown = {sentence.text for sentence in answer.sentences}
        for attempt in trail.attempts:
            for dropped in attempt.dropped:
                invented += 1
                assert dropped.text
                assert dropped.against
                assert dropped.text not in shown
    assert invented > 0


def test_every_question_has_an_answer_whatever_the_model_wrote(asked: Asked) -> None:
    """What did not hold is replaced by the words of the documents: within the answer, or by an answer made of them."""
    for answer, trail in asked:
        assert answer.status == "answered", answer.question
        of_model = [attempt for attempt in trail.attempts if attempt.model == NAME]
        assert of_model
        if not any(attempt.held for attempt in of_model):
            assert answer.tier == "extractive"
            assert trail.attempts[-1].model is None
