"""Messages (eml, msg): subject as title, the people and the date as text, the body, then each attachment parsed."""
# The email package types payloads loosely, and olefile not at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from ingest.parse.encoding import decode
from ingest.parse.errors import ParseFailed
from ingest.parse.markup import decode_html, html_blocks
from ingest.parse.outline import Block, blocks_of, compose
from ingest.parse.plain import normalise, paragraphs
from ingest.parsed import Parsed

MAX_DEPTH = 3
MAX_ATTACHMENTS = 50
_PGP = "-----BEGIN PGP MESSAGE-----"
_MAX_PARTS = 500

ParsePart = Callable[[bytes, str, str | None], Parsed]
"""Parses an attachment: body, filename, media type."""


@dataclass(slots=True)
class Letter:
    """A message taken apart. ``headers`` are (name, value) in the order they are shown."""

    subject: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    plain: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    attachments: list[tuple[str, str | None, bytes]] = field(
        default_factory=list[tuple[str, "str | None", bytes]], repr=False
    )
    nested: list[Letter] = field(default_factory=list["Letter"], repr=False)
    warnings: list[str] = field(default_factory=list[str])


def parse_mail(body: bytes, title: str | None, filename: str, part: ParsePart) -> Parsed:
    """An RFC 5322 message. Raises ``ParseFailed``: encrypted, empty, undecodable."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in body[:200]:
        body = decode(body, what="message").encode("utf-8")
    message = message_from_bytes(body.lstrip())
    if not message.keys() and not str(message.get_payload() or "").strip():
        raise ParseFailed("empty", "The message has no headers and no body.")
    letter = Letter()
    _read_headers(message, letter)
    _Walk(letter).run(message, 0)
    return compose_letter(letter, title, filename, part, "message/rfc822")


def compose_letter(letter: Letter, title: str | None, filename: str, part: ParsePart, media_type: str) -> Parsed:
    """The blocks of a message, of the messages in it, and of its attachments."""
    _refuse_encrypted_parts(letter)
    name = title or letter.subject or filename
    blocks: list[Block] = []
    warnings = list(letter.warnings)
    _letter_blocks(letter, blocks, warnings, part, 0)
    has_words = any(block.kind != "heading" and block.text.strip() for block in blocks) or bool(letter.subject)
    if not has_words:
        raise ParseFailed("empty", "The message has no text.")
    return compose(blocks, title=name, media_type=media_type, warnings=warnings, what="message")


def _letter_blocks(letter: Letter, blocks: list[Block], warnings: list[str], part: ParsePart, depth: int) -> None:
    if letter.subject:
        blocks.append(Block("heading", letter.subject, level=depth + 1))
    if letter.headers:
        blocks.append(Block("text", "\n".join(f"{name}: {value}" for name, value in letter.headers)))
    blocks.extend(_body_blocks(letter, warnings, depth))
    for name, media_type, content in letter.attachments[:MAX_ATTACHMENTS]:
        try:
            parsed = part(content, name, media_type)
        except ParseFailed as failure:
            warnings.append(f"attachment skipped: {name} ({failure.reason})")
            continue
        blocks.append(Block("heading", name, level=depth + 2))
        blocks.extend(blocks_of(parsed, below=depth + 2))
        warnings.extend(f"{name}: {warning}" for warning in parsed.warnings)
    if len(letter.attachments) > MAX_ATTACHMENTS:
        warnings.append(f"attachments skipped: {len(letter.attachments) - MAX_ATTACHMENTS}")
    for inner in letter.nested:
        _letter_blocks(inner, blocks, warnings, part, depth + 1)


def _body_blocks(letter: Letter, warnings: list[str], depth: int) -> list[Block]:
    if letter.html:
        blocks, _, notes = html_blocks(letter.html)
        warnings.extend(notes)
        if any(block.text.strip() or block.rows for block in blocks):
            return [
                Block(block.kind, block.text, level=block.level + depth + 1, rows=block.rows)
                if block.kind == "heading"
                else block
                for block in blocks
            ]
    text = normalise(letter.plain or "")
    return [Block(kind, span.of(text)) for kind, span in paragraphs(text)]


def _read_headers(message: Message, letter: Letter) -> None:
    letter.subject = _header(message, "Subject")
    for name in ("From", "To", "Cc", "Date"):
        value = _header(message, name)
        if value:
            letter.headers.append((name, _date(value) if name == "Date" else value))


def _date(value: str) -> str:
    try:
        return parsedate_to_datetime(value).isoformat(sep=" ")
    except (ValueError, TypeError, OverflowError):
        # Dates are free text in many messages: shown as written.
        return value


def _header(message: Message, name: str) -> str:
    raw = message.get(name)
    if raw is None:
        return ""
    pieces: list[str] = []
    try:
        decoded = decode_header(raw)
    except (ValueError, LookupError):
        return _words(str(raw))
    for piece, charset in decoded:
        if isinstance(piece, str):
            pieces.append(_unescaped(piece))
            continue
        try:
            pieces.append(decode(piece, charset if charset != "unknown-8bit" else None, what="header"))
        except ParseFailed:
            pieces.append(piece.decode("ascii", errors="replace"))
    return _words("".join(pieces))


def _unescaped(text: str) -> str:
    """Raw 8-bit header bytes arrive as surrogates."""
    if text.isascii():
        return text
    try:
        return decode(text.encode("ascii", "surrogateescape"), what="header")
    except (ParseFailed, UnicodeEncodeError):
        return text.encode("ascii", "replace").decode("ascii")


def _words(text: str) -> str:
    return " ".join(text.split())


class _Walk:
    """Sorts the parts of a message into body, attachments and messages within."""

    def __init__(self, letter: Letter) -> None:
        self.letter = letter
        self.parts = 0

    def run(self, message: Message, depth: int) -> None:
        self.parts += 1
        if self.parts > _MAX_PARTS or depth > 20:
            raise ParseFailed("hostile", "The message is nested too deep or has too many parts.")
        kind = message.get_content_type()
        _refuse_encrypted(message, kind)
        if kind == "message/rfc822":
            self._inner(message, depth)
        elif kind == "multipart/digest":
            for inner in _children(message):
                self._inner(inner, depth)
        elif message.is_multipart():
            for inner in _children(message):
                self.run(inner, depth + 1)
        else:
            self._leaf(message, kind)

    def _inner(self, message: Message, depth: int) -> None:
        for inner in _children(message) or [message]:
            letter = Letter()
            _read_headers(inner, letter)
            walk = _Walk(letter)
            walk.parts = self.parts
            try:
                walk.run(inner, depth + 1) if inner is not message else walk._leaf(inner, "text/plain")
            except ParseFailed as failure:
                if failure.reason == "hostile":
                    raise
                self.letter.warnings.append(f"message within skipped ({failure.reason})")
                continue
            self.parts = walk.parts
            self.letter.nested.append(letter)

    def _leaf(self, message: Message, kind: str) -> None:
        payload = message.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else str(payload or "").encode("utf-8", "surrogateescape")
        name = _file_name(message)
        attached = message.get_content_disposition() == "attachment" or (name and not kind.startswith("text/"))
        if attached or name or not kind.startswith("text/"):
            if content.strip() and not kind.startswith(("image/", "audio/", "video/")):
                self.letter.attachments.append((name or f"attachment.{kind.rpartition('/')[2]}", kind, content))
            elif kind.startswith("image/"):
                self.letter.warnings.append("picture left out")
            return
        charset = message.get_param("charset")
        declared = charset if isinstance(charset, str) else None
        if kind == "text/html":
            self.letter.html = (self.letter.html or "") + decode_html(content, declared)
            return
        text = decode(content, declared, what="message")
        if _PGP in text:
            raise ParseFailed("encrypted", "The body of the message is encrypted.")
        self.letter.plain = f"{self.letter.plain}\n\n{text}" if self.letter.plain else text


def _children(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _file_name(message: Message) -> str:
    try:
        return re.sub(r"[\x00-\x1f/\\]", "_", _words(message.get_filename() or ""))[:200]
    except (ValueError, LookupError, TypeError):
        return ""


def _refuse_encrypted_parts(letter: Letter) -> None:
    """A message without a body of its own whose content is an encrypted attachment."""
    if (letter.plain or "").strip() or letter.html:
        return
    for _, media_type, content in letter.attachments:
        if media_type == "application/pgp-encrypted" or content.lstrip().startswith(_PGP.encode()):
            raise ParseFailed("encrypted", "The body of the message is encrypted.")


def _refuse_encrypted(message: Message, kind: str) -> None:
    secured = kind in ("application/pkcs7-mime", "application/x-pkcs7-mime")
    signed = str(message.get_param("smime-type") or "").lower() in ("signed-data", "certs-only")
    if kind == "multipart/encrypted" or (secured and not signed):
        raise ParseFailed("encrypted", "The body of the message is encrypted.")
