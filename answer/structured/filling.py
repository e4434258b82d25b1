"""Having models fill in a form: each leaf checked, the whole validated, asked once more where it is not right, then the
next model, and at last what the caller declared for that case."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from answer.answers import Stage
from answer.asking import Asking, Written
from answer.calling.slots import FULL, Full
from answer.candidates import Reading
from answer.claims import Claim, Draft
from answer.cleared import Cleared
from answer.modelled import Modelled
from answer.models.base import ModelError, Prompt, Wrote
from answer.models.entry import ModelEntry
from answer.models.failures import told as failed_as
from answer.permitted import values_for
from answer.prompt import to_fill
from answer.pseudonyms import Token, replace_tokens
from answer.recording import Record
from answer.routing import ANY, Choice, Route
from answer.sighting import TYPED
from answer.structured.checking import Checking, Held
from answer.structured.form import Form, Path, pointer, read_form
from answer.structured.reply import Proposed, read_reply
from answer.structured.shape import Result, decoded, encoded, laid_out, literal, value_of
from answer.structured.wording import Asked, schema_for, worded
from answer.trail import Tried, full_for, told
from answer.usage import Spender
from answer.writing import Sent, sources_of
from core.access import Principal
from core.errors import Invalid, Refused, TooMany
from core.policy import Sensitivity
from retrieval.evidence import Evidence

TURNS = 2
"""Replies of one model: the first, and one that mends it."""
MOST_FAULTS = 12
LARGEST_FALLBACK = 32 * 1024
"""Bytes as JSON, as large as a form may be."""
Fallback = Literal["refuse", "nulls"] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``fallback``: what the answer is where nothing valid comes of it: none at all, what was verified with null for
    the rest, or this value. ``destination`` is a name."""

    form: Form
    fallback: Fallback = field(repr=False, default="refuse")
    destination: str | None = None


