"""Which schemas can be filled in, and what is told of those that cannot."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.cleared import ClearedText
from answer.models.adapter import fits_strict
from answer.structured.form import Given, Group, Leaf, leaves, read_form
from answer.structured.wording import schema_for, worded
from core.errors import Invalid


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def deep(levels: int) -> dict[str, Any]:
    return obj(a=deep(levels - 1)) if levels else {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, "an object with fields"),
        (obj(), "without properties"),
        (obj(a={"$ref": "https://elsewhere.example/schema.json"}), "points outside itself"),
        (obj(a={"$ref": "file:///etc/passwd"}), "points outside itself"),
        (obj(a={"$ref": "#/$defs/none"}), "refers to what is not there"),
        ({**obj(a={"$ref": "#"})}, "refers to itself"),
        ({**obj(a={"$ref": "#/$defs/x"}), "$defs": {"x": {"$ref": "#/$defs/x"}}}, "refers to itself"),
        (deep(8), "nested more than 6 deep"),
        (obj(**{f"f{n}": {"type": "string"} for n in range(65)}), "over 64 fields"),
        (obj(a={"type": "string", "pattern": "(a+)+$"}), "uses pattern"),
        (obj(a={"oneOf": [{"type": "string"}, {"type": "number"}]}), "uses oneOf"),
        (obj(a={"anyOf": [{"type": "string"}, {"type": "number"}]}), "one of several"),
        (obj(a={}), "has no type"),
        (obj(a=True), "may be anything"),
        (obj(a={"type": "array"}), "a list of anything"),
        (obj(a={"enum": [1, 2]}), "choices that are no texts"),
        (obj(**{"a b": {"type": "string"}}), "a name that models do not take"),
        ({**obj(a={"type": "string"}), "$schema": "http://json-schema.org/draft-07/schema#"}, "another draft"),
        (obj(a={"type": "strin"}), "no JSON schema"),
        (obj(a={"type": "string", "description": "x" * 40_000}), "larger than 32 KiB"),
        (obj(a={"type": "string", "$id": "https://elsewhere.example/"}), "uses $id"),
    ],
)
def test_a_schema_that_cannot_be_filled_in_is_refused_with_its_reason(schema: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid) as raised:
        read_form(schema)
    assert told in raised.value.message
    assert raised.value.hint


def test_a_schema_as_pydantic_writes_it_is_read() -> None:
    form = read_form(
        {
            "$defs": {"Step": obj(what={"type": "string"}, cost={"anyOf": [{"type": "number"}, {"type": "null"}]})},
            "type": "object",
            "title": "Task",
            "required": ["steps"],
            "properties": {
                "kind": {"const": "task"},
                "steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}},
                "due": {"type": "string", "format": "date", "title": "Due"},
                "nextOwner": {"type": ["string", "null"]},
            },
        }
    )

    found = {"/".join(map(str, path)): leaf for path, leaf in leaves(form.root)}
    assert list(found) == ["steps/-/what", "steps/-/cost", "due", "nextOwner"]
    assert (found["due"].label, found["due"].dated, found["nextOwner"].label) == ("Due", True, "next owner")
    assert {each.name: each.spare for each in form.root.fields} == {
        "kind": True, "steps": False, "due": True, "nextOwner": False,
    }  # fmt: skip
    assert form.root.fields[0].node == Given("task")


def test_faults_say_where_and_which_rule_and_never_the_value() -> None:
    form = read_form(obj(a={"type": "string", "maxLength": 3}, b={"type": "string", "format": "email"}))
    assert form.faults({"a": "hidden", "b": "hidden"}) == ("/a: maxLength", "/b: format")
    assert form.faults({"a": "ok", "b": "a@b.example"}) == ()


_LEAVES = st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"enum": ["x", "y", None]}])
_NAMES = st.sampled_from(["a", "b", "c_d", "eF"])
_NODES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(_NAMES, inner, min_size=1, max_size=3).map(
            lambda named: {"type": "object", "properties": named}
        ),
        inner.map(lambda of: {"type": "array", "items": of}),
    ),
    max_leaves=6,
)


@given(st.dictionaries(_NAMES, _NODES, min_size=1, max_size=3))
def test_what_a_model_gets_is_always_of_the_kind_that_providers_hold_a_reply_to(named: dict[str, Any]) -> None:
    try:
        form = read_form({"type": "object", "properties": named})
    except Invalid:
        # Nested too deeply.
        return
    said = worded(form, "Which?")
    asked = schema_for(form, said, ClearedText(said.text, (), len(said.text)))

    assert asked is not None
    assert fits_strict(asked.schema)
    assert isinstance(form.root, Group)
    assert list(asked.leaves) == [path for path, _ in leaves(form.root)]
    assert all(isinstance(leaf, Leaf) for leaf in asked.leaves.values())
