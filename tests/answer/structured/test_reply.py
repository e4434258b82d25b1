"""What a model wrote into a form is read as far as it can be."""

from __future__ import annotations

import pytest

from answer.structured.form import leaves, read_form
from answer.structured.reply import read_reply

FORM = read_form({"type": "object", "required": ["days"], "properties": {"days": {"type": "number"}}})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2", 2), ("2.5", 2.5), ("-3.0", -3), ("1e15", 10**15), ("1" + "0" * 15, 10**15),
        ("1" + "0" * 15 + "1", None), ("1" + "0" * 400, None), ("-1" + "0" * 400, None), ("1e400", None),
        ("-1e400", None), ("NaN", None), ("Infinity", None), ("true", None), ('"2"', None),
    ],
)  # fmt: skip
def test_a_number_is_read_whatever_its_length(written: str, read: float | None) -> None:
    proposed = read_reply(FORM, f'{{"days": {{"value": {written}, "sources": [1]}}}}', dict(leaves(FORM.root)))
    assert proposed is not None
    assert [each.value for each in proposed] == [read]
