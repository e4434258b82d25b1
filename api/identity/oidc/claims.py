"""What the provider's claims say of somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from api.identity.errors import SignInFailed
from api.identity.settings import OidcSettings
from core.people import EMAIL

LONGEST_NAME = 200
MOST_GROUPS = 5000


@dataclass(frozen=True, slots=True)
class Claimed:
    """``email`` is None where the provider does not vouch that it is that person's. ``groups`` are the directory's own
    names."""

    subject: str = field(repr=False)
    email: str | None = field(repr=False)
    name: str = field(repr=False)
    groups: tuple[str, ...] = field(repr=False)
    sid: str | None = field(repr=False)


def read(claims: Mapping[str, Any], settings: OidcSettings) -> Claimed:
    """Raises ``SignInFailed`` where the groups were left out for being too many."""
    sid = claims.get("sid")
    return Claimed(
        subject=str(claims["sub"]),
        email=_email(claims, settings),
        name=_text(claims.get("name"))[:LONGEST_NAME],
        groups=_groups(claims, settings),
        sid=sid if isinstance(sid, str) and 0 < len(sid) <= 255 and sid.isprintable() else None,
    )


def is_complete(claims: Mapping[str, Any], settings: OidcSettings) -> bool:
    """Whether nothing that is used is left for the provider's second answer."""
    wanted = [settings.email_claim, *([settings.verified_claim] if settings.verified_claim else [])]
    if settings.mapping or settings.admit or settings.unmapped == "same_name":
        wanted.append(settings.groups_claim)
    return all(at(claims, name) is not None for name in wanted)


def at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name; else what the path leads to. Names with dots, such as addresses, come first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, dict):
            return None
        found = cast("dict[str, Any]", found).get(part)
    return found


def _email(claims: Mapping[str, Any], settings: OidcSettings) -> str | None:
    email = _text(at(claims, settings.email_claim)).strip().lower()
    if not EMAIL.match(email) or len(email) > 320:
        return None
    if settings.verified_claim is None:
        return email
    said = at(claims, settings.verified_claim)
    # Some providers write it as a text, or as a number.
    return email if said in (True, "true", "True", "1") else None


def _groups(claims: Mapping[str, Any], settings: OidcSettings) -> tuple[str, ...]:
    found = at(claims, settings.groups_claim)
    if found is None:
        _check_overage(claims, settings)
        return ()
    listed: list[Any] = cast("list[Any]", found) if isinstance(found, list) else [found]
    names = [name for name in listed if isinstance(name, str) and name.strip()]
    if len(names) > MOST_GROUPS:
        raise SignInFailed("overage", f"more than {MOST_GROUPS} groups came in {settings.groups_claim}")
    return tuple(names)


def _check_overage(claims: Mapping[str, Any], settings: OidcSettings) -> None:
    """Entra ID leaves groups out where they are more than fit, and says where they could be asked for."""
    elsewhere = claims.get("_claim_names")
    named = isinstance(elsewhere, dict) and settings.groups_claim in elsewhere
    if named or claims.get("hasgroups") in (True, "true"):
        raise SignInFailed(
            "overage",
            "the provider left the groups out because they are too many: in Entra ID, emit only the groups that are "
            "assigned to the application, use application roles, or provision groups by SCIM (docs/identity.md)",
        )


def _text(value: Any) -> str:
    """Without characters that no name has, and that not every database takes."""
    return "".join(each for each in value if each.isprintable()) if isinstance(value, str) else ""
