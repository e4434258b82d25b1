"""Texts as recognisers read them: look-alikes of digits, spaces and dashes folded, one character for one."""

from __future__ import annotations

import re
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
# Before a capital or a digit: in a path (``\names``) it is the letter.
_ESCAPED = re.compile(r"\\[nrt](?=[^\Wa-z_]|\\[nrt])")
_FIELD = re.compile(r"_(?:(?![0-9])|(?<![0-9]_))|-(?<=[A-Za-z]{3}-)(?=[0-9])")


def folded(text: str) -> str:
    """The text with the same offsets, in which a full-width ``４``, a no-break space and an en dash are ASCII."""
    return text if text.isascii() else text.translate(_FOLDED)


def unfielded(text: str) -> str:
    """The text with the same offsets, in which a blank parts the name of a field or of a file from its value:
    ``ssn_536-90-4399.txt``, ``abn-51 824 753 556``."""
    return _FIELD.sub(" ", text) if "_" in text or "-" in text else text


def unescaped(text: str) -> str:
    """The text with the same offsets, in which the end of a line that is written as a backslash and an n, as JSON does,
    is one: ``Anna\\nMeyer``."""
    return _ESCAPED.sub(" \n", text) if "\\" in text else text


def listed(text: str, separator: str | None = None) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(word for part in text.splitlines() for word in part.strip().split(separator) if word)
