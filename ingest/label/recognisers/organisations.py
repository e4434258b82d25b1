"""Organisations by their legal form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.lexicon import LEGAL_FORMS, PARTNERSHIPS
from ingest.label.recognisers.base import CLEAR, LIKELY

_LEGAL = f"(?:{LEGAL_FORMS}|{PARTNERSHIPS})"
_WORD = r"(?:[A-Z0-9À-ÞŁŚŻČŠŽ][\w'’.&-]{0,30}|&|and|of|the|for|de|la|des|und|y|e|n')"
_NAMED = re.compile(rf"(?<![\w.-])(?P<name>(?:{_WORD} ){{0,5}}{_WORD}),? (?P<form>{_LEGAL})\.?(?![\w-])")
_OF = re.compile(
    r"(?<![\w-])(?:Bank|University|Ministry|Department|Institute|College|Church|Embassy|Bureau|City Council|Academy)"
    r" (?:of|for)"
    r" (?:the )?(?:[^\W\d_a-z][\w'’-]+)(?: (?:(?:and|of|the|&) ){0,2}[^\W\d_a-z][\w'’-]+){0,3}"
)
_NAMED_SMALL = re.compile(r"(?<![\w.-])(?P<name>[a-z][\w'’&-]{1,30}) (?P<form>ltd|inc|llc|gmbh|plc|corp)\.?(?![\w-])")
_HINT = re.compile(_LEGAL)
_NOT_FIRST = frozenset(("and", "of", "the", "for", "de", "la", "des", "und", "y", "e", "&", "n'"))
# Also abbreviations of other things, of states above all (``Reno, NV``).
_SHORT = frozenset(("AB", "AG", "SA", "SE", "SL", "UG", "KG", "NV", "BV", "LP", "Co"))


class OrganisationRecogniser:
    """``Keychain Logistics Corp.``, ``Bank of Ireland``."""

    name = "organisation"

    def find(self, text: str) -> Iterator[Finding]:
        if text.islower():
            for match in _NAMED_SMALL.finditer(text):
                yield Finding("ORGANIZATION", Span(match.start(), match.end()), LIKELY, "organisation:legal")
            return
        if _HINT.search(text):
            for match in _NAMED.finditer(text):
                start = _first(match)
                place = match.group("form") in _SHORT and "," in text[match.end("name") : match.start("form")]
                if start is not None and not place:
                    score = LIKELY if match.group("form") in _SHORT else CLEAR
                    yield Finding("ORGANIZATION", Span(start, match.end()), score, "organisation:legal")
        if " of " in text or " for " in text:
            for match in _OF.finditer(text):
                yield Finding("ORGANIZATION", Span(*match.span()), LIKELY, "organisation:named")


def _first(match: re.Match[str]) -> int | None:
    """Where the name begins, behind small words that only led to it; None where nothing is left of it."""
    name = match.group("name")
    start = match.start("name")
    words = name.split(" ")
    while words and words[0] in _NOT_FIRST | {"The", "At", "In", "For", "From", "And", "With", "By", "Our", "My"}:
        start += len(words.pop(0)) + 1
    return start if (words and len(words[0]) > 1) or len(words) > 1 else None
