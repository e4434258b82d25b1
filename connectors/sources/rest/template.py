"""Expressions and templates of declarations.

Jinja in its sandbox: a declaration reads values, it runs nothing. Whoever may name a folder of declarations is an
administrator, so loops are not bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, cast

from jinja2 import ChainableUndefined, StrictUndefined, TemplateError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connectors.record import markdown_table
from connectors.sources.rest.moments import parse

Context = Mapping[str, Any]


class TemplateFailed(Exception):
    """A template cannot be worked out for these values. The message names the template, never a value."""


class _Environment(ImmutableSandboxedEnvironment):
    """A field of a record wins over a method of dict: ``record.items`` is the field."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return cast("Mapping[str, Any]", obj)[attribute]
        if isinstance(obj, Mapping):
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def _environment(undefined: type[Undefined]) -> _Environment:
    made = _Environment(undefined=undefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False)
    filters = cast("dict[str, Any]", made.filters)
    filters.update(html=_html, table=_table, quoted=_quoted, when=_when, lookup=_lookup, field=_field)
    filters.update(known=_known, listed=_listed, prefixed=_prefixed, satisfied=_satisfied)
    return made


class Template:
    """A text with ``{{ expressions }}``. ``value`` keeps the type of a template that is one expression only."""

    def __init__(self, source: str) -> None:
        self.source = source
        bare = source.strip()
        inner = bare[2:-2] if bare.startswith("{{") and bare.endswith("}}") else ""
        single = inner and not any(mark in inner for mark in ("}}", "{{", "{%"))
        self._expression = Expression(inner) if single else None
        self._template = None if single else _lenient().from_string(source)

    def text(self, context: Context) -> str:
        if self._template is None:
            value = self.value(context)
            return "" if value is None else str(value)
        try:
            return self._template.render(context)
        except _FAILURES as error:
            raise TemplateFailed(f"the template {_short(self.source)} failed: {type(error).__name__}") from None

    def value(self, context: Context) -> Any:
        return self.text(context) if self._expression is None else self._expression(context)


class Expression:
    """A bare expression. With ``strict`` a missing name or field raises ``TemplateFailed`` instead of being none."""

    def __init__(self, source: str, *, strict: bool = False) -> None:
        self.source = source
        environment = _strict() if strict else _lenient()
        self._strict = strict
        self._run = environment.compile_expression(source, undefined_to_none=not strict)
        plain = _PATH.fullmatch(source.strip())
        self._path = source.strip().split(".") if plain and source.strip().lower() not in _LITERALS else None

    def __call__(self, context: Context) -> Any:
        if self._path is not None and (found := self._reached(self._path, context)) is not _ELSE:
            return found
        try:
            value = self._run(**context)
            if isinstance(value, StrictUndefined):
                raise TemplateFailed(f"the expression {_short(self.source)} names a missing field")
            # Filters of Jinja give generators; what a declaration works with are lists.
            return list(cast("Iterable[Any]", value)) if hasattr(value, "__next__") else value
        except _FAILURES as error:
            raise TemplateFailed(f"the expression {_short(self.source)} failed: {type(error).__name__}") from None

    def _reached(self, path: Sequence[str], context: Context) -> Any:
        """What a plain path of fields (most expressions are one) leads to, without Jinja's price of ten times that."""
        value: Any = context
        for number, part in enumerate(path):
            if not isinstance(value, Mapping):
                return _ELSE
            if part in value:
                value = cast("Mapping[str, Any]", value)[part]
            elif number == 0:
                return _ELSE
            elif self._strict:
                raise TemplateFailed(f"the expression {_short(self.source)} names a missing field")
            else:
                return None
        return _ELSE if isinstance(value, Undefined) else value


