"""Known people are found however a text writes them, as soon as they are known; and ordinary words are left alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import delete, event

from api import migrate
from connectors import accounts
from connectors.record import Record
from connectors.repository import put as put_source
from connectors.sources.base import Account
from core import people
from core.database import Database, open_engine
from core.text import Span
from ingest import withheld
from ingest.label import repository as labels
from ingest.label.findings import Finding
from ingest.label.gazetteer import Gazetteer
from ingest.label.labeller import Labeller
from ingest.label.tables import KnownPersonRow
from tests.conftest import StandingClock
from tests.core.audit import postgres
from tests.ingest.label.detectors import Patterns
from tests.installation import Installation
from tests.sources.driven import Driven
from tests.sources.scripted import Entry, Scripted


class Company:
    """People, accounts, and what is found of them."""

    def __init__(self, database: Database, clock: StandingClock) -> None:
        self.database, self.clock = database, clock
        self.gazetteer = Gazetteer(database)
        with database.writing() as session:
            self.source = put_source(session, "crm", "files", {}, by="test", now=clock()).id

    def join(self, name: str, email: str) -> str:
        with self.database.writing() as session:
            return people.put(session, email, name=name, groups=(), roles=("employee",), now=self.clock()).id

    def sync(self, *found: Account) -> None:
        with self.database.writing() as session:
            accounts.replace_accounts(session, self.source, "crm", found, {}, self.clock())

    def found(self, text: str) -> list[str]:
        return [finding.span.of(text) for finding in self.gazetteer.find(text)]

    def named(self, text: str) -> list[str | None]:
        return [match.person_key for match in self.gazetteer.matches(text)]


@pytest.fixture
def company(database: Database, clock: StandingClock) -> Company:
    return Company(database, clock)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask Giulia Rossi about it.", "Giulia Rossi"),
        ("Ask GIULIA ROSSI about it.", "GIULIA ROSSI"),
        ("who is giulia rossi's manager?", "giulia rossi"),
        ("Giulia Rossi’s desk", "Giulia Rossi"),
        ("Sent by Rossi, Giulia today", "Rossi, Giulia"),
        ("Giulia M. Rossi signed.", "Giulia M. Rossi"),
        ("G. Rossi signed.", "G. Rossi"),
        ("We met Dr. Rossi yesterday.", "Rossi"),
        ("Herr Prof. Rossi kam.", "Rossi"),
        ("Signed: Giulia\nRossi", "Giulia\nRossi"),
        ("Write to giulia.rossi@acme.example now", "giulia.rossi@acme.example"),
        ("Write to Giulia.Rossi+hr@ACME.example now", "Giulia.Rossi+hr@ACME.example"),
    ],
)
def test_a_name_is_found_however_it_is_written(company: Company, text: str, expected: str) -> None:
    key = company.join("Giulia Rossi", "giulia.rossi@acme.example")
    assert company.found(text) == [expected]
    assert company.named(text) == [key]


@pytest.mark.parametrize(
    "address", ["giulia_rossi@acme.example", "rossi.giulia@acme.example", "g.rossi@acme.example", "grossi@acme.example"]
)
def test_an_address_made_of_a_name_is_that_persons(company: Company, address: str) -> None:
    key = company.join("Giulia Rossi", "gr7@acme.example")
    assert company.named(f"Write to {address} now") == [key]
    assert company.named(f"Write to {address.replace('acme', 'elsewhere')} now") == []


@pytest.mark.parametrize(
    "text",
    [
        "Giulia is here.", "The Rossi report", "rossi", "we will mark price changes in may", "will may",
        "the dr. went out", "Rossi and Giulia", "Giulia. Then Rossi came", "Ask Giulia. Rossi came",
        "giulia-maria", "Gregorius", "G. Verdi",
    ],
)  # fmt: skip
def test_what_may_be_an_ordinary_word_does_not_count_alone(company: Company, text: str) -> None:
    company.join("Giulia Rossi", "giulia.rossi@acme.example")
    company.join("Will May", "will.may@acme.example")
    company.join("Mark Price", "mark.price@acme.example")
    assert company.found(text) == []


def test_names_that_are_words_count_where_they_are_written_as_names(company: Company) -> None:
    key = company.join("Mark Price", "mark.price@acme.example")
    assert company.named("Mark Price and MARK PRICE") == [key, key]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("José María Núñez", "Ask Jose Nunez.", "Jose Nunez"),
        ("Jose Nunez", "Ask José Núñez.", "José Núñez"),
        ("Ludwig van den Berg", "Mr van den Berg called", "van den Berg"),
        ("Ludwig van den Berg", "Ludwig Berg called", "Ludwig Berg"),
        ("Ludwig van den Berg", "L. van den Berg called", "L. van den Berg"),
        ("Anna-Lena Müller-Lüdenscheidt", "Anna-Lena Müller-Lüdenscheidt left", "Anna-Lena Müller-Lüdenscheidt"),
        ("Seán O'Brien", "Seán O’Brien's plan", "Seán O’Brien"),
        ("O'Brien, Seán (on leave)", "Seán O'Brien", "Seán O'Brien"),
        ("Dr. Wei Zhang, PhD", "Zhang, Wei", "Zhang, Wei"),
        ("Иван Петров", "Спроси Иван Петров об этом", "Иван Петров"),
        ("Jane Doe", "Cafe\u0301 with Jane Doe", "Jane Doe"),
    ],
)
def test_accents_particles_and_hyphens_do_not_hide_a_name(
    company: Company, name: str, text: str, expected: str
) -> None:
    company.join(name, "x@acme.example")
    assert company.found(text) == [expected]


def test_findings_do_not_overlap(company: Company) -> None:
    company.join("Jane Doe", "jane.doe@acme.example")
    company.join("Jane Doe Smith", "jds@acme.example")
    text = "Jane Doe Smith <jane.doe@acme.example>, Jane Doe, Jane Doe Jane Doe"
    assert company.found(text) == ["Jane Doe Smith", "jane.doe@acme.example", "Jane Doe", "Jane Doe", "Jane Doe"]


def test_a_new_colleague_is_known_at_once_and_a_new_name_too(company: Company) -> None:
    text = "Ask Ann Lee or Ann Ito."
    assert company.found(text) == []
    company.join("Ann Lee", "ann@acme.example")
    assert company.found(text) == ["Ann Lee"]
    company.join("Ann Ito", "ann@acme.example")
    assert company.found(text) == ["Ann Ito"]


def test_accounts_of_sources_are_known_and_forgotten_with_them(company: Company) -> None:
    text = "Ask Ann Lee (ann@acme.example) or Bo Berg."
    company.sync(Account("1", "ann@acme.example", "Ann Lee"), Account("2", None, "Bo Berg"))
    assert company.found(text) == ["Ann Lee", "ann@acme.example", "Bo Berg"]
    company.sync(Account("1", "ann@acme.example", "Ann Lee"))
    assert company.found(text) == ["Ann Lee", "ann@acme.example"]
    with company.database.writing() as session:
        accounts.forget_accounts(session, company.source, company.clock())
    assert company.found(text) == []


def test_a_large_change_of_accounts_is_followed(company: Company) -> None:
    company.found("the gazetteer has been read")
    company.sync(*(Account(str(number), None, f"Ann {_letters(number)}") for number in range(1200)))
    assert company.found(f"Ask Ann {_letters(1100)}.") == [f"Ann {_letters(1100)}"]
    company.sync()
    assert company.found(f"Ask Ann {_letters(1100)}.") == []


def test_several_places_that_know_a_person_know_one(company: Company) -> None:
    key = company.join("Giulia Rossi", "giulia@acme.example")
    company.sync(
        Account("7", "giulia@acme.example", "Rossi-Bianchi, Giulia", verified=True),
        Account("8", "other@acme.example", "Otto Weiss"),
    )
    text = "Giulia Rossi, Giulia Rossi-Bianchi, giulia@acme.example, Dr. Bianchi"
    assert company.named(text) == [key] * 4
    known = company.gazetteer.known(key)
    assert known is not None
    assert known.names == ("Giulia Rossi", "Rossi-Bianchi, Giulia")


def test_a_postgresql_database_is_followed_as_well(clock: StandingClock) -> None:
    with postgres.server() as url:
        engine = open_engine(url)
        try:
            migrate.upgrade(engine)
            company = Company(Database(engine), clock)
            assert company.found("Ask Ann Lee.") == []
            company.join("Ann Lee", "ann@acme.example")
            company.sync(*(Account(str(number), None, f"Bo {_letters(number)}") for number in range(600)))
            assert company.found(f"Ask Ann Lee or Bo {_letters(17)}.") == ["Ann Lee", f"Bo {_letters(17)}"]
            with company.database.writing() as session:
                labels.add_labels(session, {"a" * 64: [Finding("PERSON", Span(0, 3), 0.9, "test")]}, "test")
            with company.database.writing() as session:
                assert labels.findings_of(session, ["a" * 64], "test")["a" * 64][0].span == Span(0, 3)
                assert labels.unlabelled_count(session, "test") == 0
                assert withheld.ask_anew(session, lambda level: level == "public") == 0
        finally:
            engine.dispose()


def test_of_two_people_of_one_name_nobody_says_which(company: Company) -> None:
    company.join("Ann Lee", "ann@acme.example")
    company.join("Ann Lee", "ann.lee2@acme.example")
    assert company.found("Ask Ann Lee.") == ["Ann Lee"]
    assert company.named("Ask Ann Lee.") == [None]
    assert company.gazetteer.who("ann@acme.example") is not None


def test_accounts_that_nobody_stands_behind_are_passed_over(company: Company) -> None:
    company.sync(
        Account("1", None, "System Administrator"), Account("2", None, "Sales Team"), Account("3", None, "bot7")
    )
    assert company.found("The System Administrator wrote to the Sales Team.") == []


def test_nothing_is_read_while_nothing_changes(company: Company) -> None:
    company.join("Ann Lee", "ann@acme.example")
    company.found("Ann Lee")
    statements: list[str] = []
    event.listen(company.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    company.found("Ann Lee")
    assert [each for each in statements if "people_changes" not in each and each != "BEGIN"] == []


def test_one_change_reads_one_person(company: Company) -> None:
    for number in range(20):
        company.join(f"Ann {_letters(number)}", f"a{number}@acme.example")
    company.found("Ann")
    company.join("Bo Berg", "bo@acme.example")
    entries = company.gazetteer._entries["people"]
    before = {key: id(entry) for key, entry in entries.items()}
    assert company.found("Bo Berg") == ["Bo Berg"]
    after = {key: id(entry) for key, entry in entries.items()}
    assert {key for key in after if before.get(key) != after[key]} == set(after) - set(before)


@dataclass(frozen=True)
class Personnel(Entry):
    """A record of a personnel system."""

    title: str = ""
    kind: str = "worker"

    def record(self) -> Record:
        lines = [line.split(": ") for line in self.text.splitlines()]
        return Record(self.title, "", tuple((name, value) for name, value in lines), labels=(("kind", self.kind),))


def test_records_of_personnel_systems_tell_of_people(installation: Installation) -> None:
    hris = Scripted("hris", lists_everything=True)
    hris.entries = {
        "w1": Personnel("Business title: Buyer\nE-mail: Ann@acme.example", title="Ann Lee, Buyer"),
        "e1": Personnel("Start date: 2026-01-01", title="Employee Bo Berg", kind="company.employee"),
        "p1": Personnel("E-mail: cy@acme.example", title="Cy Young", kind="party.party"),
    }
    driven = Driven(installation, hris)
    gazetteer = Gazetteer(installation.runtime.database)
    text = "Ann Lee, Bo Berg, Cy Young, ann@acme.example, cy@acme.example"
    assert gazetteer.find(text) == ()
    driven.sync("poll")
    assert [finding.span.of(text) for finding in gazetteer.find(text)] == ["Ann Lee", "Bo Berg", "ann@acme.example"]
    hris.entries["e1"] = Personnel("Start date: 2026-01-01", title="Employee Bo Young", kind="company.employee")
    del hris.entries["w1"]
    driven.sync("poll")
    assert [finding.span.of(text) for finding in gazetteer.find(text)] == []
    assert gazetteer.find("Bo Young")
    # As after an upgrade from a release that did not know them.
    with installation.runtime.database.writing() as session:
        session.execute(delete(KnownPersonRow))
    Labeller(installation.runtime.database, Patterns(), installation.runtime.clock).drain()
    assert Gazetteer(installation.runtime.database).find("Bo Young")


def _letters(number: int) -> str:
    return "Xa" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")
