"""Street addresses, over several lines.

Addresses of different countries share few forms but many signs: a house number, a word for a street, a flat, a city
behind a comma, a code, a country. So the reader starts at a number or such a word, takes in what may follow in an
address, and weighs the signs that it met.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.address_reader import AddressReader
from ingest.label.recognisers.letters import folded
from ingest.label.recognisers.streets import SURE_BEFORE_NAME, UNITS, announces_address

_ENOUGH = 3.0
_NEARLY = 2.5
_START = re.compile(
    r"(?<![\w.,/$€£#:+%-])(?:\d{1,5}[A-Za-z]?(?:[/-]\d{1,4})?(?=,? {1,2}[^\W_]|,? {1,2}\d)"
    rf"|(?:{'|'.join(sorted(UNITS | SURE_BEFORE_NAME))})\b\.?(?= )|p\.? ?o\.? ?box(?= )"
    r"|[^\W\d_]{2,30}(?:stra(?:ss|ß)e|str\.|gasse|straat|laan|weg|platz|allee|plein|gracht|gatan|vägen|vej|gade|veien|gata|katu"
    r"|tie|utca)(?= \d{1,4}\b))",
    re.IGNORECASE,
)
_MILITARY = re.compile(
    r"(?<!\w)(?:(?:unit|psc|cmr) \d{1,5},? box \d{1,5}"
    r"|(?:uss|usns|usnv|uscgc) [^\W\d_]{2,30}(?: [^\W\d_]{2,30})?)"
    r",?[ \n>]{1,3}(?:apo|fpo|dpo),? a[aep] \d{5}(?:-\d{4})?(?!\w)",
    re.IGNORECASE,
)
_PART = (
    r"(?:\d{1,5}[A-Za-z]? )?(?:\d{1,5} |\d{1,3}(?:st|nd|rd|th) )?"
    r"(?:p\.o\. box \d{1,5}|[^\W\d_][\w'’.-]{0,30}(?: [^\W\d_][\w'’.-]{0,30}){0,4}?(?: \d{1,5}\.?)?)"
)
_CORNER = re.compile(
    rf"(?<!\w)(?:the )?corner of (?P<first>{_PART}) (?:and|&) (?P<second>{_PART})"
    r"(?=[,.;:?!\n]|$| (?:in|at|on|for|near|last|is"
    r"|was|by|to|with|when|where|and|tonight|today|tomorrow|please|as)\b)",
    re.IGNORECASE,
)
_CAPITALS = r"[^\W\d_a-z][\w'’-]{1,30}"
_CROSSING = re.compile(
    rf"(?<=\s)(?P<first>{_CAPITALS}(?: {_CAPITALS}){{0,3}}(?: \d{{1,4}})?) and "
    rf"(?P<second>{_CAPITALS}(?: [\w'’.-]{{1,31}}){{0,4}}? \d{{1,5}}\b\.?)"
)
_BEFORE = re.compile(rf"(?:(?<=[a-z:]\s)|(?<=:\s\s))(?:{_CAPITALS}(?: {_CAPITALS}){{0,2}} (?:and )?)$")


class AddressRecogniser:
    """Kind ``ADDRESS``: from the house number, the flat or the street to the code or the country."""

    name = "address"

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        yield from _forms(text)
        done = 0
        for start in _START.finditer(text):
            if start.start() < done:
                continue
            read = AddressReader(text, start.start()).address()
            if read is not None and read.weight >= _NEARLY:
                done = read.end
                score = min(0.9, 0.6 + (read.weight - _ENOUGH) * 0.12) if read.weight >= _ENOUGH else 0.35
                yield Finding("ADDRESS", Span(_begin(text, start.start()), read.end), score, "address:signs")


def _forms(text: str) -> Iterator[Finding]:
    """Addresses that have one form: of armed forces abroad, of corners."""
    small = text.lower()
    if "po a" in small:
        for match in _MILITARY.finditer(text):
            yield Finding("ADDRESS", Span(*match.span()), 0.9, "address:military")
    if "corner of" in small:
        for match in _CORNER.finditer(text):
            yield Finding("ADDRESS", Span(*match.span()), 0.8, "address:corner")
    if " and " in text:
        yield from _crossings(text)


def _begin(text: str, start: int) -> int:
    """Where the address begins that was read from its number: ``to Begoniasingel 13 Dresdner Street``."""
    if not text[start].isdigit() and " and " not in text[max(0, start - 5) : start]:
        return start
    before = _BEFORE.search(text, max(0, start - 70), start)
    return start if before is None or announces_address(before.group()) else before.start()


def _crossings(text: str) -> Iterator[Finding]:
    """``return to Lauren and Sorlaskeid 32``: two streets, where an address is announced."""
    for match in _CROSSING.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()].rstrip()
        small = before[-1:].islower() or before[-1:] == ":"
        first, second = match.group("first"), match.group("second")
        if small and first[0].isupper() and second[0].isupper() and announces_address(before):
            yield Finding("ADDRESS", Span(*match.span()), 0.5, "address:crossing")
