"""What reviewers say of an answer: closed words, each with how much it matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from core.errors import Invalid

State = Literal["open", "assigned", "labelled", "signed_off", "withdrawn"]
Label = Literal[
    "correct", "partly_correct", "incorrect", "unsupported", "out_of_date", "leak", "should_have_abstained",
    "should_have_answered", "cannot_tell",
]  # fmt: skip
LABELS: tuple[Label, ...] = get_args(Label)
Severity = Literal["none", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
HARMLESS: frozenset[str] = frozenset({"correct", "cannot_tell"})
"""Labels that say of no fault, and have no severity."""
_ONLY: Mapping[str, str] = {"should_have_abstained": "answered", "should_have_answered": "abstained"}


def checked(label: str, severity: str | None, status: str) -> tuple[str, str]:
    """Of an answer with this ``status``. Raises ``Invalid``."""
    if label not in LABELS:
        raise Invalid(f"There is no label {label!r}.", hint=f"One of: {', '.join(LABELS)}.")
    if status != _ONLY.get(label, status):
        raise Invalid(f"This answer {status}, so it is not {label}.", hint="Choose another label.")
    if label in HARMLESS:
        if severity not in (None, "none"):
            raise Invalid(f"What is {label} has no severity.", hint="Leave it out.")
        return label, "none"
    if severity not in SEVERITIES[1:]:
        raise Invalid(f"Say how severe it is that this is {label}.", hint=f"One of: {', '.join(SEVERITIES[1:])}.")
    return label, severity
