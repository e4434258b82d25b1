"""Numbers, percentages, amounts and durations of a text, in one form however they are written.

``12,000``, ``12.000``, ``twelve thousand`` and ``12k`` are one number; ``two weeks`` and ``14 days`` one duration.
Where a writing can be read in two ways (``12.000``), both readings are kept: what agrees with either agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.text import Span

_TO_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_ONES = {word: value for value, word in enumerate(_TO_TWENTY.split())}
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SMALL = {**_ONES, **_TENS, "dozen": 12}
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9,
}  # fmt: skip
_ORDINALS = {
    word: value
    for value, word in enumerate("third fourth fifth sixth seventh eighth ninth tenth".split(), 3)  # noqa: SIM905
}

_UNITS: dict[str, tuple[str, Decimal]] = {}
"""A unit's word to its dimension and its size in that dimension."""
for _dimension, _size, _words in (
    ("second", "1", "second seconds sec secs"),
    ("second", "60", "minute minutes min mins"),
    ("second", "3600", "hour hours hr hrs h"),
    ("second", "86400", "day days"),
    ("second", "604800", "week weeks"),
    ("second", "1209600", "fortnight fortnights"),
    ("working day", "1", "workday workdays"),
    ("month", "1", "month months"),
    ("month", "3", "quarter quarters"),
    ("month", "12", "year years yr yrs"),
    ("month", "120", "decade decades"),
    ("metre", "0.001", "mm millimetre millimetres millimeter millimeters"),
    ("metre", "0.01", "cm centimetre centimetres centimeter centimeters"),
    ("metre", "1", "metre metres meter meters"),
    ("metre", "1000", "km kilometre kilometres kilometer kilometers"),
    ("mile", "1", "mile miles"),
    ("foot", "1", "foot feet ft"),
    ("gram", "0.001", "mg milligram milligrams"),
    ("gram", "1", "g gram grams"),
    ("gram", "1000", "kg kilogram kilograms kilo kilos"),
    ("litre", "0.001", "ml millilitre millilitres milliliter milliliters"),
    ("litre", "1", "l litre litres liter liters"),
    ("byte", "1000000", "mb megabyte megabytes"),
    ("byte", "1000000000", "gb gigabyte gigabytes"),
    ("byte", "1000000000000", "tb terabyte terabytes"),
    ("percent", "1", "percent pct percentage %"),
    ("USD", "1", "dollar dollars usd us$"),
    ("USD", "0.01", "cent cents"),
    ("EUR", "1", "euro euros eur"),
    ("GBP", "1", "gbp"),
    ("pound", "1", "pound pounds lb lbs"),
    ("CHF", "1", "chf francs"),
    ("JPY", "1", "jpy yen"),
    ("INR", "1", "inr rupees"),
):
    _UNITS.update({_word: (_dimension, Decimal(_size)) for _word in _words.split()})
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}

_WORDS = "|".join((*_SMALL, "hundred", "thousand", "million", "billion", "trillion"))
_SPELLED = re.compile(rf"\b(?:(?:a|an|half a)\s+(?=hundred|thousand|million|dozen))?(?:{_WORDS})"
                      rf"(?:(?:[ -]|\s+and\s+)(?:{_WORDS}))*\b", re.IGNORECASE)  # fmt: skip
