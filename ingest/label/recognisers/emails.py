"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN, LIKELY
from ingest.label.recognisers.letters import folded

_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}$")
_HOST = re.compile(r"(?:\[\d{1,3}(?:\.\d{1,3}){3}\]|[^\W_](?:[\w-]{0,62}\.[^\W_]){0,9}[\w-]{0,62})")
_EDGES = ".'`*{}|=/#&!$%^~?-+"
_SPELT = re.compile(
    r"(?<![\w.])[a-z0-9][\w.+-]{0,63} ?(?:\[at\]|\(at\)|\{at\}| at ) ?"
    r"[a-z0-9-]{1,63}(?: ?(?:\[dot\]|\(dot\)|\{dot\}| dot |\.) ?[a-z0-9-]{2,63}){1,4}(?![\w-])",
    re.IGNORECASE | re.ASCII,
)


class EmailRecogniser:
    """Addresses, also of other scripts; ``name [at] host [dot] com`` too, less sure."""

    name = "email"

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        at = text.find("@")
        while at >= 0:
            span = _around(text, at)
            if span is not None:
                yield Finding("EMAIL_ADDRESS", span, CERTAIN, self.name)
            at = text.find("@", at + 1)
        for match in _SPELT.finditer(text) if "at" in text.lower() else ():
            marked = "(" in match.group() or "[" in match.group() or " dot " in match.group()
            if marked:
                yield Finding("EMAIL_ADDRESS", Span(*match.span()), LIKELY, "email:spelt")


def _around(text: str, at: int) -> Span | None:
    """The address around the ``@`` at this place; None without a name before it and a host with an ending behind."""
    local = _LOCAL.search(text, max(0, at - 64), at)
    host = _HOST.match(text, at + 1)
    if local is None or host is None:
        return None
    start = local.start()
    while start < at and text[start] in _EDGES:
        start += 1
    name = host.group().rstrip("-_.")
    ending = name.rsplit(".", 1)[-1]
    if start == at or ("." not in name) or (len(ending) < 2 and not name.startswith("[")):
        return None
    if ending.isdigit():
        return None
    return Span(start, at + 1 + len(name))
