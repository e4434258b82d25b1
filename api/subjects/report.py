"""What a request came to, place by place, signed with the key of the log."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature

from core.audit.events import canonical
from core.audit.keys import Generations
from core.audit.notes import BadNote, NoteKey, read_key
from core.errors import Invalid

FORMAT = "vouch-erasure-report/1"
_SIGNED = b"vouch erasure report\n"


@dataclass(slots=True)
class Place:
    """Where something of a person was: how much was ``found``, and of that ``removed`` and ``held``."""

    found: int = 0
    removed: int = 0
    held: int = 0


@dataclass(slots=True)
class Report:
    """``unreached``: (where, how many, why). ``standing``: columns in which their name or address still stands, with
    how many rows; ``returned``: what was erased before had come back with a backup."""

    request: str
    at: str
    subject: str
    side: str
    documents: str
    dry_run: bool
    returned: bool = False
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    held: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    unreached: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    standing: dict[str, int] = field(default_factory=dict[str, int])

    def place(self, name: str) -> Place:
        return self.places.setdefault(name, Place())

    def missed(self, where: str, count: int, why: str) -> None:
        if count:
            self.unreached.append({"where": where, "count": count, "why": why})

    def told(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "request": self.request,
            "at": self.at,
            "subject": self.subject,
            "side": self.side,
            "documents": self.documents,
            "dry_run": self.dry_run,
            "returned_with_a_backup": self.returned,
            "places": {
                name: {"found": each.found, "removed": each.removed, "held": each.held}
                for name, each in sorted(self.places.items())
            },
            "held": sorted(self.held, key=lambda each: (each["kind"], each["id"])),
            "unreached": self.unreached,
            "standing": dict(sorted(self.standing.items())),
        }


def signed(report: Mapping[str, Any], generations: Generations, generation: int) -> dict[str, Any]:
    """The report with a signature that ``verify`` checks."""
    signature = generations.sign_bytes(generation, _content(report))
    key = generations.keys[generation]
    return {"report": dict(report), "key": str(key), "signature": base64.b64encode(signature).decode()}


def verify(envelope: Mapping[str, Any], trusted: Iterable[NoteKey]) -> NoteKey:
    """The key of ``trusted`` that signed the report. Raises ``Invalid`` where none did, or it was changed since."""
    try:
        key = read_key(str(envelope["key"]))
        signature = base64.b64decode(str(envelope["signature"]), validate=True)
        content = _content(envelope["report"])
    except (KeyError, TypeError, ValueError, BadNote, binascii.Error):
        raise Invalid("This is not a report of Vouch.", hint="Take the whole file that subject erase wrote.") from None
    if key not in tuple(trusted):
        raise Invalid("The report is signed by a key that is not trusted.", hint="Name it: --key NAME+ID+KEY")
    try:
        key.public.verify(signature, content)
    except InvalidSignature:
        raise Invalid("The report was changed after it was signed.", hint="Ask for the original.") from None
    return key


def written(envelope: Mapping[str, Any]) -> bytes:
    return json.dumps(envelope, indent=2, ensure_ascii=False).encode() + b"\n"


def _content(report: Mapping[str, Any]) -> bytes:
    return _SIGNED + canonical(dict(report))
