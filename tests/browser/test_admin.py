"""What administrators do in the web client, in a real browser against the real product. As in ``test_web_client``,
every journey also fails on an error in the console, on a violation of the content security policy, and on a request
that leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.administered import administered, key_for
from tests.browser.conftest import VIEWS, Server

pytestmark = pytest.mark.browser

Journey = Callable[..., None]


@pytest.fixture(scope="module")
def server(web_client: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with administered(tmp_path_factory.mktemp("administered")) as running:
        yield running


@VIEWS
def test_every_page_of_the_administration_is_accessible_and_fits(journey: Journey, scheme: str, width: str) -> None:
    journey("looks_at_every_admin_page", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)


@VIEWS
def test_every_page_of_what_is_used_and_leaves_is_accessible_and_fits(
    journey: Journey, scheme: str, width: str
) -> None:
    name = "looks_at_every_admin_page_of_what_is_used_and_leaves"
    journey(name, VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)


@VIEWS
def test_every_state_of_the_administration_is_accessible_and_fits(journey: Journey, scheme: str, width: str) -> None:
    journey("looks_at_every_admin_state", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)


def test_a_changed_policy_is_tried_first_and_holds_for_the_next_answer_without_a_pointer(journey: Journey) -> None:
    journey("changes_a_policy_and_sees_it_take_effect", VOUCH_HANDS="keyboard")


def test_a_reviewer_takes_two_people(journey: Journey) -> None:
    journey("makes_a_reviewer_with_a_second_person")


def test_a_key_of_a_program_is_shown_once_and_ends(journey: Journey) -> None:
    journey("gives_a_program_a_key")


def test_a_leaked_key_of_a_person_is_found_and_ended(journey: Journey, server: Server) -> None:
    person = "willem.terborgh@averholt.example"
    journey("ends_a_key_of_a_person", VOUCH_KEY=key_for(server, person))


def test_models_are_checked_and_changed_and_budgets_set_and_charged_back(journey: Journey) -> None:
    journey("looks_after_models_and_money")


def test_what_is_kept_of_a_person_is_previewed_erased_and_the_report_verifies(journey: Journey) -> None:
    journey("erases_at_a_persons_request")


def test_a_dialog_opens_and_closes_with_the_keyboard(journey: Journey) -> None:
    journey("manages_with_the_keyboard_alone")


def test_who_has_no_role_for_it_sees_nothing_of_it(journey: Journey) -> None:
    journey("is_told_what_is_not_for_them")
