from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.linking import Kept, Links, Name, is_part, name_of, words
from answer.pseudonyms import tokens
from ingest.label.gazetteer import Known
from tests.answer.redacting import Company


def linked(*names: str, emails: tuple[str, ...] = (), known: tuple[Known, ...] = ()) -> dict[str, int]:
    """Which names and addresses are one person: equal numbers."""
    links = Links([name_of(name) for name in names], emails, (), known)
    found = {name: id(links.of_name(name_of(name))) for name in names}
    return found | {email: id(links.of_email(email)) for email in emails}


@pytest.mark.parametrize(
    "name",
    ["Meyer", "Dr. Meyer", "Frau Prof. Meyer", "Anna", "A. Meyer", "Anna M.", "Meyer, Anna", "ANNA MEYER", "Anna-Meyer",
     "Änna Meyer", "Anna Meyer's", "Anna Meyer PhD"],
)  # fmt: skip
def test_parts_and_spellings_of_a_name_are_that_person(name: str) -> None:
    found = linked("Anna Meyer", name)
    assert found["Anna Meyer"] == found[name]


@pytest.mark.parametrize("address", ["anna.meyer@x.example", "ameyer@x.example", "Meyer_Anna@y.example"])
def test_an_address_made_of_a_name_is_that_person(address: str) -> None:
    found = linked("Anna Meyer", emails=(address,))
    assert found["Anna Meyer"] == found[address]


def test_two_people_with_one_surname_are_two() -> None:
    for order in permutations(["Anna Meyer", "Peter Meyer", "Meyer", "Dr. Meyer", "A. Meyer", "Peter"]):
        found = linked(*order, emails=("p.meyer@x.example",))
        assert found["Anna Meyer"] != found["Peter Meyer"]
        assert found["Meyer"] not in (found["Anna Meyer"], found["Peter Meyer"])
        assert found["Dr. Meyer"] not in (found["Anna Meyer"], found["Peter Meyer"])
        assert found["A. Meyer"] == found["Anna Meyer"]
        assert found["Peter"] == found["p.meyer@x.example"] == found["Peter Meyer"]


def test_an_initial_that_fits_two_is_neither() -> None:
    found = linked("Anna Meyer", "Alex Meyer", "A. Meyer", emails=("ameyer@x.example",))
    assert len(set(found.values())) == 4


def test_after_a_title_a_single_word_is_the_surname() -> None:
    found = linked("Dr. James", "James Brown", "Erin James")
    assert found["Dr. James"] == found["Erin James"]
    assert linked("James", "James Brown", "Erin James")["James"] not in (found["James Brown"], found["Erin James"])


def test_a_middle_name_does_not_make_another_person() -> None:
    found = linked("Anna Maria Meyer", "Anna Meyer", "Anna M. Meyer", "Maria Meyer", "Anna Maria")
    assert len(set(found.values())) == 1


def test_a_short_name_that_fits_two_full_ones_is_neither() -> None:
    found = linked("Anna Maria Meyer", "Anna Luise Meyer", "Anna Meyer")
    assert len(set(found.values())) == 3


def test_whom_the_organisation_knows_keeps_all_names_and_addresses() -> None:
    known = Known("p1", ("Anna Meyer", "Anna Schmidt"), ("kreativ77@x.example",))
    found = linked("Anna Schmidt", "Dr. Meyer", emails=("kreativ77@x.example",), known=(known,))
    assert len(set(found.values())) == 1


def test_two_known_people_of_one_name_are_told_by_their_addresses_only() -> None:
    known = (Known("p1", ("Anna Meyer",), ("a1@x.example",)), Known("p2", ("Anna Meyer",), ("a2@x.example",)))
    found = linked("Anna Meyer", emails=("a1@x.example", "a2@x.example"), known=known)
    assert len(set(found.values())) == 3


def test_what_a_conversation_called_somebody_stays() -> None:
    kept = (Kept("AAAAAAAA", (Name(("meyer",)),), ()),)
    links = Links([name_of("Anna Meyer"), name_of("Meyer")], (), kept, ())
    assert links.of_name(name_of("Anna Meyer")).identities == ["AAAAAAAA"]
    assert links.of_name(name_of("Meyer")) is links.of_name(name_of("Anna Meyer"))


def test_words_of_paths_and_addresses() -> None:
    found = [word.folded for word in words("wiki/M%C3%BCller%20Anna_O'Brien-s.pdf?u=ameyer")]
    assert found == ["wiki", "muller", "anna", "obrien", "s", "pdf", "u", "ameyer"]


WORDS = st.sampled_from(["anna", "alex", "a", "meyer", "m", "maria", "james"])
NAMES = st.builds(Name, st.lists(WORDS, min_size=1, max_size=4).map(tuple), st.booleans())


@settings(max_examples=300)
@given(NAMES, NAMES)
def test_of_two_names_one_is_the_other_exactly_if_it_may_be_short_for_it(one: Name, other: Name) -> None:
    links = Links([one, other], (), (), ())
    alike = one.words == other.words or is_part(one, other) or is_part(other, one)
    assert (links.of_name(one) is links.of_name(other)) == alike


# In conversations


def identities(company: Company, question: str, conversation: str = "talk") -> list[str]:
    cleared = company.clear(question, conversation=conversation)
    return [token.identity for _, token in tokens(cleared.question.text)]


def test_the_same_person_has_the_same_token_throughout_a_conversation(company: Company) -> None:
    company.spotter.values = dict.fromkeys(["Dr. Meyer", "Anna Meyer", "Anna"], "PERSON") | {
        "anna.meyer@x.example": "EMAIL_ADDRESS"
    }
    found = [*identities(company, "Where is Dr. Meyer?"), *identities(company, "I mean Anna Meyer"),
             *identities(company, "Anna is anna.meyer@x.example")]  # fmt: skip
    assert len(found) == 4
    assert len(set(found)) == 1
    assert set(found).isdisjoint(identities(company, "Anna Meyer", "another"))


def test_a_second_person_with_the_surname_gets_a_token_of_their_own(company: Company) -> None:
    company.spotter.values = dict.fromkeys(["Anna Meyer", "Peter Meyer", "Dr. Meyer"], "PERSON")
    (anna,) = identities(company, "Anna Meyer")
    assert identities(company, "Dr. Meyer") == [anna]
    anna_again, peter = identities(company, "Anna Meyer and Peter Meyer")
    assert anna_again == anna != peter
    (either,) = identities(company, "Dr. Meyer")
    assert either not in (anna, peter)
    assert identities(company, "Dr. Meyer") == [either]


def test_a_bare_surname_that_was_joined_is_not_handed_to_the_next(company: Company) -> None:
    company.spotter.values = dict.fromkeys(["Meyer", "Anna Meyer", "Peter Meyer"], "PERSON")
    (first,) = identities(company, "Meyer")
    assert identities(company, "Anna Meyer") == [first]
    (peter,) = identities(company, "Peter Meyer")
    (either,) = identities(company, "Meyer")
    assert len({first, peter, either}) == 3
