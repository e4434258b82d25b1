"""What a person does in the web client, in a real browser against the real product.

Every journey also fails on an error in the console, on a violation of the content security policy, and on any
request that leaves the machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.browser.conftest import BOTH_HANDS, VIEWS, Server

pytestmark = pytest.mark.browser

Journey = Callable[..., None]


@BOTH_HANDS
def test_an_answer_arrives_and_its_citation_opens_the_page_with_the_passage_highlighted(
    journey: Journey, hands: str
) -> None:
    journey("follows_a_citation_into_a_pdf", VOUCH_HANDS=hands)


def test_a_citation_of_a_table_opens_the_table_with_the_row_highlighted(journey: Journey) -> None:
    journey("follows_a_citation_into_a_table")


def test_all_of_it_works_with_the_keyboard_alone(journey: Journey) -> None:
    journey("uses_the_keyboard_alone")


def test_without_evidence_it_says_so_and_shows_the_nearest_sources(journey: Journey) -> None:
    journey("finds_no_evidence")


@BOTH_HANDS
def test_what_a_person_may_not_read_is_not_on_the_page(journey: Journey, hands: str) -> None:
    journey("sees_no_salary", VOUCH_HANDS=hands)


def test_a_conversation_is_found_again_and_can_be_deleted(journey: Journey) -> None:
    journey("returns_to_a_conversation")


def test_what_somebody_thinks_of_an_answer_is_kept_changed_and_withdrawn(journey: Journey) -> None:
    journey("says_what_it_thinks_of_an_answer")


def test_a_conversation_is_named_pinned_exported_and_shared_with_somebody_who_reads_by_their_own_rights(
    journey: Journey,
) -> None:
    journey("keeps_and_shares_a_conversation")


def test_what_is_indexed_can_be_looked_through_by_an_address(journey: Journey) -> None:
    journey("sees_what_is_indexed")


def test_what_the_chat_loads_first_is_within_its_budget(journey: Journey) -> None:
    journey("loads_the_chat_within_its_budget")


def test_an_answer_is_copied_and_printed_with_its_citations(journey: Journey) -> None:
    journey("takes_an_answer_along")


def test_an_answer_leads_on_into_what_it_cites(journey: Journey) -> None:
    journey("reads_on_in_what_is_cited")


def test_an_answer_that_is_stopped_stays_stopped(journey: Journey) -> None:
    journey("stops_an_answer")


def test_a_failure_is_explained_and_can_be_tried_again(journey: Journey) -> None:
    journey("tries_again_after_a_failure")


@VIEWS
def test_every_state_is_accessible_and_fits(journey: Journey, scheme: str, width: str) -> None:
    journey("looks_at_every_ask_page", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)


def test_a_link_signs_in_once(journey: Journey, server: Server) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "api.cli.main", "people", "link", "daan.rooshof@averholt.example"],
        env=server.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    link = next(word for word in made.stdout.split() if "/signin#" in word)
    journey("signs_in_with_a_link", VOUCH_LINK=link)
