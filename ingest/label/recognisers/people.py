"""People by what stands around their names: honorifics, the lines of a signature, the folder that is theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.lexicon import CASED_HONORIFICS, DOTTED_HONORIFICS, HONORIFICS
from ingest.label.recognisers.base import CLEAR, LIKELY

_HONORIFICS = rf"(?:{HONORIFICS.title()})\.?|(?:{DOTTED_HONORIFICS})\.|{CASED_HONORIFICS}"
_NAME = (
    r"(?:[^\W\d_a-z]\. ?){0,3}[^\W\d_][\w'’-]*"
    r"(?: (?:(?:van|von|de|der|den|del|della|di|da|dos|al|bin|ibn|la|le|el) ){0,2}[^\W\d_a-z][\w'’-]+){0,2}"
)
_TITLED = re.compile(rf"(?<![\w.-])(?P<prefix>{_HONORIFICS}) (?P<name>{_NAME})")
_TITLED_SMALL = re.compile(rf"(?<![\w.-])(?P<prefix>(?:{HONORIFICS})\.?) (?P<name>[^\W\d_][\w'’-]+)", re.IGNORECASE)
_TITLE_CHECK = re.compile(
    r"(?:[MmDdPpSsHhFfRrCcLlGg][\w]{0,8}[.r]|Miss|Sir|Dame|Lady|Fra|Frau|Madam|Se|Sig|[Mm]s|[Mm]rs|Mx|Mme|Mlle|Rouva)"
)
_JOBS = re.compile(
    r"(?:manager|engineer|director|officer|coordinator|technician|operator|tender|repairer|cashier|lineman|administrator"
    r"|representative|scientist|analyst|assistant|consultant|specialist|supervisor|developer|designer|architect|accountant"
    r"|clerk|nurse|physician|surgeon|teacher|professor|lecturer|lawyer|attorney|paralegal|secretary|president|chairman"
    r"|chairwoman|executive|agent|advisor|adviser|planner|inspector|mechanic|electrician|plumber|carpenter|driver|pilot"
    r"|worker|labou?rer|installer|builder|maker|setter|therapist|counsell?or|psychologist|pharmacist|dentist|librarian"
    r"|editor|writer|reporter|translator|interpreter|photographer|producer|trainer|coach|instructor|educator|buyer|broker"
    r"|auditor|estimator|surveyor|drafter|programmer|researcher|economist|chemist|physicist|biologist|geologist"
    r"|mathematician|statistician|astronomer|manufacturer|fabricator|assembler|tester|sorter|packer|loader|mover|cleaner"
    r"|janitor|guard|detective|firefighter|paramedic|dispatcher|chef|cook|baker|butcher|waiter|waitress|bartender|host"
    r"|hostess|attendant|stylist|barber|farmer|fisher|logger|miner|welder|machinist|painter|roofer|mason|ironworker|boss"
    r"|head|chief|partner|founder|owner|ceo|cto|cfo|coo|vp|aide|examiner|processor|investigator|adjuster|appraiser"
    r"|collector|teller|underwriter|recruiter|optician|hygienist|dietitian|audiologist|optometrist|podiatrist"
    r"|veterinarian|chiropractor|sonographer|technologist|programmer|strategist|lead)s?",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]+")
_WORDS = re.compile(r"[^\W\d_][\w'’.-]*")
_HOME = re.compile(
    r"(?<![\w.:/-])(?:/home/|/Users/|[A-Za-z]:(?:\\|\\\\|/)Users(?:\\|\\\\|/))(?P<name>[^\W\d_][\w.-]{1,30})(?=[/\\])"
)
_NOBODY = frozenset(
    """
    admin administrator all app build data default deploy docker ec2-user git guest home jenkins me name node public
    root runner service shared test ubuntu user username users vagrant web work www you your your-name your_name
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
"""Whom the folders of no person belong to."""
_LONGEST_LINE = 80
_PARTICLES = frozenset(("van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "al", "bin", "la", "le"))


class PeopleRecogniser:
    """``PREFIX`` and the ``PERSON`` behind it; in a signature (name, job, company, address, one to a line) also
    ``TITLE`` and ``ORGANIZATION``."""

    name = "people"

    def find(self, text: str) -> Iterator[Finding]:
        pattern = _TITLED_SMALL if text.islower() else _TITLED
        if _TITLE_CHECK.search(text):
            for match in pattern.finditer(text):
                yield from _titled(match)
        if "/home/" in text or "Users" in text:
            yield from _homes(text)
        if text.count("\n") > 1:
            yield from _signatures(text)


def _titled(match: re.Match[str]) -> Iterator[Finding]:
    name = match.group("name")
    if not (name[0].isupper() or match.re is _TITLED_SMALL):
        return
    yield Finding("PREFIX", Span(*match.span("prefix")), LIKELY, "people:prefix")
    start = match.start("name")
    yield Finding("PERSON", Span(start, start + len(name.rstrip("."))), CLEAR, "people:titled")


def _homes(text: str) -> Iterator[Finding]:
    """Whose folder a path leads through: ``/home/jo/report.txt``."""
    for match in _HOME.finditer(text):
        if match.group("name").lower() not in _NOBODY:
            yield Finding("PERSON", Span(*match.span("name")), LIKELY, "people:home")


def _signatures(text: str) -> Iterator[Finding]:
    """Three lines on top of each other: a name, a job, a company; the last may be missing."""
    small = text.islower()
    lines = [(match.start(), match.group()) for match in _LINE.finditer(text)]
    for at in range(1, len(lines)):
        (above_start, above), (start, line) = lines[at - 1], lines[at]
        job, name = _stripped(start, line), _stripped(above_start, above)
        if (
            above_start + len(above) + 1 != start
            or not _is_job(job.of(text), small)
            or not _is_name(name.of(text), small)
        ):
            continue
        yield Finding("TITLE", job, LIKELY, "people:signature")
        yield Finding("PERSON", name, LIKELY, "people:signature")
        if at + 2 < len(lines) and _starts_address(lines[at + 2][1]) and lines[at + 1][0] == start + len(line) + 1:
            company = _stripped(*lines[at + 1])
            if 0 < len(company) <= _LONGEST_LINE:
                yield Finding("ORGANIZATION", company, LIKELY, "people:signature")


def _stripped(start: int, line: str) -> Span:
    """The line without quotation marks of mail and spaces around it."""
    left = len(line) - len(line.lstrip("> \t"))
    return Span(start + left, start + max(left, len(line.rstrip())))


def _is_job(line: str, small: bool) -> bool:
    """``Senior Tech Analyst``, ``Director of Research``: a capital first, where the text has any."""
    words = _WORDS.findall(line)
    if not 1 < len(words) <= 9 or not _is_tidy(line) or not (small or line[0].isupper()):
        return False
    return bool(_JOBS.fullmatch(words[-1]) or (words[1].lower() == "of" and _JOBS.fullmatch(words[0])))


def _is_name(line: str, small: bool) -> bool:
    words = line.split()
    if not 2 <= len(words) <= 4 or not _is_tidy(line):
        return False
    return small or all(word[0].isupper() or word in _PARTICLES for word in words)


def _is_tidy(line: str) -> bool:
    """Whether it may be a line of its own: pieces of columns have gaps, pieces of sentences end in signs."""
    return len(line) <= _LONGEST_LINE and line[-1:].isalpha() and "  " not in line and not any(map(str.isdigit, line))


def _starts_address(line: str) -> bool:
    start = line.lstrip("> \t")
    return start[:1].isdigit() or start[:4].lower() in (
        "unit",
        "psc ",
        "p.o.",
        "po b",
        "apt.",
        "usns",
        "usnv",
        "uscg",
        "uss ",
    )
