"""The demo company: people and documents to try Vouch with, until there are sources of your own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.settings import Settings
from connectors.tables import SourceRow
from core import people
from core.tables import PersonRow

DECLARED = Path(__file__).parent / "demo" / "company.yaml"
DOCUMENTS = Path(__file__).parent / "demo" / "documents"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    email: str
    name: str
    title: str
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    about: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Company:
    organisation: str
    people: tuple[DemoPerson, ...]
    sources: tuple[dict[str, Any], ...]

    def suggestions_for(self, email: str) -> tuple[str, ...]:
        return next((person.suggestions for person in self.people if person.email == email), ())


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether anyone on this machine may sign in as a demo person, and if not, why."""

    open: bool
    loaded: bool
    reason: str


@cache
def load() -> Company:
    """The company as declared in ``api/demo/company.yaml``."""
    raw = yaml.safe_load(DECLARED.read_text("utf-8"))
    return Company(
        organisation=raw["organisation"],
        people=tuple(
            DemoPerson(
                each["email"],
                each["name"],
                each["title"],
                tuple(each["groups"]),
                tuple(each["roles"]),
                each["about"],
                tuple(each["suggestions"]),
            )
            for each in raw["people"]
        ),
        sources=tuple(raw["sources"]),
    )


def sign_in_opening(session: Session, settings: Settings) -> Opening:
    """Demo sign-in is open while the demo company is all there is."""
    loaded = bool(session.scalar(select(func.count()).select_from(PersonRow).where(PersonRow.demo.is_(True))))
    if settings.demo.sign_in == "off" or settings.mode == "server":
        return Opening(False, loaded, "Demo sign-in is switched off.")
    if not loaded:
        return Opening(False, loaded, "The demo company is not loaded.")
    if session.scalar(select(func.count()).select_from(SourceRow).where(SourceRow.demo.is_(False))):
        return Opening(False, loaded, "Demo sign-in closed when a source of your own was added.")
    return Opening(True, loaded, "")


def is_wanted(session: Session, company: Company) -> bool:
    """Nothing else has been put into this installation, and not all of the demo company has been read: the first start
    may have been stopped half-way."""
    if session.scalar(select(func.count()).select_from(SourceRow).where(SourceRow.demo.is_(False))):
        return False
    kinds = set(session.scalars(select(PersonRow.demo)))
    read = set(session.scalars(select(SourceRow.name).where(SourceRow.confirmed_at.is_not(None))))
    return kinds != {False} and not read.issuperset(source["name"] for source in company.sources)


def put_people(session: Session, company: Company, now: Any) -> None:
    for each in company.people:
        people.put(
            session, each.email, groups=each.groups, roles=each.roles, now=now, name=each.name, title=each.title,
            demo=True,
        )  # fmt: skip
