"""Why somebody did not get in.

    VouchError
    └── SignInFailed    ``reason`` is one of ``REASONS``; the person is shown its words, and never ``told``

``told`` is for the operator's log: what exactly was wrong, without tokens, names and addresses.
"""

from __future__ import annotations

from typing import Literal

from core.errors import VouchError

Reason = Literal[
    "unknown", "unverified", "mismatch", "disabled", "expired", "declined", "overage", "invalid", "unavailable"
]

REASONS: dict[Reason, tuple[str, str]] = {
    "unknown": ("Your account is not known here.", "Ask the people who run Vouch to add you."),
    "unverified": (
        "Your account has no confirmed e-mail address.", "Confirm it with your organisation's sign-in, or ask for help."
    ),
    "mismatch": (
        "Your account is not the one that is known here.", "Ask the people who run Vouch to connect your new account."
    ),
    "disabled": ("Your account here was closed.", "Ask the people who run Vouch if that is a mistake."),
    "expired": ("This sign-in took too long, or began in another browser.", "Start again."),
    "declined": ("The sign-in was not completed.", "Start again."),
    "overage": ("Your sign-in did not say which groups you are in.", "Ask the people who run Vouch for help."),
    "invalid": ("The sign-in could not be verified.", "Start again; if it stays, tell the people who run Vouch."),
    "unavailable": ("Your organisation's sign-in does not answer.", "Try again in a minute."),
}  # fmt: skip


class SignInFailed(VouchError):
    code = "sign_in_failed"

    def __init__(self, reason: Reason, told: str) -> None:
        message, hint = REASONS[reason]
        super().__init__(message, hint=hint)
        self.reason: Reason = reason
        self.told = told
