"""Changing the model register, and trying a model: checked before, recorded with it."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from answer.calling.call import Call
from answer.models.base import Wrote
from answer.models.entry import ModelEntry
from answer.models.register_rows import Version
from answer.prompt import to_try
from answer.usage import Spender
from api.configuring import By
from api.runtime import Runtime
from core.audit import Event
from core.errors import Forbidden, NotFound, VouchError

LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of the fixed public sentence. ``said`` is the beginning of the reply, or the error's message."""

    ok: bool
    said: str
    hint: str
    call: Call


def set_model(runtime: Runtime, entry: ModelEntry, why: str, by: By, replaces: int | None) -> Version:
    """Add a model or change one. Raises as ``Register.set`` does, and ``Forbidden`` for a secret that is not open
    to ``by``."""
    _refuse_secret(runtime, entry, by)
    return runtime.models.register.set(
        entry, why, by=by.who, subject=by.subject, trace_id=by.trace_id, replaces=replaces
    )  # fmt: skip


def try_model(runtime: Runtime, name: str, by: By) -> Tried:
    """Send a fixed public sentence to a model of the register. Raises ``NotFound``."""
    entry = runtime.models.register.entry(name)
    spender = Spender(by.subject, purpose="check")
    said, hint, ok = "", "", True
    with runtime.models.gateway.stream(entry, to_try(entry.destination), spender) as reply:
        try:
            said = "".join(piece.text for piece in reply if isinstance(piece, Wrote))
        except VouchError as error:
            said, hint, ok = error.message, error.hint, False
    _record(runtime, name, reply.call, by, ok=ok)
    return Tried(ok, " ".join(said.split())[:LONGEST_SHOWN], hint, reply.call)


def _record(runtime: Runtime, name: str, call: Call, by: By, *, ok: bool) -> None:
    runtime.audit.append(
        Event(
            kind="model.checked",
            subject=by.subject,
            action="model.check",
            outcome="done" if ok else "failed",
            at=runtime.clock(),
            trace_id=by.trace_id,
            details={
                "model": name,
                "tokens_in": call.usage.input,
                "tokens_out": call.usage.output,
                "seconds": call.seconds,
                **({"sdk": call.sdk.replace(" ", "/")} if call.sdk else {}),
                **({"reason": call.reason} if call.reason else {}),
            },
        )
    )


def _refuse_secret(runtime: Runtime, entry: ModelEntry, by: By) -> None:
    """A secret goes to the address that stands beside it: only the operator of the machine may name any."""
    if by.operator or entry.api_key is None:
        return
    try:
        held = runtime.models.register.entry(entry.name)
    except NotFound:
        held = None
    where = ("api_key", "base_url", "provider", "region", "project")
    if held is not None and all(getattr(held, each) == getattr(entry, each) for each in where):
        return
    allowed = runtime.settings.sources.secrets
    if ".." in entry.api_key or not any(fnmatchcase(entry.api_key, pattern) for pattern in allowed):
        raise Forbidden(
            f"The secret {entry.api_key} is not open to administrators.",
            hint="Let the operator of the machine name it under sources.secrets in vouch.yaml, or set the model there.",
        )
