"""``vouch search`` and ``vouch ask``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.progress import Progress
from rich.text import Text

from api.cli.arguments import object_of, pair, queries_of
from api.cli.client import connect
from api.cli.output import AsJson, complaints, console, moment, show_json
from core.errors import Invalid

As = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Whose rights apply. Recorded in the audit log.")]
Queries = Annotated[
    Path | None,
    typer.Option("--queries", help="A .jsonl file of questions: `_id`, `text`.", exists=True, dir_okay=False),
]
Schema = Annotated[
    Path | None,
    typer.Option("--schema", help="A JSON schema: what the answer is to look like.", exists=True, dir_okay=False),
]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write the results, one JSON a line.")]


def search(
    acting: As,
    query: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Passages at most.")] = 10,
    group: Annotated[str | None, typer.Option(help="`document`: the best passage of each document.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only from this source (repeatable).")] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME=VALUE", help="Only records with this label (repeatable)."),
    ] = None,
    neighbours: Annotated[bool, typer.Option(help="Also what stands before and after each passage.")] = False,
    as_json: AsJson = False,
    queries: Queries = None,
    out: Out = None,
) -> None:
    """Find permitted passages.

    Examples: `vouch search "parental leave" --as ana@company.example`,
    `vouch search --queries q.jsonl --out found.jsonl --as ana@company.example --group document`
    """
    narrowed = dict(pair(each) for each in labels or ())
    body = {"limit": limit, "group": group, "source": source or [], "label": narrowed, "neighbours": neighbours}
    with connect() as client:

        def find(text: str) -> Any:
            return client.call("POST", "/v1/search", {"query": text, **body}, acting=acting)

        if queries is not None:
            _batch(queries, out, lambda text: {"passages": find(text)["passages"]})
            return
        found = find(_required(query))
    if as_json:
        show_json(found)
        return
    if not found["passages"]:
        console.print("Nothing that this person may read matches.")
    for passage in found["passages"]:
        where = f"{passage['document']['source']} / {passage['document']['uri']}"
        page = f", page {passage['page']}" if passage["page"] else ""
        console.print(
            f"[bold]{passage['rank']}. {_plain(passage['document']['title'])}[/]  [dim]{_plain(where)}{page}  "
            f"score {passage['score']:.3f}  as of {moment(passage['as_of'])}[/][yellow]{_out_of_date(passage)}[/]"
        )
        console.print(Text("   " + _shortened(passage["text"])))
    for unused in found["left_out"]:
        console.print(Text(f"{unused['source']} was not used:{_out_of_date(unused)}.", style="yellow"))


def ask(
    acting: As,
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    as_json: AsJson = False,
    queries: Queries = None,
    out: Out = None,
    schema: Schema = None,
    fallback: Annotated[
        str, typer.Option(help="With --schema, when nothing valid comes of it: `refuse`, `nulls`, or a file of JSON.")
    ] = "refuse",
    destination: Annotated[str | None, typer.Option(help="With --schema: where the value is sent.")] = None,
) -> None:
    """Ask, and get an answer whose every sentence is cited; with --schema a value whose every leaf is.

    Examples: `vouch ask "How many days of leave do I get?" --as ana@company.example`,
    `vouch ask "Who approves leave?" --schema task.json --destination hr-tasks --as ana@company.example`
    """
    form: dict[str, Any] = {}
    if schema is not None:
        said = fallback in ("refuse", "nulls")
        form = {"schema": object_of(schema), "fallback": fallback if said else object_of(Path(fallback))}
    with connect() as client:

        def answer_of(text: str) -> Any:
            body = {"question": text, "conversation_id": conversation, "destination": destination, **form}
            return client.call("POST", "/v1/ask", body, acting=acting)

        if queries is not None:
            _batch(queries, out, answer_of)
            return
        answer = answer_of(_required(question))
    if as_json:
        show_json(answer)
    else:
        _show(answer)


def _show(answer: dict[str, Any]) -> None:
    if answer["structured"] is not None:
        _show_form(answer["structured"])
    if answer["searched"]:
        console.print(Text(f"Understood as: {answer['searched']}", style="dim"))
    if answer["status"] == "answered":
        for sentence in answer["sentences"]:
            if sentence["text"] is None:
                console.print("[dim](withheld: you may no longer read what this rests on)[/]")
                continue
            marks = "".join(f" [{citation['n']}]" for citation in sentence["citations"])
            console.print(Text.assemble(sentence["text"], (marks, "cyan")))
        for conflict in answer["conflicts"]:
            console.print(Text(_disagreement(conflict), style="yellow"))
        if answer["reason"]:
            console.print(Text(answer["reason"], style="yellow"))
    else:
        reason = answer["reason"] or "There is no evidence for an answer."
        console.print(Panel(Text(reason), title="No answer", border_style="yellow", expand=False))
    console.print()
    for source in answer["sources"]:
        page = f", page {source['page']}" if source["page"] else ""
        document = source["document"]
        console.print(
            Text.assemble(
                (f"[{source['n']}] ", "cyan"),
                document["title"],
                (f"  {document['source']} / {document['uri']}{page}  as of {moment(source['as_of'])}", "dim"),
                (_out_of_date(source), "yellow"),
            )
        )
    if answer["nearest"]:
        console.print("[dim]Nearest that you may read:[/]")
    for passage in answer["nearest"]:
        document = passage["document"]
        console.print(Text(f"  {document['title']}  ({document['source']} / {document['uri']})", style="dim"))
    if answer["tier"] != "extractive":
        written = f"Written by {answer['model']} ({answer['tier']}), checked sentence by sentence; "
        told = f"{answer['dropped']} dropped, {answer['replaced']} replaced (vouch trail shows them)."
        console.print(Text(written + told, style="dim"))
    console.print(f"[dim]answer {answer['answer_id']}  conversation {answer['conversation_id']}[/]")


def _show_form(form: dict[str, Any]) -> None:
    """The value as JSON, and what became of it."""
    if form["value"] is not None:
        console.print_json(json.dumps(form["value"], ensure_ascii=False))
    for leaf in form["leaves"]:
        if leaf["state"] != "verified":
            console.print(Text(f"{leaf['path']}: {leaf['state'].replace('_', ' ')}", style="yellow"))
    if form["outcome"] in ("nulls", "literal"):
        console.print(Text("Nothing that fits the schema came of it: this is the fallback.", style="yellow"))
    if form["problem"]:
        console.print(Text(form["problem"], style="yellow"))
    elif form["destination"]:
        console.print(Text(f"Sent to {form['destination']} as delivery {form['delivery']}", style="dim"))
    console.print()


def _out_of_date(shown: dict[str, Any]) -> str:
    """What to add behind as-of while a source is outside its bounds."""
    since = shown["stale_since"]
    return "" if since is None else f"  out of date since {moment(since)} ({shown['bound']})"


def _batch(queries: Path, out: Path | None, find: Callable[[str], Any]) -> None:
    """Every query of a file, results to ``out`` in the same order."""
    if out is None:
        raise Invalid("--queries needs --out.", hint="Name the file for the results.")
    asked = list(queries_of(queries))
    with out.open("w", encoding="utf-8") as file, Progress(console=complaints, transient=True) as progress:
        for identity, text in progress.track(asked, description="asking"):
            file.write(json.dumps({"_id": identity, **find(text)}, ensure_ascii=False) + "\n")
    complaints.print(f"{len(asked)} results in {out}")


def _required(text: str | None) -> str:
    if not text:
        raise Invalid("There is no question.", hint="Write it behind the command, or use --queries FILE.")
    return text


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 240 else flat[:237] + "..."


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


def _disagreement(conflict: dict[str, Any]) -> str:
    first, second = (
        f"[{side['n']}] {side['document']['title']} (as of {moment(side['document']['modified_at'] or side['as_of'])})"
        for side in conflict["sides"]
    )
    later = "" if conflict["later"] is None else f"; [{conflict['sides'][conflict['later']]['n']}] is the later edition"
    return f"Sources disagree: {first} and {second}{later}."
