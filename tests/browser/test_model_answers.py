"""A model writes in the chat: what holds is shown, the rest is told of. As in ``test_web_client``, every journey also
fails on an error in the console, on a violation of the content security policy, and on a request that leaves.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.browser.conftest import Server, serving
from tests.browser.reviewed import JOANNA, call, signed_in
from tests.fakes.author import Author
from tests.fakes.model_vendor import KEY, Script, Told

pytestmark = pytest.mark.browser

Journey = Callable[..., None]
AGREED = {"agreement": "C-1", "training_prohibited": True, "retention_days": 0, "legal_basis": "contract"}
WHOLE_SENTENCE = re.compile(r"(\[\d+\]) ([A-Z][^\[\]|]{40,})\.")
QUESTIONS = (
    "What is the hotel cap per night on business trips?",
    "What is the mileage allowance for a private car?",
    "How many days before departure must a trip be booked?",
    "Above which cost does a business trip need the approval of the department head?",
    "What was the hotel cap in the travel policy of 2024?",
    "When is the water supply of the Lauwerdam site switched off?",
    "Is Tarnosad closed on Corpus Christi in 2027?",
    "Which safety shoes are required at the test bench?",
    "From which amount is a receipt required?",
    "How high is the home office allowance?",
    "How large is the training budget per calendar year?",
    "How much does a hot meal in the canteen cost?",
    "How large may e-mail attachments be?",
    "Where is the assembly point in Skovhage?",
    "How many days per week may I work from home?",
    "How quickly must a suspected security incident be reported?",
    "When does the new time registration start in Skovhage?",
    "When does work resume after the year-end closure 2026?",
    "How many days of annual leave does the year-end closure 2026 use?",
    "How is sick leave reported?",
)
"""Each of them is answered at length."""


def writes(model: str, text: str) -> Told:
    """Two inventions about the seal kit, and sentences that hold."""
    if "rewrite the last question" in text:
        return Script(("Which seal kit fits the AV-520?",))
    lines = [line for line in text.splitlines() if line.startswith("[")]
    question = text.splitlines()[-1]
    if "report" in question:
        person = question.partition("[")[2].partition(".")[0]
        mark, _, said = next(line for line in lines if "reports to" in line and person in line).partition(" ")
        return Script((f"{said.rstrip('.')} {mark}.",))
    if "AV-520" in question:
        mark, _, said = next(line for line in lines if "The AV-520 has" in line).partition(" ")
        return Script((f"The AV-520 takes {said.rpartition(', ')[2].rstrip('.')} {mark}.",))
    # Detection takes some of these for names; the model copies what stands in their place.
    mark, _, said = next(line for line in lines if "Seal kits:" in line).partition(" ")
    kit = said.rpartition(" for the AV-240")[0].rpartition(", ")[2]
    return Script(
        (
            f"The AV-240 takes seal kit {kit} {mark}. ",
            f"Averholt has sold 97 of them on the moon {mark}. ",
            f"They are best fitted under a full moon by a choir {mark}.",
        )
    )


def writes_at_length(model: str, text: str) -> Told:
    """The first ten whole sentences of the sources, as they stand there."""
    if "rewrite the last question" in text:
        return Script(("STANDS_ALONE",))
    found = [match.groups() for line in text.splitlines() if (match := WHOLE_SENTENCE.fullmatch(line))]
    return Script(tuple(f"{said} {mark}. " for mark, said in found[:10]))


@pytest.fixture(scope="module")
def author() -> Iterator[Author]:
    with Author() as author:
        assert isinstance(author, Author)
        author.writes = writes
        yield author


@pytest.fixture(scope="module")
def server(web_client: None, author: Author, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company, and a model that writes as above."""
    folder = tmp_path_factory.mktemp("modelled")
    entry = author.entry(
        name="scribe", tier="small", model="scribe-2026-01-01", place="external", region="eu",
        handling=AGREED, sensitivity="confidential", prices={"input": 0.25, "output": 2.0},
    )  # fmt: skip
    egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}
    config = folder / "vouch.yaml"
    # Each journey asks the same: no answer is given from before.
    settings = {"models": [entry.model_dump(mode="json")], "egress": egress, "answer": {"cache_hours": 0}}
    config.write_text(yaml.safe_dump(settings), "utf-8")
    with serving(folder, {"VOUCH_CONFIG": str(config), "MODEL_KEY": KEY}) as running:
        yield running


@pytest.mark.parametrize(("scheme", "width"), [("light", "1360"), ("dark", "1360"), ("light", "320")])
def test_what_a_model_wrote_is_shown_as_far_as_it_holds(journey: Journey, scheme: str, width: str) -> None:
    journey("reads_what_a_model_wrote", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)


def test_a_long_conversation_stays_as_it_is_while_somebody_goes_on_in_it(
    server: Server, author: Author, journey: Journey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(author, "writes", writes_at_length)
    with signed_in(server.url, JOANNA) as joanna:
        conversation, shown = None, 0
        for question in QUESTIONS:
            asked = {"question": question, "conversation_id": conversation}
            answer = call(joanna, "POST", "/v1/ask", asked)
            conversation, shown = answer["conversation_id"], shown + len(answer["sentences"])
    assert len(QUESTIONS) >= 20
    assert shown >= 200
    measured = tmp_path / "measured.txt"
    journey(
        "goes_on_in_a_long_conversation",
        VOUCH_CONVERSATION=str(conversation), VOUCH_SENTENCES=str(shown), VOUCH_MEASURED=str(measured),
    )  # fmt: skip
    sys.stdout.write(measured.read_text())
