"""What can go wrong, in the words of the person who has to act on it.

    VouchError
    ├── Invalid        the request or a setting cannot be used as it is
    ├── NotFound       it does not exist, or the asker may not know that it does
    ├── Forbidden      the asker's roles do not cover this
    ├── Unauthenticated  nobody is signed in
    ├── Conflict       it collides with what is already there
    ├── TooMany        more than is allowed at once or in a time; ``retry_after`` seconds
    ├── Refused        a law forbids it (no log, no answer)
    └── Unavailable    a part is down; ``retry_after`` seconds when known

Every error says what happened (``message``) and what to do next (``hint``). Neither may hold document text,
question text or a secret.
"""

from __future__ import annotations


class VouchError(Exception):
    """Base of all expected errors. ``code`` is stable and machine-readable."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Invalid(VouchError):
    code = "invalid"


class NotFound(VouchError):
    code = "not_found"


class Forbidden(VouchError):
    code = "forbidden"


class Unauthenticated(VouchError):
    code = "unauthenticated"


class Conflict(VouchError):
    code = "conflict"


class TooMany(VouchError):
    code = "too_many"

    def __init__(self, message: str, *, hint: str = "", retry_after: float) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Refused(VouchError):
    code = "refused"


class Unavailable(VouchError):
    code = "unavailable"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
