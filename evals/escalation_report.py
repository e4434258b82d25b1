"""``vouch eval escalation``, for people and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from evals.escalation import CARRIED, TIERS, Arms, Compared
from evals.metrics import Interval
from evals.tiers import IS

_NAMES = {"small": "always small", "large": "always large", "both": "small, then large"}


def show(results: Sequence[Compared], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"sets": [asdict(each) for each in results], "is": IS}, indent=2) + "\n")
        return
    console = Console(highlight=False, width=150)
    for each in results:
        console.print(_table(each))
        for line in lines(each):
            console.print(line)
    console.print(IS)


def lines(each: Compared) -> tuple[str, ...]:
    """What the table does not say."""
    whys = ", ".join(f"{why} {number}" for why, number in sorted(each.needed.items())) or "never"
    needed = sum(each.needed.values())
    first = sum(number for why, number in each.needed.items() if why.startswith("routed"))
    return (
        f"Larger tier needed: {needed} of {each.asked} questions that were put to a model, {each.share_needed} of all "
        f"({whys}; asked first: {first}).",
        f"Saved against always large: {_share(each.saved)}; if the small tier read as much: "
        f"{_share(each.saved_reading_alike)}.",
        *(
            f"Quality against {_NAMES[arm]}: {_signed(each.quality[arm])} of the words ({_verdict(each, arm)}); "
            f"{_signed(each.carried[arm])} of the questions carried."
            for arm in each.quality
        ),
        f"What abstained cost: {each.abstained_cost:g}.",
    )


def _verdict(each: Compared, arm: str) -> str:
    found = each.quality[arm]
    return "higher" if found.low > 0 else "lower" if found.high < 0 else "no difference shown"


def _table(each: Compared) -> Table:
    table = Table(title=f"{each.set}: {each.answerable} answerable and {each.unanswerable} unanswerable questions")
    table.add_column("")
    for arm in each.arms:
        table.add_column(_NAMES[arm.arm], justify="right")
    for name, values in _rows(each.arms, each).items():
        table.add_row(name, *values)
    return table


def _rows(arms: Sequence[Arms], each: Compared) -> Mapping[str, list[str]]:
    questions = each.answerable + each.unanswerable
    ends = ("small", "large", "extractive", "abstained")
    return {
        "put to a model": [f"{arm.asked / questions:.0%}" for arm in arms],
        "ended with the small / large tier": [f"{_of(arm, 'small')} / {_of(arm, 'large')}" for arm in arms],
        "ended verbatim, without a model / abstained": [f"{_of(arm, ends[2])} / {_of(arm, ends[3])}" for arm in arms],
        "abstained, of the unanswerable": [_ratio(arm.abstained, each.unanswerable) for arm in arms],
        "abstained, of the answerable": [_ratio(arm.withheld_answers, each.answerable) for arm in arms],
        "verified quality: gold words shown": [str(arm.recall) for arm in arms],
        "F1 of the gold words": [f"{arm.f1:.3f}" for arm in arms],
        f"questions carried (from {CARRIED:.0%} of the words)": [f"{arm.carried:.0%}" for arm in arms],
        "sentences shown in an answer": [f"{arm.sentences:.1f}" for arm in arms],
        "of those in answers of models / in their own words": [
            f"{arm.by_model:.0%} / {arm.own_words:.0%}" for arm in arms
        ],
        "shown against its quotes, by exact checks": [str(arm.unverified) for arm in arms],
        "sentences written / held": [f"{arm.written} / {arm.held}" for arm in arms],
        **{f"calls of the {tier} tier": [str(arm.calls.get(tier, 0)) for arm in arms] for tier in TIERS},
        **{f"tokens in / out, {tier} tier": [_tokens(arm, tier) for arm in arms] for tier in TIERS},
        "failed, cut off or withheld calls": [str(sum(arm.failed.values())) for arm in arms],
        "USD for 1,000 questions": [f"{arm.cost:.3f}" for arm in arms],
    }


def _of(arm: Arms, end: str) -> str:
    return f"{arm.ended.get(end, 0) / sum(arm.ended.values()):.0%}"


def _tokens(arm: Arms, tier: str) -> str:
    return " / ".join(f"{number:,}" for number in arm.tokens[tier])


def _ratio(part: int, whole: int) -> str:
    return f"{part} of {whole}"


def _share(value: Interval) -> str:
    return f"{value.mean:.0%} [{value.low:.0%}, {value.high:.0%}]"


def _signed(value: Interval) -> str:
    return f"{value.mean:+.3f} [{value.low:+.3f}, {value.high:+.3f}]"
