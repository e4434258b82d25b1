"""Samples: drawn by nobody's choice, of the answers that a rule means, and of each period once."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from answer.evidence.tables import SnapshotRow
from answer.review import erase
from answer.review.drawing import Draw, Sampler, Standing
from answer.review.sampling import (
    Frame,
    Period,
    Size,
    checked_frame,
    checked_size,
    choose,
    frame_hash,
    periods,
)
from answer.review.tables import ReviewRow, SampleRow
from answer.tables import AnswerRow
from connectors.tables import SourceRow
from core import holds
from core.errors import Conflict, Invalid, NotFound, Refused
from tests.answer.review.office import Office, opened
from tests.core.audit import postgres

SEED = "5e" * 16
RATE = Size(1, 500, 0.5)


@pytest.fixture(scope="module")
def postgres_url() -> Generator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    yield from opened(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")


def citing(version: str) -> list[dict[str, Any]]:
    return [{"text": "Leave is 27 days.", "redaction": None, "citations": [{"version": version}]}]


# The draw itself


def test_a_draw_can_be_repeated_by_hand() -> None:
    population = {f"a{number}": "" for number in range(200)}
    drawn = choose(population, SEED, 12)
    ranked = sorted(population, key=lambda each: hmac.digest(bytes.fromhex(SEED), each.encode(), "sha256"))
    assert drawn == tuple(ranked[:12])
    assert choose(dict(reversed(population.items())), SEED, 12) == drawn
    assert choose(population, "5f" * 16, 12) != drawn
    lines = "".join(f"{each}\n" for each in sorted(population))
    assert frame_hash(population) == hashlib.sha256(lines.encode()).hexdigest()


@given(st.dictionaries(st.text("ab", min_size=1), st.sampled_from("xyz"), max_size=60), st.integers(0, 70))
def test_of_each_stratum_there_is_one_and_of_none_too_many(population: dict[str, str], size: int) -> None:
    drawn = choose(population, SEED, size)
    assert len(set(drawn)) == len(drawn) == min(size, len(population))
    assert set(drawn) <= set(population)
    strata = sorted(set(population.values()))
    if size >= len(strata):
        assert {population[each] for each in drawn} == set(strata)
        for stratum in strata:
            there = sum(each == stratum for each in population.values())
            share = sum(population[each] == stratum for each in drawn)
            assert share <= there
            assert abs(share - len(drawn) * there / len(population)) <= len(strata)


@pytest.mark.parametrize(
    ("size", "population", "drawn"),
    [
        (Size(10, 500, 0.02), 3000, 60), (Size(10, 500, 0.02), 100, 10), (Size(10, 500, 0.02), 4, 4),
        (Size(0, 500, 0.07), 100, 7), (Size(0, 500, 0.5), 5000, 500), (Size(20, 20), 7, 7), (Size(20, 20), 70, 20),
    ],
)  # fmt: skip
def test_a_size_is_a_part_within_its_bounds(size: Size, population: int, drawn: int) -> None:
    assert size.of(population) == drawn


def test_periods_are_whole_ones_that_are_over() -> None:
    def at(month: int, day: int, hour: int = 0) -> datetime:
        return datetime(2026, month, day, hour, tzinfo=UTC)

    weeks = list(periods("week", at(11, 18, 9), at(12, 1, 5)))
    assert weeks == [Period(at(11, 16), at(11, 23)), Period(at(11, 23), at(11, 30))]
    assert list(periods("day", at(11, 18, 9), at(11, 19))) == [Period(at(11, 18), at(11, 19))]
    assert list(periods("day", at(11, 18, 9), at(11, 18, 23))) == []
    assert list(periods("month", at(1, 31), at(3, 1))) == [Period(at(1, 1), at(2, 1)), Period(at(2, 1), at(3, 1))]


def test_what_cannot_be_drawn_is_refused() -> None:
    for wrong in (("all",), ("tier",), ("tier", "huge"), ("random", "x"), ("random", "", 0.5), ("low_support", "", 2)):
        with pytest.raises(Invalid):
            checked_frame(*wrong)  # pyright: ignore
    for size, rate, least, most in ((None, None, 0, 9), (5, 0.1, 0, 9), (0, None, 0, 9), (None, 0.1, 9, 3)):
        with pytest.raises(Invalid):
            checked_size(size, rate, least, most)
    for rate in (0, 1.1, float("nan")):
        with pytest.raises(Invalid):
            checked_size(None, rate, 0, 9)


# What is drawn from


def test_a_sample_is_what_its_logged_seed_gives(office: Office) -> None:
    answers = office.answered(count=40)
    sample = office.sampler.draw(office.drawing(5), office.ruth, "ab" * 16)
    [told] = office.events("sample.drawn")
    details = told["details"]
    assert (details["population"], details["drawn"], details["sample"]) == (40, 5, sample.id)
    assert (details["rule"], details["strata"], details["least"]) == ("random", "none", 5)
    assert details["frame"] == frame_hash(answers)
    assert (told["subject"], told["trace_id"]) == (office.ruth.subject, "ab" * 16)
    assert office.queued(sample.id) == set(choose(dict.fromkeys(answers, ""), details["seed"], 5))
    queued = [each["details"] for each in office.events("review.changed")]
    assert {each["answer"] for each in queued} == office.queued(sample.id)
    assert {(each["change"], each["sample"]) for each in queued} == {("queued", sample.id)}


def test_seeds_are_not_the_same(office: Office) -> None:
    office.answered(count=3)
    seeds = {office.sampler.draw(office.drawing(1), office.ruth).seed for _ in range(3)}
    assert len(seeds) == 3


def test_a_sample_is_repeated_and_tells_when_answers_have_gone(office: Office) -> None:
    office.answered(count=30)
    office.clock.tick()
    earlier = office.sampler.draw(office.drawing(4), office.ruth)
    office.clock.tick()
    sample = office.sampler.draw(office.drawing(6), office.ruth)
    office.clock.tick()
    office.answered(count=5, ago=timedelta(0))
    office.sampler.draw(office.drawing(3), office.ruth)
    for each in (earlier, sample):
        again = office.sampler.repeat(each.id)
        assert (again.same_population, again.repeated, again.population) == (True, each.drawn, each.population)
    with office.database.writing() as session:
        session.execute(delete(AnswerRow).where(AnswerRow.id.in_(sorted(office.queued(sample.id))[:2])))
    again = office.sampler.repeat(sample.id)
    assert (again.same_population, again.repeated) == (False, 4)
    with pytest.raises(NotFound):
        office.sampler.repeat("nothing")


def test_no_answer_is_drawn_twice(office: Office) -> None:
    answers = office.answered(count=10)
    first, second = office.drawn(6), office.drawn(6)
    assert len(first) == 6
    assert second == set(answers) - first
    assert office.drawn(6) == set()
    assert office.sampler.population(office.drawing(6)) == 0


def test_two_who_draw_at_once_draw_different_answers(office: Office) -> None:
    answers = office.answered(count=10)
    starting = threading.Barrier(2)

    def draw(number: int) -> set[str]:
        starting.wait()
        return office.drawn(5)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(draw, range(2))
    assert first | second == set(answers)
    assert not first & second


def test_an_answer_that_goes_meanwhile_is_not_drawn(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from answer.review import frames

    answers = office.answered(count=3)
    honest = frames.candidates

    def slow(*those: Any) -> dict[str, str]:
        found = honest(*those)
        with office.database.writing() as session:
            session.execute(delete(AnswerRow).where(AnswerRow.id.in_(answers[:2])))
        return found

    monkeypatch.setattr(frames, "candidates", slow)
    assert office.drawn(3) == {answers[2]}


def test_the_population_is_of_its_period(office: Office) -> None:
    old = office.answered(ago=timedelta(days=9))
    [edge] = office.answered(ago=timedelta(days=7))
    [now] = office.answered(ago=timedelta(0))
    [recent] = office.answered()
    assert office.drawn(9) == {edge, recent}
    before = Period(office.clock() - timedelta(days=10), office.clock() - timedelta(days=8))
    assert office.drawn(9, period=before) == set(old)
    for since, until in ((office.clock(), office.clock()), (office.clock(), office.clock() + timedelta(days=1))):
        with pytest.raises(Invalid):
            office.drawn(9, period=Period(since, until))
    assert now not in office.queued()


def test_each_rule_draws_the_answers_that_it_means(office: Office) -> None:
    plain = office.answered()[0]
    cases = {
        "low_support": office.answered(support=0.74)[0],
        "tier": office.answered(tier="large", model="opus")[0],
        "feedback": office.answered()[0],
        "flagged": office.answered(tried=[{"reason": "cheapest", "flags": [{"chunk": "c"}]}])[0],
        "redacted": office.answered(claims=[{"text": "T", "redaction": "map", "citations": []}])[0],
        "escalated": office.answered(tried=[{"reason": "cheapest", "flags": []}, {"reason": "escalation"}])[0],
        "source": office.answered(claims=citing("v1"))[0],
    }
    # Nearer to 1 than to the threshold; abstained; liked; cites another source.
    office.answered(support=0.76)
    office.answered(support=0.1, status="abstained")
    office.disliked(cases["feedback"])
    office.disliked(plain, "up")
    office.answered(claims=citing("v2"))
    source(office, "s1", "wiki")
    now = office.clock()
    with office.database.writing() as session:
        for version, source_id in (("v1", "s1"), ("v2", "s2")):
            session.add(
                SnapshotRow(
                    commitment=version * 32, version_id=version, document_id=f"d-{version}", source_id=source_id,
                    sensitivity="internal", sealed=None, wrapped=None, created_at=now, cited_at=now, gone_at=None,
                    gone_why=None,
                )
            )  # fmt: skip
    names = {"tier": "large", "source": "wiki"}
    for rule, answer in cases.items():
        assert office.drawn(9, rule, names.get(rule, "")) == {answer}, rule
    told = [each["details"] for each in office.events("sample.drawn")]
    assert told[1]["tier"] == "large"
    assert told[-1]["source"] == "s1"
    with pytest.raises(NotFound):
        office.drawn(9, "source", "elsewhere")


def test_a_bound_of_the_support_can_be_said(office: Office) -> None:
    [low], _ = office.answered(support=0.55), office.answered(support=0.7)
    draw = Draw(Frame("low_support", below=0.6), Size(9, 9), office.week())
    assert office.queued(office.sampler.draw(draw, office.ruth).id) == {low}
    assert office.events("sample.drawn")[0]["details"]["below"] == 0.6


def test_of_each_person_there_is_one(office: Office) -> None:
    office.answered(office.ana, count=50)
    [rare] = office.answered(office.bo)
    assert rare in office.drawn(2, strata="person")


# Rules that draw by themselves


def standing(office: Office, name: str = "weekly", every: str = "week", **more: Any) -> Standing:
    return office.sampler.set_rule(
        name, more.pop("frame", Frame("random")), every, more.pop("size", RATE), "none", "Policy 7", office.ruth,
        **more,
    )  # fmt: skip


def source(office: Office, source_id: str, name: str) -> None:
    now = office.clock()
    with office.database.writing() as session:
        session.add(
            SourceRow(
                id=source_id, name=name, kind="files", config={}, plan={}, state="active", version=1, demo=False,
                created_at=now, confirmed_at=now,
            )
        )  # fmt: skip


def samples(office: Office) -> int:
    with office.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SampleRow)) or 0


def test_a_standing_rule_draws_once_a_period(office: Office) -> None:
    # The clock stands on a Sunday.
    rule = standing(office)
    assert office.sampler.sweep() == 0
    office.answered(count=10)
    office.clock.tick(days=1)
    assert office.sampler.sweep() == 1
    assert office.sampler.sweep() == 0
    assert len(office.queued()) == 5
    [told] = office.events("sample.drawn")
    assert told["subject"] == ""
    assert (told["details"]["standing"], told["details"]["rate"]) == (rule.id, 0.5)
    assert told["details"]["since"].startswith("2026-11-16T00:00:00")
    office.clock.tick(days=14)
    assert office.sampler.sweep() == 2
    assert samples(office) == 3
    assert office.sampler.samples(1)[0].drawn_by is None


def test_a_standing_rule_may_mean_a_source(office: Office) -> None:
    source(office, "s1", "wiki")
    assert standing(office, frame=Frame("source", "wiki")).frame == Frame("source", "s1")
    office.clock.tick(days=1)
    assert office.sampler.sweep() == 1


def test_a_period_is_not_drawn_again_when_its_sample_has_had_its_time(office: Office) -> None:
    rule = standing(office)
    office.answered(count=10)
    office.clock.tick(days=1)
    assert office.sampler.sweep() == 1
    once = Period(office.clock() - timedelta(days=1), office.clock())
    office.sampler.draw(office.drawing(1, period=once), office.ruth)
    with office.database.writing() as session:
        erase.withdraw(session, office.queued(), office.clock())
    office.clock.tick(days=2)

    def retire() -> None:
        with office.database.writing() as session:
            erase.retain(session, office.clock(), holds.held(session), 500)

    retire()
    assert office.queued() == set()
    assert samples(office) == 1
    assert office.sampler.sweep() == 0
    office.sampler.end_rule("weekly", rule.revision, "Enough", office.ruth)
    retire()
    assert samples(office) == 0


def test_two_processes_that_sweep_at_once_draw_once(office: Office) -> None:
    standing(office)
    office.answered(count=10)
    office.clock.tick(days=1)
    starting = threading.Barrier(4)

    def sweep(number: int) -> int:
        own = Sampler(office.database, office.audit, office.clock)
        starting.wait()
        return own.sweep()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(sweep, range(4)))
    assert sum(made) == samples(office) == 1
    assert len(office.queued()) == 5


def test_the_database_itself_takes_a_period_once(office: Office) -> None:
    standing(office)
    office.clock.tick(days=1)
    office.sampler.sweep()
    with office.database.reading() as session:
        columns = {each.name: getattr(session.scalars(select(SampleRow)).one(), each.name) for each in SampleRow.__table__.columns}  # noqa: E501  # fmt: skip
    with pytest.raises(IntegrityError), office.database.writing() as session:
        session.execute(insert(SampleRow).values({**columns, "id": "another"}))


def test_without_a_log_no_period_is_drawn_and_it_is_made_up_for(office: Office) -> None:
    standing(office)
    office.answered(count=10)
    office.clock.tick(days=1)

    class Stuck:
        def check(self) -> None:
            raise Refused("The log cannot be continued.")

        def wake(self) -> None:
            """Nothing waits."""

    broken = Sampler(office.database, office.audit, office.clock)
    office.audit.follow(Stuck())
    with pytest.raises(Refused):
        broken.sweep()
    assert samples(office) == 0
    assert office.queued() == set()
    office.audit.follow(_Well())
    assert broken.sweep() == 1


class _Well:
    def check(self) -> None:
        """All is well."""

    def wake(self) -> None:
        """Nothing waits."""


def test_a_rule_is_changed_by_who_has_read_it(office: Office) -> None:
    first = standing(office)
    for revision in (None, 0):
        with pytest.raises(Conflict):
            standing(office, size=Size(5, 50, 0.1), revision=revision)
    changed = standing(office, size=Size(5, 50, 0.1), revision=1)
    assert (changed.id, changed.since, changed.size.rate, changed.revision) == (first.id, first.since, 0.1, 2)
    told = [each["details"] for each in office.events("sampling.changed")]
    assert [(each["change"], each["rate"], each["revision"]) for each in told] == [("set", 0.5, 1), ("set", 0.1, 2)]
    assert "Policy" not in str(office.events("sampling.changed"))
    for wrong in ({"name": "Two words"}, {"every": "hour"}, {"size": Size(5, 5)}):
        with pytest.raises(Invalid):
            standing(office, **{"revision": 2, **wrong})


def test_a_rule_that_was_ended_draws_no_more_and_does_not_make_up_for_it(office: Office) -> None:
    standing(office)
    with pytest.raises(Conflict):
        office.sampler.end_rule("weekly", 7, "Enough", office.ruth)
    office.sampler.end_rule("weekly", 1, "Enough", office.ruth)
    office.clock.tick(days=30)
    assert office.sampler.sweep() == 0
    assert office.sampler.rules() == []
    with pytest.raises(NotFound):
        office.sampler.end_rule("weekly", 2, "Enough", office.ruth)
    standing(office)
    assert office.sampler.sweep() == 0
    office.clock.tick(days=7)
    assert office.sampler.sweep() == 1


def test_what_is_in_the_queue_stands_there_by_its_rule(office: Office) -> None:
    office.answered(count=2, tier="large")
    office.drawn(1, "tier", "large")
    with office.database.reading() as session:
        assert set(session.scalars(select(ReviewRow.rule))) == {"tier"}
