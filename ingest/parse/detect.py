"""What an item is: told by its content first, by its name and declared type only where the content is plain text."""
# olefile has no type stubs and no annotations.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, NoReturn

from connectors.sources.base import RECORD
from ingest.parse.archive import Archive, inspect
from ingest.parse.encoding import decode
from ingest.parse.errors import ParseFailed

Kind = Literal[
    "record", "text", "md", "csv", "html", "mail", "msg", "pdf", "docx", "pptx", "xlsx", "xls", "doc", "ppt", "odt",
    "rtf", "epub",
]  # fmt: skip

_BY_SUFFIX: dict[str, Kind] = {
    ".md": "md", ".markdown": "md", ".mdx": "md", ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".html": "html",
    ".htm": "html", ".xhtml": "html", ".eml": "mail", ".mht": "mail", ".mhtml": "mail",
}  # fmt: skip
_BY_TYPE: dict[str, Kind] = {
    "text/markdown": "md", "text/x-markdown": "md", "text/csv": "csv", "text/tab-separated-values": "csv",
    "text/html": "html", "application/xhtml+xml": "html", "message/rfc822": "mail",
}  # fmt: skip
MEDIA_TYPES: dict[Kind, str] = {
    "record": RECORD,
    "text": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "mail": "message/rfc822",
    "msg": "application/vnd.ms-outlook",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "doc": "application/msword",
    "ppt": "application/vnd.ms-powerpoint",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "epub": "application/epub+zip",
}
_ENCRYPTED_PPT = b"\xdf\xc4\xd1\xf3"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_ARCHIVES = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a",
    b"\x28\xb5\x2f\xfd",
    b"LZIP",
    b"MSCF",
)
_PROGRAMS = (b"\x7fELF", b"MZ\x90", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"SQLite format 3\0", b"\0asm")
_HEADER_LINE = re.compile(
    r"^(from|to|cc|subject|date|received|return-path|message-id|mime-version|content-type|delivered-to|x-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_BARE_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{40,}={0,2}\s*")


@dataclass(frozen=True, slots=True)
class Detected:
    """The kind of an item; ``archive`` for zip containers, ``text`` for those that are text."""

    kind: Kind
    archive: Archive | None = None
    text: str | None = None


def detect(body: bytes, filename: str, media_type: str | None) -> Detected:
    """What to parse ``body`` as. Raises ``ParseFailed`` for what is empty, encrypted, hostile or not supported."""
    if not body.strip():
        raise ParseFailed("empty", "The file is empty.")
    if media_type == RECORD:
        return Detected("record")
    head = body[:1024]
    if b"%PDF-" in head:
        return Detected("pdf")
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(body)
    if body.startswith(_OLE):
        return Detected(_ole(body))
    if body.lstrip()[:5] == b"{\\rtf":
        return Detected("rtf")
    _refuse_binary(body, filename)
    return _textual(body, filename, media_type)


def _refuse_binary(body: bytes, filename: str) -> None:
    if body.startswith(_PICTURES) and not body[:64].isascii():
        raise ParseFailed("needs_ocr", "The file is a picture; it has no text to read.")
    if body.startswith(_ARCHIVES) or (body.startswith(b"]\0\0") and len(body) >= 13):
        raise ParseFailed("unsupported", "The file is a compressed archive.", hint="Unpack it and add the files in it.")
    if body.startswith(_PROGRAMS):
        raise ParseFailed("unsupported", "The file is a program or a database, not a document.")
    suffix = PurePosixPath(filename).suffix.lower()
    if suffix in (".pdf", ".docx", ".pptx", ".xlsx", ".xlsm", ".doc", ".ppt", ".msg", ".odt", ".epub"):
        raise ParseFailed("corrupt", f"The file is named {suffix} but does not hold such a document.")


def _textual(body: bytes, filename: str, media_type: str | None) -> Detected:
    suffix = PurePosixPath(filename).suffix.lower()
    kind = _BY_TYPE.get((media_type or "").partition(";")[0].strip().lower()) or _BY_SUFFIX.get(suffix)
    if kind in ("mail", "html"):
        # Both declare their encoding inside, and say it part by part.
        return Detected(kind)
    start = body[:4096].decode("latin-1").lstrip()
    if kind is None and start[:15].lower().startswith(("<!doctype html", "<html")):
        return Detected("html")
    if kind is None and suffix in ("", ".mail", ".mbox") and _is_mail(start):
        return Detected("mail")
    text = decode(body)
    if not text.strip():
        raise ParseFailed("empty", "The file holds only white space.")
    if _is_base64(text):
        raise ParseFailed(
            "undecodable", "The file is one block of base64, not readable text.", hint="Decode it and add the result."
        )
    return Detected(kind or "text", text=text)


