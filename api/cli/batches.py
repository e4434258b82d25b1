"""``vouch batch``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.arguments import object_of
from api.cli.client import connect, escaped
from api.cli.output import AsJson, complaints, console, guarded, moment, show_json, table
from api.cli.questions import As, Schema
from core.errors import Invalid

app = typer.Typer(
    help="Many questions at once, answered within a day through a provider's batch interface.", no_args_is_help=True
)
Id = Annotated[str, typer.Argument(metavar="ID", help="As vouch batch status shows it.")]


@app.command()
@guarded
def submit(
    acting: As,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="One question a line; or .jsonl with `id` and `question`.", exists=True,
            dir_okay=False,
        ),
    ] = None,
    each_document: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Put one question to each document of this source by itself, not a FILE."),
    ] = None,
    question: Annotated[str | None, typer.Option(help="With --each-document: what is asked of each.")] = None,
    schema: Schema = None,
    model: Annotated[str | None, typer.Option(help="The model's name in the register.")] = None,
    tier: Annotated[str | None, typer.Option(help="small, large or on_premise: the cheapest that takes it.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Hand over a file of questions, or one question to each document of a source that you may read. When it was cut
    off, the same command goes on; nothing is sent twice.

    Examples: `vouch batch submit questions.txt --model gpt --as ana@company.example`,
    `vouch batch submit --each-document contracts --question "Summarise this document" --tier small --as ana@x.example`
    """
    body = {**_asked(file, each_document, question, schema), "model": model, "tier": tier}
    with connect() as client:
        opened = client.call("POST", "/v1/batches", body, acting=acting)
        complaints.print(f"batch {opened['id']}: {opened['total']} {_what(opened)} for {opened['model']}", markup=False)
        sent = client.call("POST", f"/v1/batches/{opened['id']}/send", acting=acting)
    if as_json:
        show_json(sent)
        return
    console.print(f"{sent['id']}: {_told(sent)}", soft_wrap=True)
    if sent["state"] == "running":
        console.print(f"Fetch it later: vouch batch fetch {sent['id']} --as {escape(acting)}")


@app.command()
@guarded
def status(
    acting: As,
    batch: Annotated[str | None, typer.Argument(metavar="[ID]", help="Of one batch.")] = None,
    as_json: AsJson = False,
) -> None:
    """Your batches, or how far one is.

    Example: `vouch batch status --as ana@company.example`
    """
    with connect() as client:
        if batch is None:
            found = client.pages("/v1/batches", "batches", acting=acting)
        else:
            found = client.call("GET", f"/v1/batches/{escaped(batch)}", acting=acting)
    if as_json:
        show_json(found)
        return
    if batch is not None:
        console.print(f"{found['id']}: {_told(found)}", soft_wrap=True)
        return
    shown = table("id", "submitted", "model", "of", "state", "counts")
    shown.columns[0].no_wrap = True
    for each in found["batches"]:
        counts = ", ".join(f"{count} {state}" for state, count in each["counts"].items())
        shown.add_row(each["id"], moment(each["created_at"]), each["model"], escape(_what(each)), each["state"], counts)
    console.print(shown)


@app.command()
@guarded
def fetch(
    batch: Id,
    acting: As,
    out: Annotated[Path | None, typer.Option(help="Where to write the answers, one JSON a line.")] = None,
    as_json: AsJson = False,
) -> None:
    """The answers of a batch that is done, each checked and recorded as any other; with --out one a line, with id,
    title and address of its document where each was asked by itself, and with what was dropped.

    Example: `vouch batch fetch 0b5c... --out answers.jsonl --as ana@company.example`
    """
    with connect() as client:
        found = client.call("POST", f"/v1/batches/{escaped(batch)}/fetch", acting=acting)
    if out is not None:
        lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in found["items"]]
        out.write_text("".join(lines), "utf-8")
        complaints.print(f"{len(lines)} results in {out}")
    if as_json:
        show_json(found)
        return
    console.print(f"{found['batch']['id']}: {_told(found['batch'])}", soft_wrap=True)
    if out is None and found["batch"]["each_document"] is not None:
        console.print(_rows(found["items"]))
        return
    for each in found["items"] if out is None else ():
        console.print(f"\n[bold]{escape(each['id'])}[/] {escape(each['question'])}")
        console.print(escape(_answer(each)), soft_wrap=True)


