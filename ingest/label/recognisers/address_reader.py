"""Reads one address from its first character and weighs the signs that it meets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.label.recognisers.address_tokens import REACH, Token, is_last_word, tokens
from ingest.label.recognisers.letters import listed
from ingest.label.recognisers.streets import (
    BEFORE_NAME,
    COUNTRIES,
    CUE_REACH,
    EMPTY_CELLS,
    LONGEST_COUNTRY,
    MONTHS,
    PARTICLES,
    SMALL_STREET_WORDS,
    STREET_ENDINGS,
    STREET_WORDS,
    SURE_BEFORE_NAME,
    SURE_STREET_WORDS,
    UNITS,
    announces_address,
)

_MOST_NAME_WORDS = 6
_MOST_CITY_WORDS = 5
_STATE_OF = re.compile(
    r"^(?:(?:united |federal |federated |arab |islamic |people's |democratic )*"
    r"(?:republic|kingdom|states?) of (?:the )?)"
)
_STOPS = listed("""
    is was were are be been has have had for from with without to on by as if when where while who which that this
    these those please thanks thank and or but not no yes my your his her its our their i you he she we they it me
    him them us will would can could should may might must shall do does did am pm per than then there here at
    best regards dear hello hi phone tel fax email mobile attn days hours minutes seconds weeks months years year
    percent people employees users times items points million billion thousand last next
