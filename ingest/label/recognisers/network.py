"""Addresses in networks: IP, MAC, URL, domain names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN, CLEAR, LIKELY, WEAK
from ingest.label.recognisers.context import announced, announcing
from ingest.label.recognisers.letters import folded, listed

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|0?\d?\d)"
_IPV4 = re.compile(
    rf"(?<![\w.])(?<!\d,){_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}(?:/(?:3[0-2]|[12]?\d)(?!\d))?(?![\w%]|-\d)", re.ASCII
)
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,45}(?:\.\d{1,3}){0,3}(?:%[0-9A-Za-z]{1,15})?(?:/\d{1,3}(?!\d))?", re.ASCII)
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9A-F]{2}([:-])(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}|[0-9A-F]{4}\.[0-9A-F]{4}\.[0-9A-F]{4})(?![\w:-])",
    re.ASCII | re.IGNORECASE,
)
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.ASCII | re.IGNORECASE)
_VERSION = re.compile(r"(?:version|release|v|ver|build|section|clause|chapter|§)\.? ?$", re.IGNORECASE)
_URL = re.compile(r"(?<![\w@])(?:https?|ftps?|sftp|wss?)://[^\s<>\"'`\\]{3,2000}", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![\w@./:-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}(?:[a-z]{2,24}|xn--[a-z0-9-]{2,40})(?![\w@-]|\.\w)"
    r"(?:/[^\s<>\"'`\\]{0,2000})?",
    re.IGNORECASE | re.ASCII,
)
_WORDS = announcing(("url", "website", "web site", "site", "domain", "domain name", "link", "visit", "browse", "host"))
_CLOSING = ".,;:!?)]}'\"*_"
# Endings that names of sites have and that ordinary words or files behind a full stop do not.
_ENDINGS = listed("""
    com org net edu gov mil int info biz name pro io ai dev app site online store shop tech cloud xyz eu uk de fr
    es nl be ch at se dk fi cz sk pl pt gr ie lu li hu ro bg hr si rs ee lv lt ru ua tr il ae sa qa kw eg za ng ke
    gh ma tn in cn jp kr tw hk sg my th vn ph id au nz ca us mx br ar cl co pe uy ec ve cr gl fo is lt cy mt ws nu
    no it webcam blog wiki news agency company group international london berlin paris tokyo nyc amsterdam
    vlaanderen wien academy bank business center consulting digital email events expert finance fund global health
    hotel law legal live market media network photos services software solutions studio support systems team
    technology tools travel tv uno work works world zone club top vip page mobi jobs museum travel tel cat asia
    africa
""")
_BARE_ENDINGS = _ENDINGS - listed("""
    name pro is no it in at be so me us my id page live work works team world
""")


class NetworkRecogniser:
    """``IP_ADDRESS`` (with a prefix length), ``MAC_ADDRESS``, ``URL``; a site without scheme and path is a weaker
    ``DOMAIN_NAME``."""

    name = "network"

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        if ":" in text or text.count(".") > 1 or text.count("-") > 4:
            yield from self._numbers(text)
        if "." in text:
            yield from self._names(text)

    def _numbers(self, text: str) -> Iterator[Finding]:
        longer = list(_ipv6(text)) if ":" in text else []
        yield from longer
        for match in _IPV4.finditer(text):
            span = Span(*match.span())
            # ``::ffff:192.0.2.1`` is one address.
            if any(span.overlaps(each.span) for each in longer):
                continue
            version = _VERSION.search(text, max(0, span.start - 10), span.start)
            score = WEAK if version else CERTAIN
            yield Finding("IP_ADDRESS", span, score, "network:ipv4")
        for match in _MAC.finditer(text):
            if len(set(match.group().lower()) - {":", "-", "."}) > 1:
                yield Finding("MAC_ADDRESS", Span(*match.span()), CERTAIN, "network:mac")
        for match in _UUID.finditer(text):
            yield Finding("UUID", Span(*match.span()), WEAK, "network:uuid")

    def _names(self, text: str) -> Iterator[Finding]:
        if "://" in text:
            for match in _URL.finditer(text):
                address = match.group().rstrip(_CLOSING)
                host = address.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
                if "." in host or host.startswith("["):
                    span = Span(match.start(), match.start() + len(address))
                    yield Finding("URL", span, CERTAIN, "network:url")
        for match in _HOST.finditer(text):
            yield from _site(text, match)


def _site(text: str, match: re.Match[str]) -> Iterator[Finding]:
    name = match.group().rstrip(_CLOSING)
    host = name.split("/", 1)[0].lower()
    ending = host.rsplit(".", 1)[-1]
    if ending not in _ENDINGS and not ending.startswith("xn--"):
        return
    span = Span(match.start(), match.start() + len(name))
    # Products are written like sites (ASP.NET, GOV.UK), and a sentence may lack the space behind its full stop.
    sure = host.startswith("www.") or "/" in name
    near = ending in _BARE_ENDINGS and (announced(_WORDS, text, span.start, span.end) or span.of(text) == text.strip())
    yield Finding("URL", span, LIKELY if sure or near else 0.2, "network:site")
    if "/" not in name:
        yield Finding("DOMAIN_NAME", span, CLEAR if sure or near else WEAK, "network:domain")


def _ipv6(text: str) -> Iterator[Finding]:
    for match in _IPV6.finditer(text):
        value = match.group()
        if "::" not in value and value.count(":") < 6:
            continue
        found = _read_ipv6(text, *match.span())
        if found is not None:
            yield Finding("IP_ADDRESS", found, CLEAR, "network:ipv6")


def _read_ipv6(text: str, start: int, end: int) -> Span | None:
    """The address in these characters, less a colon or full stop of the sentence around it; None if there is none."""
    while end > start + 2 and text[end - 1] == ":" and text[end - 2] != ":":
        end -= 1
    before = text[start - 1] if start else " "
    if before.isalnum() or before in "_." or (end < len(text) and (text[end].isalnum() or text[end] in "_:")):
        return None
    value = text[start:end]
    for length in (len(value), value.find("/")):
        try:
            ipaddress.ip_interface(value[: length if length > 0 else len(value)])
        except ValueError:
            continue
        return Span(start, start + length)
    return None
