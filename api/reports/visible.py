"""Names that others chose, so that nothing in them is hidden and nothing of them acts: control characters, invisible
ones and those that turn the direction of writing are shown by their numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterator
from datetime import timedelta

from api.reports.shape import SMALL, Figure, Unit, Value

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
NOTHING = "–"
FEW = f"fewer than {SMALL}"
NONE = "Nothing to tell under:"


def visible(text: str, known: Container[int] | None = None) -> str:
    """``known``: the characters that the font has; others are shown by their numbers as well."""
    return "".join(_shown(text, known))


def _shown(text: str, known: Container[int] | None) -> Iterator[str]:
    for letter in unicodedata.normalize("NFC", text):
        hidden = unicodedata.category(letter) in _HIDDEN
        if hidden or (known is not None and ord(letter) not in known):
            yield f"[U+{ord(letter):04X}]"
        else:
            yield letter


def value(said: Value, unit: Unit) -> str:
    """As people read it; the same in every form."""
    if said is None:
        return NOTHING
    if isinstance(said, str):
        return f"{said[:16].replace('T', ' ')} UTC" if unit == "moment" else said
    match unit:
        case "share":
            return f"{said * 100:.1f} %"
        case "seconds":
            return _duration(said)
        case "micros":
            return f"{said / 1e6:,.4f}"
        case _:
            return f"{said:,}" if isinstance(said, int) else f"{said:,.2f}"


def of_figure(figure: Figure, *, before: bool = False) -> str:
    """The value of a figure, with its share."""
    few, said, share = (
        (figure.few_before, figure.before, figure.share_before)
        if before
        else (figure.few_now, figure.now, figure.share_now)
    )
    if few:
        return FEW
    shown = value(said, figure.unit)
    return shown if share is None else f"{shown} ({value(share, 'share')})"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} s"
    whole = timedelta(seconds=round(seconds))
    hours, minutes = divmod(whole.seconds // 60, 60)
    parts = ((whole.days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {name}" for count, name in parts if count) or f"{seconds:g} s"