def wanted_of(schema: dict[str, Any], fallback: Fallback = "refuse", destination: str | None = None) -> Wanted:
    """Raises ``Invalid`` where the schema is no form, or the value to fall back on does not fit it."""
    form = read_form(schema)
    if not isinstance(fallback, str) and len(json.dumps(fallback)) > LARGEST_FALLBACK:
        raise Invalid(
            f"The value to fall back on has more than {LARGEST_FALLBACK:,} bytes.", hint="Give a smaller one, or nulls."
        )
    if not isinstance(fallback, str) and (faults := form.faults(fallback)):
        raise Invalid(
            f"The value to fall back on does not fit the schema: {'; '.join(faults[:MOST_FAULTS])}.",
            hint="Give one that fits, or refuse, or nulls.",
        )
    return Wanted(form, fallback, destination)


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as one model filled it in. ``faults`` are what of it is not as the schema says."""

    results: dict[Path, Result]
    claims: tuple[Claim, ...]
    faults: tuple[str, ...]

    @property
    def rank(self) -> tuple[bool, int]:
        return not self.faults, len(self.claims)


class Filler:
    """Fills in forms with the models, budgets and checks by which prose is written."""

    def __init__(self, modelled: Modelled) -> None:
        self._modelled = modelled

    def route(
        self, searched: str, evidence: Evidence, reading: Reading, draft: Draft, choice: Choice = ANY,
        level: Sensitivity = TYPED, principal: Principal | None = None,
    ) -> Route:  # fmt: skip
        """As for prose, except that verbatim sentences are no form."""
        routing = self._modelled.routing.model_copy(update={"verbatim_from": None})
        modelled = replace(self._modelled, routing=routing)
        return modelled.route(searched, evidence, reading, draft, choice, level, principal)

    def attempts(
        self, wanted: Wanted, route: Route, evidence: Evidence, record: Record, written: Written, reader: Principal
    ) -> Iterator[Stage]:
        """One model after the other; what came of it is in ``written``. ``reader`` is who may read the result."""
        best: Filled | None = None
        left = self._modelled.routing.calls
        at: int | None = 0
        while at is not None and left > 0:
            attempt = route.attempts[at]
            entry = None if record.late else attempt.entry
            if entry is None:
                reason = "deadline" if record.late else attempt.reason
                told_of = {"tier": "extractive", "reason": reason, "ended": "declined"}
                written.tried.append({**told_of, "excluded": [list(pair) for pair in route.excluded]})
                break
            yield Stage("answering", f"{entry.name} fills in the form; each value is checked", at + 1)
            tried = Tried(attempt)
            try:
                filled = self._fill(tried, entry, wanted.form, evidence, record, reader, min(TURNS, left))
            finally:
                written.add(tried)
            left -= ("before" in tried.call) + bool(tried.call)
            if filled is not None and (best is None or filled.rank > best.rank):
                best, written.tier, written.model = filled, entry.tier, entry.name
                written.support = max(written.support, tried.support)
            if tried.ended == "answered":
                break
            at = route.after_failure(at) if tried.ended in ("failed", "withheld") else route.after_doubt(at)
        settle(wanted, best, _why(best, route), written)
        if best is None and wanted.fallback == "refuse" and written.full_for is not None:
            raise Full(FULL, hint=f"Try again in {int(written.full_for) + 1} s.", retry_after=written.full_for)

    def _fill(
        self, tried: Tried, entry: ModelEntry, form: Form, evidence: Evidence, record: Record, reader: Principal,
        turns: int,
    ) -> Filled | None:  # fmt: skip
        prepared = self.prepare(tried, form, evidence, record.asking)
        if prepared is None:
            return None
        sent, cleared, asked = prepared
        spender = self._modelled.budgets.spender(reader, sources_of(sent.units), record.asking.answer_id)
        checking = Checking(*self._modelled.writer.checks(tried, sent))
        filled: Filled | None = None
        wrong = ""
        for turn in range(turns):
            prompt = to_fill(cleared, sent.units, asked.schema, entry.output_tokens, wrong=wrong)
            record.calling(entry, tried.attempt.reason if not turn else "repair", prompt, cleared, spender.subject)
            text = self._reply(tried, entry, prompt, record, spender)
            if text is None:
                break
            mended = self.checked(tried, form, asked, text, sent, checking, record, reader)
            if filled is None or mended.rank >= filled.rank:
                filled = mended
            if not filled.faults:
                break
            wrong = _wrong(mended.faults)
        if filled is not None:
            self.end(tried, filled, sent, record)
        return filled

    def prepare(
        self, tried: Tried, form: Form, evidence: Evidence, asking: Asking, *, whole: bool = False
    ) -> tuple[Sent, Cleared, Asked] | None:
        """What is going to be sent for one attempt, as ``Writer.prepare``; None where nothing may."""
        said = worded(form, asking.searched)
        prepared = self._modelled.writer.prepare(tried, evidence, replace(asking, searched=said.text), whole=whole)
        if prepared is None:
            return None
        sent, cleared, _ = prepared
        asked = schema_for(form, said, cleared.question)
        if asked is None:
            tried.ended, tried.why = "withheld", "The name of a field may not go to this model."
            return None
        return sent, cleared, asked

    def _reply(self, tried: Tried, entry: ModelEntry, prompt: Prompt, record: Record, spender: Spender) -> str | None:
        """None where the call failed."""
        text, failed = "", ""
        with self._modelled.gateway.stream(
            entry, prompt, spender, seconds=record.seconds_left, cancelled=record.cancelled
        ) as reply:  # fmt: skip
            try:
                for piece in reply:
                    text += piece.text if isinstance(piece, Wrote) else ""
            except (ModelError, TooMany, Refused) as error:
                failed = error.code
                tried.ended, tried.why = "failed", failed_as(error)[0]
                tried.full_for = full_for(error)
            finally:
                before = tried.call
                tried.call = told(reply.call)
                if before:
                    tried.call["before"] = before
                tried.timings["model"] = tried.timings.get("model", 0.0) + reply.call.seconds
                record.called(reply.call, text, failed, spender.subject)
        return None if failed else text

    def checked(
        self, tried: Tried, form: Form, asked: Asked, text: str, sent: Sent, checking: Checking, record: Record,
        reader: Principal,
    ) -> Filled:  # fmt: skip
        """A reply, leaf by leaf: what its units carry is a claim, the rest is dropped."""
        at = time.perf_counter()
        proposed = read_reply(form, text, asked.leaves)
        results: dict[Path, Result] = {}
        claims: list[Claim] = []
        tried.dropped = []
        # By their numbers: of what was sent some time ago, not every unit may still be there.
        places = {unit.number: place for place, unit in enumerate(sent.units, 1)}
        for each in proposed or ():
            there = tuple(places[number] for number in each.cites if number in places)
            held = checking.check(replace(each, cites=there))
            if each.value is None:
                results[each.path] = Result(None)
            elif held.against:
                results[each.path] = Result(None, "unsupported")
                tried.dropped.append(_dropped(each, held, sent))
            else:
                results[each.path] = Result(len(claims))
                tried.support = max(tried.support, held.support)
                cited = tuple(sent.units[unit].citation(held.support) for unit in held.cited)
                claim = Claim(encoded(each.value), cited, sent.map_id)
                claims.append(self._modelled.writer.as_stored(claim, sent, record.asking))
        faults = self._faults(form, results, claims, record, reader) if proposed is not None else ("no JSON object",)
        tried.timings["verify"] = tried.timings.get("verify", 0.0) + time.perf_counter() - at
        return Filled(results, tuple(claims), faults)

    def _faults(
        self, form: Form, results: dict[Path, Result], claims: Sequence[Claim], record: Record, reader: Principal
    ) -> tuple[str, ...]:
        """Of the value as ``reader`` gets it: a schema speaks of values and not of pseudonyms."""
        stored = laid_out(form, results, "filled")
        with self._modelled.database.reading() as session:
            now = self._modelled.clock()
            values = values_for(session, self._modelled.vault, record.asking.conversation_id, reader, now, now)
            texts: list[str | None] = [_restored(claim.text, values.of) for claim in claims]
        leaves: list[Any] = []
        each: dict[str, Any]
        for each in stored["leaves"]:
            number: int | None = each["claim"]
            text = None if number is None else texts[number]
            leaves.append(None if text is None else decoded(each["kind"], text))
        unsupported = [f"{pointer(at)}: not stated by its sources" for at, each in results.items() if _lost(each)]
        faults = form.faults(value_of(stored, leaves))
        return (*faults, *unsupported) if faults else ()

    def end(self, tried: Tried, filled: Filled, sent: Sent, record: Record) -> None:
        """How the attempt ended, once no other reply is asked for."""
        tried.held = len(filled.claims)
        self._modelled.writer.hide_dropped(tried, sent, record.asking)
        if not filled.faults and filled.claims:
            tried.ended = "answered"
        elif tried.ended != "failed":
            tried.ended = "invalid" if filled.claims else "declined" if not tried.dropped else "nothing_held"


def settle(wanted: Wanted, best: Filled | None, why: str, written: Written) -> None:
    """The form, or what was declared for when there is none, and ``why``."""
    if best is not None and not best.faults:
        written.structured, written.claims = laid_out(wanted.form, best.results, "filled"), list(best.claims)
        return
    written.reason = why
    if wanted.fallback == "nulls":
        results = best.results if best is not None else {}
        written.structured = laid_out(wanted.form, results, "nulls")
        written.claims = list(best.claims) if best is not None else []
    elif wanted.fallback == "refuse":
        written.structured = literal(None, "refused")
    else:
        written.structured = literal(wanted.fallback, "literal")


def _why(best: Filled | None, route: Route) -> str:
    match route.attempts[0].reason:
        case "no_model":
            return "No model is configured, and a form is filled in by a model."
        case "not_answered":
            return "What may be read for this does not answer the question well enough to fill in a form."
        case _:
            pass
    if route.attempts[0].entry is None:
        return "No model may be sent what answers this question."
    return lacking(best)


def lacking(best: Filled | None) -> str:
    """Why there is no form, although a model was asked."""
    if best is None:
        return "No model gave a reply that could be used."
    return f"What could be verified does not fit the schema: {'; '.join(best.faults[:MOST_FAULTS])}."


def _wrong(faults: Sequence[str]) -> str:
    listed = "\n".join(f"- {fault}" for fault in faults[:MOST_FAULTS])
    return f"Your reply before was not right (where it was wrong, and which rule it broke):\n{listed}"


def _dropped(proposed: Proposed, held: Held, sent: Sent) -> dict[str, Any]:
    return {
        "text": f"{proposed.leaf.label}: {encoded(proposed.value) if proposed.value is not None else ''}",
        "redaction": sent.map_id,
        "against": list(held.against),
        "support": round(held.support, 4),
        "cited": list(proposed.cites),
        "replaced": False,
    }


def _restored(text: str, value: Callable[[Token], str | None]) -> str | None:
    """None where a token of it stands for what the reader may not see."""
    hidden: list[Token] = []

    def shown(token: Token) -> str:
        found = value(token)
        if found is None:
            hidden.append(token)
        return found or ""

    said = replace_tokens(text, shown)
    return None if hidden else said


def _lost(result: Result) -> bool:
    return result.claim is None and result.missing == "unsupported"
