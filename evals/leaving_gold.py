"""Which personal data of labelled texts left, although it should not: one by one, and why.

What was sent of a text is laid over the text: where a pseudonym stands, what it stands for did not leave. A gold span
left when any of its characters but blanks did, as ``evals.pii`` counts one as missed when any of them is not covered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from answer.pseudonyms import TOKEN
from core.text import Span
from evals.pii import Labelled, is_whole
from ingest.label.findings import Finding

Why = Literal["missed", "allowed", "found"]
"""Nobody found it; it was found as something that the policy lets go (a place, a date, a title); it was found."""
_LIKE = str.maketrans({"[": "(", "]": ")", "<": "‹", "\u00ad": "-", "\ufffe": "-", "［": "(", "］": ")"})


@dataclass(frozen=True, slots=True)
class Left:
    """A gold span that left, all of it or a part. ``seen`` is what of it left."""

    kind: str
    value: str = field(repr=False)
    seen: str = field(repr=False)
    text: int
    why: Why


@dataclass(frozen=True, slots=True)
class Leaving:
    """Of ``texts``, ``sent`` were sent in ``requests``. Of their ``gold`` spans that must not leave, ``left`` did, and
    ``missed`` are not covered by what detection finds; ``caught`` of those did not leave all the same. ``unknown``
    values left although detection, vault or gazetteer knew them. ``unaligned`` texts were looked through by value."""

    policy: str
    texts: int
    sent: int
    requests: int
    bytes: int
    gold: int
    missed: int
    caught: int
    left: tuple[Left, ...]
    unknown: int
    unaligned: int

    @property
    def left_although_found(self) -> tuple[Left, ...]:
        return tuple(each for each in self.left if each.why == "found")

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "left_although_found": len(self.left_although_found)}


def raw_parts(text: str, sent: Sequence[str]) -> list[Span] | None:
    """What of ``text`` stands as it was in the sentences that were sent of it, in their order; None where they do not
    fit it."""
    at = [place for place, c in enumerate(text) if not c.isspace()]
    squeezed = "".join(text[place] for place in at).translate(_LIKE)
    pattern = ""
    for sentence in sent:
        last = 0
        for match in TOKEN.finditer(sentence):
            pattern += _literal(sentence[last : match.start()]) + ".+?"
            last = match.end()
        pattern += _literal(sentence[last:])
    found = re.fullmatch(pattern, squeezed, re.DOTALL)
    if found is None:
        return None
    return [Span(at[start], at[end - 1] + 1) for start, end in map(found.span, range(1, found.re.groups + 1))]


def _literal(text: str) -> str:
    squeezed = "".join(text.split()).translate(_LIKE)
    return f"({re.escape(squeezed)})" if squeezed else ""


def judged(
    number: int, labelled: Labelled, findings: Iterable[Finding], sent: Sequence[str], must_go: Callable[[str], bool]
) -> tuple[list[Left], list[Span], list[Span], bool]:
    """Of one text: what left; its gold spans that must not; those of them that detection misses; and whether what was
    sent could be laid over it."""
    text = labelled.text
    those = list(findings)
    found = _covered(len(text), (each.span for each in those))
    going = _covered(len(text), (each.span for each in those if must_go(each.kind)))
    parts = raw_parts(text, sent)
    said = " ".join(sent)
    gold = [each for each in labelled.gold if must_go(each.kind)]
    left: list[Left] = []
    for each in gold:
        if parts is None:
            seen = each.span.of(text) if each.span.of(text) in said else ""
        else:
            cut = [(max(part.start, each.span.start), min(part.end, each.span.end)) for part in parts]
            seen = " ".join(text[start:end].strip() for start, end in cut if start < end).strip()
        if not seen:
            continue
        why: Why = "found"
        if not is_whole(text, each.span, found):
            why = "missed"
        elif not is_whole(text, each.span, going):
            why = "allowed"
        left.append(Left(each.kind, each.span.of(text), seen, number, why))
    missed = [each.span for each in gold if not is_whole(text, each.span, going)]
    return left, [each.span for each in gold], missed, parts is not None


def _covered(length: int, spans: Iterable[Span]) -> bytearray:
    covered = bytearray(length)
    for span in spans:
        covered[span.start : span.end] = b"\1" * len(span)
    return covered


def show(results: Sequence[Leaving], *, listed: bool = True) -> None:
    console = Console(highlight=False, width=120)
    table = Table(title="What left of gold spans that must not", title_justify="left", box=None, pad_edge=False)
    for column in ("policy", "texts sent", "requests", "MB", "gold", "missed by detection", "left", "of these missed",
                   "found as allowed", "although found", "known values that left"):  # fmt: skip
        table.add_column(column, justify="left" if column == "policy" else "right")
    for each in results:
        of = {why: sum(left.why == why for left in each.left) for why in ("missed", "allowed", "found")}
        table.add_row(
            each.policy, f"{each.sent} of {each.texts}", str(each.requests), f"{each.bytes / 1e6:.1f}", str(each.gold),
            str(each.missed), str(len(each.left)), str(of["missed"]), str(of["allowed"]), str(of["found"]),
            str(each.unknown),
        )  # fmt: skip
    console.print(table)
    for each in results if listed else ():
        console.print(f"\nLeft with {each.policy}, one by one:")
        for left in each.left:
            part = "" if left.seen == left.value else f" (left: {left.seen!r})"
            console.print(f"  text {left.text:4d}  {left.kind:18} {left.why:8} {left.value!r}{part}", markup=False)
