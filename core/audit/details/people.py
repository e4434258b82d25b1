"""Who came in, who may do what, and what was done at somebody's request or by retention."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from core.audit.details.base import Commitment, Count, Details, Digest, Flag, Id, Roles, Subject, Word


class SignIn(Details):
    method: Word
    session: Digest | None = None
    roles: Roles = []
    reason: Word | None = None


class SignOut(Details):
    method: Word | None = None
    session: Digest | None = None
    reason: Word | None = None


class Impersonation(Details):
    """An operator acts as ``target``. ``account`` is the pseudonym of the operator's account on that machine."""

    target: Subject
    command: Word
    account: Subject | None = None
    queries: Count | None = None
    reason: Word | None = None


class ActedFor(Details):
    """A service account, which is the subject, acts for ``target`` by a grant."""

    target: Subject
    grant: Id
    command: Word


class RoleChanged(Details):
    """A role that needs approval is asked for, given or declined. ``why`` commits to the reason."""

    person: Subject
    role: Word
    request: Id
    change: Literal["asked", "approved", "declined"]
    asked_by: Subject | None = None
    why: Commitment | None = None


class ServiceChanged(Details):
    """``account`` was made or removed, got or lost a key, or a grant to act for ``target`` or for a group, to whose
    name ``group`` commits."""

    account: Subject
    change: Literal["added", "removed", "key_made", "key_ended", "grant_given", "grant_ended"]
    scopes: Roles = []
    grant: Id | None = None
    target: Subject | None = None
    group: Commitment | None = None
    until: AwareDatetime | None = None


class PeopleChanged(Details):
    """``groups`` commits to the sorted group names, one a line. Of somebody ``forgotten``, ``values`` went from the
    vault and ``labels`` of passages were dropped. ``origin``: a directory says so."""

    person: Subject
    change: Literal["added", "changed", "disabled", "removed", "forgotten"]
    roles: Roles = []
    groups: Commitment | None = None
    groups_count: Count | None = None
    values: Count | None = None
    labels: Count | None = None
    origin: Word | None = None


class CredentialChanged(Details):
    """With what ``person`` comes in: a link, a password, a key, an account of a provider. ``sessions`` ended by it."""

    person: Subject
    change: Literal["made", "set", "renewed", "removed", "linked", "unlinked", "ended"]
    credential: Literal["link", "password_link", "password", "key", "identity", "session"]
    by: Subject | None = None
    sessions: Count | None = None
    session: Digest | None = None
    expires_at: AwareDatetime | None = None


class GroupChanged(Details):
    """A group of a directory. ``name`` commits to what it is called there, ``people`` are its members after."""

    group: Id
    change: Literal["created", "changed", "removed"]
    origin: Word
    name: Commitment
    people: Count
    joined: Annotated[list[Subject], Field(max_length=1000)] = []
    left: Annotated[list[Subject], Field(max_length=1000)] = []
    unnamed: Count | None = None
    """Members who joined or left beyond those that are named."""


class HoldChanged(Details):
    """Something is held, or is not held any more. ``why`` commits to the reason, ``target`` is an id, or the pseudonym
    of a person."""

    hold: Id
    change: Literal["placed", "lifted"]
    kind: Word
    target: Id
    why: Commitment


Counts = Annotated[dict[Word, Count], Field(max_length=64)]
Side = Literal["asker", "about", "both"]


class SubjectExported(Details):
    """What is kept of a person was copied out, at that person's request. ``person`` is missing where it is nobody who
    has an account here; ``address`` commits to the e-mail address."""

    side: Side
    address: Commitment
    person: Subject | None = None
    found: Counts = {}


class SubjectErased(Details):
    """What is kept of a person is erased, or was. ``request`` is the id of the report, ``report`` its hash;
    ``restored``: it had come back with a backup."""

    request: Id
    side: Side
    documents: Literal["suppress", "labels-only"]
    person: Subject | None = None
    removed: Counts = {}
    held: Counts = {}
    unreached: Count | None = None
    report: Digest | None = None
    restored: Flag | None = None


class RetentionRun(Details):
    """What was older than its class is kept for was removed, by class; ``held`` was spared by a hold. ``days`` are
    those that each class is kept."""

    removed: Counts
    held: Counts = {}
    days: Counts = {}
