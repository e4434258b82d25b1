"""Questions that ask to count or to add up records: they get the matching records, not a number that nobody wrote.

"How many tickets are open" asks to count records; "how many days of leave do I get" asks for a number that a document
states. What decides is what is counted: records that are kept one by one, or days, euros and metres.
"""

# A pattern is read as a whole: broken at every 120 characters it would not be.
# ruff: noqa: E501
from __future__ import annotations

import re
from typing import Literal

from answer.sentences import Sentence
from answer.terms import STOPWORDS, identifiers, stem, stems, words
from answer.verify.quantities import quantities

Tally = Literal["count", "sum", "average", "extreme"]

_RECORDS = (
    r"accounts?|agreements?|applicants?|applications?|appointments?|approvals?|assets?|audits?|bills?|bookings?|bugs?"
    r"|calls|candidates?|cases|certificates?|changes|chats?|claims?|clients?|colleagues|complaints?|contracts?"
    r"|conversations?|customers?|deals?|defects?|deliver(?:y|ies)|departments?|devices?|documents?|e-?mails?|employees?"
    r"|entr(?:y|ies)|errors?|events?|expenses|failures?|files?|findings?|hires|incidents?|inspections?|invoices?|issues?"
    r"|items?|laptops?|leads?|letters?|licen[cs]es?|managers?|matters?|meetings?|messages?|new hires|offers?|offices?|orders?|outages?"
    r"|partners?|payments?|people|persons|polic(?:y|ies)|posts?|problems?|products?|projects?|purchases?|quotes?|records?"
    r"|refunds?|rentals?|reports?|requests?|responses?|returns?|reviews?|risks?|rows?|sales|servers?|sessions?|shipments?|sites?"
    r"|staff|subscriptions?|suppliers?|surveys?|tasks?|tests|tickets?|transactions?|trips?|users?|vacancies|vendors?|visits?|warehouses?"
    r"|workers"
)
"""Things that are kept as records, one by one."""
_WORD = re.compile(r"[^\W_]+")
_A_RECORD = re.compile(_RECORDS)
_AMOUNTS = (
    r"amount|balance|bill|budget|cost|costs|credit|damage|debt|expense|expenses|expenditure|fees?|invoiced|loss|losses|pay|payments?"
    r"|payroll|payouts?|price|prices|profit|purchases?|quantity|refunds?|revenue|revenues|salar(?:y|ies)|sales|score|spend|spending"
    r"|spent|turnover|value|volume|wages?|worth|age|duration|time|length|headcount|tenure|rating|size|number"
)
_DET = r"(?:the |all |all the |all of the |our |my |your |their |these |those |every |each )?"
_SOME = r"(?:[\w'/-]+ ){0,4}?"
_COUNT = re.compile(
    rf"\bhow many (?P<counted>{_SOME}(?:{_RECORDS}))\b(?P<rest>.*)"
    rf"|\b(?:what is|what's|what was|give me|tell me|show me) the (?:total |overall |current |exact )*(?:number|count) of (?P<of>{_DET}{_SOME}(?:{_RECORDS}))\b"
    rf"|^\W*(?:please )?(?:count|tally|number of) {_DET}(?P<bare>{_SOME}(?:{_RECORDS}))\b|\bcount (?:how many|the number of)\b"
)
_SUM = re.compile(
    rf"\b(?:total|sum|combined|aggregate|cumulative|overall)\b(?: \w+){{0,2}}? (?:of|for|across|over|from) (?:all|all the|all of the|the|our|every|each|these) {_SOME}(?:{_RECORDS})\b"
    rf"|\b(?:add|sum) up\b|\badd (?:together )?(?:all|the|every)\b|\bhow much\b.*\b(?:in total|altogether|all together|in all|combined)\b"
    rf"|\b(?:total|combined|aggregate|sum of)(?: of)? (?:the |all |our |all the )?(?:{_AMOUNTS})\b.*\b(?:all|every|each|across|combined|together|per (?:month|quarter|year)|last|this|in 20\d\d|in q[1-4]|between|since|by)\b"
    rf"|\b(?:all|every|the)(?: of)?(?: the| our)? {_SOME}(?:{_RECORDS})\b.*\b(?:in total|combined|altogether|together cost|add up to|sum up to)\b"
)
_AVERAGE = re.compile(
    rf"\b(?:average|mean|median|typical)\b (?:\w+ ){{0,2}}?(?:{_AMOUNTS})\b(?: (?:of|for|per|across|among|in|by|paid|we|do|did|is|was)\b|\W*$)"
    rf"|\b(?:average|mean|median) (?:number|count|amount) of\b|\bon average\b.*\b(?:{_RECORDS})\b|\bhow (?:much|many|long|old)\b.*\bon average\b"
)
_EXTREME = re.compile(
    rf"\b(?:which|what|who)\b.{{0,60}}?\b(?:has|have|had|with|received|raised|generated|made|sold|opened|closed|filed|reported) (?:the )?"
    rf"(?:most|fewest|least|highest number of|largest number of|lowest number of)\b.{{0,40}}?\b(?:{_RECORDS}|{_AMOUNTS})\b"
    rf"|\bwhat (?:percentage|percent|share|proportion|fraction) of (?:the |all |our |all the )?{_SOME}(?:{_RECORDS})\b(?=.*\b(?:are|were|is|was|have|had|did|do)\b)"
)
_RULE = re.compile(
    r"\b(?:can|could|may|might|must|should|shall|need|needs|needed|required?|requires|allowed|allows?|permitted|entitled|eligible"
    r"|maximum|minimum|at most|at least|up to|limit|per (?:person|day|week|month|year|employee|user|team|account|customer)"
    r"|does it take|do i get|do we get|do employees get|are covered|is covered|included|include|includes|support|supports|fit|hold)\b"
)
"""Words of a rule or a property: what is asked for is stated, and not counted."""
_TOTALS = re.compile(
    r"\b(?:total(?:s|led|ling|ed|ing)?|in all|altogether|overall|sum(?:s|med)?|combined|together|average[ds]?|mean|median|number of|amount(?:s|ed)? to"
    r"|there (?:are|were|have been)|we have|has|have|had|comprises?|consists? of|employs?|received|counted|recorded|registered|reported|logged)\b"
)
_ASKING = frozenset(
    stem(word)
    for word in (  # noqa: SIM905
        "many much number count total sum average mean median altogether combined overall add give tell show list currently"
        " please current exact percentage share most least highest lowest amount value"
    ).split()
)


