"""Texts as recognisers read them: look-alikes of digits, spaces and dashes folded, one character for one."""

from __future__ import annotations

import unicodedata


def _table() -> dict[int, str]:
    """Decimal digits of all scripts, spaces and dashes of Unicode, each to its ASCII character."""
    folded: dict[int, str] = {}
    for code in range(0x80, 0x11000):
        letter = chr(code)
        category = unicodedata.category(letter)
        if category == "Nd":
            folded[code] = str(unicodedata.decimal(letter))
        elif category == "Zs":
            folded[code] = " "
        elif category == "Pd":
            folded[code] = "-"
    folded |= {0xFF21 + at: chr(ord("A") + at) for at in range(26)}
    folded |= {0xFF41 + at: chr(ord("a") + at) for at in range(26)}
    return folded | {0x2212: "-", 0xFF20: "@", 0xFF0E: ".", 0xFF1A: ":", 0xFF0F: "/", 0xFF0B: "+"}


_FOLDED = _table()


def folded(text: str) -> str:
    """The text with the same offsets, in which a full-width ``４``, a no-break space and an en dash are ASCII."""
    return text if text.isascii() else text.translate(_FOLDED)


def listed(text: str, separator: str | None = None) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(word for part in text.splitlines() for word in part.strip().split(separator) if word)
