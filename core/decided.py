"""Who decides what an installation does, and why: what every change that is kept with its author has in common."""

from __future__ import annotations

from core.errors import Invalid

SEEDED_BY = "vouch.yaml"
"""The author of what was taken over from the configuration."""
OPERATOR = "operator"
"""Whoever has the data directory."""
ITSELF = "vouch"
"""Vouch, where what it saw leaves no choice."""
LONGEST_WHY = 1000


def reason(why: str, of: str) -> str:
    """``why`` as it is kept with a change ``of`` something ("the policy"). Raises ``Invalid`` without one."""
    why = why.strip()
    if not why:
        raise Invalid(f"A change of {of} needs a reason.", hint="Say it with --why; it is kept with the change.")
    if len(why) > LONGEST_WHY:
        raise Invalid(f"A reason may have {LONGEST_WHY} characters.", hint="Put the rest into your own records.")
    return why