def asks_for_total(question: str) -> Tally | None:
    """What has to be worked out over records for this question; None for any other question."""
    asked = " ".join(question.lower().split())
    if identifiers(question):
        # Of one record, named by its number, everything is stated in it.
        return None
    if _AVERAGE.search(asked):
        return "average"
    if _EXTREME.search(asked):
        return "extreme"
    if (match := _COUNT.search(asked)) and not _RULE.search(asked):
        return "count" if _is_of_many(match, asked) else None
    if _SUM.search(asked) and not _RULE.search(asked):
        return "sum"
    return None


def _is_of_many(match: re.Match[str], asked: str) -> bool:
    """Not what happens to records by one decision: "how many positions are affected by the move"."""
    return (
        re.search(
            r"\b(?:affected by|according to|mentioned in|named in|listed in the \w+ (?:policy|agreement))\b", asked
        )
        is None
    )


def states_total(question: str, sentence: Sentence | str) -> bool:
    """Whether one sentence states the very total that is asked for: a number, that it is one of all, and of what."""
    text = sentence if isinstance(sentence, str) else f"{sentence.lead} {sentence.text}".strip()
    if not isinstance(sentence, str) and sentence.kind == "row":
        # A row is a record, and its numbers are those of one.
        return False
    asked = quantities(question)
    # The year that was asked about is no total.
    new = [each for each in quantities(text) if not any(each.agrees(other) for other in asked)]
    if not new or not _TOTALS.search(text.lower()):
        return False
    return _wanted(question) <= stems(text)


def counted(question: str) -> str | None:
    """The kind of record that a question asks about, in the singular; None where it names none."""
    asked = " ".join(question.lower().split())
    if match := _COUNT.search(asked):
        named = next((group for group in (match["counted"], match["of"], match["bare"]) if group), "")
    else:
        named = next((word for word in words(asked) if _A_RECORD.fullmatch(word)), "")
    return plain(named.split()[-1]) if named else None


def qualifiers(question: str) -> frozenset[str]:
    """What tells the records that are meant from others of their kind, as ``plain`` words."""
    kind = counted(question)
    return frozenset(
        plain(word)
        for word in _WORD.findall(question)
        if word.lower() not in STOPWORDS and stem(word) not in _ASKING and plain(word) != kind
    )


def plain(word: str) -> str:
    """A word in the singular. Its stem would say too much: ``open`` is that of ``opened``."""
    lowered = word.lower().removesuffix("'s")
    if lowered.endswith("ies") and len(lowered) > 4:
        return lowered[:-3] + "y"
    return lowered.removesuffix("s") if len(lowered) > 3 and not lowered.endswith(("ss", "us", "is")) else lowered


def _wanted(question: str) -> frozenset[str]:
    """The terms that a record, or a sentence about all of them, has to have."""
    return frozenset(
        stem(word) for word in words(question) if word.lower() not in STOPWORDS and stem(word) not in _ASKING
    )
