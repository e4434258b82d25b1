"""A week at a small company: questions to a model and to the documents, values that may not leave, and what else is
counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from answer.answers import Answer
from answer.settings import AnswerSettings
from api.reports.period import Period, written
from connectors.tables import SourceRow
from core.egress import EgressSettings
from tests.api.visitors import House
from tests.fakes.author import Author, Writes
from tests.fakes.model_vendor import KEY, Script
from tests.installation import Installation

ANA, ADA, RITA = "ana@company.example", "ada@company.example", "rita@company.example"
LEAVE = (
    "Parental leave lasts 16 weeks. It is paid in full for the first 12 weeks. Anna Meyer of HR approves it. "
    "Requests are made at least 8 weeks before the leave begins."
)
AGREED = {"agreement": "C-1", "training_prohibited": True, "retention_days": 30, "legal_basis": "contract"}
HOW_LONG = "How many weeks does parental leave last?"
WHO = "Who approves parental leave?"
NOTHING = "What is the boiling point of mercury on Neptune?"
CANTEEN = "The canteen is run by Bea Holt. The deposit for a canteen card goes to account DE89370400440532013000."
BLOCKED = "Where does the deposit for a canteen card go?"
SECRET = "Does the deposit for a canteen card go to account DE89370400440532013000?"
HOSTILE = "<script>alert(1)</script>\x07\u202eevil \u041b\u043e\u0434\u0437\u044c \u4e2d"


@dataclass(frozen=True, slots=True)
class Week:
    """``answers`` are of the questions, in the order above."""

    house: House
    period: Period
    answers: tuple[Answer, ...]

    @property
    def installed(self) -> Installation:
        return self.house.installation

    @property
    def query(self) -> dict[str, Any]:
        return {"since": written(self.period.since), "until": written(self.period.until)}

    def client(self, email: str) -> TestClient:
        return self.house.browser(email)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential", "region": "eu-west-1"}
    with pytest.MonkeyPatch.context() as patch, Author() as author:
        assert isinstance(author, Author)
        patch.setenv("MODEL_KEY", KEY)
        made = Installation(
            tmp_path_factory.mktemp("week"),
            organisation=HOSTILE,
            models=(
                author.entry(
                    name="cloud",
                    tier="small",
                    model="small-2026-01-01",
                    prices={"input": 2.0, "output": 8.0},
                    **outside,
                ),
            ),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
            answer=AnswerSettings(cache_hours=0),
            policy={"classes": {"financial": {"external": "block"}}},
        )
        made.person(ANA, "all")
        made.person(ADA, roles=("employee", "admin"))
        made.person(RITA, roles=("employee", "reviewer"))
        made.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}])
        made.records("unasked", [{"id": "x", "title": "Canteen", "text": CANTEEN}])
        with made.runtime.database.writing() as session:
            session.execute(update(SourceRow).where(SourceRow.name == "unasked").values(name=HOSTILE))
        made.runtime.redaction.labeller.drain()
        author.writes = _quoting("weeks.", "approves")
        asked = tuple(made.ask(question, ANA) for question in (HOW_LONG, WHO, NOTHING, BLOCKED, SECRET))
        ends = made.runtime.clock() + timedelta(hours=1)
        yield Week(House(made), Period(ends - timedelta(days=7), ends), asked)
        made.close()


def _quoting(*words: str) -> Writes:
    """A model that repeats the sentences with these words, each with its mark."""

    def writes(model: str, text: str) -> Script:
        lines = [line for line in text.splitlines() if line.startswith("[") and any(word in line for word in words)]
        said = [line.partition("] ") for line in lines]
        return Script((" ".join(f"{rest.rstrip('.')} {mark}]." for mark, _, rest in said) or "NO_ANSWER",))

    return writes
