"""What holds for the models of an organisation taken together, and for one of them on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from answer.models.entry import ModelEntry
from core.errors import Invalid
from core.policy import PLACES, SENSITIVITIES, Policy

WARNED = timedelta(days=30)
"""So long before its date, a model is pointed out that is going to be retired."""
TAKEN = (*PLACES, "embedder", "extractive")
"""Names that mean something else in a policy or in an answer."""


def checked(entries: Sequence[ModelEntry]) -> tuple[ModelEntry, ...]:
    """The entries, whose names have to be unique and their own. Raises ``Invalid``."""
    seen: set[str] = set()
    for entry in entries:
        if entry.name in TAKEN:
            raise Invalid(f"{entry.name} cannot be the name of a model.", hint="It means something else in a policy.")
        if entry.name in seen:
            raise Invalid(f"Two models have the name {entry.name}.", hint="Give each a name of its own.")
        seen.add(entry.name)
    return tuple(entries)


def narrowed(policy: Policy, entries: Iterable[ModelEntry]) -> Policy:
    """The data policy with what the register says of each model: nothing above its ceiling goes there, whatever the
    policy says of it. So one question to the policy answers for both."""
    by_sensitivity = dict(policy.by_sensitivity)
    for entry in entries:
        above = SENSITIVITIES[SENSITIVITIES.index(entry.ceiling) + 1 :]
        by_sensitivity |= {(level, entry.name): "block" for level in above}
    return Policy(policy.version, policy.by_class, by_sensitivity, policy.kinds)


def overdue(entry: ModelEntry, now: datetime) -> bool:
    """Whether its date of retirement has come."""
    return entry.retires_on is not None and entry.retires_on <= now.date()


def warning(entry: ModelEntry, now: datetime) -> str:
    """What its owner should do soon; empty where that is nothing."""
    if entry.retires_on is None or entry.retires_on > (now + WARNED).date():
        return ""
    verb = "was" if overdue(entry, now) else "is going to be"
    return f"{entry.name} {verb} retired on {entry.retires_on}: put another version in its place."
