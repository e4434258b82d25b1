"""Secrets in texts: keys of APIs, private keys, tokens, passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN, CLEAR, LIKELY

# Prefixes that the issuers document, so that leaked keys can be told.
_ISSUED = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,255}|xapp-[A-Za-z0-9-]{10,255}"
    r"|sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,255}|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9]{16,255}"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,512}|GOCSPX-[A-Za-z0-9_-]{28}"
    r"|SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}|key-[0-9a-f]{32}|SK[0-9a-f]{32}|AC[0-9a-f]{32}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,255}|dop_v1_[0-9a-f]{64}|hvs\.[A-Za-z0-9_-]{24,255}|hf_[A-Za-z0-9]{30,64}"
    r"|eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,2000}"
    r")(?![A-Za-z0-9_])"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_KEY_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/:@]{1,128}:[^\s/@]{1,256}(?=@)")
_NAMED = re.compile(
    r"(?<![A-Za-z])(?:password|passwd|passphrase|pwd|secret|api[ _-]?key|access[ _-]?key|secret[ _-]?key"
    r"|client[ _-]?secret"
    r"|auth[ _-]?token|access[ _-]?token|bearer|passwort|kennwort|contraseña|mot de passe|token)[\"']?"
    r" ?(?P<sign>[:=]| is[: ]|(?<=bearer)) ?[\"'`]?(?P<value>[^\s\"'`,;<>]{4,256})",
    re.IGNORECASE,
)
_HINTS = re.compile(r"pass|pwd|secret|key|token|bearer|kennwort|contrase|mot de", re.IGNORECASE)
_MASKED = re.compile(r"([\W_])\1*")
_PLAIN_WORD = re.compile(r"[A-Za-z]+[.!?]?|\*+|\d{1,3}[.]?")


class CredentialRecogniser:
    """Kind ``CREDENTIAL``. A private key is found whole, or to the end of the text where its end is cut off."""

    name = "credential"

    def find(self, text: str) -> Iterator[Finding]:
        for match in _ISSUED.finditer(text):
            yield Finding("CREDENTIAL", Span(*match.span()), CERTAIN, "credential:issued")
        yield from _private_keys(text)
        for match in _IN_ADDRESS.finditer(text) if "://" in text and "@" in text else ():
            yield Finding("CREDENTIAL", Span(*match.span()), CLEAR, "credential:address")
        if _HINTS.search(text):
            yield from _named(text)


def _private_keys(text: str) -> Iterator[Finding]:
    begin = _PRIVATE_KEY.search(text)
    while begin is not None:
        closing = _PRIVATE_KEY_END.search(text, begin.end())
        end = closing.end() if closing else len(text)
        yield Finding("CREDENTIAL", Span(begin.start(), end), CERTAIN, "credential:key")
        begin = _PRIVATE_KEY.search(text, end)


def _named(text: str) -> Iterator[Finding]:
    for match in _NAMED.finditer(text):
        value = match.group("value").rstrip(").]}")
        if len(value) < 4 or _MASKED.fullmatch(value) or (_PLAIN_WORD.fullmatch(value) and not _looks_assigned(match)):
            continue
        start = match.start("value")
        yield Finding("CREDENTIAL", Span(start, start + len(value)), LIKELY, "credential:named")


def _looks_assigned(match: re.Match[str]) -> bool:
    """``password: hunter`` gives one away, ``the secret is patience`` and ``Token: see below`` do not."""
    value = match.group("value")
    return match.group("sign") in ":=" and len(value) >= 8 and not value.istitle() and not value.islower()
