"""A report as one HTML file: nothing is fetched, nothing runs, every text of others is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from api.reports.shape import Column, Figure, Report, Section, Table, Value, checkpoint_told
from api.reports.visible import NONE, NOTHING, of_figure, value, visible

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1c2430; --quiet: #4a5568; --line: #c9d0da;
  --band: #f3f5f8; --bar: #2b5c9e; --past: #7d8896; --alarm: #9b1c1c; --alarm-ground: #fdecec; --good: #17603a; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161c; --ink: #e8ecf2; --quiet: #b3bdca; --line: #3a4451;
  --band: #1b212a; --bar: #7fb0ee; --past: #8f9aa8; --alarm: #ffb4b4; --alarm-ground: #3d1717; --good: #8fd6ab; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p, dl, ul { margin: .4rem 0; }
.quiet { color: var(--quiet); }
.none { color: var(--quiet); margin: .2rem 0 .8rem; }
dl.head { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dl.head dt { color: var(--quiet); } dl.head dd { margin: 0; overflow-wrap: anywhere; }
code { font: .875em/1.4 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
nav ul { list-style: none; padding: 0; columns: 3 14rem; }
a { color: var(--bar); } a:focus-visible, .wide:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; color: var(--quiet); border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody th { font-weight: 400; } tbody tr:nth-child(even) { background: var(--band); }
.n { text-align: right; } td.n { white-space: nowrap; } .t { max-width: 22rem; overflow-wrap: break-word; }
.b { width: 9rem; } svg { display: block; width: 8rem; height: 1.1rem; }
.now { fill: var(--bar); } .past { fill: var(--past); }
.alarm { color: var(--alarm); background: var(--alarm-ground); border: 2px solid var(--alarm); border-radius: .4rem;
  padding: .2rem 1rem .8rem; margin: 1rem 0; } .alarm h3 { margin-top: .6rem; }
.alarm tbody tr:nth-child(even) { background: none; } .alarm thead th, .alarm .none { color: inherit; }
.good { color: var(--good); }
@media (min-width: 40rem) { .figures table { table-layout: fixed; } .figures .n { width: 10rem; } }
@media (max-width: 40rem) { dl.head { grid-template-columns: 1fr; } dl.head dd { margin-bottom: .4rem; }
  .figures .b { display: none; } th, td { padding-right: .4rem; } }
@media print { :root { --ground: #fff; --ink: #000; --quiet: #333; --line: #999; --band: #f4f4f4; --bar: #2b5c9e;
  --past: #7d8896; --alarm: #9b1c1c; --alarm-ground: #fff; --good: #17603a; }
  @page { size: A4; margin: 16mm; } body { font-size: 9pt; } main { max-width: none; padding: 0; }
  nav { display: none; }
  .wide { overflow: visible; } thead { display: table-header-group; } tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }  }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""The content security policy of the file, which it also says itself."""


def html(report: Report) -> bytes:
    title = _text(f"{report.title} {report.period.week or ''}".strip())
    parts = [
        "<!DOCTYPE html>\n",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n",
        f"<h1>{title}</h1>\n",
        _head(report),
        _contents(report.sections),
        *(part for each in report.sections for part in _section(each, compared=report.compared)),
        "</main></body></html>\n",
    ]
    return "".join(parts).encode("utf-8", "replace")


def _head(report: Report) -> str:
    checkpoint = checkpoint_told(report.checkpoint)
    said = [
        ("Organisation", _text(report.organisation or NOTHING)),
        ("Period", _span(report.period.told())),
        *([("Compared with", _span(report.period.before.told()))] if report.compared else []),
        ("Made", _text(value(report.made_at, "moment"))),
        ("Log", f"<code>{_text(checkpoint['origin'])}</code>"),
        ("Checkpoint", f"{checkpoint['size']:,} records, signed {_text(value(checkpoint['at'], 'moment'))}"),
        ("Root", f"<code>{_text(checkpoint['root'])}</code>"),
    ]
    return '<dl class="head">' + "".join(f"<dt>{name}</dt><dd>{shown}</dd>" for name, shown in said) + "</dl>\n"


def _span(told: Mapping[str, str | None]) -> str:
    since, until = (_text(value(told[name], "moment")) for name in ("since", "until"))
    return f"{since} until {until}"


def _contents(sections: Sequence[Section]) -> str:
    lines = "".join(f'<li><a href="#{escape(each.name)}">{_text(each.title)}</a></li>' for each in sections)
    return f'<nav aria-label="Contents"><h2>Contents</h2><ul>{lines}</ul></nav>\n'


