"""Everything that a question may ask of models, in one place; without a model in the register it costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from answer.asking import Asking
from answer.budgets import Budgets
from answer.cached import Basis, KeptAnswers
from answer.candidates import Reading
from answer.claims import Claim, Draft
from answer.cleared import Cleared
from answer.difficulty import difficulty
from answer.drafting import plain
from answer.followup import keeps
from answer.gateway import Gateway
from answer.models.base import ModelError, Wrote
from answer.models.entry import ModelEntry
from answer.models.register import Register
from answer.permitted import values_for
from answer.prompt import ALONE, to_stand_alone
from answer.pseudonyms import Token, placeholder, replace_tokens
from answer.recording import Record
from answer.redact import Redactor
from answer.routing import ANY, Asked, Choice, Route, RoutingPolicy, choose
from answer.sighting import TYPED, Labels, Turn
from answer.terms import expected
from answer.trail import Alone, told
from answer.vault import Place, Vault
from answer.verify.exact import disagreements
from answer.writing import Tried, Writer, sees_values
from core.access import Principal
from core.clock import Clock
from core.database import Database
from core.errors import Refused, TooMany, VouchError
from core.policy import Policy, Sensitivity, highest
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

    def route(
        self, searched: str, evidence: Evidence, reading: Reading, draft: Draft, choice: Choice = ANY,
        level: Sensitivity = TYPED, principal: Principal | None = None,
    ) -> Route:  # fmt: skip
        """Who is asked, and who after that. ``level``: how sensitive the question is at least; ``principal``: whose
        budgets the calls are for."""
        entries = self._chosen(choice)
        if not entries or not draft.claims:
            return choose(self.routing, entries, self.policy(), _nothing_found(draft), self.clock().date())
        asked = replace(self._asked(searched, evidence, reading, draft), question_level=level)
        used_up: frozenset[str] = frozenset()
        if principal is not None:
            used_up = self.budgets.used_up(self.budgets.spender(principal), entries)
        return choose(self.routing, entries, self.policy(), asked, self.clock().date(), used_up)

    def write(self, tried: Tried, evidence: Evidence, record: Record, principal: Principal) -> Iterator[Claim]:
        """The claims of one attempt that hold. Only passages of ``evidence`` are sent."""
        name = self._name(tried.attempt.entry, evidence, record, principal)
        claims = self.kept.again(name, tried, evidence, record.asking, principal)
        if claims:
            yield from claims
            return
        spender = self.budgets.spender(principal, (), record.asking.answer_id)
        yield from self.writer.write(tried, evidence, record, spender)
        self.kept.keep(name, tried, record.asking)

    def _name(self, entry: ModelEntry | None, evidence: Evidence, record: Record, principal: Principal) -> str:
        """Under which the answer is kept that this model gives; empty where none is."""
        if entry is None or not self.kept.on:
            return ""
        basis = Basis(self._levels(evidence), self.policy().version, self.identity(), self.kept.checks())
        return self.kept.name(record.asking.searched, evidence, entry, principal, basis)

    def stand_alone(
        self, question: str, history: Sequence[Turn], record: Record, principal: Principal, choice: Choice = ANY
    ) -> Asking | None:
        """What is asked, with the question as a model says it reads without what was said before; None where no model
        may be asked, or what it says cannot be used."""
        asked = Asked(True, 0.0, 0.0, plain=True, question_level=TYPED, levels=(), characters=2_000)
        entries = self._chosen(choice)
        route = choose(self.routing, entries, self.policy(), asked, self.clock().date()) if entries else Route(())
        entry = route.attempts[0].entry if route.attempts else None
        if entry is None:
            return None
        try:
            return self._rewritten(entry, question, history, record, principal)
        except (ModelError, TooMany, Refused) as error:
            if record.alone is not None:
                record.alone.why = error.code
            return None

    def _chosen(self, choice: Choice) -> tuple[ModelEntry, ...]:
        return tuple(entry for entry in self.register.current() if choice.takes(entry))

    def _rewritten(
        self, entry: ModelEntry, question: str, history: Sequence[Turn], record: Record, principal: Principal
    ) -> Asking | None:
        asking = record.asking
        cleared = self.redactor.clear(
            question, history, NOTHING, entry.destination, asking.conversation_id, asking.person_id,
            trace_id=asking.trace_id,
        )  # fmt: skip
        prompt = to_stand_alone(cleared)
        spender = replace(self.budgets.spender(principal, (), asking.answer_id), purpose="followup")
        record.calling(entry, "follow_up", prompt, cleared, spender.subject)
        alone = record.alone = Alone(entry)
        text = ""
        with self.gateway.stream(
            entry, prompt, spender, seconds=record.seconds_left, cancelled=record.cancelled
        ) as reply:  # fmt: skip
            try:
                text = "".join(piece.text for piece in reply if isinstance(piece, Wrote))
            except VouchError as error:
                alone.why = error.code
                raise
            finally:
                alone.call = told(reply.call)
                record.called(reply.call, text, alone.why, spender.subject)
        said = plain(text)
        if ALONE in said:
            alone.ended = "stands_alone"
            return asking
        before = [cleared.question.text, *(turn.body.text for turn in cleared.history)]
        if not said or len(said) > LONGEST_QUESTION or disagreements(said, [" ".join(before)]):
            alone.ended = "unusable"
            return None
        made = self._restored(said, cleared, history, record, principal)
        if not keeps(question, made.searched):
            alone.ended = "unusable"
            return None
        alone.ended = "rewritten"
        return replace(made, alone_by="itself" if made.searched == question else entry.name)

    def _restored(
        self, said: str, cleared: Cleared, history: Sequence[Turn], record: Record, principal: Principal
    ) -> Asking:
        """With a question that a model made of ``cleared``: as it is searched, and as it is stored. It is as sensitive
        as what it may repeat."""
        asking, alone = record.asking, record.alone
        assert alone is not None
        withheld = {each.place for each in cleared.withheld}
        places = [
            place
            for number, turn in enumerate(history)
            if f"history.{number}" not in withheld
            for place in turn.cited
        ]  # fmt: skip
        kept, alone.redaction = said, cleared.map_id
        if sees_values(self.policy(), cleared.destination):
            (kept,), alone.redaction = self.writer.unrestored([said], cleared.map_id, tuple(places), NOTHING, asking)
        alone.sent = [
            {"version": each.version, "spans": [[span.start, span.end] for span in each.spans]}
            for each in dict.fromkeys(places)
        ]
        borrowed: dict[str, tuple[Place, ...]] = {}
        with self.database.reading() as session:
            now = self.clock()
            values = values_for(session, self.vault, asking.conversation_id, principal, now, now)

            def shown(token: Token) -> str:
                value = values.of(token)
                if value is None:
                    return placeholder(token.kind)
                borrowed[value] = tuple(
                    place for entry in values.entries.values() if entry.value == value for place in entry.places
                )
                return value

            searched = replace_tokens(kept, shown)
        level = highest((asking.level, *(turn.level for turn in cleared.history)))
        return replace(asking, searched=searched, kept=kept, level=level, borrowed=borrowed)

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
