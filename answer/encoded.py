"""Texts that stand in another text encoded: in base64 and in hexadecimal."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from core.text import Span

_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,8192}={0,2}(?![A-Za-z0-9+/=_-])")
_PIECE = re.compile(r"[A-Za-z0-9+]{8,}={0,2}")
"""Of a run that is an address or a path."""
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")


def hidden(text: str, range_: Span) -> Iterator[tuple[Span, str]]:
    """What reads like encoded text within a range, and the text behind it."""
    for match in _RUN.finditer(text, range_.start, range_.end):
        run = match.group()
        plain = _plain(run)
        if plain is not None:
            yield Span(*match.span()), plain
            continue
        for piece in _PIECE.finditer(run):
            plain = _plain(piece.group()) if piece.group() != run else None
            if plain is not None:
                yield Span(match.start() + piece.start(), match.start() + piece.end()), plain


def _plain(run: str) -> str | None:
    body = run.rstrip("=")
    if _HEX.match(body):
        found = _read(bytes.fromhex(body))
        if found is not None:
            return found
    if len(body) % 4 == 1:
        return None
    standard = body.replace("-", "+").replace("_", "/")
    return _read(base64.b64decode(standard + "=" * (-len(standard) % 4)))


def _read(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c.isspace() for c in text) else None