_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_LITERALS = frozenset({"true", "false", "none"})
_ELSE = object()
"""Not a matter of fields: Jinja decides."""
_FAILURES = (
    TemplateError,
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


@lru_cache(maxsize=4096)
def template(source: str) -> Template:
    return Template(source)


@lru_cache(maxsize=4096)
def expression(source: str) -> Expression:
    return Expression(source)


@lru_cache(maxsize=1024)
def strict_expression(source: str) -> Expression:
    return Expression(source, strict=True)


@lru_cache(maxsize=1)
def _lenient() -> _Environment:
    return _environment(ChainableUndefined)


@lru_cache(maxsize=1)
def _strict() -> _Environment:
    return _environment(StrictUndefined)


def checked_template(source: str) -> str:
    """Raises ValueError for one that cannot be read. Reading is cheap; it is compiled when it is first used."""
    _read(source, "template", source)
    return source


def checked_expression(source: str) -> str:
    """Raises ValueError for one that cannot be read."""
    body = _read(f"{{{{ {source} }}}}", "expression", source).body
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
        raise ValueError(f"the expression {_short(source)} cannot be read: write it without braces")
    return source


def _read(text: str, what: str, source: str) -> nodes.Template:
    environment = _lenient()
    try:
        read = environment.parse(text)
    except TemplateError as error:
        raise ValueError(f"the {what} {_short(source)} cannot be read: {error}") from error
    for known, kind in ((environment.filters, nodes.Filter), (environment.tests, nodes.Test)):
        unknown = [node.name for node in read.find_all(kind) if node.name not in known]
        if unknown:
            raise ValueError(f"the {what} {_short(source)} cannot be read: there is no {unknown[0]}")
    return read


def checked_body(value: Any) -> Any:
    """Raises ValueError when a text in it cannot be read as a template."""
    if isinstance(value, str):
        return checked_template(value)
    if isinstance(value, Mapping):
        for each in cast("Mapping[str, Any]", value).values():
            checked_body(each)
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[Any]", value):
            checked_body(each)
    return cast("Any", value)


def render(value: Any, context: Context) -> Any:
    """A YAML value with every text in it worked out as a template; keys stay as they are."""
    if isinstance(value, str):
        return template(value).value(context)
    if isinstance(value, Mapping):
        return {key: render(each, context) for key, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [render(each, context) for each in cast("Sequence[Any]", value)]
    return value


def render_params(params: Mapping[str, str], context: Context) -> dict[str, Any]:
    """Parameters or headers; those that come out empty are left out."""
    made = {name: template(source).value(context) for name, source in params.items()}
    return {name: value for name, value in made.items() if value not in (None, "")}


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "" or isinstance(value, Undefined):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(shown, cast("Sequence[Any]", value))))
    return str(value)


def _short(source: str) -> str:
    line = " ".join(source.split())
    return repr(line if len(line) <= 60 else f"{line[:57]}...")


def _table(rows: Any, header: Sequence[str]) -> str:
    """``{{ [["a", 1], ...] | table(["Name", "Count"]) }}``"""
    cells = [[shown(cell) for cell in row] for row in rows or ()]
    return markdown_table(header, cells) if cells else ""


def _quoted(text: Any) -> str:
    return "\n".join(f"> {line}".rstrip() for line in str(text or "").strip().splitlines())


def _when(value: Any, pattern: str = "iso", zone: str = "UTC") -> str:
    try:
        moment = parse(value, pattern, zone)
    except ValueError:
        return str(value or "")
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def _lookup(ids: Any, table: Mapping[str, Any]) -> list[Any]:
    keys = cast("Sequence[Any]", ids) if isinstance(ids, list | tuple) else [ids]
    return [table[str(key)] for key in keys if str(key) in table]


def _known(ids: Any, table: Mapping[str, Any]) -> list[Any]:
    """Fails for an unknown id, so that a denial that cannot be worked out is not passed over."""
    keys = _listed(ids)
    if any(str(key) not in table for key in keys):
        raise UndefinedError("an id is unknown")
    return keys


def _listed(value: Any) -> list[Any]:
    if isinstance(value, StrictUndefined):
        raise UndefinedError("a field is missing")
    if isinstance(value, str):
        return [part for part in (each.strip() for each in value.split(",")) if part]
    return list(cast("Iterable[Any]", value)) if value else []


def _prefixed(names: Any, prefix: str) -> list[str]:
    return [f"{prefix}{name}" for name in _listed(names)]


def _satisfied(conditions: Any, match_all: bool = False) -> bool:
    """Conditions are pairs of (wanted, held). Those that want nothing do not count; none at all is not satisfied."""
    asked = [(set(_listed(wanted)), set(_listed(held))) for wanted, held in conditions]
    met = [bool(wanted & held) for wanted, held in asked if wanted]
    return bool(met) and (all(met) if match_all else any(met))


def _field(rows: Any, name: str) -> list[Any]:
    found = (cast("Mapping[str, Any]", row).get(name) for row in rows or () if isinstance(row, Mapping))
    return [value for value in found if value not in (None, "")]


_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "ul", "ol", "table", "section", "blockquote", "pre", "hr"})
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_SILENT = frozenset({"script", "style", "head", "template"})


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _HEADINGS:
            self.parts.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self.parts.append("\n" if tag in ("br", "tr") else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _HEADINGS or tag in _BLOCKS - {"br", "li", "tr", "hr"}:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # Line breaks of the source mean nothing in HTML.
            self.parts.append(" ".join(data.split("\n")))


def _html(text: Any) -> str:
    """The text of a piece of HTML as plain Markdown: headings, paragraphs, list entries."""
    reader = _Text()
    reader.feed(str(text or ""))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip()
