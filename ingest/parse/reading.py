"""From bytes to ``Parsed``: the one place that knows which module reads which kind."""

from __future__ import annotations

from pathlib import PurePosixPath

from ingest.parse.detect import Detected, detect
from ingest.parse.errors import ParseFailed
from ingest.parsed import Parsed

MAX_BYTES = 256 * 1024 * 1024
_MAX_DEPTH = 3


def parse(body: bytes, filename: str, media_type: str | None, title: str | None) -> Parsed:
    """The text of an item and where everything in it is. ``title``, when given, is the document's title.

    Raises ``ParseFailed`` with one of the reasons in ``ingest.parse.errors``.
    """
    return _parse(body, filename, media_type, title, 0)


def _parse(body: bytes, filename: str, media_type: str | None, title: str | None, depth: int) -> Parsed:
    if len(body) > MAX_BYTES:
        raise ParseFailed("too_large", f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    found = detect(body, filename, media_type)
    name = PurePosixPath(filename).stem or filename
    try:
        parsed = _read(found, body, title, name, depth)
    except RecursionError as error:
        raise ParseFailed("hostile", "The document is nested too deep.") from error
    if not parsed.text.strip():
        raise ParseFailed("empty", "The document holds no text.")
    return parsed


def _read(found: Detected, body: bytes, title: str | None, name: str, depth: int) -> Parsed:
    text = found.text or ""
    match found.kind:
        case "record":
            from ingest.parse.record import parse_record

            return parse_record(body, title, name)
        case "text":
            from ingest.parse.plain import parse_text

            return parse_text(text, title or name)
        case "csv":
            from ingest.parse.plain import parse_table

            return parse_table(text, title or name)
        case "md":
            from ingest.parse.markdown import parse_markdown

            return parse_markdown(text, title, name)
        case "html":
            from ingest.parse.markup import parse_html

            return parse_html(body, title, name)
        case "pdf":
            from ingest.parse.pdf import parse_pdf

            return parse_pdf(body, title, name)
        case "mail" | "msg":
            return _read_message(found, body, title, name, depth)
        case _:
            return _read_office(found, body, title, name)


def _read_message(found: Detected, body: bytes, title: str | None, name: str, depth: int) -> Parsed:
    def part(content: bytes, filename: str, media_type: str | None) -> Parsed:
        if depth + 1 >= _MAX_DEPTH:
            raise ParseFailed("hostile", "Attachments are nested too deep.")
        return _parse(content, filename, media_type, None, depth + 1)

    if found.kind == "msg":
        from ingest.parse.outlook import parse_msg

        return parse_msg(body, title, name, part)
    from ingest.parse.mail import parse_mail

    return parse_mail(body, title, name, part)


def _read_office(found: Detected, body: bytes, title: str | None, name: str) -> Parsed:
    archive = found.archive
    if found.kind == "docx" and archive:
        from ingest.parse.office import parse_docx

        return parse_docx(body, archive, title, name)
    if found.kind == "pptx" and archive:
        from ingest.parse.office import parse_pptx

        return parse_pptx(body, archive, title, name)
    if found.kind == "xlsx" and archive:
        from ingest.parse.sheets import parse_xlsx

        return parse_xlsx(body, archive, title, name)
    if found.kind == "xls":
        from ingest.parse.sheets import parse_xls

        return parse_xls(body, title, name)
    from ingest.parse.convert import parse_with_office, parse_with_pandoc

    if found.kind in ("doc", "ppt"):
        return parse_with_office(body, found.kind, title, name)
    return parse_with_pandoc(body, found.kind, archive, title, name)