@app.command()
@guarded
def cancel(batch: Id, acting: As, as_json: AsJson = False) -> None:
    """Have a batch end. What the provider did by then can be fetched.

    Example: `vouch batch cancel 0b5c... --as ana@company.example`
    """
    with connect() as client:
        found = client.call("POST", f"/v1/batches/{escaped(batch)}/cancel", acting=acting)
    if as_json:
        show_json(found)
    else:
        console.print(f"{found['id']}: {_told(found)}", soft_wrap=True)


def _asked(file: Path | None, source: str | None, question: str | None, schema: Path | None) -> dict[str, Any]:
    """The part of the request that says what is asked."""
    if source is None:
        if file is None:
            raise Invalid("There is no question.", hint="Give a FILE of questions, or --each-document SOURCE.")
        if question is not None or schema is not None:
            raise Invalid("--question and --schema belong to --each-document.", hint="Say --each-document SOURCE, too.")
        return {"questions": _questions(file)}
    if file is not None:
        raise Invalid("Both a FILE and --each-document are given.", hint="Make two batches of it.")
    if question is None:
        raise Invalid(
            f"Nothing is asked of the documents of {source}.", hint='Say --question "Summarise this document".'
        )
    form = {} if schema is None else {"schema": object_of(schema)}
    return {"each_document": {"source": source, "question": question, **form}}


def _what(batch: dict[str, Any]) -> str:
    each = batch["each_document"]
    return "questions" if each is None else f"documents of {each['source']}"


def _rows(items: list[dict[str, Any]]) -> Table:
    """Of each document what was made of it."""
    shown = table("document", "title", "result", "dropped")
    for each in items:
        document: dict[str, Any] = each["document"] or {
            "title": "(you may not read it)",
            "url": None,
            "uri": each["id"],
        }
        result = _answer(each)
        dropped = "; ".join(f"{one['text'] or '(not shown)'} ({', '.join(one['against'])})" for one in each["dropped"])
        shown.add_row(
            *(escape(cell) for cell in (document["url"] or document["uri"], document["title"], result, dropped))
        )
    return shown


def _questions(file: Path) -> list[dict[str, str]]:
    """Of each line that is not empty. Those of plain text are named by their line."""
    found: list[dict[str, str]] = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        if file.suffix != ".jsonl":
            found.append({"id": str(number), "question": line.strip()})
            continue
        try:
            raw: Any = json.loads(line)
            found.append({"id": str(raw["id"]), "question": str(raw["question"])})
        except (ValueError, KeyError, TypeError):
            raise Invalid(
                f"{file}, line {number}: needs id and question.", hint='For example: {"id": "1", "question": "How?"}'
            ) from None
    return found


def _told(batch: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in batch["counts"].items())
    progress = batch["progress"]
    there = "" if progress is None else f"; the provider did {progress['done'] + progress['failed']}"
    of = "" if progress is None else f" of {progress['total'] or batch['total']}"
    done = ", and is done: fetch it" if progress is not None and progress["ended"] else ""
    why = f" {batch['why']}" if batch["why"] else ""
    return f"{batch['state']} ({counts}{there}{of}{done}).{why}"


def _answer(item: dict[str, Any]) -> str:
    answer = item["answer"]
    if answer is None:
        return f"{item['state']}: {item['why']}".rstrip(": ")
    if answer["structured"] is not None:
        value = json.dumps(answer["structured"]["value"], ensure_ascii=False)
        return f"{value} {answer['reason'] or ''}".strip()
    texts = [each["text"] or "(withheld: you may no longer read what this rests on)" for each in answer["sentences"]]
    return " ".join([*texts, answer["reason"] or ""]).strip()
