"""Sentences that claim nothing: they open, announce or close an answer."""

from __future__ import annotations

import re

_POLITE = (
    r"sure|certainly|of course|okay|ok|absolutely|yes|no problem|great question|good question|thank you|thanks"
    r"|you're welcome|happy to help|gladly"
)
_NOUN = (
    r"summary|overview|answer|list|breakdown|explanation|information|details?|steps?|points?|facts?|passages?|sources?"
    r"|evidence|documents?|policy|text|article|news|report|response|result|following|relevant|rules?|key"
)
_OPENING = re.compile(rf"^(?:{_POLITE})\b[^.!?:]{{0,30}}[!.,:]*$", re.IGNORECASE)
_ANNOUNCING = re.compile(
    rf"^(?:(?:{_POLITE})[!,.]*\s+)?(?:so,?\s+|therefore,?\s+)?"
    r"(?:(?:here(?:'s|’s| is| are)|below (?:is|are)|(?:the )?following (?:is|are)|these are|this is)\b"
    rf"[^.!?]*\b(?:{_NOUN})\b"
    r"|(?:according to|based on|as stated in|as per|from|in)\s+(?:the|these|your|this|those)\b"
    rf"[^.!?,]*\b(?:{_NOUN})\b)[^.!?]*[:.]*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:i hope (?:this|that)|(?:please )?(?:let me know|feel free)|is there anything else"
    r"|if you (?:have|need|would like)[^.!?]*(?:questions?|help|details|information|let me know)"
    r"|(?:in (?:summary|short|conclusion)|to (?:summari[sz]e|conclude))[,:.]*$|hope (?:this|that) helps)",
    re.IGNORECASE,
)
_TITLE = re.compile(rf"^(?:the )?(?:{_NOUN})\W*$", re.IGNORECASE)
_LONGEST_ANNOUNCEMENT = 30
"""Words; what is longer says something on the way."""


def says_nothing(sentence: str) -> bool:
    """Whether a sentence is a pure connective, such as ``Here is what the policy says:``: nothing to verify in it and
    nothing lost without it."""
    bare = sentence.strip().strip("*_# ").strip()
    if not any(c.isalnum() for c in bare):
        return True
    if len(bare.split()) > _LONGEST_ANNOUNCEMENT:
        return False
    if _OPENING.match(bare) or _CLOSING.match(bare) or _TITLE.match(bare):
        return True
    # An announcement ends in a colon, or has nothing after the word that names what is announced.
    return bool(_ANNOUNCING.match(bare)) and (bare.endswith(":") or (len(bare.split()) <= 14 and _ends_in_noun(bare)))


def _ends_in_noun(sentence: str) -> bool:
    return re.search(rf"\b(?:{_NOUN}|\d+ words(?: or less)?)\W*$", sentence, re.IGNORECASE) is not None
