"""From OpenAI's words to a question: who may write, what is asked, and what it follows on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import cast, get_args

from answer.cleared import Role
from answer.continued import continued
from answer.history import Said, typed
from answer.models.entry import Tier
from answer.routing import ANY, Choice
from answer.structured.filling import Wanted, wanted_of
from api.http.compatible.faults import UnknownModel, Unusable
from api.http.compatible.wire import CompletionIn, Message, ModelCard, ResponseFormat
from api.runtime import Runtime

TIERS = cast("tuple[Tier, ...]", get_args(Tier))
DEFAULT, VERBATIM, ENTRY = "vouch", "vouch-verbatim", "vouch/"
FOUNDED = 1_767_225_600
"""2026-01-01: what has no date of its own needs one here."""
_MARKS = re.compile(r" ?\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, in Vouch's terms. ``earlier`` are the questions before it, ``said`` what else was said."""

    question: str = field(repr=False)
    earlier: tuple[str, ...] = field(repr=False)
    said: Said | None = field(repr=False)
    wanted: Wanted | None


def cards(runtime: Runtime) -> list[ModelCard]:
    """The names under which one can ask: the routing of the house, its tiers and entries, and no model at all."""
    entries = runtime.models.register.current()
    tiers = [_tier_name(tier) for tier in TIERS if any(entry.tier == tier for entry in entries)]
    names = [DEFAULT, VERBATIM, *tiers, *(ENTRY + entry.name for entry in entries)]
    return [ModelCard(id=name, created=FOUNDED, owned_by="vouch") for name in names]


def choice_of(runtime: Runtime, name: str) -> Choice:
    """Raises ``UnknownModel`` for a name that is not listed."""
    if name == DEFAULT:
        return ANY
    if name == VERBATIM:
        return Choice(none=True)
    if name in {card.id for card in cards(runtime)}:
        if name.startswith(ENTRY):
            return Choice(name=name.removeprefix(ENTRY))
        return Choice(tier=next(tier for tier in TIERS if _tier_name(tier) == name))
    raise UnknownModel("There is no model of this name here.", hint=f"GET /v1/models lists them; {DEFAULT} is usual.")


def read(body: CompletionIn) -> Request:
    """Raises ``Unusable`` for what cannot be left out without changing what the caller gets."""
    if body.n not in (None, 1):
        raise Unusable("n", "There is one answer to a question.", hint="Leave n out.")
    asked = body.messages[-1]
    if asked.role != "user":
        raise Unusable("messages", "The last message has to be the question, of the role user.")
    talk = [message for message in body.messages[:-1] if message.role in ("user", "assistant")]
    earlier = [text for message in talk if message.role == "user" and (text := _text(message, strict=False))]
    spoken: list[tuple[Role, str]] = [
        ("person" if message.role == "user" else "answer", _MARKS.sub("", text))
        for message in talk
        if (text := _text(message, strict=False))
    ]
    return Request(
        question=_text(asked, strict=True),
        earlier=tuple(earlier),
        said=typed(earlier[-1], spoken) if earlier else None,
        wanted=_wanted(body.response_format, body),
    )


def place_of(runtime: Runtime, person_id: str, request: Request, named: str | None) -> tuple[str | None, Said | None]:
    """The conversation that goes on, or what a new one follows on."""
    if named is not None:
        return named, None
    if not request.earlier:
        return None, None
    with runtime.database.reading() as session:
        found = continued(session, person_id, request.earlier)
    return (found, None) if found is not None else (None, request.said)


def _tier_name(tier: Tier) -> str:
    return f"{DEFAULT}-{tier.replace('_', '-')}"


def _text(message: Message, *, strict: bool) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = message.content or []
    if strict and any(part.type != "text" for part in parts):
        raise Unusable("messages", "A question is text; pictures, sound and files are not read.")
    return "\n".join(part.text for part in parts if part.type == "text" and part.text)


def _wanted(form: ResponseFormat | None, body: CompletionIn) -> Wanted | None:
    if form is None or form.type == "text":
        return None
    if form.type != "json_schema" or form.json_schema is None:
        raise Unusable(
            "response_format",
            "JSON is checked value by value against a schema.",
            hint="Use the type json_schema, with a schema.",
        )
    return wanted_of(form.json_schema.form, body.vouch.fallback)
