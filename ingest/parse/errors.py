"""Why a document could not be parsed.

    core.errors.VouchError
    └── ParseFailed    ``reason`` is one of ``REASONS``; the message says what happened, the hint what to do

A failure concerns one document only and never holds its text.
"""

from __future__ import annotations

from typing import Literal, get_args

from core.errors import VouchError

Reason = Literal[
    "empty",
    "encrypted",
    "needs_ocr",
    "unsupported",
    "corrupt",
    "hostile",
    "too_large",
    "timeout",
    "crashed",
    "undecodable",
]
REASONS: frozenset[str] = frozenset(get_args(Reason))

_HINTS: dict[Reason, str] = {
    "empty": "Add content to the file, or leave it out of the source.",
    "encrypted": "Save a copy without a password or encryption and add that.",
    "needs_ocr": "Run text recognition (OCR) on it and add the recognised file.",
    "unsupported": "Save it in a supported format: pdf, docx, pptx, xlsx, html, md, txt, csv, eml or msg.",
    "corrupt": "Open it in the program that wrote it, save it again and add the new copy.",
    "hostile": "Check where the file comes from; save its content again with a trusted program.",
    "too_large": "Split the document into smaller files.",
    "timeout": "Split the document into smaller files, or raise the time limit of parsing.",
    "crashed": "Open it in the program that wrote it, save it again and add the new copy.",
    "undecodable": "Save it as UTF-8 text.",
}


class ParseFailed(VouchError):
    """One document could not be parsed. ``code`` and ``reason`` are stable."""

    def __init__(self, reason: Reason, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=_HINTS[reason] if hint is None else hint)
        self.reason: Reason = reason
        self.code = reason

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.reason, self.message, self.hint)


def _rebuild(reason: Reason, message: str, hint: str) -> ParseFailed:
    return ParseFailed(reason, message, hint=hint)
