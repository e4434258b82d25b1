"""Answers that are given again, without asking a model: while everything is the same that they were made from.

What is kept is a name, and where the answer is. The name is a keyed hash of everything that the answer depends on, so
that nothing can be read from it; whatever changes makes another name. People of the same effective access share what is
kept. An answer is restored for whoever asks as if they opened it, sentence by sentence, and goes into their own
conversation without values, as what a model says does.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from answer import kept_rows
from answer.answers import Answer
from answer.asking import Asking
from answer.claims import Claim
from answer.models.entry import ModelEntry
from answer.permitted import values_for
from answer.prompt import VERSION
from answer.pseudonyms import replace_tokens, tokens
from answer.redact import Redactor
from answer.restore import restore
from answer.sighting import Turn
from answer.tables import AnswerRow
from answer.trail import Tried
from answer.vault import Place, Vault
from core import access_sets
from core.access import Principal
from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.secrets import Keyring
from retrieval.evidence import Evidence
from retrieval.freshness import stale_sources

_KEY = "kept-answers"


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer is made from, beside question and evidence. ``levels``: how sensitive each passage is; ``policy``
    and ``detector``: version of the data policy and identity of what finds values; ``checks``: identity of what
    sentences are checked with."""

    levels: Sequence[str]
    policy: int
    detector: str
    checks: str


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer of before, as its new reader may read it."""

    answer: Answer
    claims: list[dict[str, Any]] = field(repr=False)
    tried: dict[str, Any] = field(repr=False)


class KeptAnswers:
    """``life`` is how long an answer is given again; none at all where it is zero."""

    def __init__(
        self, database: Database, keyring: Keyring, redactor: Redactor, vault: Vault, clock: Clock, life: timedelta,
        checks: Callable[[], str],
    ) -> None:  # fmt: skip
        self._database, self._redactor, self._vault, self._clock = database, redactor, vault, clock
        self._secret, self._life, self.checks = keyring.key(_KEY), life, checks

    @property
    def on(self) -> bool:
        return self._life > timedelta()

    def name(self, searched: str, evidence: Evidence, entry: ModelEntry, principal: Principal, basis: Basis) -> str:
        """Under which an answer is kept; empty where none is: a source of the evidence is out of date."""
        if not self.on or any(passage.stale is not None for passage in evidence.passages):
            return ""
        with self._database.reading() as session:
            access = access_sets.effective_key(session, principal)
        parts = (
            "answer", _same(searched), access,
            [(passage.chunk_id, passage.version) for passage in evidence.passages],
            entry.model_dump(mode="json"), VERSION,
            list(basis.levels), basis.policy, basis.detector, basis.checks,
        )  # fmt: skip
        return hmac.new(self._secret.raw(), orjson.dumps(parts), hashlib.sha256).hexdigest()

    def again(
        self, name: str, tried: Tried, evidence: Evidence, asking: Asking, principal: Principal
    ) -> tuple[Claim, ...]:
        """The claims of the answer that is kept under this name, as they are stored in the conversation of ``asking``;
        none where there is no such answer, or not all of it may be given to ``principal`` now. ``tried`` tells of it.
        """
        found = self._found(name, principal) if name else None
        if found is None:
            return ()
        claims = self._claims(found, evidence, asking, principal)
        if claims:
            tried.ended, tried.reused = "answered", found.answer.id
            tried.held, tried.support = len(claims), found.answer.support
            tried.sent = found.tried["sent"]
        return claims

    def keep(self, name: str, tried: Tried, asking: Asking) -> None:
        """An answer that a model gave to its end, once it is stored."""
        if not name or tried.ended != "answered" or tried.reused:
            return
        now = self._clock()
        with self._database.writing() as session:
            kept_rows.put(session, name, asking.answer_id, asking.conversation_id, now + self._life)

    def _found(self, name: str, principal: Principal) -> _Found | None:
        now = self._clock()
        with self._database.reading() as session:
            row = kept_rows.answer(session, name, now)
            attempt = _attempt(row) if row is not None else None
            if row is None or attempt is None:
                return None
            values = values_for(session, self._vault, row.conversation_id, principal, row.created_at, now)
            answer = restore(session, row, principal, stale_sources(session), values)
            if not _is_whole(answer):
                return None
            for claim in row.claims:
                if claim.get("redaction") and any(values.of(token) is None for _, token in tokens(claim["text"])):
                    return None
            return _Found(answer, list(row.claims), attempt)

    def _claims(self, found: _Found, evidence: Evidence, asking: Asking, principal: Principal) -> tuple[Claim, ...]:
        sentences = [sentence for sentence in found.answer.sentences if sentence.text is not None]
        cites = [tuple(shown.citation for shown in sentence.citations) for sentence in sentences]
        read = {passage.chunk_id for passage in evidence.passages}
        if any(each.chunk_id not in read for those in cites for each in those):
            return ()
        raw = [bool(claim.get("redaction")) for claim in found.claims]
        texts = [sentence.text or "" for sentence in sentences]
        if found.answer.conversation_id == asking.conversation_id:
            return tuple(
                Claim(claim["text"], those, claim.get("redaction"))
                for claim, those in zip(found.claims, cites, strict=True)
            )
        said = [
            Turn("answer", text, None, None, tuple(Place(each.version, each.spans) for each in those))
            for text, those, is_redacted in zip(texts, cites, raw, strict=True)
            if is_redacted
        ]
        if not said:
            return tuple(Claim(text, those) for text, those in zip(texts, cites, strict=True))
        try:
            cleared = self._redactor.unrestored(
                asking.searched, said, evidence, asking.conversation_id, asking.person_id, trace_id=asking.trace_id,
                borrowed=asking.borrowed,
            )  # fmt: skip
        except Refused:
            return ()
        hidden = iter([turn.body.text for turn in cleared.history])
        claims = tuple(
            Claim(next(hidden), those, cleared.map_id) if is_redacted else Claim(text, those)
            for text, those, is_redacted in zip(texts, cites, raw, strict=True)
        )
        return claims if self._reads_the_same(claims, texts, asking, principal) else ()

    def _reads_the_same(
        self, claims: Sequence[Claim], texts: Sequence[str], asking: Asking, principal: Principal
    ) -> bool:
        """Whether what is stored comes back as it was."""
        with self._database.reading() as session:
            now = self._clock()
            values = values_for(session, self._vault, asking.conversation_id, principal, now, now)
            back = [
                replace_tokens(claim.text, lambda token: values.of(token) or "") if claim.redaction else claim.text
                for claim in claims
            ]
        return back == list(texts)


def _is_whole(answer: Answer) -> bool:
    """Every sentence may be read, and rests on sources that are up to date."""
    shown = all(sentence.text is not None for sentence in answer.sentences)
    return bool(answer.sentences) and shown and all(source.stale is None for source in answer.sources)


def _attempt(row: AnswerRow) -> dict[str, Any] | None:
    """The attempt that the answer came from."""
    last = row.tried[-1] if row.tried else {}
    return last if last.get("ended") == "answered" and last.get("sent") is not None else None


def _same(question: str) -> str:
    """A question without what does not change it."""
    return " ".join(unicodedata.normalize("NFKC", question).split()).rstrip("?!. ")
