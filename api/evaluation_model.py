"""The small local model as the writer of answers on the demo company."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from answer.answers import Answer
from api import company, sources
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings
from core import people
from core.egress import EgressSettings
from evals.local_answers import Tally, entry
from evals.local_model import serving

QUESTIONS = company.DOCUMENTS.parent / "questions.yaml"
LOOPBACK = EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]})


def evaluate_local_model(folder: Path, questions: int) -> Tally:
    """The first ``questions`` of the demo company that its documents answer, each in a conversation of its own."""
    rows: list[dict[str, Any]] = yaml.safe_load(QUESTIONS.read_text("utf-8"))
    tally = Tally()
    with serving() as address:
        demo = DemoSettings(load=True)
        settings = Settings(data_dir=folder / "demo", demo=demo, models=(entry(address),), egress=LOOPBACK)
        runtime = open_runtime(settings)
        try:
            sources.load_demo(runtime, lambda line: None)
            for row in islice((row for row in rows if row["expect"] == "answered"), questions):
                _ask(runtime, row["question"], row["as"], tally)
        finally:
            runtime.close()
    return tally


def _ask(runtime: Runtime, question: str, email: str, tally: Tally) -> None:
    with runtime.database.reading() as session:
        person = people.by_email(session, email)
    happenings = runtime.asker.ask(question, person.id)
    answer = next(happening for happening in happenings if isinstance(happening, Answer))
    tally.add(answer, runtime.archive.trail(answer.id, runtime.principal(person.id)))