def _section(section: Section, *, compared: bool) -> Iterator[str]:
    name = escape(section.name)
    yield f'<section aria-labelledby="{name}"><h2 id="{name}">{_text(section.title)}</h2>\n'
    if section.figures:
        yield _figures(section, compared=compared)
    for table in section.tables:
        if table.rows:
            yield from _table(section, table)
    if empty := [each.title for each in section.tables if not each.rows]:
        yield f'<p class="none">{_text(NONE)} {_text("; ".join(empty))}.</p>\n'
    for note in section.notes:
        yield f'<p class="quiet">{_text(note)}</p>\n'
    yield "</section>\n"


def _figures(section: Section, *, compared: bool) -> str:
    most = max((abs(each.now or 0) for each in section.figures), default=0)
    most = max(most, *(abs(each.before or 0) for each in section.figures)) if compared else most
    head = '<th scope="col" class="n">This period</th>'
    head += '<th scope="col" class="n">Before</th><th scope="col" class="b">Compared</th>' if compared else ""
    return (
        f'<div class="wide figures" tabindex="0" role="region" aria-label="{_text(section.title)}: figures">'
        f'<table><thead><tr><th scope="col">Figure</th>{head}</tr></thead><tbody>'
        + "".join(_figure(each, most, compared=compared) for each in section.figures)
        + "</tbody></table></div>\n"
    )


def _figure(figure: Figure, most: float, *, compared: bool) -> str:
    now, before = of_figure(figure), of_figure(figure, before=True)
    line = f'<tr><th scope="row">{_text(figure.title)}</th><td class="n">{_text(now)}</td>'
    if compared:
        line += f'<td class="n">{_text(before)}</td><td class="b">'
        line += "" if figure.few_now or figure.few_before else _bar(figure.now, figure.before, most, now, before)
        line += "</td>"
    return line + "</tr>"


def _table(section: Section, table: Table) -> Iterator[str]:
    name = escape(f"{section.name}-{table.name}")
    yield '<div class="alarm" role="note">' if table.alarm else ""
    yield f'<h3 id="{name}">{_text(table.title)}</h3>\n'
    if table.note:
        yield f'<p class="quiet">{_text(table.note)}</p>\n'
    yield f'<div class="wide" tabindex="0" role="region" aria-labelledby="{name}"><table><thead><tr>'
    for column in table.columns:
        yield f'<th scope="col" class="{_class(column)}">{_text(column.title)}</th>'
    yield '<th scope="col" class="b">Compared</th>' if table.bars else ""
    yield "</tr></thead><tbody>\n"
    earlier = _earlier(table)
    most = max((_number(row[each]) for row in table.rows for each in (table.bars, earlier) if each), default=0)
    for row in table.rows:
        yield "<tr>" + "".join(_cell(column, row[column.name], first=not at) for at, column in enumerate(table.columns))
        if table.bars:
            before = None if earlier is None else row[earlier]
            said = value(row[table.bars], "count"), value(before, "count")
            yield f'<td class="b">{_bar(_number(row[table.bars]), _number(before), most, *said)}</td>'
        yield "</tr>\n"
    yield "</tbody></table></div>\n"
    yield "</div>" if table.alarm else ""


def _earlier(table: Table) -> str | None:
    """The column that has the figure of the period before, beside the one that is drawn."""
    names = {each.name for each in table.columns}
    return next((each for each in ("before", f"{table.bars}_before") if each in names), None)


def _cell(column: Column, said: Value, *, first: bool) -> str:
    shown = _text(value(said, column.unit))
    return f'<th scope="row" class="t">{shown}</th>' if first else f'<td class="{_class(column)}">{shown}</td>'


def _class(column: Column) -> str:
    return "t" if column.unit in ("text", "moment") else "n"


def _bar(now: float | None, before: float | None, most: float, *said: str) -> str:
    """Both values as bars, the wider one in full; in words for who does not see them."""
    if not most:
        return ""
    words = f"{said[0]}, before {said[1]}"
    wide, past = (round(120 * abs(each or 0) / most, 1) for each in (now, before))
    return (
        f'<svg viewBox="0 0 120 16" preserveAspectRatio="none" role="img" aria-label="{_text(words)}">'
        f'<title>{_text(words)}</title><rect class="now" width="{wide}" height="9"></rect>'
        f'<rect class="past" y="11" width="{past}" height="4"></rect></svg>'
    )


def _number(said: Value) -> float:
    return said if isinstance(said, int | float) else 0


def _text(said: str | None) -> str:
    return escape(visible(said or ""))
