"""What every change that is kept with its author has in common."""

from __future__ import annotations

import pytest

from core.decided import LONGEST_WHY, reason
from core.errors import Invalid


def test_a_reason_is_kept_without_the_blanks_around_it() -> None:
    assert reason("  They asked for it.\n", "a budget") == "They asked for it."
    assert len(reason("x" * LONGEST_WHY, "a budget")) == LONGEST_WHY


@pytest.mark.parametrize("why", ["", " \n\t"])
def test_without_a_reason_nothing_changes(why: str) -> None:
    with pytest.raises(Invalid, match="A change of the register needs a reason"):
        reason(why, "the register")


def test_a_reason_that_is_a_record_of_its_own_is_refused() -> None:
    with pytest.raises(Invalid, match="1000 characters"):
        reason("x" * (LONGEST_WHY + 1), "the policy")
