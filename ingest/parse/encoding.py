"""Bytes to text without guessing silently: what cannot be decoded plausibly is refused."""

from __future__ import annotations

import codecs
import re
import unicodedata

from ingest.parse.errors import ParseFailed

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = {"cp1250", "cp1252", "cp1254", "cp1257", "latin_1", "iso8859_2", "iso8859_9", "iso8859_15", "iso8859_4",
          "iso8859_10", "iso8859_13", "iso8859_14", "iso8859_16", "iso8859_3", "mac_roman", "mac_latin2", "cp850",
          "cp852", "cp858", "cp437", "hp_roman8", "mac_iceland", "mac_turkish", "cp775", "cp1258", "cp860", "cp861",
          "cp863", "cp865", "cp037", "cp500", "cp1026", "cp1140"}  # fmt: skip
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžŸ€‚„…†‡‰‹›‘’“”•–—™¡¢£¥§©ª«®°±²³´µ¶·º»¼½¾¿×\xa0"
)
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH = 200_000


def decode(body: bytes, declared: str | None = None, *, what: str = "file") -> str:
    """The text of ``body``. ``declared`` is believed only where the result reads like text.

    Raises ``ParseFailed("undecodable")`` when no encoding gives plausible text.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _strict(body, name, what)
    wide = _wide(body)
    if wide is not None:
        return _strict(body, wide, what)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(body, declared, what)
    if declared and "\x1b" in text:
        # ISO-2022 encodings are plain ASCII bytes with escapes.
        escaped = _try(body, declared)
        text = escaped if escaped is not None else text
    if _is_binary(text):
        raise ParseFailed("undecodable", f"The {what} holds binary data, not text.")
    return text


def _strict(body: bytes, name: str, what: str) -> str:
    try:
        text = body.decode(name)
    except UnicodeDecodeError as error:
        raise ParseFailed("undecodable", f"The {what} is marked as {name} but does not decode as such.") from error
    if _is_binary(text):
        raise ParseFailed("undecodable", f"The {what} holds binary data, not text.")
    return text


def _wide(body: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where the zero bytes are."""
    sample = body[:4096]
    size = len(sample) // 4
    if size == 0 or not sample.count(0):
        return None
    zeros = [sample[lane : size * 4 : 4].count(0) / size for lane in range(4)]
    if len(body) % 4 == 0 and min(zeros[0:2]) > 0.9 and zeros[3] < 0.3:
        return "utf-32-be"
    if len(body) % 4 == 0 and min(zeros[2:4]) > 0.9 and zeros[0] < 0.3:
        return "utf-32-le"
    if len(body) % 2 == 0 and min(zeros[0], zeros[2]) > 0.4 and max(zeros[1], zeros[3]) < 0.1:
        return "utf-16-be"
    if len(body) % 2 == 0 and min(zeros[1], zeros[3]) > 0.4 and max(zeros[0], zeros[2]) < 0.1:
        return "utf-16-le"
    return None


def _legacy(body: bytes, declared: str | None, what: str) -> str:
    if body.count(0) > len(body) // 100:
        raise ParseFailed("undecodable", f"The {what} holds binary data, not text.")
    torn = _torn_utf8(body)
    if torn is not None:
        return torn
    if declared:
        text = _try(body, declared)
        if text is not None and is_plausible(text):
            return text
    guess = _detect(body)
    if guess in _LATIN:
        western = _try(body, "cp1252")
        if western is not None and all(char in _WESTERN for char in western if ord(char) > 127):
            guess = "cp1252"
    text = _try(body, guess) if guess else None
    if text is None or not is_plausible(text):
        raise ParseFailed("undecodable", f"The encoding of the {what} could not be recognised.")
    return text


def _torn_utf8(body: bytes) -> str | None:
    """UTF-8 with a few broken bytes (a cut end, one bad copy): those become U+FFFD rather than a guess."""
    text = body.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    good = sum(1 for char in text[:_ENOUGH] if ord(char) > 127) - broken
    return text if broken * 20 <= good and not _is_binary(text) else None


def _detect(body: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_ENOUGH], threshold=0.2).best()
    return None if best is None else best.encoding


def _try(body: bytes, name: str) -> str | None:
    lowered = name.strip().strip("\"'").lower()
    aliases = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
               "iso-8859-8-i": "iso-8859-8", "x-sjis": "cp932", "shift_jis": "cp932", "shift-jis": "cp932",
               "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949"}  # fmt: skip
    try:
        codec = codecs.lookup(aliases.get(lowered, lowered))
        # Codecs that do not give text (hex, zip, idna, punycode, unicode_escape) are no character sets.
        if codec.name in ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"):
            return None
        return str(body, codec.name)
    except (LookupError, ValueError):
        return None


def is_plausible(text: str) -> bool:
    """Whether a decoded text reads like writing: no unassigned or control characters, no words of accents only."""
    sample = text[:_ENOUGH]
    if _is_binary(sample):
        return False
    special = [char for char in sample if ord(char) > 127]
    odd = sum(1 for char in special if unicodedata.category(char) in ("Cn", "Co", "Cc", "Cs"))
    if odd:
        return False
    accented = plain = 0
    for word in _WORD.findall(sample):
        high = sum(1 for char in word if "\x80" <= char < "\u0250")
        if high:
            accented += high
            plain += len(word) - high
    # In Latin scripts accents stand among plain letters; other scripts read through a Latin code page do not.
    return accented < 12 or accented <= plain


def _is_binary(text: str) -> bool:
    sample = text[:_ENOUGH]
    control = sum(sample.count(chr(code)) for code in (*range(9), *range(14, 27), 28, 29, 30, 31))
    return control > max(2, len(sample) // 500)
