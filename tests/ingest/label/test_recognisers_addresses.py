from __future__ import annotations

import pytest

from tests.ingest.label.finding import counted


@pytest.mark.parametrize(
    "address",
    [
        "1600 Amphitheatre Parkway, Mountain View, CA 94043",
        "221B Baker Street, London NW1 6XE",
        "12 rue de la Paix, 75002 Paris",
        "Friedrichstraße 123, 10117 Berlin, Germany",
        "Via Roma 12, 00184 Roma",
        "Calle Mayor 5, 3º B, 28013 Madrid",
        "P.O. Box 1234, Springfield, IL 62704",
        "Apt. 12 45 Elm Street, Portland",
        "350 5th Avenue\nSuite 900\nNew York, NY 10118",
        "14 Lindenlaan 22\n Apt. 7\n Utrecht\n Netherlands 35011",
        "Unit 4181 Box 1281\nDPO AA 57553",
        "USNS Example\nFPO AA 08331",
        "the corner of Market Street and 5th Avenue",
    ],
)
def test_an_address_is_found_whole(address: str) -> None:
    assert counted(f"Please send it to {address}, thank you.", "ADDRESS") == [address]


def test_the_full_stop_of_a_sentence_stays_outside() -> None:
    assert counted("We moved to 10 Downing St, London SW1A 2AA, UK. Come by.", "ADDRESS") == [
        "10 Downing St, London SW1A 2AA, UK"
    ]


def test_small_letters_do_not_hide_an_address() -> None:
    assert counted("i live at 12 main street apt. 4, springfield, il 62704", "ADDRESS") == [
        "12 main street apt. 4, springfield, il 62704"
    ]


def test_two_addresses_in_one_sentence_are_two() -> None:
    text = "Deliver to 12 Oak Street, Salem, and to 45 Elm Road, Boston."
    assert counted(text, "ADDRESS") == ["12 Oak Street, Salem", "45 Elm Road, Boston"]


@pytest.mark.parametrize(
    "text",
    [
        "See Section 12 Employee Benefits 2024 and Table 3 Results of Survey 5.",
        "On 12 March 2024 we sold 45 units to 3 Customers in 2 Countries.",
        "Each of the 50 States must file Form 1040 by the 15th.",
        "Room 12, Building 4, Floor 3 is booked from 9 to 11.",
        "It expires 05/27, IBAN DE89 3704 0044 0532 0130 00.",
        "5 Business days after Step 3 Review the 2 Reports 2023.",
        "Circular 65, Federal Executive Branch Continuity of Operations, July 1999",
    ],
)
def test_numbers_and_capitals_alone_are_no_address(text: str) -> None:
    assert counted(text, "ADDRESS") == []
