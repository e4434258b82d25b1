"""Records of a system: their text as it is, then one line for each field."""

from __future__ import annotations

import json
import re
from typing import cast

from connectors.sources.base import RECORD
from core.text import Span
from ingest.parse.errors import ParseFailed
from ingest.parse.markdown import outline_markdown
from ingest.parse.outline import Outline
from ingest.parse.plain import normalise, paragraphs
from ingest.parsed import Parsed, Part

_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|\|.*\|\s*$)", re.MULTILINE)
_SURROGATES = re.compile("[\ud800-\udfff]")


def parse_record(body: bytes, title: str | None, filename: str) -> Parsed:
    """A JSON object with ``title``, ``text`` and ``fields`` ([name, value] pairs, or an object).

    The text comes first and verbatim; every field follows as ``name: value`` on a line of its own. The lines of those
    named in ``restricted`` become parts. ``labels`` (name -> value) are not part of the text.

    Raises ``ParseFailed``: corrupt, empty.
    """
    try:
        loaded: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseFailed("corrupt", "The record is not valid JSON.") from error
    if not isinstance(loaded, dict):
        raise ParseFailed("corrupt", "The record is not a JSON object.")
    record = cast("dict[str, object]", loaded)
    text = _plain(record.get("text"))
    own_title = _plain(record.get("title"))
    name = title or " ".join(own_title.split()) or filename
    outline = Outline(name)
    if _MARKDOWN.search(text):
        outline_markdown(text, outline)
    else:
        for kind, span in paragraphs(text):
            outline.add(kind, span, text)
    text, parts = _append_fields(text, _fields(record.get("fields")), outline, _restricted(record.get("restricted")))
    if not text.strip():
        if not own_title.strip():
            raise ParseFailed("empty", "The record has neither text nor fields.")
        # A record of nothing but a title is found by it.
        text = own_title
        outline.add("text", Span(0, len(text)), text)
    return Parsed(
        title=name, text=text, elements=tuple(outline.elements), parts=tuple(parts), media_type=RECORD,
        labels=_labels(record.get("labels")),
    )  # fmt: skip


def _append_fields(
    text: str, fields: list[tuple[str, str]], outline: Outline, restricted: frozenset[str]
) -> tuple[str, list[Part]]:
    parts: list[Part] = []
    for number, (name, value) in enumerate(fields):
        separator = ("\n\n" if number == 0 else "\n") if text else ""
        start = len(text) + len(separator)
        text = f"{text}{separator}{name}: {value}"
        outline.add("text", Span(start, len(text)), text)
        if value and name in restricted:
            # The line as a whole: its name beside nothing would look like an answer, and would help nobody.
            parts.append(Part(name, Span(start, len(text))))
    return text, parts


def _restricted(value: object) -> frozenset[str]:
    return frozenset(str(name) for name in cast("list[object]", value)) if isinstance(value, list) else frozenset()


def _labels(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    pairs = cast("dict[object, object]", value).items()
    return tuple(sorted((str(name), text) for name, each in pairs if (text := _plain(each).strip())))


def _fields(value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        pairs = list(cast("dict[object, object]", value).items())
    else:
        pairs: list[tuple[object, object]] = []
        for entry in cast("list[object]", value) if isinstance(value, list) else []:
            if isinstance(entry, dict):
                named = cast("dict[str, object]", entry)
                pairs.append((named.get("name"), named.get("value")))
            elif isinstance(entry, list) and len(cast("list[object]", entry)) == 2:
                name, content = cast("list[object]", entry)
                pairs.append((name, content))
    return [(" ".join(_plain(name).split()), _plain(content).strip()) for name, content in pairs if content is not None]


def _plain(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _SURROGATES.sub("\ufffd", normalise(text))
