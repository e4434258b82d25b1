"""What a model is told of a form. Its words go out within the question, so that they are cleared as the question is;
the schema that goes beside them is made of names that needed no clearing, and of choices as they were cleared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from answer.cleared import ClearedText
from answer.structured.form import Form, Given, Group, Items, Leaf, Node, Path
from core.text import Span

_SOURCES: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
_LABEL, _ABOUT = -1, -2
"""In the place of a choice's number."""
_KINDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}


@dataclass(slots=True)
class Worded:
    """``text``: the question, then the fields. ``places`` says where in it the words of a form stand: names by their
    path; label, description and choices by path and number."""

    text: str = field(repr=False)
    places: dict[Path, Span] = field(default_factory=dict[Path, Span], repr=False)

    def add(self, words: str, *at: str | int) -> None:
        if at:
            self.places[at] = Span(len(self.text), len(self.text) + len(words))
        self.text += words


def worded(form: Form, question: str) -> Worded:
    said = Worded(f"{question}\n\nFields:")
    _tell(said, form.root, (), "\n")
    return said


def _tell(said: Worded, node: Node, at: Path, line: str) -> None:
    match node:
        case Group(fields=fields):
            for each in fields:
                if isinstance(each.node, Given):
                    continue
                said.add(f"{line}- ")
                said.add(each.name, *at, each.name)
                _tell(said, each.node, (*at, each.name), f"{line}  ")
        case Items(of=of, about=about):
            said.add(f" (a list){': ' if about else ''}{about}")
            _tell(said, of, (*at, "-"), f"{line}  ")
        case Leaf():
            said.add(f" ({_KINDS[node.kind]}{', a day as YYYY-MM-DD' if node.dated else ''})")
            said.add(": ")
            said.add(node.label, *at, _LABEL)
            said.add(". " if node.about else "")
            said.add(node.about, *at, _ABOUT)
            for number, choice in enumerate(node.choices):
                said.add(" | " if number else ". One of: ")
                said.add(choice, *at, number)
        case Given():
            return


@dataclass(frozen=True, slots=True)
class Asked:
    """The schema for a model, and its leaves with their words as they were cleared."""

    schema: dict[str, Any] = field(repr=False)
    leaves: dict[Path, Leaf] = field(repr=False)


def schema_for(form: Form, said: Worded, cleared: ClearedText) -> Asked | None:
    """None where the name of a field holds what may not leave: a name cannot be put otherwise."""
    named = [span for at, span in said.places.items() if isinstance(at[-1], str)]
    if any(edit.source.overlaps(span) for edit in cleared.edits for span in named):
        return None
    asked: dict[Path, Leaf] = {}

    def words(*at: str | int) -> str:
        span = cleared.after(said.places[at])
        return cleared.text[span.start : span.end]

    def schema(node: Node, at: Path) -> dict[str, Any]:
        match node:
            case Leaf():
                choices = tuple(words(*at, number) for number in range(len(node.choices)))
                asked[at] = replace(node, label=words(*at, _LABEL), about=words(*at, _ABOUT), choices=choices)
                value: dict[str, Any] = {"type": node.kind}
                if choices:
                    value["enum"] = list(dict.fromkeys(choices))
                # Not a list of types: not every provider takes one.
                return _object({"value": {"anyOf": [value, {"type": "null"}]}, "sources": _SOURCES})
            case Items(of=of):
                return {"type": "array", "items": schema(of, (*at, "-"))}
            case Group(fields=fields):
                shown = [each for each in fields if not isinstance(each.node, Given)]
                return _object({each.name: schema(each.node, (*at, each.name)) for each in shown})
            case Given():
                return {"type": "null"}

    return Asked(schema(form.root, ()), asked)


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
