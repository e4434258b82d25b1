"""A data policy as people write it: three tables, by class, by kind and by sensitivity.

    classes:      {person: {external: redact, on_premise: allow}, ...}
    sensitivity:  {confidential: {external: redact, on_premise: allow}, ...}
    kinds:        {PROJECT_CODE: {class: work, external: block}, ...}

A column is a place (``on_premise``, ``external``), a region of a place (``external:eu``), or the name of a destination.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from core import regions as regions_of
from core.errors import Invalid
from core.kinds import CLASSES, KIND, DataClass
from core.policy import PLACES, SENSITIVITIES, TREATMENTS, Destination, Policy, Sensitivity, Treatment, strictest

SECTIONS = ("classes", "sensitivity", "kinds")
HINT = "vouch policy show prints the policy that holds, in the form that is expected."
COLUMN = re.compile(r"^[\w][\w .-]{0,99}$")
REGION = re.compile(r"^(on_premise|external):[\w][\w .-]{0,49}$")
Document = dict[str, dict[str, dict[str, str]]]

SHIPPED: Document = {
    "classes": {
        "person": {"external": "redact", "on_premise": "allow"},
        "contact": {"external": "redact", "on_premise": "allow"},
        "address": {"external": "redact", "on_premise": "allow"},
        "financial": {"external": "redact", "on_premise": "allow"},
        "government": {"external": "redact", "on_premise": "allow"},
        "health": {"external": "redact", "on_premise": "allow"},
        "network": {"external": "redact", "on_premise": "allow"},
        "credential": {"external": "block", "on_premise": "redact"},
        "organisation": {"external": "redact", "on_premise": "allow"},
        "place": {"external": "allow", "on_premise": "allow"},
        "time": {"external": "allow", "on_premise": "allow"},
        "work": {"external": "redact", "on_premise": "allow"},
        "other": {"external": "redact", "on_premise": "redact"},
    },
    "sensitivity": {
        "public": {"external": "allow", "on_premise": "allow"},
        "internal": {"external": "allow", "on_premise": "allow"},
        "confidential": {"external": "redact", "on_premise": "allow"},
        "restricted": {"external": "block", "on_premise": "allow"},
    },
    # A job title says what somebody does; without it a model could not tell the people of a text apart.
    "kinds": {"TITLE": {"external": "allow"}, "JOB_TITLE": {"external": "allow"}},
}
"""What holds until somebody decides otherwise; ``docs/decisions/0011-redaction.md`` says why."""


def policy_of(document: Mapping[str, Any], version: int) -> Policy:
    """The policy that a whole document states. Raises ``Invalid``, which names the entry, for anything that is unknown
    or missing: what a policy leaves out would otherwise be blocked without anybody having said so."""
    stated = checked(document)
    for section, rows in (("classes", CLASSES), ("sensitivity", SENSITIVITIES)):
        for row in rows:
            for place in PLACES:
                if place not in stated[section].get(row, {}):
                    raise _wrong(f"{section}.{row}.{place}", f"is missing; say one of {', '.join(TREATMENTS)}")
    by_class: dict[tuple[str, str], Treatment] = {}
    for section in ("classes", "kinds"):
        for row, cells in stated[section].items():
            by_class |= {(row, key): said for key, said in _treatments(cells).items()}
    by_sensitivity: dict[tuple[Sensitivity, str], Treatment] = {
        (cast(Sensitivity, row), key): said
        for row, cells in stated["sensitivity"].items()
        for key, said in _treatments(cells).items()
    }
    return Policy(version, by_class, by_sensitivity, classes_of_kinds(stated))


def _treatments(cells: Mapping[str, str]) -> dict[str, Treatment]:
    """By column, regions as they are compared. Of two that are the same then, the stricter one holds."""
    found: dict[str, Treatment] = {}
    for key, said in cells.items():
        if key != "class":
            name = regions_of.region(key) if ":" in key else key
            found[name] = strictest((found.get(name, TREATMENTS[0]), cast(Treatment, said)))
    return found


def classes_of_kinds(document: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, DataClass]:
    """The class of each kind that a checked document puts into one."""
    stated = document.get("kinds", {})
    return {kind: cast(DataClass, cells["class"]) for kind, cells in stated.items() if "class" in cells}


def seed(stated: Mapping[str, Any]) -> Document:
    """The shipped document with what the configuration says in its place."""
    changes = checked(stated)
    return {
        section: {
            row: {**SHIPPED[section].get(row, {}), **changes[section].get(row, {})}
            for row in (*SHIPPED[section], *(row for row in changes[section] if row not in SHIPPED[section]))
        }
        for section in SECTIONS
    }


def checked(document: Mapping[str, Any]) -> Document:
    """The document's entries, each a treatment that exists in a row and column that exist. Raises ``Invalid``."""
    unknown = [str(name) for name in document if name not in SECTIONS]
    if unknown:
        raise _wrong(unknown[0], f"is no part of a policy; its parts are {', '.join(SECTIONS)}")
    return {section: _section(section, document.get(section)) for section in SECTIONS}


