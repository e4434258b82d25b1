"""Outlook messages (msg), read stream by stream ([MS-OXMSG]), with the messages that are attached to them."""
# olefile has no type stubs and no annotations.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import re
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.parse.encoding import decode
from ingest.parse.errors import ParseFailed
from ingest.parse.mail import MAX_DEPTH, Letter, ParsePart, compose_letter
from ingest.parse.markup import decode_html
from ingest.parsed import Parsed

_SUBJECT, _CLASS, _BODY, _HTML, _RTF = "0037", "001A", "1000", "1013", "1009"
_SENDER, _SENDER_SMTP, _SENDER_ADDRESS, _TO, _CC = "0C1A", "5D01", "0C1F", "0E04", "0E03"
_DATA, _EMBEDDED, _LONG_NAME, _SHORT_NAME, _DISPLAY, _MIME = "3701", "3701000D", "3707", "3704", "3001", "370E"
_SENT, _DELIVERED, _CODE_PAGE = 0x0039, 0x0E06, 0x3FFD
_START, _END = 0x0060, 0x0061
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_ENCRYPTED = re.compile(r"ipm\.note\.(secure|smime)(?!\.multipartsigned)|ipm\.note\.rpmsg", re.IGNORECASE)
_PGP = "-----BEGIN PGP MESSAGE-----"


def parse_msg(body: bytes, title: str | None, filename: str, part: ParsePart) -> Parsed:
    """An Outlook message. Raises ``ParseFailed``: corrupt, encrypted, empty."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(body)) as container:
            letter = _Reader(container).read("", 0)
    except (OSError, ValueError, IndexError, TypeError, AttributeError, struct.error, RecursionError) as error:
        raise ParseFailed("corrupt", "The Outlook message is damaged.") from error
    return compose_letter(letter, title, filename, part, "application/vnd.ms-outlook")


class _Reader:
    """Reads messages out of one compound file."""

    def __init__(self, container: Any) -> None:
        self.container = container
        self.paths = {"/".join(path) for path in container.listdir(streams=True, storages=True)}

    def read(self, prefix: str, depth: int) -> Letter:
        """The message stored under ``prefix`` (empty for the outermost)."""
        numbers = self._numbers(prefix, header=24 if prefix else 32)
        page = numbers.get(_CODE_PAGE)
        charset = f"cp{page}" if isinstance(page, int) and page else None
        letter = Letter(subject=self._text(prefix, _SUBJECT, charset))
        plain = self._text(prefix, _BODY, charset)
        if _ENCRYPTED.search(self._text(prefix, _CLASS, charset)) or _PGP in plain:
            raise ParseFailed("encrypted", "The body of the message is encrypted.")
        self._headers(letter, prefix, charset, numbers)
        letter.plain = plain
        markup = self._bytes(f"{prefix}__substg1.0_{_HTML}0102")
        if markup:
            letter.html = decode_html(markup)
        if not plain.strip() and not letter.html and f"{prefix}__substg1.0_{_RTF}0102" in self.paths:
            letter.warnings.append("body in rich text only: left out")
        self._attachments(letter, prefix, charset, depth)
        return letter

    def _headers(self, letter: Letter, prefix: str, charset: str | None, numbers: dict[int, object]) -> None:
        address = self._text(prefix, _SENDER_SMTP, charset) or self._text(prefix, _SENDER_ADDRESS, charset)
        name = self._text(prefix, _SENDER, charset)
        sender = f"{name} <{address}>" if name and "@" in address and address != name else name or address
        sent = numbers.get(_SENT) or numbers.get(_DELIVERED)
        values = [
            ("From", sender),
            ("To", self._text(prefix, _TO, charset)),
            ("Cc", self._text(prefix, _CC, charset)),
            ("Date", sent.isoformat(sep=" ", timespec="seconds") if isinstance(sent, datetime) else ""),
        ]
        for label, key in (("Start", _START), ("End", _END)):
            moment = numbers.get(key)
            if isinstance(moment, datetime):
                values.append((label, moment.isoformat(sep=" ", timespec="seconds")))
        letter.headers.extend((label, " ".join(value.split())) for label, value in values if value.strip())

    def _attachments(self, letter: Letter, prefix: str, charset: str | None, depth: int) -> None:
        pattern = re.compile(re.escape(prefix) + r"__attach_version1\.0_#[0-9A-Fa-f]{8}")
        for storage in sorted({match.group() for path in self.paths if (match := pattern.match(path))}):
            inside = f"{storage}/"
            name = next(
                (text for key in (_LONG_NAME, _SHORT_NAME, _DISPLAY) if (text := self._text(inside, key, charset))), ""
            )
            if any(path.startswith(f"{inside}__substg1.0_{_EMBEDDED}/") for path in self.paths):
                if depth + 1 >= MAX_DEPTH:
                    letter.warnings.append("message within skipped: nested too deep")
                    continue
                letter.nested.append(self.read(f"{inside}__substg1.0_{_EMBEDDED}/", depth + 1))
                continue
            mime = self._text(inside, _MIME, charset) or None
            content = self._bytes(f"{inside}__substg1.0_{_DATA}0102")
            if name.lower() in ("smime.p7m", "message.rpmsg") and not (letter.plain or "").strip():
                raise ParseFailed("encrypted", "The body of the message is encrypted.")
            if content:
                letter.attachments.append((re.sub(r"[\x00-\x1f/\\]", "_", name) or "attachment", mime, content))

    def _bytes(self, path: str) -> bytes:
        return bytes(self.container.openstream(path).read()) if path in self.paths else b""

    def _text(self, prefix: str, key: str, charset: str | None) -> str:
        wide = self._bytes(f"{prefix}__substg1.0_{key}001F")
        if wide:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        narrow = self._bytes(f"{prefix}__substg1.0_{key}001E").rstrip(b"\0")
        return decode(narrow, charset, what="message") if narrow else ""

    def _numbers(self, prefix: str, *, header: int) -> dict[int, object]:
        """Fixed-width properties: 16-byte entries of type, id, flags and value."""
        stream = self._bytes(f"{prefix}__properties_version1.0")
        found: dict[int, object] = {}
        for offset in range(header, len(stream) - 15, 16):
            kind, key, _, value = struct.unpack_from("<HHIQ", stream, offset)
            if kind == 0x0003:
                found[key] = value & 0xFFFFFFFF
            elif kind == 0x0040 and 0 < value < 3_000_000_000_000_000_000:
                try:
                    found[key] = _EPOCH + timedelta(microseconds=value // 10)
                except OverflowError:
                    continue
        return found
