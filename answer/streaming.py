"""Tokens restored in a text that arrives in pieces, cut anywhere.

A token holds no second ``[``, so whatever may still become one begins at the last ``[`` of what has arrived. Only that
tail is held back, and never more than the longest token: all before it is final.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from answer.pseudonyms import LONGEST, Token, replace_tokens

# Any beginning of a token, at the end of a text. Wider than the grammar is harmless: it is only held back for longer.
_BEGUN = re.compile(r"\[(?:[A-Z][A-Z0-9_]*(?:\.[0-9]*)?)?\Z")


class TokenStream:
    """``feed`` returns what is final after each piece, ``close`` the rest; together they are the restoration of the
    whole text. ``shown`` says what stands in place of a token."""

    def __init__(self, shown: Callable[[Token], str]) -> None:
        self._shown = shown
        self._held = ""
        # A character may be cut as well; bytes that are none become U+FFFD, as they would in the whole.
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, piece: str) -> str:
        text = self._held + piece
        final = len(text)
        last = text.rfind("[")
        if last >= 0 and len(text) - last < LONGEST and _BEGUN.match(text, last):
            final = last
        self._held = text[final:]
        return replace_tokens(text[:final], self._shown)

    def feed_bytes(self, piece: bytes) -> str:
        """The same for UTF-8. Not to be mixed with ``feed``."""
        return self.feed(self._characters.decode(piece))

    def close(self) -> str:
        """What was held back: it did not become a token."""
        rest = self.feed(self._characters.decode(b"", final=True))
        held, self._held = self._held, ""
        return rest + replace_tokens(held, self._shown)