def columns(document: Mapping[str, Mapping[str, Mapping[str, str]]]) -> tuple[str, ...]:
    """The places, and then every other column that the document has, in order."""
    named = {key for section in document.values() for cells in section.values() for key in cells}
    return (*PLACES, *sorted(named - {*PLACES, "class"}))


def destination_of(name: str, document: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Destination:
    """The destination that a column of the document stands for. Raises ``Invalid`` for one that it does not have."""
    known = columns(document)
    if name not in known:
        raise Invalid(f"The policy knows no destination {name!r}.", hint=f"It knows {', '.join(known)}.")
    return destination_named(name)


def destination_named(column: str) -> Destination:
    """A name alone does not say where a destination is: it counts as external."""
    place, _, region = column.partition(":")
    for each in PLACES:
        if place == each:
            return Destination(column, each, region or None)
    return Destination(column, "external")


def _section(section: str, given: object) -> dict[str, dict[str, str]]:
    if given is None:
        return {}
    rows = _mapping(section, given)
    return {row: _row(section, row, cells) for row, cells in rows.items()}


def _row(section: str, row: str, given: object) -> dict[str, str]:
    entry = f"{section}.{row}"
    if section == "classes" and row not in CLASSES:
        raise _wrong(entry, f"is no class of data; they are {', '.join(CLASSES)}")
    if section == "sensitivity" and row not in SENSITIVITIES:
        raise _wrong(entry, f"is no sensitivity; they are {', '.join(SENSITIVITIES)}")
    if section == "kinds" and not KIND.match(row):
        raise _wrong(entry, "is no kind of finding; write it in capitals, such as EMPLOYEE_ID")
    cells = _mapping(entry, given)
    for key, said in cells.items():
        _check_cell(section, f"{entry}.{key}", key, said)
    return {key: str(said) for key, said in cells.items()}


def _check_cell(section: str, entry: str, key: str, said: object) -> None:
    if section == "kinds" and key == "class":
        if said not in CLASSES:
            raise _wrong(entry, f"is no class of data; they are {', '.join(CLASSES)}")
        return
    if not (REGION.match(key) if ":" in key else COLUMN.match(key)) or key == "class":
        raise _wrong(entry, "names no destination; write on_premise, external, external:REGION, or its name")
    if said not in TREATMENTS:
        raise _wrong(entry, f"is no treatment; they are {', '.join(TREATMENTS)}")


def _mapping(entry: str, given: object) -> dict[str, object]:
    if not isinstance(given, Mapping):
        raise _wrong(entry, "has to hold entries by name")
    found = cast(Mapping[object, object], given)
    strange = [name for name in found if not isinstance(name, str)]
    if strange:
        raise _wrong(entry, "has a name that is no text; put it in quotation marks")
    return cast(dict[str, object], dict(found))


def _wrong(entry: str, what: str) -> Invalid:
    return Invalid(f"{entry} {what}.", hint=HINT)