_FIGURE = re.compile(r"(?<![\w.,/])-?\d+(?:[.,'’\u00a0\u202f]\d+)*|\d+(?:[.,]\d+)*")
_SCALE = re.compile(r"[ \u00a0-]?(hundred|thousand|million|billion|trillion)\b|(k|m|mn|bn)\b", re.IGNORECASE)
_UNIT = re.compile(
    r"[ \u00a0\t-]*(?:%|(?:(?:working|business|calendar|consecutive|full|whole|paid)[ -])?[A-Za-z$]+\b)", re.IGNORECASE
)
_BEFORE = re.compile(r"(US\$|[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|INR))[ \u00a0]?$", re.IGNORECASE)
_TIME = re.compile(
    r"(?<![\w.:/-])(?:(\d{1,2})(?:[:.](\d\d))?[ \u00a0]?([ap])\.?m\b\.?|(\d{1,2}):(\d\d)(?![:\d]))", re.IGNORECASE
)
_ORDINAL = re.compile(rf"\b(?:(\d+)(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\b(?!\s+part(?:y|ies))", re.IGNORECASE)
_MIXED = re.compile(r"(?=[\w.:/+#-]*\d)(?=[\w.:/+#-]*[A-Za-z:/_+#.-])[A-Za-z0-9]\w*(?:[.:/+#-]\w+)*")
_ANAPHORIC = re.compile(r"\b(?:the|these|those|between)\s+$", re.IGNORECASE)
"""Before "two": it points back to what was named, rather than counts."""
_GROUPS = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+")
_RANGE = re.compile(r"\d[%kKmM]?-$")
_MEASURED = re.compile(r"\d+(?:[.,]\d+)*(?:-?([a-zA-Z]+))?(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number says: its possible ``values`` and, where one is given, the ``unit`` they are measured in."""

    span: Span
    values: frozenset[Decimal | str]
    unit: str | None = None

    def agrees(self, other: Quantity) -> bool:
        """Whether both can say the same. Without a unit on one side the values decide."""
        if not self.values & other.values and not (None in (self.unit, other.unit) and self.bare & other.bare):
            return False
        return self.unit is None or other.unit is None or _same_unit(self.unit, other.unit)

    @property
    def bare(self) -> frozenset[Decimal | str]:
        """The values as written, whatever the size of the unit: ``8`` of ``8 weeks``."""
        size = _SIZES.get(self.written or "", Decimal(1))
        return frozenset(value if isinstance(value, str) else value / size for value in self.values)

    written: str | None = None
    """The unit's word as it stands in the text, in lower case."""


_SIZES = {word: size for word, (_, size) in _UNITS.items()}


def quantities(text: str, taken: Sequence[Span] = ()) -> list[Quantity]:
    """All numbers, in order; ``taken`` are spans already read as something else (dates, tokens)."""
    used = list(taken)
    found: list[Quantity] = []
    for reader in (_times, _ordinals, _figures, _identifiers, _spelled):
        for quantity in reader(text):
            if not any(quantity.span.overlaps(span) for span in used):
                used.append(quantity.span)
                found.append(quantity)
    return sorted(found, key=lambda each: each.span)


def _same_unit(one: str, other: str) -> bool:
    return one == other or {one, other} == {"pound", "GBP"}


def _times(text: str) -> Iterator[Quantity]:
    """Times of day in minutes; without ``am`` or ``pm`` a time up to 12:59 may be either."""
    for match in _TIME.finditer(text):
        hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
        half = (match[3] or "").lower()
        if minute < 60 and hour <= (12 if half else 23):
            first = hour % 12 * 60 + minute
            either = {first, first + 720} if not half and hour <= 12 else {hour * 60 + minute}
            minutes = either if not half else {first + (720 if half == "p" else 0)}
            yield Quantity(Span(*match.span()), frozenset(Decimal(each) for each in minutes), "time", "time")


def _ordinals(text: str) -> Iterator[Quantity]:
    for match in _ORDINAL.finditer(text):
        value = Decimal(match[1]) if match[1] else Decimal(_ORDINALS[match[2].lower()])
        yield Quantity(Span(*match.span()), frozenset({value}))


def _identifiers(text: str) -> Iterator[Quantity]:
    """What mixes digits with letters or marks (``AV-520``, ``10:30``, ``3.2.1``) is compared as it is written."""
    for match in _MIXED.finditer(text):
        # "Rad53-dependent": a word that was hung on is no part of the identifier.
        word = re.sub(r"(?:-[a-z]{3,})+$", "", match.group())
        bare = re.sub(r"[^0-9a-z]", "", word.lower())
        yield Quantity(Span(match.start(), match.start() + len(word)), frozenset({bare}))


def _figures(text: str) -> Iterator[Quantity]:
    for match in _FIGURE.finditer(text):
        start, end = match.span()
        around = _MIXED.match(text, start)
        if _hangs_on(text, start):
            continue
        if around and around.end() > end and not _is_measure(around.group()):
            continue
        values = _readings(match.group())
        end, values = _scaled(text, end, values)
        yield _with_unit(text, start, end, values)


def _hangs_on(text: str, start: int) -> bool:
    """Whether the digits belong to the word before them (``AV-520``), and are not the end of a range (``120-130``)."""
    before = text[max(0, start - 8) : start]
    if before[-1:].isalnum():
        return True
    return before[-1:] in tuple("_-/:#") and before[-2:-1].isalnum() and not _RANGE.search(before)


def _is_measure(word: str) -> bool:
    """Whether digits and letters in one word are a number with its unit (``16GB``, ``8-week``, ``12k``)."""
    match = _MEASURED.fullmatch(re.sub(r"/[A-Za-z]+$", "", word))
    if match and match[1]:
        return match[1].lower() in _UNITS or match[1].lower() in _SCALES or "-" in word
    return bool(match) or (
        re.fullmatch(r"\d+(?:[.,]\d+)*[-/]\d+(?:[.,]\d+)*[a-zA-Z%]*", word) is not None and "/" not in word
    )


def _spelled(text: str) -> Iterator[Quantity]:
    for match in _SPELLED.finditer(text):
        start, end = match.span()
        value = _value(match.group().lower())
        quantity = _with_unit(text, start, end, frozenset({value}))
        if _ANAPHORIC.search(text[max(0, start - 10) : start]) and value == 2 and quantity.unit is None:
            continue
        # "one" and "zero" alone are more often words than numbers: "one of them".
        if value > 1 or quantity.unit is not None:
            yield quantity


def _value(words: str) -> Decimal:
    total, part = Decimal(0), Decimal(0)
    for word in re.split(r"[\s-]+", words):
        if word == "half":
            part = Decimal("0.5")
        elif word == "dozen":
            part = (part or Decimal(1)) * 12
        elif word in _SMALL:
            part += _SMALL[word]
        elif word == "hundred":
            part = (part or Decimal(1)) * 100
        elif word in _SCALES:
            total += (part or Decimal(1)) * _SCALES[word]
            part = Decimal(0)
    return total + part


def _readings(figure: str) -> frozenset[Decimal | str]:
    """What a run of digits with separators can mean."""
    sign = "-" if figure.startswith("-") else ""
    digits = figure.lstrip("-")
    readings: set[Decimal | str] = set()
    if _GROUPS.fullmatch(digits):
        readings.add(Decimal(sign + re.sub(r"\D", "", digits)))
    parts = re.split(r"[.,]", re.sub(r"['’\u00a0\u202f]", "", digits))
    if len(parts) <= 2:
        if not ("," in digits and len(parts) == 2 and len(parts[1]) == 3):
            readings.add(Decimal(sign + ".".join(parts)))
    elif not readings:
        last = re.search(r"[.,](\d+)$", digits)
        whole = re.sub(r"\D", "", digits[: last.start()]) if last else ""
        if last and len(set(re.findall(r"[.,]", digits))) == 2:
            readings.add(Decimal(f"{sign}{whole}.{last[1]}"))
        else:
            readings.add(digits)
    return frozenset(readings)


def _scaled(text: str, end: int, values: frozenset[Decimal | str]) -> tuple[int, frozenset[Decimal | str]]:
    match = _SCALE.match(text, end)
    if match is None:
        return end, values
    scale = _SCALES[(match[1] or match[2]).lower()]
    return match.end(), frozenset(value if isinstance(value, str) else value * scale for value in values)


def _with_unit(text: str, start: int, end: int, values: frozenset[Decimal | str]) -> Quantity:
    if sign := _BEFORE.search(text, max(0, start - 5), start):
        word = sign[1].upper().removeprefix("US") if "$" in sign[1] else sign[1].upper()
        return Quantity(Span(sign.start(), end), values, _SIGNS.get(word, word))
    if match := _UNIT.match(text, end):
        words = re.split(r"[\s-]+", match.group().lower().strip(" \u00a0\t-"))
        if words[0] in ("working", "business") and words[-1] in ("day", "days"):
            return Quantity(Span(start, match.end()), values, "working day", "working day")
        if words[-1] in _UNITS:
            unit, size = _UNITS[words[-1]]
            sized = frozenset(value if isinstance(value, str) else value * size for value in values)
            return Quantity(Span(start, match.end()), sized, unit, words[-1])
    return Quantity(Span(start, end), values)
