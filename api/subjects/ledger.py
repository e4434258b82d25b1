"""What was erased, outside the database: a restored backup is erased again by it.

A line a request, in the order in which they came, each keyed and chained to the one before:

    {"at", "id", "side", "documents", "person", "erased_documents": [...],
     "erased_versions": [...], "erased_answers": [...], "mac"}

Everything that names somebody or something is an HMAC-SHA256. A line is on the disk before anything of it is removed,
so that one which is torn was never acted upon.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from core.errors import Conflict
from core.secrets import SUBJECT, Keyring

NAME = "erasures.ledger"


@dataclass(frozen=True, slots=True)
class Line:
    """One request as it was begun. ``person``, ``documents_gone`` and ``versions_gone`` are keyed hashes; ``person`` is
    empty where the request is not about what somebody asked, or about nobody who has an account."""

    at: datetime
    id: str
    side: str
    documents: str
    person: str
    documents_gone: frozenset[str]
    versions_gone: frozenset[str]
    answers_gone: frozenset[str]


class Ledger:
    """The file at ``path``, which is made by the first line."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        # Derived from a key that every backup has: one made later would not be in an older one.
        self._key = hmac.new(keyring.key(SUBJECT).raw(), b"vouch erasure ledger", hashlib.sha256).digest()
        self.path = path

    def name(self, kind: str, identity: str) -> str:
        """How the ledger names something."""
        return hmac.new(self._key, f"{kind}:{identity}".encode(), hashlib.sha256).hexdigest()

    def write(
        self, at: datetime, request: str, side: str, treatment: str, person: str, documents: Iterable[str],
        versions: Iterable[str], answers: Iterable[str],
    ) -> None:  # fmt: skip
        """Append a line and bring it to the disk. The ids are named by this. Raises ``Conflict`` for a damaged file."""
        content, last = self._whole()
        entry: dict[str, Any] = {
            "at": at.isoformat(),
            "id": request,
            "side": side,
            "documents": treatment,
            "person": self.name("person", person) if person else "",
            "erased_documents": sorted(self.name("document", each) for each in documents),
            "erased_versions": sorted(self.name("version", each) for each in versions),
            "erased_answers": sorted(self.name("answer", each) for each in answers),
        }
        line = orjson.dumps({**entry, "mac": self._mac(entry, last)}) + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # A torn line of before is overwritten: nothing was done of it.
            os.ftruncate(descriptor, len(content))
            os.lseek(descriptor, len(content), os.SEEK_SET)
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self) -> list[Line]:
        """Raises ``Conflict`` where a line was edited or taken out."""
        content, _ = self._whole()
        return [_line(orjson.loads(each)) for each in content.splitlines()]

    def _whole(self) -> tuple[bytes, str]:
        """All complete lines, and the code of the last one."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return b"", ""
        whole = content[: content.rfind(b"\n") + 1]
        last = ""
        for number, raw in enumerate(whole.splitlines(), 1):
            try:
                entry: dict[str, Any] = orjson.loads(raw)
                mac = entry.pop("mac")
                if not hmac.compare_digest(mac, self._mac(entry, last)):
                    raise ValueError
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Conflict(
                    f"The erasure ledger is damaged at line {number}.",
                    hint=f"Restore {self.path} from a copy: without it, what was erased may come back.",
                ) from None
            last = mac
        return whole, last

    def _mac(self, entry: dict[str, Any], last: str) -> str:
        content = last.encode() + orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()


def _line(raw: dict[str, Any]) -> Line:
    return Line(
        datetime.fromisoformat(raw["at"]), raw["id"], raw["side"], raw["documents"], raw["person"],
        frozenset(raw["erased_documents"]), frozenset(raw["erased_versions"]), frozenset(raw["erased_answers"]),
    )  # fmt: skip