def _is_mail(start: str) -> bool:
    header = start.split("\n\n", 1)[0].split("\r\n\r\n", 1)[0]
    return len(_HEADER_LINE.findall(header)) >= 3


def _is_base64(text: str) -> bool:
    if " " in text or len(text) > 10_000_000 or not _BARE_BASE64.fullmatch(text):
        return False
    letters = "".join(text.split())
    mixed = any(char.isupper() for char in letters) and any(char.islower() for char in letters)
    return len(letters) % 4 == 0 and mixed and any(char.isdigit() for char in letters)


def _zip(body: bytes) -> Detected:
    archive = inspect(body)
    names = archive.names
    lowered = {name.lower() for name in names}
    if "[Content_Types].xml" in names:
        if any(name.startswith("word/") for name in lowered):
            return Detected("docx", archive)
        if any(name.startswith("ppt/") for name in lowered):
            return Detected("pptx", archive)
        if "xl/workbook.bin" in lowered:
            raise ParseFailed("unsupported", "The file is a binary workbook (xlsb).", hint="Save it as xlsx.")
        if any(name.startswith("xl/") for name in lowered):
            return Detected("xlsx", archive)
        raise ParseFailed("unsupported", "The file is an Office container without a document.")
    if "mimetype" in names:
        return _open_document(body, archive)
    raise ParseFailed("unsupported", "The file is a zip archive.", hint="Unpack it and add the files in it.")


def _open_document(body: bytes, archive: Archive) -> Detected:
    with zipfile.ZipFile(io.BytesIO(body)) as container:
        try:
            with container.open("mimetype") as stream:
                mimetype = stream.read(200).decode("ascii", errors="replace").strip()
            manifest = b""
            if "META-INF/manifest.xml" in archive.names:
                manifest = container.read("META-INF/manifest.xml")
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
            raise ParseFailed("corrupt", "The archive that makes up the file is damaged.") from error
    if b"encryption-data" in manifest or "META-INF/encryption.xml" in archive.names:
        raise ParseFailed("encrypted", "The document is protected by a password or by rights management.")
    if mimetype.startswith("application/epub+zip"):
        return Detected("epub", archive)
    if mimetype.startswith("application/vnd.oasis.opendocument.text"):
        return Detected("odt", archive)
    raise ParseFailed("unsupported", "The file is an OpenDocument file other than text.")


def _ole(body: bytes) -> Kind:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(body)) as container:
            streams = {"/".join(path).lower() for path in container.listdir(streams=True, storages=True)}
            if "encryptedpackage" in streams or "encryptioninfo" in streams:
                _refuse_encrypted()
            if "worddocument" in streams:
                flags = container.openstream("WordDocument").read(12)
                # FibBase: bit 8 of the flags at offset 10 is fEncrypted ([MS-DOC] 2.5.2).
                if len(flags) == 12 and flags[11] & 0x01:
                    _refuse_encrypted()
                return "doc"
            for name in ("workbook", "book"):
                if name in streams:
                    if _has_file_pass(container.openstream(name).read(8192)):
                        _refuse_encrypted()
                    return "xls"
            if "powerpoint document" in streams:
                # The current user's header token of an encrypted presentation ([MS-PPT] 2.3.2).
                if "current user" in streams and container.openstream("Current User").read(16)[12:] == _ENCRYPTED_PPT:
                    _refuse_encrypted()
                return "ppt"
            if "__properties_version1.0" in streams:
                return "msg"
    except ParseFailed:
        raise
    except (OSError, ValueError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ParseFailed("corrupt", "The compound file is damaged.") from error
    raise ParseFailed("unsupported", "The file is a compound file of an unknown kind.")


def _refuse_encrypted() -> NoReturn:
    raise ParseFailed("encrypted", "The document is protected by a password.")


def _has_file_pass(start: bytes) -> bool:
    """Whether the globals of a BIFF stream carry a FilePass record (0x2F), which stands before all content."""
    offset = 0
    while offset + 4 <= len(start):
        kind = int.from_bytes(start[offset : offset + 2], "little")
        size = int.from_bytes(start[offset + 2 : offset + 4], "little")
        if kind == 0x002F:
            return True
        offset += 4 + size
    return False
