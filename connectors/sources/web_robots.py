"""robots.txt (RFC 9309): which paths of a site may be read, and where its sitemaps are."""

from __future__ import annotations

import re
from dataclasses import dataclass

AGENT = "vouch"
MAX_BYTES = 512 * 1024
"""What a crawler has to read at least (RFC 9309, 2.5)."""


@dataclass(frozen=True, slots=True)
class Robots:
    """``rules`` are (pattern, allowed) of the group that concerns us. ``delay`` is in seconds between requests."""

    rules: tuple[tuple[str, bool], ...] = ()
    sitemaps: tuple[str, ...] = ()
    delay: float | None = None

    def allows(self, path: str) -> bool:
        """``path`` with its query. The longest pattern that matches counts; allowing wins a tie."""
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if _matches(pattern, path)]
        return max(fitting, default=(0, True))[1]


@dataclass(slots=True)
class _Group:
    agents: list[str]
    rules: list[tuple[str, bool]]
    delay: float | None = None


def read_robots(text: str) -> Robots:
    """Lines that mean nothing are passed over, as the standard asks."""
    groups: list[_Group] = []
    sitemaps: list[str] = []
    in_agents = False
    for line in text.removeprefix("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "sitemap":
            sitemaps.append(value)
        elif name == "user-agent":
            if not in_agents:
                groups.append(_Group([], []))
            groups[-1].agents.append(value.lower())
            in_agents = True
        elif name in ("allow", "disallow", "crawl-delay") and groups:
            in_agents = False
            _add(groups[-1], name, value)
    return _ours(groups, tuple(sitemaps))


def _add(group: _Group, name: str, value: str) -> None:
    if name == "crawl-delay":
        group.delay = float(value) if re.fullmatch(r"\d{1,4}(\.\d+)?", value) else None
    elif value:
        group.rules.append((value, name == "allow"))


def _ours(groups: list[_Group], sitemaps: tuple[str, ...]) -> Robots:
    """All groups that name us, taken together; those for everybody only where none does."""
    named = [group for group in groups if any(agent.partition("/")[0] == AGENT for agent in group.agents)]
    chosen = named or [group for group in groups if "*" in group.agents]
    rules = tuple(rule for group in chosen for rule in group.rules)
    return Robots(rules, sitemaps, max((group.delay for group in chosen if group.delay), default=None))


def _matches(pattern: str, path: str) -> bool:
    """``*`` is any characters, a final ``$`` the end; else a pattern is the beginning of a path."""
    anchored = pattern.endswith("$")
    parts = pattern.removesuffix("$").split("*")
    if not path.startswith(parts[0]):
        return False
    place = len(parts[0])
    for part in parts[1:]:
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    if not anchored:
        return True
    return path.endswith(parts[-1]) if len(parts) > 1 else place == len(path)
