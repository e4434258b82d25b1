"""Prompts for the contract of chat models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from answer.models.base import _SEAL, Material, NumberedText, Prompt, Said
from answer.models.entry import ModelEntry

QUESTION = "How long is the notice period of Quillfeather?"
INSTRUCTIONS = "Answer from the numbered sentences only. Marmalade."
SENTENCES = ("Notice is sixteen weeks.", "It begins on a Monday.", "Parental leave is 34 weeks.")
TITLES = ("Handbook of Wexcombe", "Leave")
SECRETS = ("Quillfeather", "Marmalade", "sixteen weeks", "Wexcombe")
"""Words of the prompt that may stand in no error and no log."""
SCHEMA = {
    "type": "object",
    "properties": {"weeks": {"type": "integer"}, "start": {"type": "string"}},
    "required": ["weeks", "start"],
    "additionalProperties": False,
}


def prompt(
    entry: ModelEntry, *, question: str = QUESTION, schema: Mapping[str, Any] | None = None, evidence: bool = True,
    history: tuple[Said, ...] = (), most_tokens: int = 400,
) -> Prompt:  # fmt: skip
    materials = (
        Material("https://intranet.example.com/handbook", TITLES[0], numbered(1, *SENTENCES[:2])),
        Material("https://intranet.example.com/leave", TITLES[1], numbered(3, SENTENCES[2])),
    )
    return Prompt(
        destination=entry.destination,
        instructions=INSTRUCTIONS,
        evidence=materials if evidence else (),
        messages=(*history, Said("person", question)),
        most_tokens=most_tokens,
        cache_key="vouch-answer-1",
        schema=schema,
        seal=_SEAL,
    )


def numbered(first: int, *texts: str) -> tuple[NumberedText, ...]:
    return tuple(NumberedText(number, text) for number, text in enumerate(texts, first))
