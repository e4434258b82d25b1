"""Regular expressions that people configure: rejected where they are wrong or could run away on a hostile text."""

from __future__ import annotations

import regex

LONGEST = 500


def checked(expression: str) -> str:
    """The expression itself. Raises ``ValueError`` that says what is wrong with it: it does not compile, it matches
    nothing at all, or it repeats a repetition (``(a+)+``), which takes exponential time on some texts."""
    if len(expression) > LONGEST:
        raise ValueError(f"a regular expression may have {LONGEST} characters, this one has {len(expression)}")
    try:
        compiled = regex.compile(expression)
    except regex.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if compiled.fullmatch(""):
        raise ValueError("this regular expression matches the empty text, so it would match everywhere")
    if nests_repetition(expression):
        raise ValueError(
            "this regular expression repeats a group that itself repeats without a bound, such as (a+)+, and can take"
            " exponential time; give one of the two repetitions a bound, such as (a{1,20}){1,5}"
        )
    return expression


def nests_repetition(expression: str) -> bool:
    """Whether an unbounded repetition stands inside another one.

    Reads the expression once, by its brackets: a group that holds ``*``, ``+`` or ``{n,}`` and is followed by one of
    them. Possessive and lazy marks do not change the answer.
    """
    open_groups: list[bool] = [False]
    last_group_repeats = False
    at = 0
    while at < len(expression):
        letter = expression[at]
        just_closed, last_group_repeats = last_group_repeats, False
        if letter == "\\":
            at += 2
            continue
        if letter == "[":
            at = _end_of_class(expression, at)
            continue
        if letter == "(":
            open_groups.append(False)
        elif letter == ")" and len(open_groups) > 1:
            last_group_repeats = open_groups.pop()
            open_groups[-1] |= last_group_repeats
        elif _repeats(expression, at):
            if just_closed:
                return True
            open_groups[-1] = True
        at += 1
    return False


def _repeats(expression: str, at: int) -> bool:
    """Whether an unbounded repetition starts at this character."""
    if expression[at] in "*+":
        return True
    closing = expression.find("}", at)
    return expression[at] == "{" and closing > 0 and expression[at:closing].endswith(",")


def _end_of_class(expression: str, at: int) -> int:
    """The place behind the set of characters that opens at ``at``; a ``]`` right after ``[`` or ``[^`` is literal."""
    at += 2 if expression[at + 1 : at + 2] == "^" else 1
    if expression[at : at + 1] == "]":
        at += 1
    while at < len(expression) and expression[at] != "]":
        at += 2 if expression[at] == "\\" else 1
    return at + 1
