"""Which names of models stay the same, by what each provider says of its own.

OpenAI's end in a date (``gpt-5-mini-2025-08-07``, ``gpt-4-0613``), Gemini's in a number of three digits or the date of
a preview (``gemini-2.0-flash-001``), Anthropic's in a date up to generation 4.5; from 4.6 on a name without one is a
version of its own (``claude-sonnet-4-6``). Without that a name is an alias that its provider moves to another version.
"""

from __future__ import annotations

import re

_WORD = re.compile(
    r"(?:^|[-_.:/@])(?:latest|newest|current|default|auto|main|master|head|nightly|edge)(?=$|[-_.:/@])", re.IGNORECASE
)
_LAST_WORD = re.compile(r"(?:^|[-_.:/@])(?:stable|preview|experimental|exp|beta)$", re.IGNORECASE)
_OPENAI = re.compile(r"(?:^|:)(?:gpt|chatgpt|o\d)(?=$|[-.\d])(?!-oss)", re.IGNORECASE)
_OPENAI_PINNED = re.compile(r"-(?:20\d{2}-\d{2}-\d{2}|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?=$|[-:])")
_CLAUDE = re.compile(r"(?:^|[-_.:/])claude(?=-)", re.IGNORECASE)
_CLAUDE_DATED = re.compile(r"[-@]20\d{6}(?=$|[-@:])")
_CLAUDE_VERSION = re.compile(r"claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?=$|-v\d|[@:])", re.IGNORECASE)
_DATELESS_FROM = (4, 6)
_GEMINI = re.compile(r"^gemini(?=-)", re.IGNORECASE)
_GEMINI_PINNED = re.compile(r"-(?:\d{3}|\d{2}-\d{2}|\d{2}-20\d{2})$")
_MARKED = re.compile(r"[-_.:/@].*\d")


def against(provider: str, model: str) -> str:
    """Why a name may come to mean another version, with what to write instead; empty where nothing says so."""
    if any(letter.isspace() or not letter.isprintable() for letter in model):
        return "has blanks; write the provider's name of one version"
    if _WORD.search(model) or _LAST_WORD.search(model):
        return "is a name whose meaning changes; write the name of one version"
    own = model.rpartition("/")[2]
    if _CLAUDE.search(own) or provider in ("anthropic", "anthropic-bedrock", "anthropic-vertex"):
        pinned = _CLAUDE_DATED.search(own) or _is_dateless(own)
        return "" if pinned else "is an alias; write it with its date, such as claude-sonnet-4-5-20250929"
    if _GEMINI.search(own) or provider in ("gemini", "gemini-vertex"):
        pinned = _GEMINI_PINNED.search(own)
        return "" if pinned else "is an alias; write it with its number, such as gemini-2.0-flash-001"
    if _OPENAI.search(own) or provider == "openai":
        pinned = _OPENAI_PINNED.search(own)
        return "" if pinned else "is an alias; write it with its date, such as gpt-5-2025-08-07"
    if provider == "compatible" and not _MARKED.search(model):
        return "says no version; write it with its tag, size or date, such as llama3:8b-instruct-q5_K_M"
    return ""


def _is_dateless(own: str) -> bool:
    found = _CLAUDE_VERSION.search(own)
    return found is not None and (int(found[1]), int(found[2] or 0)) >= _DATELESS_FROM