""")


@dataclass(frozen=True, slots=True)
class Read:
    end: int
    weight: float


class AddressReader:
    """Reads one address from its first character."""

    def __init__(self, text: str, start: int) -> None:
        self._coming = tokens(text, start)
        self._tokens: list[Token] = []
        self._at = 0
        self._weight = 0.0
        self._told = False
        self._end = start
        self._cued = announces_address(text[max(0, start - CUE_REACH) : start])
        self._small = text[start : start + REACH].islower()

    def address(self) -> Read | None:
        self._unit()
        street = self._street()
        if not street:
            return None
        unit = self._unit(after=True)
        if self._weight < 1.0 + (not self._cued):
            return None
        self._tail(unit)
        if self._cued:
            self._weight += 1.0
        if not (self._cued or self._told):
            return None
        return Read(self._end - self._ends_sentence(), self._weight)

    def _ends_sentence(self) -> bool:
        """Whether the last word ends with the full stop of a sentence, not with that of an abbreviation."""
        return is_last_word(self._tokens[self._at - 1])

    def _peek(self, ahead: int = 0) -> Token | None:
        place = self._at + ahead
        while len(self._tokens) <= place:
            token = next(self._coming, None)
            if token is None:
                return None
            self._tokens.append(token)
        return self._tokens[place]

    def _take(self, count: int, weight: float = 0.0, *, tells: bool = False) -> None:
        """Take tokens in: they belong to the address. ``tells``: numbers alone do not look like that."""
        self._told |= tells
        self._at += count
        self._end = self._tokens[self._at - 1].end
        self._weight += weight

    def _gap(self, at: int) -> tuple[int, bool, bool]:
        """How many separators stand at token ``at``, and whether a comma and a line break are among them."""
        count, comma, line = 0, False, False
        while (token := self._peek(at + count)) is not None and token.kind in ("space", "comma", "line"):
            comma |= token.kind == "comma"
            line |= token.kind == "line"
            count += 1
        return (count, comma, line) if count <= 5 else (99, comma, line)

    def _unit(self, *, after: bool = False) -> bool:
        """A flat: ``Apt. 434``, ``, Suite 12B``."""
        skip = self._gap(0)[0] if after else 0
        word = self._peek(skip)
        if word is None or word.kind != "word" or word.plain not in UNITS:
            return False
        gap = self._gap(skip + 1)[0]
        number = self._peek(skip + 1 + gap)
        if gap > 1 or number is None or number.kind not in ("number", "ordinal") or len(number.text) > 6:
            return False
        self._take(skip + 2 + gap, 1.5, tells=True)
        if not after:
            self._at += self._gap(0)[0]
        return True

    def _street(self) -> bool:
        """House number, name and house number, as far as they are there; a box. Whether it can be a street."""
        numbers = 0
        while numbers < 2 and (token := self._peek()) is not None and token.kind == "number" and len(token.text) <= 6:
            self._take(1, 0.5 if numbers else 1.0)
            numbers += 1
            gap, comma, line = self._gap(0)
            if gap > 2 or line or (comma and numbers > 1):
                return False
            self._at += gap
        token = self._peek()
        if token is not None and token.kind == "box":
            return self._box()
        named = self._name(numbers)
        if not named:
            return False
        gap, comma, line = self._gap(0)
        house = self._peek(gap)
        following = self._peek(gap + 1)
        joined = not line and (not comma or not numbers)
        if house is not None and house.kind == "number" and len(house.text) <= 5 and joined and gap <= 2:
            ends = following is None or following.kind != "other" or following.text not in "%€$£"
            if ends:
                self._take(gap + 1, 1.0)
                self._full_stop()
                return True
        return numbers > 0 or self._weight >= 3

    def _full_stop(self) -> None:
        """Hungarian house numbers end with one (``Király u. 23.``); at the end of a sentence it is not taken."""
        stop, after = self._peek(), self._peek(1)
        if stop is None or stop.text != "." or after is None:
            return
        unit = self._peek(2)
        if after.kind in ("comma", "line") or (unit is not None and unit.plain in UNITS):
            self._take(1)

    def _box(self) -> bool:
        gap = self._gap(1)[0]
        number = self._peek(1 + gap)
        if number is None or number.kind != "number":
            return False
        self._take(2 + gap, 3.0, tells=True)
        return True

    def _name(self, numbers: int) -> bool:
        """The name of the street; its words weigh."""
        count, at, last, weight = 0, 0, 0, 0.0
        while count < _MOST_NAME_WORDS and (token := self._peek(at)) is not None:
            if token.kind not in ("word", "ordinal", "calle") or (count and token.plain in UNITS):
                break
            if not self._may_name(token, count) and not (count and self._leads_to_number(at)):
                break
            count += 1
            at += 1
            if token.plain not in PARTICLES or token.plain in STREET_WORDS or self._is_number(at + 1):
                last = at
            weight = max(weight, self._weighed(token, count, numbers))
            if weight >= 2 and count > 1 and token.plain in SURE_STREET_WORDS and self._after_street(at):
                break
            if (gap := self._peek(at)) is None or gap.kind != "space":
                break
            at += 1
        if not last:
            return False
        self._take(last, weight, tells=weight >= 1.0)
        return True

    def _is_number(self, at: int) -> bool:
        token = self._peek(at)
        return token is not None and token.kind == "number"

    def _leads_to_number(self, at: int) -> bool:
        """Whether one or two words in small letters lead to a house number, where an address is announced."""
        words = 0
        while words < 2 and (token := self._peek(at)) is not None and token.kind == "word":
            if not self._cued or token.plain in _STOPS or token.plain in MONTHS:
                return False
            words += 1
            at += 2
            following = self._peek(at)
            if following is not None and following.kind == "number":
                return True
        return False

    def _after_street(self, at: int) -> bool:
        """Whether the name may end here: after ``Street``, unless a direction or a number goes on with it."""
        after = self._peek(at + 1)
        return after is None or after.kind != "ordinal"

    def _may_name(self, token: Token, count: int) -> bool:
        plain = token.plain
        if token.kind in ("ordinal", "calle"):
            return True
        if any(map(str.isdigit, plain)) or (not count and plain in UNITS):
            return False
        if plain in MONTHS and count == 0:
            return False
        if plain in PARTICLES and (count or self._small):
            return True
        if token.text[0].isupper() or self._small:
            return plain not in _STOPS
        return plain in BEFORE_NAME or plain in SMALL_STREET_WORDS

    def _weighed(self, token: Token, count: int, numbers: int) -> float:
        plain = token.plain
        if token.kind == "calle" or (count == 1 and plain in SURE_BEFORE_NAME):
            return 2.0
        if plain in SURE_STREET_WORDS and (count > 1 or numbers > 1):
            return 2.0
        if STREET_ENDINGS.fullmatch(plain) and plain not in STREET_WORDS:
            return 1.5
        if (plain in STREET_WORDS and count > 1) or (plain in BEFORE_NAME and count == 1):
            return 1.0
        return 0.0

    def _tail(self, unit: bool) -> None:
        """What follows a street: flat, city, state, country, code, in the order in which they come."""
        code = country = False
        cities = 0
        for _ in range(9):
            gap, comma, line = self._gap(0)
            token = self._peek(gap)
            if not 0 < gap < 99 or token is None or self._ends_sentence():
                return
            if (not unit and self._unit(after=True)) or token.kind == "storey":
                if token.kind == "storey":
                    self._take(gap + 1, 1.0)
                unit = True
                continue
            if not country and (words := self._country(gap)):
                self._take(gap + words, 1.0, tells=True)
                country = True
            elif not code and self._is_code(token):
                self._take(gap + 1, 1.0)
                code = True
            elif not code and self._is_region(token, gap):
                self._take(gap + 1, 0.5, tells=not code)
            elif cities < 2 and not country and (words := self._city(gap, apart=comma or line or code, line=line)):
                self._take(gap + words, 0.0 if cities else 0.5)
                cities += 1
            else:
                return

    def _is_code(self, token: Token) -> bool:
        if token.kind == "code":
            return True
        return token.kind == "number" and token.text.isdigit() and 4 <= len(token.text) <= 6

    def _is_region(self, token: Token, gap: int) -> bool:
        """``LA``, ``QLD``; in small letters only before a code."""
        after = gap + 1 + self._gap(gap + 1)[0]
        following = self._peek(after)
        before_code = following is not None and self._is_code(following)
        if token.kind == "number":
            return before_code and len(token.text) < 3
        if token.kind != "word":
            return False
        if token.plain in EMPTY_CELLS or (token.text.isupper() and 1 < len(token.text) <= 3 and not self._country(gap)):
            return True
        return self._small and len(token.text) <= 3 and (before_code or self._country(after) > 0)

    def _country(self, at: int) -> int:
        """Number of tokens of a country that starts at this token; 0 for none."""
        best, words = 0, ""
        for place in range(LONGEST_COUNTRY * 2 - 1):
            token = self._peek(at + place)
            if token is None or token.kind not in ("word", "space"):
                break
            words += " " if token.kind == "space" else token.plain
            if token.kind == "word" and _STATE_OF.sub("", words) in COUNTRIES:
                best = place + 1
        first = self._peek(at)
        return best if best and first is not None and (self._small or first.text[0].isupper()) else 0

    def _city(self, at: int, *, apart: bool, line: bool) -> int:
        """Number of tokens of a city. On a line of its own it counts only before a state, a code or a country."""
        place, words = 0, 0
        while words < _MOST_CITY_WORDS and (token := self._peek(at + place)) is not None and token.kind == "word":
            capital = token.text[0].isupper() or self._small
            particle = words > 0 and token.plain in PARTICLES and self._is_capital(at + place + 2)
            if not particle and (token.plain in _STOPS or token.plain in MONTHS or not capital):
                break
            if words and (self._country(at + place) or self._is_region(token, at + place)):
                break
            words += 1
            place += 1
            if is_last_word(token):
                break
            follow, then = self._peek(at + place), self._peek(at + place + 1)
            if follow is None or follow.kind != "space" or then is None:
                break
            if apart and then.kind == "number" and len(then.text) < 3 and self._gap(at + place + 2)[0]:
                # Districts of cities have numbers: Praha 4.
                place += 2
                break
            place += 1
        token = self._peek(at + place - 1) if place else None
        if token is not None and token.kind == "space":
            place -= 1
        if not words:
            return 0
        if not line and not self._small:
            return place
        return place if self._goes_on(at + place) else 0

    def _is_capital(self, at: int) -> bool:
        token = self._peek(at)
        return token is not None and token.kind == "word" and (token.text[0].isupper() or self._small)

    def _goes_on(self, at: int) -> bool:
        """Whether a state, a code or a country follows here."""
        gap = self._gap(at)[0]
        if gap == 0 or gap > 5:
            return False
        token = self._peek(at + gap)
        if token is None:
            return False
        return bool(self._country(at + gap)) or self._is_code(token) or self._is_region(token, at + gap)
