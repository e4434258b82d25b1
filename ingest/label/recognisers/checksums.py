"""Check digits: the algorithms that several schemes share. Each takes the bare digits or letters of a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VERHOEFF_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def digits_of(value: str) -> list[int]:
    return [int(letter) for letter in value]


def weighted(value: str, weights: Sequence[int]) -> int:
    """Sum of digit times weight, as far as both go."""
    return sum(int(digit) * weight for digit, weight in zip(value, weights, strict=False))


def luhn(value: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right doubled, cross sum divisible by ten."""
    odd = digits_of(value[-1::-2])
    even = digits_of(value[-2::-2])
    return (sum(odd) + sum(digit * 2 - 9 * (digit > 4) for digit in even)) % 10 == 0


def mod_97(value: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 as ISO 13616 uses it: the first four characters last, letters as 10 to 35."""
    return int("".join(str(int(letter, 36)) for letter in value[4:] + value[:4])) % 97 == 1


def mod_11_10(value: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, the check digit last."""
    product = 10
    for digit in digits_of(value[:-1]):
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(value[-1])


def verhoeff(value: str) -> bool:
    """Verhoeff's dihedral check (1969), the check digit last."""
    check = 0
    for at, digit in enumerate(reversed(digits_of(value))):
        for _ in range(at % 8):
            digit = _VERHOEFF_PERMUTED[digit]
        check = _dihedral(check, digit)
    return check == 0


def _dihedral(left: int, right: int) -> int:
    """The product of two members of the dihedral group of order ten."""
    if left < 5:
        return (left + right) % 5 if right < 5 else (left + right - 5) % 5 + 5
    return (left - 5 - right) % 5 + 5 if right < 5 else (left - right) % 5


def cross_summed(value: str, weights: Sequence[int]) -> int:
    """Sum of the cross sums of digit times weight."""
    products = (int(digit) * weight for digit, weight in zip(value, weights, strict=False))
    return sum(product // 10 + product % 10 for product in products)


def seven_three_one(value: str) -> bool:
    """ICAO 9303: weights 7, 3, 1, letters as 10 to 35, the check digit last."""
    total = sum(int(letter, 36) * (7, 3, 1)[at % 3] for at, letter in enumerate(value[:-1]))
    return total % 10 == int(value[-1])


def is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def is_short_date(value: str) -> bool:
    """Whether six digits are a day, year first, in the twentieth or the twenty-first century."""
    year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
    return is_date(1900 + year, month, day) or is_date(2000 + year, month, day)
