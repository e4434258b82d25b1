"""The small local model as the writer of answers: on the demo company, and as the tier before a larger one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import yaml

from answer.answers import Answer
from answer.models.entry import ModelEntry
from answer.models.register import Register
from answer.remembering import without_tokens
from answer.retold import Trail
from answer.settings import AnswerSettings
from api import company, sources
from api.evaluation import Bench, Tell, open_bench
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings
from core import people
from core.egress import EgressSettings
from evals import answering_cases
from evals.answering_cases import Case
from evals.datasets import data_folder
from evals.escalation import ARMS, Arm, Compared, Run, compare
from evals.local_answers import Tally, entry
from evals.local_model import serving
from evals.spy import Spy
from evals.tiers import Replies, Tokens, careful, entries

QUESTIONS = company.DOCUMENTS.parent / "questions.yaml"
LOOPBACK = EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]})
WHY = "An arm of the evaluation."
_TELL_EVERY = 10
T = TypeVar("T")


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


def evaluate_escalation(folder: Path, sample: int, tell: Tell) -> list[Compared]:
    """About ``sample`` questions of each set (0: all), in three arms. Raises ``NotFound`` without the data or the small
    model."""
    data = data_folder()
    sets = {
        "northwind": (answering_cases.northwind(data).cases, data / "qa_northwind_hr" / "docs"),
        "clapnq": (answering_cases.clapnq(data).cases, data / "qa_clapnq" / "corpus.jsonl.gz"),
    }
    found: list[Compared] = []
    with serving() as address, Replies(address, folder / "replies") as small, Spy(usage=Tokens(address)) as large:
        for name, (cases, path) in sets.items():
            few = some(cases, sample)
            settings = {"egress": LOOPBACK, "answer": AnswerSettings(cache_hours=0)}
            bench = open_bench(folder / f"escalation-{name}", path, tell, **settings)
            try:
                bench.runtime.redaction.labeller.drain()
                large.reply = careful(without_tokens(bench.runtime.vectors.embed))
                tell(f"{name}: {len(few)} questions")
                runs = escalated(bench, few, entries(small.url, large.url), tell)
            finally:
                bench.runtime.close()
            found.append(compare(name, runs))
    return found


def escalated(bench: Bench, cases: Sequence[Case], both: tuple[ModelEntry, ModelEntry], tell: Tell) -> dict[Arm, Run]:
    """Every question in every arm; an arm is the register with the models of it."""
    runs: dict[Arm, Run] = {}
    for arm in ARMS:
        runs[arm] = Run(arm)
        only(bench.runtime.models.register, both, arm)
        for done, case in enumerate(cases, 1):
            answer, trail = _asked(bench.runtime, case.question, bench.reader.person_id)
            runs[arm].add(case, answer, trail)
            if done % _TELL_EVERY == 0:
                tell(f"{arm}: {done} of {len(cases)}")
    return runs


def some(all_of: Sequence[T], sample: int) -> list[T]:
    """About ``sample`` of them, evenly over all; 0 is all."""
    wanted = min(sample, len(all_of)) or len(all_of)
    return [all_of[at * len(all_of) // wanted] for at in range(wanted)]


def only(register: Register, both: Sequence[ModelEntry], arm: Arm) -> None:
    """Have the models of an arm in the register, and no other."""
    held = {each.name: each for each in register.entries()}
    for each in both:
        wanted = arm in ("both", each.tier)
        if wanted and held.get(each.name) != each:
            register.set(each, WHY)
        elif not wanted and each.name in held:
            register.retire(each.name, WHY)


def _ask(runtime: Runtime, question: str, email: str, tally: Tally) -> None:
    with runtime.database.reading() as session:
        person = people.by_email(session, email)
    tally.add(*_asked(runtime, question, person.id))


def _asked(runtime: Runtime, question: str, person_id: str) -> tuple[Answer, Trail]:
    happenings = runtime.asker.ask(question, person_id)
    answer = next(happening for happening in happenings if isinstance(happening, Answer))
    return answer, runtime.archive.trail(answer.id, runtime.principal(person_id))
