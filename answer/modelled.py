"""Everything that a question may ask of models, in one place; without a model in the register it costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from answer.budgets import Budgets
from answer.cached import Basis, KeptAnswers
from answer.candidates import Reading
from answer.claims import Claim, Draft
from answer.difficulty import difficulty
from answer.drafting import plain
from answer.gateway import Gateway
from answer.models.base import ModelError, Wrote
from answer.models.entry import ModelEntry
from answer.models.register import Register
from answer.permitted import values_for
from answer.prompt import ALONE, to_stand_alone
from answer.pseudonyms import placeholder, replace_tokens
from answer.recording import Record
from answer.redact import Redactor
from answer.routing import Asked, Route, RoutingPolicy, choose
from answer.sighting import TYPED, Labels, Turn
from answer.terms import expected
from answer.vault import Vault
from answer.verify.exact import disagreements
from answer.writing import Tried, Writer
from core.access import Principal
from core.clock import Clock
from core.database import Database
from core.errors import Refused, TooMany
from core.policy import Policy, Sensitivity
from retrieval.evidence import Evidence

NOTHING = Evidence("", (), {})
LONGEST_QUESTION = 600
_PLAIN_WORDS = 14


@dataclass(frozen=True, slots=True)
class Modelled:
    """Chooses models and has them write. ``policy`` is the data policy narrowed by the register; ``identity`` that of
    what finds values; ``routing`` what decides between models."""

    database: Database
    register: Register
    budgets: Budgets
    gateway: Gateway
    redactor: Redactor
    writer: Writer
    vault: Vault
    labels: Labels
    identity: Callable[[], str]
    policy: Callable[[], Policy]
    routing: RoutingPolicy
    kept: KeptAnswers
    understood: bool
    """Whether the embedder is one whose vectors tell how difficult a question is."""
    clock: Clock

    def route(self, searched: str, evidence: Evidence, reading: Reading, draft: Draft) -> Route:
        """Who is asked, and who after that."""
        entries = self.register.current()
        if not entries or not draft.claims:
            return choose(self.routing, entries, self.policy(), _nothing_found(draft), self.clock().date())
        return choose(
            self.routing, entries, self.policy(), self._asked(searched, evidence, reading, draft), self.clock().date()
        )

    def write(self, tried: Tried, evidence: Evidence, record: Record, principal: Principal) -> Iterator[Claim]:
        """The claims of one attempt that hold. Only passages of ``evidence`` are sent."""
        name = self._name(tried.attempt.entry, evidence, record, principal)
        claims = self.kept.again(name, tried, evidence, record.asking, principal)
        if claims:
            yield from claims
            return
        sources = [passage.document.source for passage in evidence.passages]
        spender = self.budgets.spender(principal, sources, record.asking.answer_id)
        yield from self.writer.write(tried, evidence, record, spender)
        self.kept.keep(name, tried, record.asking)

    def _name(self, entry: ModelEntry | None, evidence: Evidence, record: Record, principal: Principal) -> str:
        """Under which the answer is kept that this model gives; empty where none is."""
        if entry is None or not self.kept.on:
            return ""
        basis = Basis(self._levels(evidence), self.policy().version, self.identity(), self.kept.checks())
        return self.kept.name(record.asking.searched, evidence, entry, principal, basis)

    def stand_alone(
        self, question: str, history: Sequence[Turn], record: Record, principal: Principal
    ) -> tuple[str, str] | None:
        """The question as it reads without what was said before, and the model that put it so; None where no model may
        be asked, or what it says cannot be used."""
        asked = Asked(True, 0.0, 0.0, plain=True, question_level=TYPED, levels=(), characters=2_000)
        entries = self.register.current()
        route = choose(self.routing, entries, self.policy(), asked, self.clock().date()) if entries else Route(())
        entry = route.attempts[0].entry if route.attempts else None
        if entry is None:
            return None
        try:
            return self._rewritten(entry, question, history, record, principal)
        except (ModelError, TooMany, Refused):
            return None

    def _rewritten(
        self, entry: ModelEntry, question: str, history: Sequence[Turn], record: Record, principal: Principal
    ) -> tuple[str, str] | None:
        asking = record.asking
        cleared = self.redactor.clear(
            question, history, NOTHING, entry.destination, asking.conversation_id, asking.person_id,
            trace_id=asking.trace_id,
        )  # fmt: skip
        prompt = to_stand_alone(cleared)
        spender = replace(self.budgets.spender(principal, (), asking.answer_id), purpose="followup")
        record.calling(entry, "follow_up", prompt, cleared, spender.subject)
        text, failed = "", ""
        with self.gateway.stream(entry, prompt, spender) as reply:
            try:
                text = "".join(piece.text for piece in reply if isinstance(piece, Wrote))
            except (ModelError, TooMany, Refused) as error:
                failed = error.code
                raise
            finally:
                record.called(reply.call, text, failed, spender.subject)
        said = plain(text)
        if ALONE in said:
            return question, entry.name
        before = [cleared.question.text, *(turn.body.text for turn in cleared.history)]
        if not said or len(said) > LONGEST_QUESTION or disagreements(said, [" ".join(before)]):
            return None
        with self.database.reading() as session:
            now = self.clock()
            values = values_for(session, self.vault, asking.conversation_id, principal, now, now)
            return replace_tokens(said, lambda token: values.of(token) or placeholder(token.kind)), entry.name

    def _asked(self, searched: str, evidence: Evidence, reading: Reading, draft: Draft) -> Asked:
        best = reading.candidates[0]
        return Asked(
            answered=bool(draft.claims),
            support=draft.support,
            difficulty=difficulty(searched, reading.vector if self.understood else None),
            plain=len(searched.split()) <= _PLAIN_WORDS and expected(searched) != "any" and best.holds_asked,
            question_level=TYPED,
            levels=self._levels(evidence),
            characters=len(searched) + sum(len(passage.text) for passage in evidence.passages),
        )

    def _levels(self, evidence: Evidence) -> tuple[Sensitivity, ...]:
        """How sensitive the passages are; one that nobody has looked into yet counts as what people type."""
        labels = self.labels.of([passage.chunk_id for passage in evidence.passages], self.identity())
        return tuple(
            TYPED if (label := labels.get(passage.chunk_id)) is None else label.sensitivity
            for passage in evidence.passages
        )


def _nothing_found(draft: Draft) -> Asked:
    return Asked(False, draft.support, 0.0, plain=False, question_level=TYPED, levels=(), characters=0)
